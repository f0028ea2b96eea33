package overview

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
)

// Found is what the palette offers: things by name, and what can be done.
type Found struct {
	Actions []Action
	Things  []Thing
}

// Action is something to do; its words are overview.action.<name> with Subject
// as %{name}. Post says that it is a form, not a page.
type Action struct {
	Name    string
	Subject string
	Path    string
	Post    bool
}

// Thing is a source, vault, snapshot or workflow. At is when a snapshot was taken.
type Thing struct {
	Kind string // snapshot, source, vault or workflow
	ID   uuid.UUID
	Name string
	At   *time.Time
	Path string
}

const (
	perKind  = 6
	maxQuery = 100
)

// Search finds sources, vaults, snapshots and workflows by name or id, and the
// actions that the actor may take on the sources and workflows found. An empty
// query finds the actions of the whole workspace alone.
func (o *Overview) Search(ctx context.Context, actor account.Actor, query string) (found Found, err error) {
	if err := actor.Require(account.View); err != nil {
		return Found{}, err
	}
	found.Actions = generalActions(actor)
	query = strings.ToLower(strings.TrimSpace(query))
	if query == "" || len(query) > maxQuery {
		return found, nil
	}
	err = o.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := find(ctx, tx, query)
		if err != nil {
			return err
		}
		var own []Action
		for _, r := range rows {
			found.Things = append(found.Things, r.thing())
			switch r.Kind {
			case "source":
				own = append(own, sourceActions(actor, r)...)
			case "workflow":
				own = append(own, workflowActions(actor, r)...)
			}
		}
		found.Actions = append(own, found.Actions...)
		return nil
	})
	return found, err
}

// generalActions are few: the page that shows them picks by their words.
func generalActions(actor account.Actor) []Action {
	var actions []Action
	add := func(power account.Power, name, path string, post bool) {
		if actor.Can(power) {
			actions = append(actions, Action{Name: name, Path: path, Post: post})
		}
	}
	add(account.Manage, "add_source", "/sources/new", false)
	add(account.Operate, "prove_all", "/drills", true)
	add(account.Manage, "add_vault", "/vaults/new", false)
	add(account.Manage, "new_workflow", "/workflows/new", false)
	add(account.Manage, "see_kit", "/vaults", false)
	add(account.Manage, "see_members", "/settings/members", false)
	add(account.Manage, "see_tokens", "/settings/tokens", false)
	add(account.Manage, "see_audit", "/settings/audit", false)
	return actions
}

func sourceActions(actor account.Actor, r foundRow) []Action {
	if !actor.Can(account.Operate) || r.PlanID == nil {
		return nil
	}
	plan := "/plans/" + r.PlanID.String()
	actions := []Action{{Name: "back_up", Subject: r.Name, Path: plan + "/backups", Post: true}}
	if r.Newest == nil {
		return actions
	}
	return append(actions,
		Action{Name: "restore", Subject: r.Name, Path: "/snapshots/" + r.Newest.String() + "/restores/new"},
		Action{Name: "prove", Subject: r.Name, Path: plan + "/drills", Post: true})
}

// workflowActions ask before anything runs: the dialog takes what the run starts with.
func workflowActions(actor account.Actor, r foundRow) []Action {
	if !actor.Can(account.Operate) || !r.ByHand {
		return nil
	}
	return []Action{{Name: "run", Subject: r.Name, Path: "/workflows/" + r.ID.String() + "?open=start"}}
}

// foundRow is a match. PlanID and Newest, its newest good snapshot, are of sources;
// ByHand, that people start its live version, is of workflows.
type foundRow struct {
	Kind   string
	ID     uuid.UUID
	Name   string
	At     *time.Time
	PlanID *uuid.UUID
	Newest *uuid.UUID
	ByHand bool
}

func (r foundRow) thing() Thing {
	return Thing{Kind: r.Kind, ID: r.ID, Name: r.Name, At: r.At, Path: "/" + r.Kind + "s/" + r.ID.String()}
}

// find looks for snapshots among the newest thousand: older ones are found from
// their source.
func find(ctx context.Context, tx pgx.Tx, query string) ([]foundRow, error) {
	rows, err := tx.Query(ctx, `
		(SELECT 'source', s.id, s.name, NULL::timestamptz,
			(SELECT p.id FROM plans p WHERE p.source_id = s.id AND p.deleted_at IS NULL ORDER BY p.created_at LIMIT 1),
			(SELECT n.id FROM snapshots n WHERE n.source_id = s.id AND n.state = 'good' ORDER BY n.health <> 'sound', n.taken_at DESC LIMIT 1),
			false
		FROM sources s WHERE s.workspace_id = current_workspace() AND s.deleted_at IS NULL AND strpos(lower(s.name), $1) > 0
		ORDER BY strpos(lower(s.name), $1), lower(s.name) LIMIT $2)
		UNION ALL
		(SELECT 'vault', v.id, v.name, NULL, NULL, NULL, false
		FROM vaults v WHERE v.workspace_id = current_workspace() AND v.deleted_at IS NULL AND strpos(lower(v.name), $1) > 0
		ORDER BY lower(v.name) LIMIT $2)
		UNION ALL
		(SELECT 'snapshot', n.id, s.name, n.taken_at, NULL, NULL, false
		FROM (SELECT id, source_id, taken_at FROM snapshots
			WHERE workspace_id = current_workspace() AND state <> 'deleted' ORDER BY taken_at DESC, id LIMIT 1000) n
		JOIN sources s ON s.id = n.source_id
		WHERE strpos(n.id::text, $1) > 0 OR strpos(lower(s.name), $1) > 0
		ORDER BY n.taken_at DESC LIMIT $2)
		UNION ALL
		(SELECT 'workflow', w.id, w.name, NULL, NULL, NULL, coalesce(v.definition #>> '{trigger,kind}' = 'manual', false)
		FROM workflows w LEFT JOIN workflow_versions v ON v.id = w.live_version_id
		WHERE w.workspace_id = current_workspace() AND w.deleted_at IS NULL AND strpos(lower(w.name), $1) > 0
		ORDER BY strpos(lower(w.name), $1), lower(w.name) LIMIT $2)`, query, perKind)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[foundRow])
}
