package config

import "path/filepath"

// DatabaseDir is where `levqor dev` keeps its own Postgres.
func (c Config) DatabaseDir() string { return filepath.Join(c.DataDir, "postgres") }

// DatabaseURLFile is where `levqor dev` notes its Postgres' address, for the
// commands that run beside it. Only the owner may read it.
func (c Config) DatabaseURLFile() string { return filepath.Join(c.DataDir, "database.url") }

// ManagedVaultDir is where vaults on this machine live unless a folder is named.
func (c Config) ManagedVaultDir() string { return filepath.Join(c.DataDir, "vaults") }

// MasterKeyFile is where `levqor dev` keeps the key it made.
func (c Config) MasterKeyFile() string { return filepath.Join(c.DataDir, "master.key") }

// ScratchDir is where drills restore, and what they leave is removed.
func (c Config) ScratchDir() string { return filepath.Join(c.DataDir, "scratch") }
