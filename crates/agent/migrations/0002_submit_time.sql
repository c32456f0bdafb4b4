-- When Slurm says that the job was submitted, as squeue and sacct write it: with the tag it tells
-- the job from another that got its number.
ALTER TABLE jobs ADD COLUMN submit_time TEXT;
