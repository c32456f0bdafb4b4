-- What a template asks, as its expert wrote it; null where it is derived.
ALTER TABLE job_script_templates ADD COLUMN questions text;
