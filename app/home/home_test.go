package home_test

import (
	"strings"
	"testing"

	"levqor/app/apptest"
	"levqor/jobs/account"
)

func TestHome(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	t.Run("asks a stranger to the house to sign in", func(t *testing.T) {
		answer := h.Anonymous().Get("/")
		if answer.Status != 303 || answer.Location() != "/sign-in?next=%2F" {
			t.Errorf("%d %s", answer.Status, answer.Location())
		}
	})
	t.Run("offers the first source to an owner, not to a viewer", func(t *testing.T) {
		for person, offered := range map[*apptest.Person]bool{h.Owner: true, h.Member(account.RoleViewer): false} {
			answer := person.Get("/")
			if answer.Status != 200 || strings.Contains(answer.Body, `href="/sources/new"`) != offered {
				t.Errorf("%s: %d, offered is not %v", person.Email, answer.Status, offered)
			}
		}
	})
}
