-- What lists narrow to or are sorted by, found in order. Each index of SQLite ends with the row's number, which is the id.
-- locks: job_scripts writes, 1 s per million rows
-- locks: job_submissions writes, 4 s per million rows
CREATE INDEX ix_job_submissions_shown_by_status ON job_submissions (status, is_archived);
CREATE INDEX ix_job_submissions_shown_of_script ON job_submissions (job_script_id, is_archived);
-- Whoever deletes one looks for its clones.
CREATE INDEX ix_job_submissions_clones ON job_submissions (cloned_from_id) WHERE cloned_from_id IS NOT NULL;
CREATE INDEX ix_job_scripts_clones ON job_scripts (cloned_from_id) WHERE cloned_from_id IS NOT NULL;
CREATE INDEX ix_job_submissions_shown_by_owner ON job_submissions (is_archived, owner_email);
