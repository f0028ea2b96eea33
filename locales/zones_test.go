package locales

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func TestEveryZoneToChooseIsKnown(t *testing.T) {
	t.Parallel()
	for _, name := range Zones() {
		if _, err := time.LoadLocation(name); err != nil {
			t.Error(err)
		}
	}
}
