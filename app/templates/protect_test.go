package templates_test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"levqor/jobs/workflow/engine"
)

var protectPlays = map[string][]play{
	"before_deployment": {
		{promise: "the pipeline is told when the copy is held", act: func(s *scene) {
			got := s.sendJSON(`{"version": "2.1"}`)
			if got.Status != http.StatusOK || got.Body != `{"ready":true,"snapshot":"`+s.copies()[0].String()+`"}` {
				s.t.Fatalf("%d %s", got.Status, got.Body)
			}
			s.ends(engine.Succeeded, "backup", "hold", "ready")
			if held := s.held(); !slices.Equal(held, []string{"before a deployment: 2.1"}) {
				s.t.Errorf("%q", held)
			}
		}},
		{promise: "an empty call does too", act: func(s *scene) {
			if got := s.sendJSON(``); got.Status != http.StatusOK {
				s.t.Fatalf("%d %s", got.Status, got.Body)
			}
			if held := s.held(); !slices.Equal(held, []string{"before a deployment: no version given"}) {
				s.t.Errorf("%q", held)
			}
		}},
		{promise: "without a copy the pipeline hears that it may not go on", act: func(s *scene) {
			must(s.t, os.RemoveAll(s.dir))
			if got := s.sendJSON(`{}`); got.Status != http.StatusBadGateway {
				s.t.Fatalf("%d %s", got.Status, got.Body)
			}
			s.ends(engine.Failed, "backup")
		}},
	},
	"failed_backup_try_again": {
		{promise: "the second try goes well", act: func(s *scene) {
			must(s.t, os.RemoveAll(s.dir))
			s.backUp()
			s.ends(engine.Waiting)
			s.write(s.dir, 40)
			s.pass(9 * time.Minute)
			s.ends(engine.Waiting)
			s.pass(2 * time.Minute)
			s.ends(engine.Succeeded, "pause", "again", "note")
			s.mails()
			if n := len(s.copies()); n != 1 {
				s.t.Errorf("%d copies", n)
			}
		}},
		{promise: "it writes once when that fails too, and tries no third time", act: func(s *scene) {
			must(s.t, os.RemoveAll(s.dir))
			s.backUp()
			s.pass(11 * time.Minute)
			s.ends(engine.Failed, "pause", "again", "tell", "halt")
			s.mails(member + ": " + s.name() + " could not be backed up")
			s.pass(time.Hour)
			if n := s.runs(); n != 1 {
				s.t.Errorf("its own failed try started it again: %d runs", n)
			}
		}},
	},
	"failed_drill_hold_and_tell": {
		{promise: "a new copy passes", act: func(s *scene) {
			s.backUp()
			s.backUp()
			s.Exec(`UPDATE snapshots SET truth = replace(truth::text, '"files": 1', '"files": 3')::jsonb WHERE id = $1`, s.copies()[1])
			s.prove()
			s.ends(engine.Succeeded, "hold", "fresh", "again", "mended", "good_news")
			s.mails(member + ": " + s.name() + ": a restore test failed, a new copy passed")
			held := rowsOf[string](s, `SELECT snapshot_id::text FROM holds WHERE released_at IS NULL AND snapshot_id = ANY($1)`, s.copies())
			if !slices.Equal(held, []string{s.copies()[0].String()}) {
				s.t.Errorf("held is %q, of %v", held, s.copies())
			}
		}},
		{promise: "it warns where no new copy can be made, and does not start itself again", act: func(s *scene) {
			s.backUp()
			s.spoil()
			must(s.t, os.RemoveAll(s.dir))
			s.prove()
			s.ends(engine.Succeeded, "hold", "fresh", "again", "mended", "bad_news")
			s.mails(member + ": " + s.name() + " does not restore")
			if n := s.runs(); n != 1 {
				s.t.Errorf("%d runs", n)
			}
		}},
	},
	"month_end_hold": {
		{promise: "the copy of the 28th is held for seven years", act: func(s *scene) {
			s.strike()
			s.ends(engine.Succeeded, "backup", "hold")
			held := rowsOf[time.Time](s, `SELECT until FROM holds WHERE snapshot_id = $1 AND reason LIKE 'month''s end of %'`, s.copies()[0])
			if now := s.Services.Clock.Now(); len(held) != 1 || now.Day() != 28 || held[0].Sub(now) < 2554*24*time.Hour {
				s.t.Errorf("%v, it is %s", held, now)
			}
		}},
	},
	"nightly_backup_prove_tell": {
		{promise: "a good night", act: func(s *scene) {
			s.strike()
			s.ends(engine.Succeeded, "backup", "proof", "proven", "tell")
			s.mails(member + ": " + s.name() + " is backed up and proven")
			if body := s.letters()[0][1]; !strings.Contains(body, " of ") || strings.Contains(body, " 0 of") {
				s.t.Error(body)
			}
			if proven := s.Count(`SELECT count(*) FROM drills WHERE source_id = $1 AND passed`, s.source); proven != 1 {
				s.t.Errorf("%d proofs", proven)
			}
		}},
		{promise: "a night without a backup", act: func(s *scene) {
			must(s.t, os.RemoveAll(s.dir))
			s.strike()
			s.ends(engine.Failed, "backup", "no_copy", "halt")
			s.mails(member + ": No backup tonight")
		}},
		{promise: "a copy that does not restore", act: func(s *scene) {
			s.afterBackup = s.spoil
			s.strike()
			s.ends(engine.Succeeded, "backup", "proof", "proven", "warn")
			s.mails(member + ": " + s.name() + " is backed up, but its restore test failed")
		}},
	},
	"prove_after_each_backup": {
		{promise: "the copy is restored and checked", act: func(s *scene) {
			s.backUp()
			s.ends(engine.Succeeded, "proof", "note")
			if n := s.Count(`SELECT count(*) FROM snapshots WHERE id = $1 AND proven_at IS NOT NULL`, s.copies()[0]); n != 1 {
				s.t.Error("it is not proven")
			}
		}},
		{promise: "another source's copies are none of its business", act: func(s *scene) {
			_, s.plan, _ = s.protect("other", 10)
			s.backUp()
			if n := s.runs(); n != 0 {
				s.t.Errorf("%d runs", n)
			}
		}},
	},
}
