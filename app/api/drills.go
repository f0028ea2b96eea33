package api

func (r *resources) drills() {}
