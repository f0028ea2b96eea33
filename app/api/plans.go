package api

func (r *resources) plans() {}
