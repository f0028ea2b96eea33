package api

func (r *resources) vaults() {}
