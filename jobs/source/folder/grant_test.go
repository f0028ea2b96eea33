package folder

import (
	"strings"
	"testing"
)

func TestGrantCommandsTakeAnyPathAsOneWord(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/srv/data":             "u:levqor:rX /srv/data\n",
		"/srv/Anna's; rm -rf ~": `u:levqor:rX '/srv/Anna'\''s; rm -rf ~'` + "\n",
	} {
		if got := GrantCommands("levqor", path); !strings.Contains(got, want) {
			t.Errorf("%s: %s", path, got)
		}
	}
}
