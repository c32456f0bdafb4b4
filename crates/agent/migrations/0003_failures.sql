-- Submissions whose sbatch keeps failing in ways that are no final refusal.
CREATE TABLE failures (
    submission_id INTEGER PRIMARY KEY,
    -- What tells it from another of the same number, of a server that was set up anew.
    origin TEXT NOT NULL,
    -- 'refused': sbatch, or what stands in its place, said no; 'unreachable': Slurm was not reached.
    kind TEXT NOT NULL,
    -- When the first and the last of an unbroken row of this kind were (milliseconds since 1970),
    -- and how many.
    since INTEGER NOT NULL,
    last INTEGER NOT NULL,
    times INTEGER NOT NULL,
    -- What sbatch said last.
    words TEXT NOT NULL
) STRICT;
