-- What lists narrow to, found in order; and searched for without reading all of it, where the extension is to be had.
-- locks: job_scripts writes, 1 s per million rows
-- locks: job_submissions writes, 20 s per million rows
CREATE INDEX ix_job_submissions_shown_by_status ON job_submissions (status, is_archived, id);
CREATE INDEX ix_job_submissions_shown_of_script ON job_submissions (job_script_id, is_archived, id);
-- Whoever deletes one looks for its clones.
CREATE INDEX ix_job_submissions_clones ON job_submissions (cloned_from_id) WHERE cloned_from_id IS NOT NULL;
CREATE INDEX ix_job_scripts_clones ON job_scripts (cloned_from_id) WHERE cloned_from_id IS NOT NULL;

DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX ix_job_submissions_words ON job_submissions
    USING gin (name gin_trgm_ops, description gin_trgm_ops, owner_email gin_trgm_ops, client_id gin_trgm_ops);
EXCEPTION
    -- Not installed, not allowed, or in a schema that is not searched.
    WHEN feature_not_supported OR undefined_file OR insufficient_privilege OR undefined_object THEN
        RAISE NOTICE 'searches read all submissions: %', SQLERRM;
END
$$;
