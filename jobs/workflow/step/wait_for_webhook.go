package step

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
	"levqor/jobs/workflow/class"
)

// CallbackPath is where the web process takes calls that runs wait for; the
// token follows it.
const CallbackPath = "/hooks/runs/"

// WaitForWebhook waits until somebody calls the address that an earlier step made,
// or one of its own. Only the token's hash is looked up; the address is shown with
// the waiting step.
func WaitForWebhook(base string) *Spec {
	return &Spec{
		Kind: "wait_for_webhook", Group: "outside", Icon: "webhook", Mode: Inside, Class: class.A, Timeout: 7 * 24 * time.Hour,
		Fields: []Field{{Name: "note", Type: Text}, {Name: "address", Type: Text}},
		Output: []Output{{"body", "any"}, {"headers", "map"}},
		Begin: func(ctx context.Context, tx pgx.Tx, call Call) (any, *Wait, error) {
			token := newCallbackToken()
			if address := call.text("address"); address != "" {
				made, err := madeBefore(ctx, tx, call, address)
				if err != nil {
					return nil, nil, err
				}
				token = made
			}
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
