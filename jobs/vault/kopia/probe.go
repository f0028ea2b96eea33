package kopia

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"time"

	"github.com/minio/minio-go/v7"

	"levqor/jobs/fail"
)

const probeTimeout = time.Minute // somebody waits for a bucket to be tried

// Probe writes, reads, lists and deletes one small object at loc, and leaves
// nothing behind. It tries once: whoever asks is waiting.
func Probe(ctx context.Context, loc Location) error {
	st, err := loc.storage(ctx, loc.Kind == Filesystem)
	if err != nil {
		return failure(err)
	}
	defer func() { _ = st.Close(ctx) }()
	if b, ok := st.(*bucket); ok {
		return failure(b.probe(ctx))
	}
	return failure(probeFolder(loc.Path))
}

func probeFolder(dir string) error {
	f, err := os.CreateTemp(dir, "levqor-probe-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	sent := []byte(rand.Text())
	_, err = f.Write(sent)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	got, err := os.ReadFile(f.Name())
	if err != nil {
		return err
	}
	if !bytes.Equal(sent, got) {
		return errDiffers()
	}
	if _, err := os.ReadDir(dir); err != nil {
		return err
	}
	return os.Remove(f.Name())
}

func (b *bucket) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	key := b.prefix + "levqor-probe-" + rand.Text()
	sent := []byte(key)
	_, err := b.core.Client.PutObject(ctx, b.name, key, bytes.NewReader(sent), int64(len(sent)), minio.PutObjectOptions{SendContentMd5: true})
	if err != nil {
		return err
	}
	body, _, _, err := b.core.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if err != nil {
		return errors.Join(err, b.core.RemoveObject(ctx, b.name, key, minio.RemoveObjectOptions{}))
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	listed := 0
	for o := range b.core.Client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: key}) {
		if o.Err != nil {
			return o.Err
		}
		listed++
	}
	if err := b.core.RemoveObject(ctx, b.name, key, minio.RemoveObjectOptions{}); err != nil {
		return err
	}
	if listed != 1 || !bytes.Equal(sent, got) {
		return errDiffers()
	}
	return nil
}

func errDiffers() error { return fail.Work(nil, fail.ClassDamaged, "vault.fail.differs") }
