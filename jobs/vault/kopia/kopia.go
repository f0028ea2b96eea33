// Package kopia is the vault's engine: it keeps snapshots in a kopia repository
// on a disk or in a bucket, deduplicated, compressed and encrypted, and nothing
// else in Levqor imports kopia. It knows no workspace and no table.
//
// What it writes is plain kopia: the stock kopia CLI opens, lists, verifies and
// restores a vault with its location and Password alone (see Commands).
package kopia

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/kopia/kopia/repo"
	"github.com/kopia/kopia/repo/blob/throttling"
	"github.com/kopia/kopia/repo/content"
	"github.com/kopia/kopia/repo/format"
	"github.com/kopia/kopia/repo/maintenance"

	"levqor/jobs/fail"
)

// owner is who writes and maintains every vault, whatever machine the worker
// runs on: kopia lets only one user@host maintain a repository.
const owner = "levqor"

// Options say how a vault is opened.
type Options struct {
	// CacheDir is a bucket vault's own folder for indexes and contents; it may
	// be shared by processes and removed at any time. A filesystem vault has
	// none. Empty keeps nothing on disk: verify so, a cache hides bit rot.
	CacheDir string
	// ReadOnly refuses every write.
	ReadOnly bool
	// UploadLimit and DownloadLimit are bytes a second; 0 is no limit.
	UploadLimit, DownloadLimit int64

	checkpoint time.Duration                 // between checkpoints; 0 is checkpointEvery
	now        func() time.Time              // nil is the clock on the wall
	safety     *maintenance.SafetyParameters // nil is kopia's own safe delays
	wrap       wrapper                       // between the meter and the place, in tests
}

const (
	cacheBytes    = 256 << 20 // contents of a bucket vault kept on disk
	metadataBytes = 512 << 20 // its directories and manifests
	indexSweepAge = 24 * 60 * 60
)

// Repository is an open vault. It serves any number of readers at once and one
// Write at a time.
type Repository struct {
	loc     Location
	opt     Options
	rep     repo.DirectRepository
	store   *metered
	writing sync.Mutex
}

// Password is what the stock kopia CLI asks for: the vault's key in hex.
func Password(key []byte) string { return hex.EncodeToString(key) }

// Open opens the vault at loc with its 32-byte key. It refuses another vault's
// key (config), a place without a vault (gone) and whatever keeps it from being
// read; see failure for the classes. The caller closes.
func Open(ctx context.Context, loc Location, key []byte, opt Options) (*Repository, error) {
	st, err := loc.storage(ctx, false)
	if err != nil {
		return nil, failure(err)
	}
	if opt.wrap != nil {
		st = opt.wrap(st)
	}
	r := &Repository{loc: loc, opt: opt, store: &metered{Storage: st}}
	token, forget := lend(r.store)
	defer forget()
	config, err := configFile(token, loc, opt)
	if err != nil {
		return nil, errors.Join(failure(err), st.Close(ctx))
	}
	defer os.RemoveAll(filepath.Dir(config)) // read once
	opened, err := repo.Open(ctx, config, Password(key), &repo.Options{
		DisableRepositoryLog: true,
		DoNotWaitForUpgrade:  true,
		TimeNowFunc:          opt.now,
		OnFatalError:         func(error) {}, // kopia's own would exit the process; the error is returned as well
	})
	if err != nil {
		return nil, opening(err)
	}
	r.rep = opened.(repo.DirectRepository)
	return r, nil
}

// Close releases the vault.
func (r *Repository) Close(ctx context.Context) error {
	if err := r.rep.Close(ctx); err != nil {
		return fmt.Errorf("close vault: %w", failure(err))
	}
	return nil
}

// configFile writes what kopia wants to find on disk, in a folder of our own:
// a token that stands for the storage in memory, never a credential.
func configFile(token string, loc Location, opt Options) (string, error) {
	dir, err := os.MkdirTemp("", "levqor-vault-")
	if err != nil {
		return "", err
	}
	caching := &content.CachingOptions{}
	if opt.CacheDir != "" && loc.Kind == S3 { // a cache of size 0 makes kopia panic
		caching.CacheDirectory, caching.MinIndexSweepAge = opt.CacheDir, indexSweepAge
		caching.ContentCacheSizeBytes, caching.ContentCacheSizeLimitBytes = cacheBytes, cacheBytes
		caching.MetadataCacheSizeBytes, caching.MetadataCacheSizeLimitBytes = metadataBytes, metadataBytes
	}
	info := connection(token)
	raw, err := json.Marshal(repo.LocalConfig{
		Storage: &info,
		Caching: caching,
		ClientOptions: repo.ClientOptions{
			Hostname:                owner,
			Username:                owner,
			ReadOnly:                opt.ReadOnly,
			FormatBlobCacheDuration: -1,
			Throttling: &throttling.Limits{
				DownloadBytesPerSecond: float64(opt.DownloadLimit),
				UploadBytesPerSecond:   float64(opt.UploadLimit),
			},
		},
	})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "vault.json")
	return name, os.WriteFile(name, raw, 0o600)
}

// Create makes a vault at loc. A vault that this very key opens counts as made,
// so that an interrupted set-up may be run again; any other is a Conflict.
func Create(ctx context.Context, loc Location, key []byte) error {
	st, err := loc.storage(ctx, true)
	if err != nil {
		return failure(err)
	}
	defer func() { _ = st.Close(ctx) }()
	if err := forgetHalfMade(ctx, st); err != nil {
		return failure(err)
	}
	err = repo.Initialize(ctx, st, &repo.NewRepositoryOptions{
		BlockFormat:                       format.ContentFormat{Hash: "BLAKE3-256-128", Encryption: "AES256-GCM-HMAC-SHA256"},
		ObjectFormat:                      format.ObjectFormat{Splitter: "DYNAMIC-1M-BUZHASH"},
		FormatBlockKeyDerivationAlgorithm: "pbkdf2-sha256-600000",
	}, Password(key))
	if errors.Is(err, repo.ErrAlreadyInitialized) {
		if r, err := Open(ctx, loc, key, Options{ReadOnly: true}); err == nil {
			return r.Close(ctx)
		}
		return fail.Wrap(err, fail.Conflict, "vault.fail.occupied")
	}
	return failure(err)
}
