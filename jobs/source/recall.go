package source

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"levqor/jobs/fail"
	"levqor/jobs/source/postgres"
	"levqor/jobs/source/tree"
	"levqor/jobs/vault/kopia"
)

// mostRecalled bounds what is read of a description in a vault, in bytes.
const mostRecalled = 256 << 20

// Recall is the truth of a snapshot whose record is lost, as it lies in the
// snapshot itself: levqor.json of databases, the list of a folder or bucket.
// NotFound when it holds neither.
func Recall(ctx context.Context, repo *kopia.Repository, manifest string, kind Kind) (Truth, error) {
	name := tree.ListName
	if kind == Postgres {
		name = postgres.TruthObject
	}
	file, entry, err := repo.OpenFile(ctx, manifest, name)
	if err != nil {
		return Truth{}, err
	}
	defer file.Close()
	if entry.Size > mostRecalled {
		return Truth{}, fail.New(fail.NotFound, "vault.fail.no_entry")
	}
	if kind == Postgres {
		var truth postgres.Truth
		if err := json.NewDecoder(io.LimitReader(file, mostRecalled)).Decode(&truth); err != nil {
			return Truth{}, fmt.Errorf("recall %s: %w", manifest, err)
		}
		return truthOf(truth), nil
	}
	sum := tree.Truth{}
	sum.Digest, err = tree.Read(io.LimitReader(file, mostRecalled), func(f tree.File) error {
		switch f.Type {
		case tree.TypeFile:
			sum.Files++
			sum.Bytes += f.Size
		case tree.TypeLink:
			sum.Links++
		default:
			sum.Dirs++
		}
		return ctx.Err()
	})
	if err != nil {
		return Truth{}, fmt.Errorf("recall %s: %w", manifest, err)
	}
	return Truth{Kind: kind, Files: sum.Files, Bytes: sum.Bytes, Tree: &sum}, nil
}
