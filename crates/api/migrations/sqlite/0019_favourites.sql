-- Templates that people keep at hand.
CREATE TABLE favourite_templates (
    owner_email text NOT NULL,
    job_script_template_id integer NOT NULL REFERENCES job_script_templates (id) ON DELETE CASCADE,
    created_at text NOT NULL,
    PRIMARY KEY (owner_email, job_script_template_id)
);
CREATE INDEX ix_favourite_templates_template ON favourite_templates (job_script_template_id);

-- How templates do is read from these alone, without the rows.
CREATE INDEX ix_job_scripts_of_template ON job_scripts (parent_template_id, created_at, id);
CREATE INDEX ix_job_submissions_of_script ON job_submissions (job_script_id, created_at, status);
-- What of somebody's ended last.
CREATE INDEX ix_job_submissions_of_owner ON job_submissions (owner_email, updated_at);
-- What of somebody's is under way.
CREATE INDEX ix_job_submissions_of_owner_by_status ON job_submissions (owner_email, status);
