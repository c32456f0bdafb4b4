-- One row for each submission that this agent ever took up.
CREATE TABLE submissions (
    id INTEGER PRIMARY KEY,
    -- The script and its time of creation: tells a submission from one of the same number of a
    -- server that was set up anew.
    origin TEXT NOT NULL,
    -- What the job carries in its comment.
    tag TEXT NOT NULL,
    -- The user that the job runs as.
    account TEXT NOT NULL,
    -- When sbatch was about to start (milliseconds since 1970); null while nothing was tried,
    -- and again once it is certain that an attempt came to nothing.
    attempted_at INTEGER,
    slurm_job_id INTEGER,
    rejection TEXT,
    -- Whether the server knows the outcome (or there is nobody left to tell).
    settled INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX unsettled ON submissions (id) WHERE settled = 0;

-- What was seen of each followed job.
CREATE TABLE jobs (
    submission_id INTEGER PRIMARY KEY,
    slurm_job_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    -- The worst end of any task of an array; tasks are forgotten by Slurm one by one.
    worst TEXT,
    -- Whether the server was told.
    reported INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
