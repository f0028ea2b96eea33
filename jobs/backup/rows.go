package backup

import (
	"time"

	"levqor/jobs/prune"
)

// RowRetention is how long this line's rows are kept; snapshots in a vault are kept by
// their plans. What a deleted one held is forgotten first: it is most of its row.
// grace is how long the deletion of a source can be undone.
func RowRetention(grace time.Duration) []prune.Rule {
	const gone = "r.state = 'deleted' AND r.deleted_at < $1"
	return []prune.Rule{
		{Table: "holds", Age: 400 * prune.Day, Where: "EXISTS (SELECT FROM snapshots n WHERE n.id = r.snapshot_id AND n.state = 'deleted' AND n.deleted_at < $1)",
			Why: "of snapshots that went over a year ago; the audit log keeps who held what"},
		{Table: "plans", Why: "settings: as long as their workspace"},
		{Table: "snapshots", Age: 30 * prune.Day, Where: gone + " AND r.truth <> '{}'", Set: "truth = '{}'", Why: "what a deleted snapshot held"},
		{Table: "snapshots", Age: 400 * prune.Day, Why: "deleted ones, once nothing speaks of them any more",
			Where: gone + " AND NOT EXISTS (SELECT FROM holds h WHERE h.snapshot_id = r.id) AND NOT EXISTS (SELECT FROM restores t WHERE t.snapshot_id = r.id) AND NOT EXISTS (SELECT FROM drills d WHERE d.snapshot_id = r.id)"},
		{Table: "sources", Age: grace, Where: "r.deleted_at < $1 AND r.sealed_secret IS NOT NULL", Set: "sealed_secret = NULL", Why: "the access to a deleted source, once that can't be undone"},
		{Table: "signing_keys", Why: "proofs are checked with them for ever"},
		{Table: "vaults", Why: "settings: as long as their workspace"},
	}
}
