-- Where each job writes: Slurm forgets it soon after its end.
CREATE TABLE outputs (
    submission_id INTEGER NOT NULL,
    slurm_job_id INTEGER NOT NULL,
    -- Of an array; -1 if it is none.
    task INTEGER NOT NULL,
    -- The user that it ran as.
    account TEXT NOT NULL,
    -- NULL if it is not known for sure.
    stdout TEXT,
    stderr TEXT,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (submission_id, task)
) STRICT, WITHOUT ROWID;
