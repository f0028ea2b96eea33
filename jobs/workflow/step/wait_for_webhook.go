package step

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
)

// CallbackPath is where the web process takes calls that runs wait for; the
// token follows it.
const CallbackPath = "/hooks/runs/"

// WaitForWebhook makes an address and waits until somebody calls it. Only the
// token's hash is looked up; the address is shown with the waiting step.
func WaitForWebhook(base string) *Spec {
	return &Spec{
		Kind: "wait_for_webhook", Group: "outside", Icon: "webhook", Mode: Inside, Class: class.A, Timeout: 7 * 24 * time.Hour,
		Fields: []Field{{Name: "note", Type: Text}},
		Output: []Output{{"body", "any"}, {"headers", "map"}},
		Begin: func(context.Context, pgx.Tx, Call) (any, *Wait, error) {
			var raw [32]byte
			rand.Read(raw[:])
			token := base64.RawURLEncoding.EncodeToString(raw[:])
			return nil, &Wait{Kind: WaitCallback, Token: CallbackHash(token), Shown: map[string]any{"address": base + CallbackPath + token}}, nil
		},
		Resume: func(_ context.Context, _ Call, answer map[string]any) (any, error) {
			if answer["expired"] == true {
				return nil, fail.Work(nil, fail.ClassTransient, "step.wait_for_webhook.fail.late")
			}
			return map[string]any{"body": answer["body"], "headers": answer["headers"]}, nil
		},
	}
}

// CallbackHash is what is kept of a callback's token.
func CallbackHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
