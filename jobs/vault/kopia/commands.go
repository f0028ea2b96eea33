package kopia

import "strings"

// Commands are what a person types to use the vault without Levqor, with the
// stock kopia CLI: connect, list, restore, verify. They hold the vault's
// password and, unless loc has none, the bucket's keys: they belong in the
// recovery kit, never in a log.
func Commands(loc Location, key []byte) []string {
	return []string{
		strings.Join(connectArgs(loc, key), " "),
		"kopia snapshot list --all",
		"kopia snapshot restore SNAPSHOT-ID restored",
		"kopia snapshot verify --verify-files-percent=100",
	}
}

func connectArgs(loc Location, key []byte) []string {
	args := []string{"kopia", "repository", "connect", loc.Kind}
	flag := func(name, value string) {
		if value != "" {
			args = append(args, "--"+name+"="+quoted(value))
		}
	}
	flag("path", loc.Path)
	if loc.Kind == S3 {
		host, err := loc.host()
		if err != nil {
			host = loc.Endpoint
		}
		flag("endpoint", host)
		flag("bucket", loc.Bucket)
		flag("prefix", loc.prefix())
		flag("region", loc.Region)
		flag("access-key", loc.AccessKey)
		flag("secret-access-key", loc.SecretKey)
		if loc.Insecure {
			args = append(args, "--disable-tls")
		}
	}
	flag("password", Password(key))
	return append(args, "--readonly")
}

func quoted(s string) string {
	plain := strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,", r)
	})
	if plain < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Label is what kopia calls the source of the snapshots that were written with
// that id.
func Label(id string) string { return sourceOf(id).String() }
