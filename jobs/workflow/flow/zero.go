package flow

// HasZero looks in JSON for \u0000 where the backslash is not itself escaped: a text
// with a zero in it, which the database does not take. A bare zero is no JSON anyway.
func HasZero(data []byte) bool {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		if i+5 < len(data) && string(data[i+1:i+6]) == "u0000" {
			return true
		}
		i++
	}
	return false
}

// nested is how deep lists and maps lie within one another in a JSON text.
func nested(data []byte) (deepest int) {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}
