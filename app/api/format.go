package api

import (
	"encoding/json"
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"levqor/jobs/workflow/flow"
)

var formats = map[string]huma.Format{"application/json": plainJSON, "json": plainJSON}

// plainJSON is JSON without zeros in its texts, which the database does not take.
var plainJSON = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if flow.HasZero(data) {
			return errors.New("a text with a zero in it")
		}
		return json.Unmarshal(data, v)
	},
}
