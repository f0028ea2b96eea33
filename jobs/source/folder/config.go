// Package folder reads folders on this machine.
package folder

// Config is a folder below one of the operator's roots.
type Config struct {
	Path    string   `json:"path"`
	Exclude []string `json:"exclude,omitempty"` // patterns as in kopia.FolderOptions
}
