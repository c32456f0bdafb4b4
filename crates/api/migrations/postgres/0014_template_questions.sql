-- What a template asks, as its expert wrote it; null where it is derived. A Python server on the same
-- database does not know of it.
ALTER TABLE job_script_templates ADD COLUMN questions jsonb;
