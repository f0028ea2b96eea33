package alert

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"levqor/jobs/fail"
	"levqor/jobs/task"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	yes, no, good, total := true, false, 129, 131
	for name, c := range map[string]struct {
		task     task.Task
		proof    outcome
		wrong    Kind
		key      string
		resolved []Kind
	}{
		"a good backup ends what was wrong with copies": {
			task.Task{Kind: task.Backup, State: task.Succeeded}, outcome{}, "", "", []Kind{BackupFailed, BackupOverdue}},
		"a failed backup": {
			task.Task{Kind: task.Backup, State: task.Failed, FailureClass: fail.ClassCredentials, FailureKey: "postgres.fail.login"},
			outcome{}, BackupFailed, "postgres.fail.login", nil},
		"a canceled backup says nothing": {task.Task{Kind: task.Backup, State: task.Canceled}, outcome{}, "", "", nil},
		"a passed proof":                 {task.Task{Kind: task.Drill, State: task.Succeeded}, outcome{&yes, &total, &total}, "", "", []Kind{ProofFailed}},
		"a failed proof":                 {task.Task{Kind: task.Drill, State: task.Succeeded}, outcome{&no, &good, &total}, ProofFailed, "drill.fail.checks", nil},
		"a drill that could not run": {
			task.Task{Kind: task.Drill, State: task.Failed, FailureKey: "vault.fail.unreachable"}, outcome{}, ProofFailed, "vault.fail.unreachable", nil},
		"a canceled drill":      {task.Task{Kind: task.Drill, State: task.Canceled}, outcome{}, "", "", nil},
		"a failed restore":      {task.Task{Kind: task.Restore, State: task.Failed}, outcome{}, "", "", nil},
		"a failed source test":  {task.Task{Kind: task.SourceTest, State: task.Failed}, outcome{}, "", "", nil},
		"a good vault's upkeep": {task.Task{Kind: task.VaultUpkeep, State: task.Succeeded}, outcome{}, "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			v := judge(c.task, c.proof)
			if v.wrong != c.wrong || v.key != c.key || !slices.Equal(v.resolved, c.resolved) {
				t.Fatalf("got %+v", v)
			}
			if v.key == "drill.fail.checks" && (v.args["bad"] != 2 || v.args["total"] != 131) {
				t.Fatalf("args %v", v.args)
			}
		})
	}
}

func TestMendPath(t *testing.T) {
	t.Parallel()
	source, run := uuid.UUID{1}, uuid.UUID{2}
	const sourcePath, runID = "/sources/01000000-0000-0000-0000-000000000000", "02000000-0000-0000-0000-000000000000"
	for _, c := range []struct {
		kind  Kind
		class fail.Class
		want  string
	}{
		{BackupFailed, fail.ClassCredentials, sourcePath + "/settings"},
		{BackupFailed, fail.ClassGone, sourcePath + "/settings"},
		{BackupFailed, fail.ClassQuota, "/backups/" + runID},
		{BackupOverdue, "", sourcePath},
		{ProofFailed, "", "/drills/" + runID},
	} {
		if got := mendPath(c.kind, c.class, source, &run); got != c.want {
			t.Errorf("%s %s: got %s, want %s", c.kind, c.class, got, c.want)
		}
	}
}
