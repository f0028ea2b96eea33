package locales

import (
	_ "embed" // the list of zones
	"strings"
)

//go:embed zones.txt
var zoneNames string

// Zones are the names of time zones that people choose from, UTC last.
func Zones() []string { return strings.Fields(zoneNames) }
