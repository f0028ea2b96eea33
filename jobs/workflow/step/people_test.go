package step_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/alert"
	"levqor/jobs/mail"
	"levqor/jobs/workflow/engine"
	"levqor/jobs/workflow/step"
)

func TestEmail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	member := h.Actor.ID.String() + "@example.com"
	sent := func() (to []string, last mail.Kept) {
		t.Helper()
		kept, err := h.mails.Outbox(t.Context(), 200)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range kept {
			to = append(to, m.To)
		}
		if len(kept) > 0 {
			last = kept[0]
		}
		return to, last
	}
	t.Run("to members at once", func(t *testing.T) {
		got := h.ends(h.run("  - {id: m, kind: email, config: {to: \"%s\", subject: \"Run ${run.number}\", body: hello}}", strings.ToUpper(member)))
		to, last := sent()
		if len(to) != 1 || got["m"]["sent"] != 1.0 || last.Kind != mail.Workflow || last.Args["subject"] != "Run 1" || last.Args["workspace"] == "" {
			t.Errorf("%v %+v", to, last)
		}
	})
	t.Run("so many a day", func(t *testing.T) {
		before, _ := sent()
		h.Exec(`UPDATE mail_days SET sent = 999`)
		const two = "  - {id: m, kind: email, config: {to: \"%[1]s, x%[1]s\", subject: hi, body: hello}}"
		run := h.run(two, member)
		h.decide(run, "m", true)
		h.fails(run, "step.email.fail.limit")
		if after, _ := sent(); len(after) != len(before) {
			t.Errorf("%d were sent", len(after)-len(before))
		}
		h.ends(h.run("  - {id: m, kind: email, config: {to: \"%s\", subject: hi, body: the last}}", member))
		h.Exec(`DELETE FROM mail_days`)
		h.Exec(`DELETE FROM mails WHERE created_at > (SELECT min(created_at) FROM mails)`)
	})
	t.Run("to others when a person agrees", func(t *testing.T) {
		run := h.run("  - {id: m, kind: email, config: {to: \"%s, zoe@example.org; ana@example.org\", subject: hi, body: hello}}", member)
		if class, _ := h.waits(run, step.WaitApproval); class != "C" {
			t.Errorf("class %s", class)
		}
		if to, _ := sent(); len(to) != 1 {
			t.Fatalf("written before anybody agreed: %v", to)
		}
		h.decide(run, "m", true)
		h.ends(run)
		if to, _ := sent(); len(to) != 4 || !slices.Contains(to, "zoe@example.org") {
			t.Errorf("%v", to)
		}
	})
	t.Run("a no sends nothing", func(t *testing.T) {
		run := h.run("  - {id: m, kind: email, config: {to: zoe@example.org, subject: hi, body: hello}}")
		h.decide(run, "m", false)
		h.fails(run, "workflow.fail.rejected")
		if to, _ := sent(); len(to) != 4 {
			t.Errorf("%v", to)
		}
	})
	t.Run("always allowed to exactly these", func(t *testing.T) {
		steps := "  - {id: m, kind: email, config: {to: \"${trigger.to}\", subject: hi, body: hello}}"
		workflow, version := h.publish("%s", steps)
		spec, _ := h.engine.Compiler().Registry.Find("email")
		reach := spec.Reach(map[string]any{"to": "zoe@example.org, ana@example.org"})
		h.Exec(`INSERT INTO trusts (id, workspace_id, workflow_id, step_id, reach, granted_by, created_at) VALUES (gen_random_uuid(), $1, $2, 'm', $3, 'Olive', now())`,
			h.Actor.Workspace, workflow, reach)
		h.ends(h.start(workflow, version, map[string]any{"to": []any{"ana@example.org", "zoe@example.org"}}))
		h.waits(h.start(workflow, version, map[string]any{"to": "ana@example.org, eve@example.org"}), step.WaitApproval)
	})
	t.Run("what is no address", func(t *testing.T) {
		for _, to := range []string{"nobody", "Ana <ana@example.org>", "a@b@c", "ana@example.org bob@example.org", ",", strings.Repeat("a@example.org,b@example.org,", 1) + "x"} {
			if problems := step.Email(nil, nil).CheckConfig(map[string]any{"to": to, "subject": "s", "body": "b"}); len(problems) != 1 {
				t.Errorf("%q is taken", to)
			}
		}
		run := h.run("  - {id: m, kind: email, config: {to: \"${'no' + 'body'}\", subject: hi, body: hello}}")
		if got := h.fails(run, "workflow.fail.rendered"); got.Args["why_key"] != "step.email.fail.address" {
			t.Errorf("%v", got.Args)
		}
	})
}

func TestNotify(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	run := h.run("  - {id: n, kind: notify, config: {title: \"Run ${run.number} is done\", message: All is well, level: success}}")
	h.ends(run)
	list, err := h.alerts.Notifications(t.Context(), h.Actor, time.Time{}, run, 10)
	if err != nil || len(list) != 1 || list[0].Kind != alert.KindNote || list[0].Args["title"] != "Run 1 is done" || list[0].Severity != alert.Success ||
		list[0].Path != step.RunPath(run) {
		t.Errorf("%+v, %v", list, err)
	}
	h.fails(h.run("  - {id: n, kind: notify, config: {title: \"%s\"}}", strings.Repeat("x", 201)), "workflow.fail.rendered")
}

func TestWaitForApproval(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const steps = `  - id: ask
    kind: wait_for_approval
    config: {message: "Delete ${1 + 1} files?"}
    branches:
      - {name: "yes", steps: [{id: y, kind: log, config: {message: "${steps.ask.by} says yes"}}, {id: pause, kind: delay, config: {seconds: 60}}]}
      - {name: "no", steps: [{id: n, kind: log, config: {message: "${steps.ask.reason} ${steps.ask.expired}"}}]}
  - {id: z, kind: log, config: {message: "${steps.ask.branch}"}}`
	t.Run("yes, also after a pause in that branch", func(t *testing.T) {
		run := h.run("%s", steps)
		if _, input := h.waits(run, step.WaitApproval); input["message"] != "Delete 2 files?" {
			t.Errorf("%v", input)
		}
		h.decide(run, "ask", true)
		h.pass(2 * time.Minute)
		got := h.ends(run)
		if got["y"]["message"] != "Vera says yes" || got["z"]["message"] != "yes" || got["n"] != nil {
			t.Errorf("%v", got)
		}
	})
	t.Run("a no is a branch, not a failure", func(t *testing.T) {
		run := h.run("%s", steps)
		h.decide(run, "ask", false)
		got := h.ends(run)
		if got["n"]["message"] != "because false" || got["ask"]["approved"] != false || got["y"] != nil {
			t.Errorf("%v", got)
		}
	})
	t.Run("nobody's answer is a no", func(t *testing.T) {
		run := h.run("%s", steps)
		h.pass(6 * 24 * time.Hour)
		h.waits(run, step.WaitApproval)
		h.pass(2 * 24 * time.Hour)
		if got := h.ends(run); got["ask"]["expired"] != true || got["z"]["message"] != "no" {
			t.Errorf("%v", got)
		}
	})
	t.Run("as long as its settings say", func(t *testing.T) {
		run := h.run("%s", strings.Replace(steps, "    config:", "    approval: {expires_minutes: 10}\n    config:", 1))
		h.pass(11 * time.Minute)
		h.ends(run)
	})
}

func TestWaitForWebhook(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	begin := func() (run string, token string, see func() seen) {
		id := h.run("  - {id: w, kind: wait_for_webhook, config: {note: the courier}}\n  - {id: l, kind: log, config: {message: \"${steps.w.body.parcel}\"}}")
		_, input := h.waits(id, step.WaitCallback)
		token, ok := strings.CutPrefix(input["address"].(string), "https://backup.example"+step.CallbackPath)
		if !ok || len(token) < 40 || input["note"] != "the courier" {
			t.Fatalf("%v", input)
		}
		return id.String(), token, func() seen { return h.see(id) }
	}
	call := func(token string) (found bool) {
		h.system(func(ctx context.Context, tx pgx.Tx) (err error) {
			found, err = h.engine.Call(ctx, tx, step.CallbackHash(token), map[string]any{"body": map[string]any{"parcel": 7, "note\x00": "\x00"}, "headers": map[string]any{"x-a": "b"}})
			return err
		})
		h.drain()
		return found
	}
	t.Run("goes on with what was sent, once", func(t *testing.T) {
		_, token, see := begin()
		if call("x"+token) || see().State != engine.Waiting {
			t.Fatal("any address opens it")
		}
		if !call(token) || call(token) {
			t.Error("the first call counts, no other")
		}
		if got := see(); got.State != engine.Succeeded || got.Output["l"]["message"] != "7" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("each wait has an address of its own", func(t *testing.T) {
		_, first, _ := begin()
		_, second, _ := begin()
		if first == second {
			t.Error("the same")
		}
	})
	t.Run("at an address that was handed over before", func(t *testing.T) {
		run := h.run("  - {id: a, kind: callback_address}\n  - {id: w, kind: wait_for_webhook, config: {address: \"${steps.a.address}\"}}")
		address, _ := h.see(run).Output["a"]["address"].(string)
		if token, ok := strings.CutPrefix(address, "https://backup.example"+step.CallbackPath); !ok || !call(token) {
			t.Fatalf("%q can't be called", address)
		}
		h.ends(run)
	})
	t.Run("an address of anybody else, or for two calls, is refused", func(t *testing.T) {
		h.fails(h.run("  - {id: w, kind: wait_for_webhook, config: {address: \"https://backup.example/hooks/runs/guessed\"}}"), "step.wait_for_webhook.fail.not_made")
		run := h.run(`  - {id: a, kind: callback_address}
  - {id: w, kind: wait_for_webhook, timeout_seconds: 1, config: {address: "${steps.a.address}"}, on_error: continue}
  - {id: x, kind: wait_for_webhook, config: {address: "${steps.a.address}"}}`)
		h.pass(2 * time.Second)
		h.fails(run, "step.wait_for_webhook.fail.taken")
	})
	t.Run("nobody calls in time", func(t *testing.T) {
		_, token, see := begin()
		h.pass(8 * 24 * time.Hour)
		if got := see(); got.Failure != "step.wait_for_webhook.fail.late" || call(token) {
			t.Errorf("%+v", got)
		}
	})
}
