-- What `POST /job-submissions` has PostgreSQL do, for pgbench: the statements of its log (`log_statement = all`).
-- NOTIFY is missing: the server sends it once for many commits. Each session has so many scripts to itself, and takes
-- one after the other.
\set script 1 + :client_id * :scripts + :turn % :scripts
\set turn :turn + 1
SELECT client_id, secret_hash, permissions, organization, created_at, name, is_public, redirect_uris
FROM identity_clients WHERE client_id = 'bench-others';
BEGIN;
SELECT id, (SELECT COUNT(*) FROM job_script_files WHERE parent_id = :script AND file_type = 'ENTRYPOINT') AS entrypoints
FROM job_scripts WHERE id = :script FOR UPDATE;
INSERT INTO "job_submissions" ("updated_at", "created_at", "name", "description", "owner_email", "job_script_id", "client_id",
    "slurm_job_id", "status", "execution_directory", "sbatch_arguments", "cloned_from_id", "is_archived")
VALUES (now(), now(), 'bench', '', 'alice@example.com', :script, 'bench-others', NULL, 'CREATED', '/home/somebody/work',
    NULL, NULL, false)
RETURNING "id", "name", "owner_email", "created_at", "updated_at", "is_archived", "description", "job_script_id", "slurm_job_id", "client_id", "status",
    "slurm_job_state", "cloned_from_id", "execution_directory", "report_message", "slurm_job_info", "sbatch_arguments",
    "slurm_pending_reason", "slurm_expected_start", "slurm_task_counts", "claim" \gset made_
\set shard :made_id % 8
WITH counted AS (UPDATE submission_change_counters SET number = number + 1 WHERE shard = :shard RETURNING shard, number)
INSERT INTO submission_changes (shard, number, job_submission_id, client_id, owner_email, status)
SELECT CAST(:shard AS integer), number, CAST(:made_id AS integer), 'bench-others', 'alice@example.com', 'CREATED' FROM counted WHERE true
ON CONFLICT (job_submission_id) DO UPDATE SET number = excluded.number, client_id = excluded.client_id,
    owner_email = excluded.owner_email, status = excluded.status RETURNING number;
COMMIT;
