-- Submissions that were cancelled, deleted or rejected by the server when an agent had claimed them and
-- had not said whether there is a job: until an agent says what became of it. They may be gone
-- themselves by then, so nothing refers to them.
CREATE TABLE withdrawn_submissions (
    job_submission_id integer PRIMARY KEY,
    client_id varchar NOT NULL,
    owner_email varchar NOT NULL,
    job_script_id integer NOT NULL,
    job_script_created_at timestamptz NOT NULL,
    claim bigint NOT NULL,
    claimant varchar NOT NULL,
    inherited boolean NOT NULL,
    withdrawn_at timestamptz NOT NULL
);
CREATE INDEX ix_withdrawn_submissions_client_id ON withdrawn_submissions (client_id);
