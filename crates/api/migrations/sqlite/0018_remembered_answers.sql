-- What people filled in on the page on which a script is made of a template, without secrets, to fill it in again.
CREATE TABLE remembered_answers (
    job_script_id integer PRIMARY KEY REFERENCES job_scripts (id) ON DELETE CASCADE,
    job_script_template_id integer NOT NULL REFERENCES job_script_templates (id) ON DELETE CASCADE,
    owner_email text NOT NULL,
    answers text NOT NULL,
    created_at text NOT NULL
);
CREATE INDEX ix_remembered_answers_owner ON remembered_answers (owner_email, job_script_template_id, job_script_id);
CREATE INDEX ix_remembered_answers_template ON remembered_answers (job_script_template_id);
