package bucket

import (
	"bytes"
	"encoding/json"
)

type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Effect    string
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

// ReadPolicy is the IAM policy of a user who can list and read what lies below
// the prefix, and nothing else.
func ReadPolicy(bucket, prefix string) string {
	arn := "arn:aws:s3:::" + bucket
	list := statement{Effect: "Allow", Action: "s3:ListBucket", Resource: arn}
	if prefix != "" {
		list.Condition = map[string]map[string]string{"StringLike": {"s3:prefix": prefix + "*"}}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	// Strings and maps of them: it can't fail.
	_ = encoder.Encode(policy{Version: "2012-10-17", Statement: []statement{
		{Effect: "Allow", Action: "s3:GetBucketLocation", Resource: arn},
		list,
		{Effect: "Allow", Action: "s3:GetObject", Resource: arn + "/" + prefix + "*"},
	}})
	return out.String()
}
