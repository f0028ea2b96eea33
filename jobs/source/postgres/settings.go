package postgres

import "strings"

// harmlessSettings are the settings that a restore replays: they change how a session
// thinks, writes and waits. Whatever else a source has set stays behind, by name:
// libraries and their folders, programs, files, what logs or sends, whatever only
// a superuser may set. A list of what is dangerous would miss the next one.
var harmlessSettings = settingNames(`
	array_nulls backend_flush_after backslash_quote bytea_output check_function_bodies client_connection_check_interval
	client_encoding commit_delay commit_siblings compute_query_id constraint_exclusion cpu_index_tuple_cost cpu_operator_cost
	cpu_tuple_cost cursor_tuple_fraction datestyle deadlock_timeout debug_pretty_print default_statistics_target
	default_table_access_method default_tablespace default_text_search_config default_toast_compression
	default_transaction_deferrable default_transaction_isolation default_transaction_read_only effective_cache_size
	effective_io_concurrency enable_async_append enable_bitmapscan enable_distinct_reordering enable_gathermerge
	enable_group_by_reordering enable_hashagg enable_hashjoin enable_incremental_sort enable_indexonlyscan enable_indexscan
	enable_material enable_memoize enable_mergejoin enable_nestloop enable_parallel_append enable_parallel_hash
	enable_partition_pruning enable_partitionwise_aggregate enable_partitionwise_join enable_presorted_aggregate
	enable_self_join_elimination enable_seqscan enable_sort enable_tidscan escape_string_warning exit_on_error
	extra_float_digits from_collapse_limit geqo geqo_effort geqo_generations geqo_pool_size geqo_seed
	geqo_selection_bias geqo_threshold gin_fuzzy_search_limit gin_pending_list_limit hash_mem_multiplier icu_validation_level
	idle_in_transaction_session_timeout idle_session_timeout intervalstyle io_combine_limit jit jit_above_cost
	jit_inline_above_cost jit_optimize_above_cost join_collapse_limit lc_monetary lc_numeric lc_time lc_messages lock_timeout
	log_duration log_error_verbosity log_lock_waits log_min_duration_sample log_min_duration_statement log_min_error_statement
	log_min_messages log_parameter_max_length log_statement log_statement_sample_rate log_temp_files
	log_transaction_sample_rate logical_decoding_work_mem maintenance_io_concurrency maintenance_work_mem
	max_parallel_maintenance_workers max_parallel_workers max_parallel_workers_per_gather max_stack_depth
	min_parallel_index_scan_size min_parallel_table_scan_size parallel_leader_participation parallel_setup_cost
	parallel_tuple_cost password_encryption plan_cache_mode quote_all_identifiers random_page_cost recursive_worktable_factor
	restrict_nonsystem_relation_kind role row_security scram_iterations search_path seq_page_cost session_replication_role
	standard_conforming_strings statement_timeout synchronize_seqscans synchronous_commit tcp_keepalives_count
	tcp_keepalives_idle tcp_keepalives_interval tcp_user_timeout temp_buffers temp_file_limit temp_tablespaces timezone
	timezone_abbreviations track_activities track_counts track_functions track_io_timing track_wal_io_timing
	transaction_timeout transform_null_equals vacuum_buffer_usage_limit vacuum_cost_delay vacuum_cost_limit
	vacuum_cost_page_dirty vacuum_cost_page_hit vacuum_cost_page_miss vacuum_freeze_min_age vacuum_freeze_table_age
	vacuum_multixact_freeze_min_age vacuum_multixact_freeze_table_age wal_compression work_mem xmlbinary xmloption
	application_name client_min_messages operator_precedence_warning`)

// languages run code that a setting of theirs holds or names: plperl.on_init.
var languages = settingNames(`dblink jsonb_plperl pgtle plc pldebugger pldotnet pljava plluau pllua plperl plperlu plphp plpython plpython2u
	plpython3 plpython3u plr plrust plsh pltcl pltclu plv8 plx provsql`)

func settingNames(text string) map[string]bool {
	names := map[string]bool{}
	for name := range strings.FieldsSeq(text) {
		names[name] = true
	}
	return names
}

// replayed reports whether a restore may set it. A name with a dot belongs to an
// application or an extension: text that nobody runs, but for languages'.
func replayed(setting string) bool {
	name := strings.ToLower(setting)
	prefix, _, dotted := strings.Cut(name, ".")
	if dotted {
		return !languages[prefix] && (!strings.HasPrefix(prefix, "pl") || prefix == "plpgsql")
	}
	return harmlessSettings[name]
}
