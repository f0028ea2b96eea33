package account

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/fail"
)

// Profile is what a person may change about themselves.
type Profile struct {
	Name     string
	Locale   string
	TimeZone string
}

// SaveProfile changes the signed-in person. Invalid: fields name, time_zone.
func (a *Accounts) SaveProfile(ctx context.Context, s Session, p Profile) error {
	var form fail.Form
	p.Name = strings.TrimSpace(p.Name)
	form.Check(validName(p.Name), "name", "account.field.name", "most", mostName)
	form.Check(validZone(p.TimeZone), "time_zone", "account.field.time_zone")
	form.Check(len(p.Locale) > 0 && len(p.Locale) <= 20, "locale", "account.field.locale")
	if err := form.Err(); err != nil {
		return err
	}
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE users SET name = $2, locale = $3, time_zone = $4 WHERE id = $1`,
			s.User.ID, p.Name, p.Locale, p.TimeZone); err != nil {
			return err
		}
		return record(ctx, tx, s.Actor, a.clock.Now(), "profile.changed", "user", s.User.ID.String(), p.Name, nil)
	})
}

// Appearance is how the pages look for a person; empty fields stay as they are.
type Appearance struct {
	Theme string // dark, light, system
	Rail  string // slim, wide
}

// SaveAppearance keeps it. Invalid: fields theme, rail.
func (a *Accounts) SaveAppearance(ctx context.Context, s Session, look Appearance) error {
	var form fail.Form
	form.Check(look.Theme == "" || look.Theme == "dark" || look.Theme == "light" || look.Theme == "system", "theme", "account.field.theme")
	form.Check(look.Rail == "" || look.Rail == "slim" || look.Rail == "wide", "rail", "account.field.theme")
	if err := form.Err(); err != nil {
		return err
	}
	return a.db.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE users SET theme = coalesce(nullif($2, ''), theme), rail_slim = CASE $3 WHEN '' THEN rail_slim ELSE $3 = 'slim' END
			WHERE id = $1`, s.User.ID, look.Theme, look.Rail)
		return err
	})
}

const mostName = 80

func validName(name string) bool {
	return name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= mostName && !strings.ContainsAny(name, "\r\n\x00")
}

func validZone(zone string) bool {
	_, err := time.LoadLocation(zone)
	return err == nil && zone != "" && zone != "Local"
}

// nameOf is a first name to show, from the address.
func nameOf(address string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(address), "@")
	if !validName(name) {
		return "?"
	}
	return name
}

// zoneOf is the zone if it is one, else UTC.
func zoneOf(zone string) string {
	if !validZone(zone) {
		return "UTC"
	}
	return zone
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func cut(text string, most int) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text
}
