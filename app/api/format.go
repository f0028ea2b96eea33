package api

import (
	"encoding/json"
	"errors"

	"github.com/danielgtaylor/huma/v2"
)

var formats = map[string]huma.Format{"application/json": plainJSON, "json": plainJSON}

// plainJSON is JSON without zeros in its texts, which the database does not take.
var plainJSON = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if hasZero(data) {
			return errors.New("a text with a zero in it")
		}
		return json.Unmarshal(data, v)
	},
}

// hasZero looks for \u0000 where the backslash is not itself escaped; a bare zero
// is no JSON anyway.
func hasZero(data []byte) bool {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		if i+5 < len(data) && string(data[i+1:i+6]) == "u0000" {
			return true
		}
		i++
	}
	return false
}
