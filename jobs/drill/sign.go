package drill

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
	"levqor/jobs/secret"
)

const algorithm = "ed25519"

// key signs proofs. Its id says the year it was made and its number in it.
type key struct {
	id      string
	private ed25519.PrivateKey
}

// PublicKey verifies proofs; every one of an installation may be shown to anybody.
type PublicKey struct {
	ID        string
	Key       ed25519.PublicKey
	CreatedAt time.Time
}

// Fingerprint is what people compare: SHA256: and the hash of the key.
func (k PublicKey) Fingerprint() string {
	sum := sha256.Sum256(k.Key)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// sign makes a proof of the document.
func (k key) sign(doc Document) (Proof, error) {
	raw, err := doc.encode()
	if err != nil {
		return Proof{}, err
	}
	fields, err := fieldDigests(raw)
	if err != nil {
		return Proof{}, err
	}
	return Proof{
		Document:        raw,
		Algorithm:       algorithm,
		KeyID:           k.id,
		PublicKey:       encode64(k.private.Public().(ed25519.PublicKey)),
		Signature:       encode64(ed25519.Sign(k.private, signedText(k.id, raw))),
		Fields:          fields,
		FieldsSignature: encode64(ed25519.Sign(k.private, fieldsText(k.id, fields))),
	}, nil
}

// signedText sets what is signed apart from all else this key might ever sign,
// and binds the key's name to it.
func signedText(keyID string, document []byte) []byte {
	return append([]byte(Format+"\ndocument\n"+keyID+"\n"), document...)
}

func encode64(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }

// signingKey is the newest key, made on first use: whoever comes second waits
// and finds it.
func signingKey(ctx context.Context, d *db.DB, box *secret.Box, now time.Time) (key, error) {
	var k key
	err := d.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('levqor signing_keys'))`); err != nil {
			return err
		}
		var sealed []byte
		err := tx.QueryRow(ctx, `SELECT id, sealed_private FROM signing_keys ORDER BY created_at DESC, id DESC LIMIT 1`).Scan(&k.id, &sealed)
		if db.NoRows(err) {
			k, err = makeKey(ctx, tx, box, now)
			return err
		}
		if err != nil {
			return err
		}
		seed, err := box.Open(sealed, "signing_keys/"+k.id)
		if err != nil {
			return err
		}
		k.private = ed25519.NewKeyFromSeed(seed)
		return nil
	})
	if err != nil {
		return key{}, fmt.Errorf("signing key: %w", err)
	}
	return k, nil
}

func makeKey(ctx context.Context, tx pgx.Tx, box *secret.Box, now time.Time) (key, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return key{}, err
	}
	k := key{id: fmt.Sprintf("levqor-proofs-%d-1", now.Year()), private: private}
	sealed, err := box.Seal(private.Seed(), "signing_keys/"+k.id)
	if err != nil {
		return key{}, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO signing_keys (id, public_key, sealed_private, created_at) VALUES ($1, $2, $3, $4)`,
		k.id, []byte(public), sealed, now)
	return k, err
}
