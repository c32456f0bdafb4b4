-- What agents say of their clusters and of waiting jobs, beyond what Python agents do.
CREATE TABLE cluster_facts (
    client_id varchar PRIMARY KEY,
    facts jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Columns that a Python server on the same database does not know must do without a value.
ALTER TABLE cluster_statuses ADD COLUMN slurm_answered_at timestamptz;
ALTER TABLE job_submissions ADD COLUMN slurm_pending_reason varchar;
ALTER TABLE job_submissions ADD COLUMN slurm_expected_start timestamptz;
ALTER TABLE job_submissions ADD COLUMN slurm_task_counts jsonb;
