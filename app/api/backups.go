package api

func (r *resources) backups() {}
