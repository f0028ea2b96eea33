package templates_test

import (
	"maps"
	"testing"

	"levqor/jobs/workflow/template"
)

// play is one way in which a template's run goes, from its trigger to its end.
type play struct {
	promise string
	answers map[string]string // to what it asks, where the standard ones won't do
	act     func(s *scene)
}

// plays are those of every category's templates.
var plays = map[string]map[string][]play{"business": businessPlays, "chores": chorePlays, "protect": protectPlays, "watch": watchPlays}

// TestEveryTemplateRunsToItsEnd uses each template as a shop does: its form is
// filled in, its trigger comes, and what it promises happens, on a real database
// and vault and a real server.
func TestEveryTemplateRunsToItsEnd(t *testing.T) {
	t.Parallel()
	all, err := template.All()
	must(t, err)
	for _, category := range template.Categories {
		t.Run(category, func(t *testing.T) {
			t.Parallel()
			s, left := newShop(t), maps.Clone(plays[category])
			for _, one := range all {
				if one.Category != category {
					continue
				}
				if len(left[one.ID]) == 0 {
					t.Errorf("nothing shows that the template %s runs to its end", one.ID)
				}
				for _, p := range left[one.ID] {
					t.Run(one.ID+"/"+p.promise, func(t *testing.T) { p.act(s.open(t, one, p.answers)) })
				}
				delete(left, one.ID)
			}
			for id := range left {
				t.Errorf("there is no template %s in %s any more", id, category)
			}
		})
	}
}
