package browser_test

import "testing"

func TestANewcomerSeesWhereToBegin(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	p := s.open(t, 1440, 900)
	p.signIn()
	p.accessible()
	p.see(`form[action="/sources/sample"] button`)
}
