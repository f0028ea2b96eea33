package folder

import "strings"

// GrantCommands let that user read a folder and what comes into it later, and
// nothing else, on disks that keep access lists.
func GrantCommands(user, path string) string {
	user, path = quote(user), quote(path)
	return strings.Join([]string{
		"# what is there now",
		"setfacl -R -m u:" + user + ":rX " + path,
		"# what comes later",
		"setfacl -R -d -m u:" + user + ":rX " + path,
	}, "\n")
}

// quote makes one word of a shell's command line.
func quote(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
