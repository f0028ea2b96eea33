package templates_test

import (
	"net/http"
	"os"
	"slices"
	"time"

	"levqor/jobs/workflow"
	"levqor/jobs/workflow/engine"
)

var chorePlays = map[string][]play{
	"export_then_back_up": {
		{promise: "an export that fails is asked for again, and no old files are backed up meanwhile", answers: map[string]string{"url": "/export"}, act: func(s *scene) {
			s.web.say("/export", http.StatusBadGateway, nil)
			s.strike()
			if n := len(s.copies()); n != 0 {
				s.t.Errorf("%d copies", n)
			}
			s.web.say("/export", http.StatusOK, nil)
			s.pass(2 * time.Minute)
			s.ends(engine.Succeeded, "export", "backup")
			s.got("GET /export", "GET /export")
		}},
	},
	"quarterly_restore_review": {
		{promise: "somebody has read the report", act: func(s *scene) {
			s.backUp()
			s.strike()
			if now := s.Services.Clock.Now(); now.Day() != 1 || now.Month()%3 != 1 {
				s.t.Errorf("it asks on %s", now)
			}
			s.says("The quarter's restore test of "+s.name()+" passed", "Have you read the report?")
			s.yes()
			s.ends(engine.Succeeded, "proof", "review", "done")
		}},
		{promise: "nobody has, for two weeks", act: func(s *scene) {
			s.backUp()
			s.spoil()
			s.strike()
			s.says("FAILED")
			s.pass(13 * 24 * time.Hour)
			s.ends(engine.Waiting, "proof")
			s.pass(2 * 24 * time.Hour)
			s.ends(engine.Failed, "proof", "review", "halt")
			if why := s.run().FailureArgs["message"]; why != "nobody read the report within two weeks" {
				s.t.Error(why)
			}
		}},
	},
	"quiet_archive": {
		{promise: "a proven copy is held for ten years", act: func(s *scene) {
			s.start(nil)
			s.ends(engine.Succeeded, "backup", "proof", "keep")
			if held := s.held(); !slices.Equal(held, []string{"archived"}) {
				s.t.Errorf("%q", held)
			}
		}},
		{promise: "one that does not restore is no archive", act: func(s *scene) {
			s.afterBackup = s.spoil
			s.start(nil)
			s.ends(engine.Failed, "backup", "proof")
			if held := s.held(); len(held) != 0 {
				s.t.Errorf("%q", held)
			}
		}},
	},
	"release_hold_after_approval": {
		{promise: "it is held for months until somebody lets go", act: func(s *scene) {
			s.backUp()
			s.start(nil)
			if held := s.held(); !slices.Equal(held, []string{"legal question"}) {
				s.t.Errorf("%q", held)
			}
			s.pass(100 * 24 * time.Hour)
			must(s.t, s.Services.Workflows.Engine().SweepDeadlines(s.t.Context()))
			if q := s.asked(); q.Step().Name != "The legal question is settled, release the copy" {
				s.t.Errorf("%+v", q)
			}
			s.yes()
			s.ends(engine.Succeeded, "hold", "free")
			if held := s.held(); len(held) != 0 {
				s.t.Errorf("%q", held)
			}
		}},
		{promise: "after a no it stays held", act: func(s *scene) {
			s.backUp()
			s.start(nil)
			s.decide(workflow.Decision{Reason: "the court has not spoken"})
			s.ends(engine.Succeeded, "hold", "free", "note")
			if held := s.held(); len(held) != 1 {
				s.t.Errorf("%q", held)
			}
		}},
		{promise: "there is nothing to hold", act: func(s *scene) {
			s.start(nil)
			s.ends(engine.Failed, "hold")
		}},
	},
	"tidy_after_backup": {
		{promise: "what the plan lets go is gone", act: func(s *scene) {
			s.backUp()
			s.Exec(`UPDATE snapshots SET taken_at = taken_at - interval '2 years' WHERE source_id = $1`, s.source)
			s.backUp()
			s.ends(engine.Succeeded, "tidy")
			plans := rowsOf[string](s, `SELECT args ->> 'id' FROM river_job WHERE kind = 'expiry'`)
			if !slices.Contains(plans, s.plan.String()) {
				s.t.Fatalf("expiry of %q", plans)
			}
			must(s.t, s.Services.Backups.Expire(s.t.Context(), s.plan))
			if n := s.Count(`SELECT count(*) FROM snapshots WHERE source_id = $1 AND state = 'good'`, s.source); n != 1 {
				s.t.Errorf("%d copies are left", n)
			}
		}},
	},
	"two_plans_in_order": {
		{promise: "the second begins when the first is done", act: func(s *scene) {
			s.strike()
			s.ends(engine.Succeeded, "first", "second")
			if n := s.Count(`SELECT count(*) FROM backups b JOIN tasks t USING (id) JOIN tasks before ON before.finished_at <= t.created_at JOIN backups a ON a.id = before.id
				WHERE a.plan_id = $1 AND b.plan_id = $2`, s.plan, s.second); n != 1 {
				s.t.Error("they overlap")
			}
		}},
		{promise: "without the first there is no second", act: func(s *scene) {
			must(s.t, os.RemoveAll(s.dir))
			s.strike()
			s.ends(engine.Failed, "first")
			if n := s.Count(`SELECT count(*) FROM backups WHERE plan_id = $1`, s.second); n != 0 {
				s.t.Errorf("%d of the second", n)
			}
		}},
	},
	"two_plans_side_by_side": {
		{promise: "both begin together", act: func(s *scene) {
			s.strike()
			s.ends(engine.Succeeded, "both", "first", "second", "note")
			if n := s.Count(`SELECT count(*) FROM backups WHERE plan_id IN ($1, $2)`, s.plan, s.second); n != 2 {
				s.t.Errorf("%d backups", n)
			}
		}},
		{promise: "one that fails does not keep the other from its copy", act: func(s *scene) {
			must(s.t, os.RemoveAll(s.dir))
			s.strike()
			s.ends(engine.Failed, "both", "first", "second")
			if n := s.Count(`SELECT count(*) FROM snapshots WHERE plan_id = $1`, s.second); n != 1 {
				s.t.Errorf("%d copies of the other", n)
			}
		}},
	},
}
