package api

func (r *resources) snapshots() {}
