package task

import "levqor/jobs/prune"

// Retention is how long this line's rows are kept; details of a task go with it.
// What is unfinished, what an open alert speaks of, the last of each kind of what a
// source or a vault shows, the backup of a snapshot that is there, and the proofs
// that protection rests on stay, however old.
func Retention() []prune.Rule {
	const ended = "r.state NOT IN ('queued', 'running') AND r.finished_at < $1 AND NOT EXISTS (SELECT FROM alerts a WHERE a.task_id = r.id AND a.resolved_at IS NULL) AND "
	return []prune.Rule{
		{Table: "task_logs", Age: 90 * prune.Day, Where: "r.at < $1 AND EXISTS (SELECT FROM tasks t WHERE t.id = r.task_id AND t.state NOT IN ('queued', 'running'))",
			Why: "what long work said: to find out why it failed"},
		{Table: "tasks", Age: 90 * prune.Day, Why: "tests of sources; each one's last stays",
			Where: ended + "r.kind = 'source_test' AND EXISTS (SELECT FROM source_tests d JOIN source_tests l ON l.source_id = d.source_id AND l.created_at > d.created_at WHERE d.id = r.id)"},
		{Table: "tasks", Age: 90 * prune.Day, Why: "set-ups and upkeep of vaults; each one's last stays",
			Where: ended + "r.kind IN ('vault_setup', 'vault_upkeep') AND EXISTS (SELECT FROM vault_tasks d JOIN vault_tasks l ON l.vault_id = d.vault_id AND l.created_at > d.created_at WHERE d.id = r.id)"},
		{Table: "tasks", Age: 90 * prune.Day, Why: "backups; a plan's last stays, and those whose snapshot is there",
			Where: ended + "r.kind = 'backup' AND EXISTS (SELECT FROM backups d JOIN backups l ON l.plan_id = d.plan_id AND l.created_at > d.created_at WHERE d.id = r.id) AND " +
				"NOT EXISTS (SELECT FROM backups d JOIN snapshots n ON n.id = d.snapshot_id WHERE d.id = r.id AND n.state <> 'deleted')"},
		{Table: "tasks", Age: 400 * prune.Day, Why: "drills and their proofs; the last of a plan stays, and the last with a proof of a plan and of a snapshot that is there",
			Where: ended + "r.kind = 'drill' AND EXISTS (SELECT FROM drills d JOIN drills l ON l.plan_id = d.plan_id AND l.created_at > d.created_at WHERE d.id = r.id) AND " +
				"NOT EXISTS (SELECT FROM drills d WHERE d.id = r.id AND d.proof IS NOT NULL AND (" +
				"NOT EXISTS (SELECT FROM drills l WHERE l.plan_id = d.plan_id AND l.proof IS NOT NULL AND l.created_at > d.created_at) OR " +
				"EXISTS (SELECT FROM snapshots n WHERE n.id = d.snapshot_id AND n.state <> 'deleted') AND " +
				"NOT EXISTS (SELECT FROM drills l WHERE l.snapshot_id = d.snapshot_id AND l.proof IS NOT NULL AND l.created_at > d.created_at)))"},
		{Table: "tasks", Age: 400 * prune.Day, Where: ended + "r.kind IN ('ai_call', 'restore')", Why: "what was restored where; tokens of a month"},
		{Table: "ai_calls", Why: "with their task; texts are forgotten after a week"},
		{Table: "backups", Why: "with their task"},
		{Table: "drills", Why: "with their task"},
		{Table: "restores", Why: "with their task"},
		{Table: "source_tests", Why: "with their task"},
		{Table: "vault_tasks", Why: "with their task"},
		{Table: "worker_leases", Why: "one a worker process; swept by the workers"},
	}
}
