package workflow

import "levqor/jobs/prune"

// Retention is how long this line's rows are kept. Runs, their steps and waits go
// with SweepHistory, KeepRuns after their end.
func Retention() []prune.Rule {
	const swept, own = "with its run, by the workflow's history", "as long as its workflow"
	return []prune.Rule{
		{Table: "api_replays", Why: "swept hourly: answers of a day"},
		{Table: "clock_checks", Why: "one row"},
		{Table: "clock_confirmations", Why: "one a workspace"},
		{Table: "credentials", Why: "settings: as long as their workspace"},
		{Table: "installation", Why: "one row"},
		{Table: "recovery_state", Why: "one row"},
		{Table: "run_hours", Age: 400 * prune.Day, Where: "r.hour < $1", Why: "figures of the last year"},
		{Table: "run_lanes", Why: "one a workspace"},
		{Table: "run_step_rows", Why: swept},
		{Table: "run_waits", Why: swept},
		{Table: "runs", Why: "KeepRuns after their end, by the workflow's history"},
		{Table: "test_clock", Why: "one row"},
		{Table: "trusts", Why: own},
		{Table: "workflow_edits", Age: 90 * prune.Day, Where: "r.at < $1", Why: "what undo takes back"},
		{Table: "workflow_events", Age: prune.Day, Where: "r.at < $1", Why: "taken within seconds; after an hour they start nothing"},
		{Table: "workflow_triggers", Why: own},
		{Table: "workflow_values", Why: own},
		{Table: "workflow_versions", Why: own + ", which runs and audits name them by"},
		{Table: "workflows", Why: "settings: as long as their workspace"},
	}
}
