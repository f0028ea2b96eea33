package source

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"levqor/jobs/fail"
	"levqor/jobs/source/bucket"
	"levqor/jobs/source/tree"
	"levqor/jobs/vault/kopia"
)

// objects is the engine of S3-compatible buckets.
type objects struct{ files }

// maxTasted is how many objects a test counts.
const maxTasted = 5000

func (e objects) Test(ctx context.Context, s Spec, report func(Step)) (facts Facts, err error) {
	c := *s.Config.Bucket
	b, err := bucket.Open(c)
	if err != nil {
		return Facts{}, err
	}
	defer b.Close()
	var first []bucket.Object
	var listed error
	err = runSteps(ctx, S3, map[string]try{
		"dns": func(ctx context.Context, step *Step) error {
			host, _, _ := c.Host()
			address, err := c.Lookup(ctx)
			step.Args["host"], step.Args["address"] = host, address
			if err == nil && address == "" {
				step.State, step.Key = StepSkipped, "source.found.dns_not_needed"
			}
			return err
		},
		"tcp": func(ctx context.Context, step *Step) error {
			_, step.Args["port"], _ = c.Host()
			return c.Connect(ctx)
		},
		"tls": func(ctx context.Context, step *Step) (err error) {
			if _, _, secure := c.Host(); !secure {
				step.State, step.Key = StepSkipped, "source.found.tls_off"
				return nil
			}
			step.Args["version"], step.Args["until"], err = c.Handshake(ctx)
			return err
		},
		// One request answers three steps: who asks, of which bucket, what it may do.
		"credentials": func(ctx context.Context, step *Step) error {
			first, facts.More, listed = b.First(ctx, maxTasted)
			step.Args["access_key"] = c.AccessKey
			return bucket.Blames(listed, "credentials")
		},
		"bucket": func(_ context.Context, step *Step) error {
			step.Args["bucket"] = c.Bucket
			return bucket.Blames(listed, "bucket")
		},
		"list": func(_ context.Context, step *Step) error {
			for _, o := range first {
				facts.Files++
				facts.Bytes += o.Size
			}
			step.Args["files"], step.Args["bytes"] = facts.Files, facts.Bytes
			if facts.More {
				step.Key = "source.found.list_more"
			}
			return listed
		},
		"read": func(ctx context.Context, step *Step) error {
			if len(first) == 0 {
				step.State, step.Key = StepSkipped, "source.found.read_nothing"
				return nil
			}
			step.Args["key"] = first[0].Key
			return b.Taste(ctx, first[0])
		},
	}, report)
	return facts, err
}

func (e objects) Backup(ctx context.Context, s Spec, w *kopia.Writer, now time.Time, p *Meter) (Truth, error) {
	b, err := bucket.Open(*s.Config.Bucket)
	if err != nil {
		return Truth{}, err
	}
	defer b.Close()
	return e.record(ctx, S3, w, now, func(r *tree.Recorder) error {
		return w.Items(ctx, ".", items(ctx, b, r))
	})
}

// open reads an object, and records what it was stored with.
func open(ctx context.Context, b *bucket.Bucket, o bucket.Object, r *tree.Recorder) (io.ReadCloser, error) {
	body, stored, err := b.Read(ctx, o)
	if err != nil {
		return nil, err
	}
	if stored.TagCount > 0 {
		if stored.Tags, err = b.Tags(ctx, o.Key); err != nil {
			if ctx.Err() != nil || fail.ClassOf(err) == fail.ClassTransient {
				return nil, errors.Join(err, body.Close())
			}
			r.Leave(tree.NoteTags, o.Key)
		}
	}
	beside := &tree.Object{Headers: stored.Headers, Meta: stored.Meta, Tags: stored.Tags, Class: stored.Class}
	if stored.ContentType != "" && len(stored.Headers)+len(stored.Meta)+len(stored.Tags) == 0 && stored.Class == "" {
		beside = nil // the usual case: short lines
	}
	r.Describe(kopia.PathOf(o.Key), stored.ContentType, beside)
	return body, nil
}

// items is the listing as the vault takes it. Objects that vanish meanwhile are
// left out; any other failure loses the backup.
func items(ctx context.Context, b *bucket.Bucket, r *tree.Recorder) iter.Seq2[kopia.Item, error] {
	return func(yield func(kopia.Item, error) bool) {
		for o, err := range b.List(ctx) {
			if o.Key == tree.ListName {
				r.Leave(tree.NoteOwnName, o.Key)
				continue
			}
			if err == nil {
				r.Expect(kopia.PathOf(o.Key), o.ETag)
			}
			item := kopia.Item{Key: o.Key, Size: o.Size, Modified: o.Modified,
				Open: func(ctx context.Context) (io.ReadCloser, error) { return open(ctx, b, o, r) }}
			if !yield(item, err) {
				return
			}
		}
	}
}
