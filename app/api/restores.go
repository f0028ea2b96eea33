package api

func (r *resources) restores() {}
