package source

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"levqor/jobs/source/folder"
	"levqor/jobs/source/tree"
	"levqor/jobs/vault/kopia"
)

// disk is the engine of folders on this machine.
type disk struct{ files }

// lookTime bounds how long a test counts files.
const lookTime = 20 * time.Second

func (e disk) Test(ctx context.Context, s Spec, report func(Step)) (facts Facts, err error) {
	c := s.Config.Folder
	var seen folder.Survey
	err = runSteps(ctx, Folder, map[string]try{
		"allowed": func(_ context.Context, step *Step) (err error) {
			step.Args["roots"] = e.options.Roots.String()
			c.Path, err = e.options.Roots.Resolve(c.Path)
			return err
		},
		"exists": func(_ context.Context, step *Step) error {
			step.Args["path"] = c.Path
			return folder.Exists(c.Path)
		},
		"readable": func(ctx context.Context, step *Step) error {
			excluded, err := e.optionsOf(c).Excludes()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(ctx, lookTime)
			defer cancel()
			seen, err = folder.Look(ctx, c.Path, excluded)
			return err
		},
		"count": func(_ context.Context, step *Step) error {
			step.Args["files"], step.Args["bytes"] = seen.Files, seen.Bytes
			if seen.More {
				step.Key = "source.found.count_more"
			}
			return nil
		},
	}, report)
	return Facts{Files: seen.Files, Bytes: seen.Bytes, More: seen.More}, err
}

// optionsOf leaves out the list that a restore of ours may have left.
func (e disk) optionsOf(c *folder.Config) kopia.FolderOptions {
	return kopia.FolderOptions{Exclude: append([]string{"/" + tree.ListName}, c.Exclude...)}
}

func (e disk) Backup(ctx context.Context, s Spec, w *kopia.Writer, now time.Time, p *Meter) (Truth, error) {
	c := s.Config.Folder
	if _, err := e.options.Roots.Resolve(c.Path); err != nil {
		return Truth{}, err
	}
	if err := folder.Exists(c.Path); err != nil {
		return Truth{}, err
	}
	return e.record(ctx, Folder, w, now, func(r *tree.Recorder) error {
		if _, err := os.Lstat(filepath.Join(c.Path, tree.ListName)); err == nil {
			r.Leave(tree.NoteOwnName, tree.ListName)
		}
		return w.Folder(ctx, ".", c.Path, e.optionsOf(c))
	})
}

// isRoot says whether owners and set-id bits can be restored.
func isRoot() bool { return os.Geteuid() == 0 }
