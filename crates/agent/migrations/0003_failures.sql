-- Submissions whose sbatch keeps failing in ways that are no final refusal.
CREATE TABLE failures (
    submission_id INTEGER PRIMARY KEY,
    -- 'refused': sbatch, or what stands in its place, said no; 'unreachable': Slurm was not reached.
    kind TEXT NOT NULL,
    -- When the first of an unbroken row of this kind was (milliseconds since 1970), and how many.
    since INTEGER NOT NULL,
    times INTEGER NOT NULL,
    -- What sbatch said last.
    words TEXT NOT NULL
) STRICT;
