package api

func (r *resources) sources() {}
