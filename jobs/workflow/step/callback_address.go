package step

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
)

// CallbackAddress makes a secret address for another system to call, so that a
// step can hand it over before wait_for_webhook waits for the call.
func CallbackAddress(base string) *Spec {
	return &Spec{
		Kind: "callback_address", Group: "outside", Icon: "link", Mode: Inside, Class: class.A,
		Output: []Output{{"address", "text"}},
		Begin: func(context.Context, pgx.Tx, Call) (any, *Wait, error) {
			return map[string]any{"address": base + CallbackPath + newCallbackToken()}, nil, nil
		},
	}
}

func newCallbackToken() string {
	var raw [32]byte
	rand.Read(raw[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// madeBefore is the token of an address that this run made and that nothing waits for yet.
func madeBefore(ctx context.Context, tx pgx.Tx, call Call, address string) (token string, err error) {
	var made, taken bool
	token = address[strings.LastIndexByte(address, '/')+1:]
	err = tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM run_steps WHERE run_id = $1 AND kind = 'callback_address' AND output ->> 'address' = $2),
		       EXISTS (SELECT FROM run_waits WHERE token_hash = $3 AND (run_id, key) <> ($1, $4))`,
		call.Run, address, CallbackHash(token), call.Key).Scan(&made, &taken)
	switch {
	case err != nil:
		return "", fmt.Errorf("find a callback's address: %w", err)
	case !made:
		return "", fail.Work(nil, fail.ClassConfig, "step.wait_for_webhook.fail.not_made")
	case taken:
		return "", fail.Work(nil, fail.ClassConfig, "step.wait_for_webhook.fail.taken")
	}
	return token, nil
}
