package postgres

import "testing"

func TestOnlyHarmlessSettingsAreReplayed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"session_preload_libraries": false, "local_preload_libraries": false, "shared_preload_libraries": false, "dynamic_library_path": false,
		"archive_command": false, "restore_command": false, "ssl_passphrase_command": false, "log_directory": false, "log_filename": false,
		"jit_provider": false, "krb_server_keyfile": false, "data_directory": false, "allow_system_table_mods": false, "event_source": false,
		"unix_socket_directories": false, "listen_addresses": false, "primary_conninfo": false, "backtrace_functions": false, "zero_damaged_pages": false,
		"extension_control_path": false, "session_authorization": false, "SESSION_PRELOAD_LIBRARIES": false, "": false, "of_a_version_to_come": false,
		"plperl.on_init": false, "plperl.on_plperlu_init": false, "PLPerl.on_init": false, "pltcl.start_proc": false, "plv8.start_proc": false, "plnew.start": false,
		"search_path": true, "DateStyle": true, "statement_timeout": true, "default_transaction_read_only": true, "array_nulls": true,
		"plpgsql.variable_conflict": true, "app.tenant": true, "pg_trgm.similarity_threshold": true,
	} {
		if replayed(name) != want {
			t.Errorf("%q is replayed: %v", name, !want)
		}
	}
}
