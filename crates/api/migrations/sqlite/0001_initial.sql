-- The same tables as on PostgreSQL; instants and JSON are text here.

CREATE TABLE cluster_statuses (
    client_id text PRIMARY KEY,
    "interval" integer NOT NULL,
    last_reported text NOT NULL,
    created_at text NOT NULL,
    updated_at text NOT NULL
);

CREATE TABLE job_script_templates (
    id integer PRIMARY KEY AUTOINCREMENT,
    identifier text,
    template_vars text NOT NULL DEFAULT '{}',
    name text NOT NULL,
    description text,
    owner_email text NOT NULL,
    is_archived boolean NOT NULL DEFAULT false,
    cloned_from_id integer REFERENCES job_script_templates (id) ON DELETE SET NULL,
    created_at text NOT NULL,
    updated_at text NOT NULL
);
CREATE UNIQUE INDEX ix_job_script_templates_identifier ON job_script_templates (identifier);
CREATE INDEX ix_job_script_templates_name ON job_script_templates (name);
CREATE INDEX ix_job_script_templates_owner_email ON job_script_templates (owner_email);
CREATE INDEX idx_job_script_templates_is_archived_updated_at
    ON job_script_templates (is_archived, updated_at);

CREATE TABLE job_script_template_files (
    parent_id integer NOT NULL REFERENCES job_script_templates (id) ON DELETE CASCADE,
    filename text NOT NULL,
    file_type text NOT NULL,
    created_at text NOT NULL,
    updated_at text NOT NULL,
    PRIMARY KEY (parent_id, filename)
);

CREATE TABLE workflow_files (
    parent_id integer NOT NULL REFERENCES job_script_templates (id) ON DELETE CASCADE,
    filename text NOT NULL,
    runtime_config text NOT NULL DEFAULT '{}',
    created_at text NOT NULL,
    updated_at text NOT NULL,
    PRIMARY KEY (parent_id, filename)
);

CREATE TABLE job_scripts (
    id integer PRIMARY KEY AUTOINCREMENT,
    parent_template_id integer REFERENCES job_script_templates (id) ON DELETE SET NULL,
    name text NOT NULL,
    description text,
    owner_email text NOT NULL,
    is_archived boolean NOT NULL DEFAULT false,
    cloned_from_id integer REFERENCES job_scripts (id) ON DELETE SET NULL,
    created_at text NOT NULL,
    updated_at text NOT NULL
);
CREATE INDEX ix_job_scripts_name ON job_scripts (name);
CREATE INDEX ix_job_scripts_owner_email ON job_scripts (owner_email);
CREATE INDEX idx_job_scripts_parent_template_id ON job_scripts (parent_template_id);
CREATE INDEX idx_job_scripts_is_archived_updated_at ON job_scripts (is_archived, updated_at);

CREATE TABLE job_script_files (
    parent_id integer NOT NULL REFERENCES job_scripts (id) ON DELETE CASCADE,
    filename text NOT NULL,
    file_type text NOT NULL,
    created_at text NOT NULL,
    updated_at text NOT NULL,
    PRIMARY KEY (parent_id, filename)
);

CREATE TABLE job_submissions (
    id integer PRIMARY KEY AUTOINCREMENT,
    job_script_id integer REFERENCES job_scripts (id) ON DELETE SET NULL,
    execution_directory text,
    slurm_job_id integer,
    client_id text NOT NULL,
    status text NOT NULL,
    report_message text,
    name text NOT NULL,
    description text,
    owner_email text NOT NULL,
    is_archived boolean NOT NULL DEFAULT false,
    cloned_from_id integer REFERENCES job_submissions (id) ON DELETE SET NULL,
    slurm_job_state text,
    slurm_job_info text,
    sbatch_arguments text,
    created_at text NOT NULL,
    updated_at text NOT NULL
);
CREATE INDEX ix_job_submissions_name ON job_submissions (name);
CREATE INDEX ix_job_submissions_owner_email ON job_submissions (owner_email);
CREATE INDEX ix_job_submissions_client_id ON job_submissions (client_id);
CREATE INDEX ix_job_submissions_status ON job_submissions (status);
CREATE INDEX idx_job_submissions_job_script_id ON job_submissions (job_script_id);
CREATE INDEX idx_job_submissions_slurm_job_id ON job_submissions (slurm_job_id);
CREATE INDEX idx_job_submissions_is_archived_updated_at ON job_submissions (is_archived, updated_at);

CREATE TABLE job_progresses (
    id integer PRIMARY KEY AUTOINCREMENT,
    job_submission_id integer NOT NULL REFERENCES job_submissions (id) ON DELETE CASCADE,
    "timestamp" text NOT NULL,
    slurm_job_state text,
    additional_info text
);
CREATE INDEX idx_job_progress_job_submission_id ON job_progresses (job_submission_id);

CREATE TABLE job_submission_metrics (
    "time" text NOT NULL,
    job_submission_id integer NOT NULL REFERENCES job_submissions (id) ON DELETE CASCADE,
    slurm_job_id integer NOT NULL,
    node_host text NOT NULL,
    step integer NOT NULL,
    task integer NOT NULL,
    cpu_frequency real NOT NULL,
    cpu_time real NOT NULL,
    cpu_utilization real NOT NULL,
    gpu_memory integer NOT NULL,
    gpu_utilization real NOT NULL,
    page_faults integer NOT NULL,
    memory_rss integer NOT NULL,
    memory_virtual integer NOT NULL,
    disk_read integer NOT NULL,
    disk_write integer NOT NULL,
    PRIMARY KEY ("time", job_submission_id, node_host, step, task)
);
CREATE INDEX idx_job_submission_metrics_job_submission_id ON job_submission_metrics (job_submission_id);
CREATE INDEX idx_job_submission_metrics_time ON job_submission_metrics ("time");
CREATE INDEX idx_node_host_step_task ON job_submission_metrics (node_host, step, task);
CREATE INDEX ix_job_submission_metrics_node_host ON job_submission_metrics (node_host);
CREATE INDEX ix_job_submission_metrics_step ON job_submission_metrics (step);
CREATE INDEX ix_job_submission_metrics_task ON job_submission_metrics (task);
