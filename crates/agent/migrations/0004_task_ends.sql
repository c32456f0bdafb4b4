-- How each task of an array ended, as in 'COMPLETED=0-6,8 FAILED=7'; `worst` is left for tasks whose
-- numbers are not known.
ALTER TABLE jobs ADD COLUMN task_ends TEXT NOT NULL DEFAULT '';
