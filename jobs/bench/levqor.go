package main

// levqor is this checkout, each piece of work in a process of its own.
type levqor struct{ self string }

func (levqor) name() string { return "Levqor" }

func (levqor) version() command {
	return command{args: []string{"git", "describe", "--always", "--dirty"}}
}

func (l levqor) command(work, home string, rest ...string) command {
	return command{args: append([]string{l.self, childArg, work, home}, rest...)}
}

func (l levqor) create(home string) []command { return []command{l.command("create", home)} }

func (l levqor) stream(home, _, dump string) command {
	c := l.command("stream", home)
	c.stdin = dump
	return c
}

func (l levqor) tree(home, _, dir string) command { return l.command("tree", home, dir) }

func (l levqor) restore(home, _ string, of content, into string) command {
	if of == aDump {
		return l.command("restore-dump", home, into)
	}
	return l.command("restore-tree", home, into)
}
