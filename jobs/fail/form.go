package fail

// Form collects wrong inputs, so that a person hears of all of them at once.
// The zero value is ready.
type Form struct{ fields []Field }

// Add names one wrong input.
func (f *Form) Add(name, key string, pairs ...any) {
	f.fields = append(f.fields, Field{Name: name, Key: key, Args: args(pairs)})
}

// Check adds the input unless ok.
func (f *Form) Check(ok bool, name, key string, pairs ...any) {
	if !ok {
		f.Add(name, key, pairs...)
	}
}

// Err is nil when nothing was wrong, else an Invalid failure with every field.
func (f *Form) Err() error {
	if len(f.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Key: "fail.form", Fields: f.fields}
}
