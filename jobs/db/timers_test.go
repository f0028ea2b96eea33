package db_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/alert"
	"levqor/jobs/backup"
	"levqor/jobs/db/dbtest"
	"levqor/jobs/mail"
	"levqor/jobs/prune"
	"levqor/jobs/task"
	"levqor/jobs/workflow"
)

// timers are the files that hold what timers ask, every few seconds or minutes.
var timers = []string{"account/limit.go", "alert/standing.go", "alert/store.go", "assist/store.go", "backup/ahead.go", "backup/sweep.go", "drill/schedule.go",
	"recovery/start.go", "replay/replay.go", "task/share.go", "task/lost.go", "timecheck/sweep.go", "vault/sweep.go", "workflow/engine/lost.go", "workflow/engine/wake.go",
	"workflow/event.go", "workflow/event_sweep.go", "workflow/history.go", "workflow/rollup.go", "workflow/sweep.go"}

// growing are tables that get rows without an end, and how to fill each with rows of
// which nothing is due: i is the number of a row, which is i seconds old.
var growing = map[string]string{
	"alerts": `(id, workspace_id, source_id, plan_id, kind, opened_at, last_at, resolved_at)
		SELECT md5('a' || i)::uuid, w, w, md5('p' || i % 3000)::uuid, 'backup_overdue', at, at, at`,
	"audit_events":  `(workspace_id, at, actor_kind, actor_name, action, subject_kind, subject_id) SELECT w, at, 'system', 'x', 'x', 'x', 'x'`,
	"backups":       `(id, workspace_id, plan_id, source_id, vault_id, slot, snapshot_id, created_at) SELECT md5('t' || i * 3)::uuid, w, md5('p' || i % 3000)::uuid, w, w, at, md5('s' || i)::uuid, at`,
	"drills":        `(id, workspace_id, plan_id, source_id, snapshot_id, slot, created_at) SELECT md5('t' || i * 3 + 1)::uuid, w, md5('p' || i % 3000)::uuid, w, md5('s' || i)::uuid, at, at`,
	"holds":         `(id, workspace_id, snapshot_id, reason, held_by, created_at) SELECT md5('h' || i)::uuid, w, md5('s' || i)::uuid, 'x', 'x', at`,
	"mails":         `(id, workspace_id, kind, to_address, locale, sealed_args, state, created_at) SELECT md5('m' || i)::uuid, w, 'backup_failed', 'a@example.com', 'en', 'x', 'sent', at`,
	"notifications": `(id, workspace_id, kind, severity, path, created_at) SELECT md5('n' || i)::uuid, w, 'x', 'info', '/', at`,
	"run_waits":     `(run_id, key, workspace_id, step_id, kind, state, take, began_at, wake_at) SELECT md5('r' || i)::uuid, 'x', w, 'x', 'delay', 'closed', 1, at, at`,
	"runs": `(id, workspace_id, workflow_id, version_id, number, state, cause, input, created_at, started_at, finished_at, deadline_at)
		SELECT md5('r' || i)::uuid, w, w, w, i, 'succeeded', 'event', '{}', at, at, at, at`,
	"snapshots": `(id, workspace_id, plan_id, source_id, vault_id, manifest_id, taken_at, bytes, stored_bytes, files, truth)
		SELECT md5('s' || i)::uuid, w, md5('p' || i % 3000)::uuid, w, w, i::text, at, 1, 1, 1, '{}'`,
	"task_logs": `(task_id, workspace_id, at, key) SELECT md5('t' || i)::uuid, w, at, 'x'`,
	"tasks": `(id, workspace_id, kind, state, subject_name, cause, created_at, started_at, finished_at)
		SELECT md5('t' || i)::uuid, w, (ARRAY['backup', 'drill', 'source_test'])[i % 3 + 1], 'succeeded', 'x', 'schedule', at, at, at`,
}

func fill(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%.120s: %v", sql, err)
		}
	}
	exec(`SET session_replication_role = replica`) // neither foreign keys nor triggers
	for table, rows := range growing {
		exec(`INSERT INTO ` + table + ` ` + rows + ` FROM generate_series(1, 30000) i, LATERAL (SELECT now() - i * interval '1 second' AS at, md5('w' || i % 50)::uuid AS w) x`)
	}
	exec(`ANALYZE`)
	return conn
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

// filledIn writes values in place of a statement's arguments; every moment is at.
func filledIn(t *testing.T, conn *pgx.Conn, sql string, at time.Time) string {
	t.Helper()
	described, err := conn.Prepare(t.Context(), "", sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return placeholder.ReplaceAllStringFunc(sql, func(name string) string {
		var nth int
		var kind string
		if _, err := fmt.Sscanf(name, "$%d", &nth); err != nil {
			t.Fatal(err)
		}
		if err := conn.QueryRow(t.Context(), `SELECT format_type($1::oid, NULL)`, described.ParamOIDs[nth-1]).Scan(&kind); err != nil {
			t.Fatal(err)
		}
		value := map[string]string{"bigint": "100", "boolean": "false", "bytea": "", "double precision": "1", "integer": "100", "interval": "1 hour", "jsonb": "{}",
			"smallint": "1", "text": "x", "text[]": "{x}", "uuid": "00000000-0000-4000-8000-000000000001", "uuid[]": "{00000000-0000-4000-8000-000000000001}",
			"timestamp with time zone": at.Format(time.RFC3339), "date": at.Format(time.DateOnly)}[kind]
		return "'" + value + "'::" + kind
	})
}

// read are the growing tables that the statement would read whole.
func read(t *testing.T, conn *pgx.Conn, sql string) (whole []string) {
	t.Helper()
	var text []byte
	if err := conn.QueryRow(t.Context(), `EXPLAIN (FORMAT JSON) `+sql).Scan(&text); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal(text, &plans); err != nil || len(plans) != 1 {
		t.Fatal(err, string(text))
	}
	plans[0].Plan.walk(func(n node) {
		if _, grows := growing[n.Relation]; grows && n.Type == "Seq Scan" && !slices.Contains(whole, n.Relation) {
			whole = append(whole, n.Relation)
		}
	})
	return whole
}

type node struct {
	Type     string `json:"Node Type"`
	Relation string `json:"Relation Name"`
	Plans    []node
}

func (n node) walk(see func(node)) {
	see(n)
	for _, below := range n.Plans {
		below.walk(see)
	}
}

// TestNoTimerReadsAGrowingTable: what a timer asks finds its rows by an index, however
// many there are of which nothing is due. Whether moments are old or new, since a
// statement that asks for all rows may read them all.
func TestNoTimerReadsAGrowingTable(t *testing.T) {
	t.Parallel()
	conn := fill(t, dbtest.NewURL(t))
	asked := map[string]string{}
	for _, s := range readCode(t).statements {
		if s.complete && slices.ContainsFunc(timers, func(file string) bool { return strings.HasSuffix(s.at.Filename, file) }) {
			asked[s.at.String()] = numbered(s.text)
		}
	}
	if len(asked) < 25 {
		t.Errorf("%d statements of timers: does this test still find them?", len(asked))
	}
	for _, r := range slices.Concat(account.Retention(), alert.Retention(), backup.RowRetention(prune.Day), mail.Retention(), task.Retention(), workflow.Retention()) {
		if r.Where != "" && r.Call == "" {
			asked["retention of "+r.Table+": "+r.Why] = r.Statement()
		}
	}
	for where, sql := range asked {
		old := read(t, conn, filledIn(t, conn, sql, time.Now().AddDate(-2, 0, 0)))
		young := read(t, conn, filledIn(t, conn, sql, time.Now().Add(time.Hour)))
		for _, table := range old {
			if slices.Contains(young, table) {
				t.Errorf("%s reads all of %s:\n%s", where, table, sql)
			}
		}
	}
}
