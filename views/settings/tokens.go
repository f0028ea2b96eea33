package settings

import (
	"context"
	"slices"
	"strconv"

	"levqor/jobs/account"
	"levqor/locales"
	"levqor/views/parts"
)

// TokensPage is the workspace's API tokens. Made is a token's words, on the one
// page that shows them.
type TokensPage struct {
	Base
	Tokens      []account.Token
	Form        account.TokenInput
	Made        string
	MadeName    string
	BaseURL     string
	NeedsStepUp bool
	Problems    parts.Problems
}

// scopes that this person may give.
func (p TokensPage) scopes() []account.Scope {
	scopes := account.Scopes()
	if !p.Actor.Can(account.Own) {
		return slices.DeleteFunc(scopes, func(s account.Scope) bool { return s == account.ScopeAdmin })
	}
	return scopes
}

func (p TokensPage) chosen(scope account.Scope) bool {
	return slices.Contains(p.Form.Scopes, string(scope))
}

func (p TokensPage) days(ctx context.Context) []parts.Option {
	options := []parts.Option{}
	for _, days := range []int{7, 30, 90, 365} {
		options = append(options, parts.Option{Value: strconv.Itoa(days), Label: locales.N(ctx, "settings.tokens.days", days)})
	}
	return append(options, parts.Option{Value: "0", Label: locales.T(ctx, "settings.tokens.never")})
}

// example asks the API for the sources, with the token taken from the environment:
// a shell remembers what is typed.
func (p TokensPage) example() string {
	return "curl -H \"Authorization: Bearer $LEVQOR_TOKEN\" " + p.BaseURL + "/api/v1/sources"
}

func scopeName(ctx context.Context, scope account.Scope) string {
	return locales.T(ctx, "account.scope."+string(scope)+".name")
}

func scopeText(ctx context.Context, scope account.Scope) string {
	return locales.T(ctx, "account.scope."+string(scope)+".text")
}

// strongest is the scope that says what the token may do: each includes those before.
func strongest(scopes []account.Scope) account.Scope {
	all := account.Scopes()
	for _, scope := range slices.Backward(all) {
		if slices.Contains(scopes, scope) {
			return scope
		}
	}
	return all[0]
}
