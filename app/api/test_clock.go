package api

func (r *resources) testClock() {}
