package main

import "testing"

func TestIconNamesAreFoundWhereCodeNamesThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`@Icon("copy")`:                      "copy",
		`@parts.IconDir("chevron-right")`:    "chevron-right",
		`Action{Label: l, Icon: "plus"}`:     "plus",
		`return look{Good, "circle-check"}`:  "circle-check",
		`<input type="search" name="query">`: "",
		`class="table"`:                      "",
	} {
		got := ""
		if match := quoted.FindStringSubmatch(text); match != nil {
			got = match[1]
		}
		if got != want {
			t.Errorf("%s: found %q, want %q", text, got, want)
		}
	}
}

func TestPlainNamesDropTheHash(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"app-G3FHMYAI.css":                           "app.css",
		"mark-busy-4C66GWTJ.svg":                     "mark-busy.svg",
		"inter-latin-ext-wght-normal-HA22NDSG.woff2": "inter-latin-ext.woff2",
	} {
		if got := plainName(name); got != want {
			t.Errorf("plainName(%s) = %s", name, got)
		}
	}
}
