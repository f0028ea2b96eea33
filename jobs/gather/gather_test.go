package gather_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"levqor/jobs/gather"
)

func TestWhatComesDuringABatchGoesWithTheNext(t *testing.T) {
	t.Parallel()
	var sizes []int
	started, goOn := make(chan struct{}, 32), make(chan struct{})
	g := gather.New(10, func(_ context.Context, batch []int) ([]int, error) {
		sizes = append(sizes, len(batch))
		started <- struct{}{}
		<-goOn
		doubled := make([]int, len(batch))
		for i, n := range batch {
			doubled[i] = 2 * n
		}
		return doubled, nil
	})
	var wg sync.WaitGroup
	add := func(n int) {
		wg.Go(func() {
			if got, err := g.Add(t.Context(), n); err != nil || got != 2*n {
				t.Errorf("%d: %d, %v", n, got, err)
			}
		})
	}
	add(1)
	<-started // alone at work; these wait, then go in batches of at most ten
	for n := range 25 {
		add(n)
	}
	close(goOn)
	wg.Wait()
	total := 0
	for _, n := range sizes {
		if total += n; n > 10 {
			t.Errorf("a batch of %d", n)
		}
	}
	if total != 26 || sizes[0] != 1 {
		t.Errorf("%v", sizes)
	}
}

func TestABadItemFailsAlone(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad")
	block := make(chan struct{})
	g := gather.New(10, func(_ context.Context, batch []int) ([]int, error) {
		<-block
		for _, n := range batch {
			if n == 7 {
				return nil, bad
			}
		}
		return batch, nil
	})
	var wg sync.WaitGroup
	for n := range 12 {
		wg.Go(func() {
			_, err := g.Add(t.Context(), n)
			if (n == 7) != errors.Is(err, bad) {
				t.Errorf("%d: %v", n, err)
			}
		})
	}
	close(block)
	wg.Wait()
}
