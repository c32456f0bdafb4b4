-- The schema of the Python server at its revision b16b218ef5d6, without TimescaleDB.
-- Skipped on a database that the Python server's migrations made.

CREATE TYPE jobsubmissionstatus AS ENUM (
    'CREATED', 'SUBMITTED', 'COMPLETED', 'FAILED', 'UNKNOWN', 'REJECTED', 'CANCELLED'
);

CREATE TABLE alembic_version (
    version_num varchar(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY
);
INSERT INTO alembic_version (version_num) VALUES ('b16b218ef5d6');

CREATE TABLE cluster_statuses (
    client_id varchar PRIMARY KEY,
    "interval" integer NOT NULL,
    last_reported timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE job_script_templates (
    id serial PRIMARY KEY,
    identifier varchar,
    template_vars jsonb NOT NULL DEFAULT '{}'::jsonb,
    name varchar NOT NULL,
    description varchar,
    owner_email varchar NOT NULL,
    is_archived boolean NOT NULL DEFAULT false,
    cloned_from_id integer CONSTRAINT clone REFERENCES job_script_templates (id) ON DELETE SET NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL
);
CREATE UNIQUE INDEX ix_job_script_templates_identifier ON job_script_templates (identifier);
CREATE INDEX ix_job_script_templates_name ON job_script_templates (name);
CREATE INDEX ix_job_script_templates_owner_email ON job_script_templates (owner_email);
CREATE INDEX idx_job_script_templates_is_archived_updated_at
    ON job_script_templates (is_archived, updated_at);

CREATE TABLE job_script_template_files (
    parent_id integer NOT NULL REFERENCES job_script_templates (id) ON DELETE CASCADE,
    filename varchar NOT NULL,
    file_type varchar(10) NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    PRIMARY KEY (parent_id, filename)
);

CREATE TABLE workflow_files (
    parent_id integer NOT NULL REFERENCES job_script_templates (id) ON DELETE CASCADE,
    filename varchar NOT NULL,
    runtime_config jsonb NOT NULL DEFAULT '{}'::jsonb,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    PRIMARY KEY (parent_id, filename)
);

CREATE TABLE job_scripts (
    id serial PRIMARY KEY,
    parent_template_id integer REFERENCES job_script_templates (id) ON DELETE SET NULL,
    name varchar NOT NULL,
    description varchar,
    owner_email varchar NOT NULL,
    is_archived boolean NOT NULL DEFAULT false,
    cloned_from_id integer CONSTRAINT clone REFERENCES job_scripts (id) ON DELETE SET NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL
);
CREATE INDEX ix_job_scripts_name ON job_scripts (name);
CREATE INDEX ix_job_scripts_owner_email ON job_scripts (owner_email);
CREATE INDEX idx_job_scripts_parent_template_id ON job_scripts (parent_template_id);
CREATE INDEX idx_job_scripts_is_archived_updated_at ON job_scripts (is_archived, updated_at);

CREATE TABLE job_script_files (
    parent_id integer NOT NULL REFERENCES job_scripts (id) ON DELETE CASCADE,
    filename varchar NOT NULL,
    file_type varchar(10) NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    PRIMARY KEY (parent_id, filename)
);

CREATE TABLE job_submissions (
    id serial PRIMARY KEY,
    job_script_id integer REFERENCES job_scripts (id) ON DELETE SET NULL,
    execution_directory varchar,
    slurm_job_id integer,
    client_id varchar NOT NULL,
    status varchar(9) NOT NULL,
    report_message varchar,
    name varchar NOT NULL,
    description varchar,
    owner_email varchar NOT NULL,
    is_archived boolean NOT NULL DEFAULT false,
    cloned_from_id integer CONSTRAINT clone REFERENCES job_submissions (id) ON DELETE SET NULL,
    slurm_job_state varchar(13),
    slurm_job_info varchar,
    sbatch_arguments varchar[],
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL
);
CREATE INDEX ix_job_submissions_name ON job_submissions (name);
CREATE INDEX ix_job_submissions_owner_email ON job_submissions (owner_email);
CREATE INDEX ix_job_submissions_client_id ON job_submissions (client_id);
CREATE INDEX ix_job_submissions_status ON job_submissions (status);
CREATE INDEX idx_job_submissions_job_script_id ON job_submissions (job_script_id);
CREATE INDEX idx_job_submissions_slurm_job_id ON job_submissions (slurm_job_id);
CREATE INDEX idx_job_submissions_is_archived_updated_at ON job_submissions (is_archived, updated_at);

CREATE TABLE job_progresses (
    id serial PRIMARY KEY,
    job_submission_id integer NOT NULL REFERENCES job_submissions (id) ON DELETE CASCADE,
    "timestamp" timestamptz NOT NULL,
    slurm_job_state varchar,
    additional_info varchar
);
CREATE INDEX idx_job_progress_job_submission_id ON job_progresses (job_submission_id);

CREATE TABLE job_submission_metrics (
    "time" timestamptz NOT NULL,
    job_submission_id integer NOT NULL REFERENCES job_submissions (id) ON DELETE CASCADE,
    slurm_job_id integer NOT NULL,
    node_host varchar NOT NULL,
    step integer NOT NULL,
    task integer NOT NULL,
    cpu_frequency double precision NOT NULL,
    cpu_time double precision NOT NULL,
    cpu_utilization double precision NOT NULL,
    gpu_memory bigint NOT NULL,
    gpu_utilization double precision NOT NULL,
    page_faults bigint NOT NULL,
    memory_rss bigint NOT NULL,
    memory_virtual bigint NOT NULL,
    disk_read bigint NOT NULL,
    disk_write bigint NOT NULL,
    PRIMARY KEY ("time", job_submission_id, node_host, step, task)
);
CREATE INDEX idx_job_submission_metrics_job_submission_id ON job_submission_metrics (job_submission_id);
CREATE INDEX idx_job_submission_metrics_time ON job_submission_metrics ("time");
CREATE INDEX idx_node_host_step_task ON job_submission_metrics (node_host, step, task);
CREATE INDEX ix_job_submission_metrics_node_host ON job_submission_metrics (node_host);
CREATE INDEX ix_job_submission_metrics_step ON job_submission_metrics (step);
CREATE INDEX ix_job_submission_metrics_task ON job_submission_metrics (task);
