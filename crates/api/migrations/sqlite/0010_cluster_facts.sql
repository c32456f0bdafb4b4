-- What agents say of their clusters and of waiting jobs, beyond what Python agents do.
CREATE TABLE cluster_facts (
    client_id text PRIMARY KEY,
    facts text NOT NULL,
    created_at text NOT NULL,
    updated_at text NOT NULL
);

-- Columns that a Python server on the same database does not know must do without a value.
ALTER TABLE cluster_statuses ADD COLUMN slurm_answered_at text;
ALTER TABLE job_submissions ADD COLUMN slurm_pending_reason text;
ALTER TABLE job_submissions ADD COLUMN slurm_expected_start text;
ALTER TABLE job_submissions ADD COLUMN slurm_task_counts text;
