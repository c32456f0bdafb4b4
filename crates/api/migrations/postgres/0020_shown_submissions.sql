-- What lists show that are not sorted otherwise, newest first: found in order, and counted without the rows.
CREATE INDEX ix_job_submissions_shown ON job_submissions (is_archived, id);
CREATE INDEX ix_job_submissions_shown_of_owner ON job_submissions (owner_email, is_archived, id);
