package bucket

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestReadPolicyAllowsReadingAndNoMore(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string][]string{
		"":               {`arn:aws:s3:::media/*"`},
		"a & \"b\"/2026": {`"s3:prefix": "a & \"b\"/2026*"`, `arn:aws:s3:::media/a & \"b\"/2026*`},
	} {
		policy := ReadPolicy("media", prefix)
		if !json.Valid([]byte(policy)) || strings.Contains(policy, "Put") || strings.Contains(policy, "Delete") {
			t.Errorf("%q: %s", prefix, policy)
		}
		for _, piece := range want {
			if !strings.Contains(policy, piece) {
				t.Errorf("%q lacks %s: %s", prefix, piece, policy)
			}
		}
		if prefix == "" && strings.Contains(policy, "Condition") {
			t.Errorf("a whole bucket needs no condition: %s", policy)
		}
	}
}
