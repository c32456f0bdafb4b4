-- What somebody kept with the Python server, whose instants are UTC whatever the session's zone.
INSERT INTO alembic_version VALUES ('b16b218ef5d6');
INSERT INTO job_script_templates
    (id, name, owner_email, identifier, template_vars, created_at, updated_at)
VALUES (41, 'old', 'alice@example.com', 'old', '{"n": 1}',
    '2024-01-02 03:04:05.678901', '2024-07-08 09:10:11');
INSERT INTO job_script_template_files (parent_id, filename, file_type, created_at, updated_at)
VALUES (41, 'run.sh.j2', 'ENTRYPOINT', '2024-01-02 03:04:05', '2024-01-02 03:04:05');
INSERT INTO workflow_files (parent_id, filename, runtime_config, created_at, updated_at)
VALUES (41, 'jobbergate.py', '{"a": [1]}', '2024-01-02 03:04:05', '2024-01-02 03:04:05');
INSERT INTO job_scripts
    (id, name, description, owner_email, parent_template_id, created_at, updated_at)
VALUES (42, 'old', NULL, 'alice@example.com', 41, '2024-07-08 09:10:11', '2024-07-08 09:10:11');
INSERT INTO job_script_files (parent_id, filename, file_type, created_at, updated_at)
VALUES (42, 'run.sh', 'ENTRYPOINT', '2024-07-08 09:10:11', '2024-07-08 09:10:11');
INSERT INTO job_submissions (id, name, owner_email, job_script_id, client_id, status, slurm_job_id,
    slurm_job_state, sbatch_arguments, created_at, updated_at)
VALUES (43, 'old', 'alice@example.com', 42, 'c', 'SUBMITTED', 7,
    'OUT_OF_MEMORY', '{--x,"a b"}', '2024-07-08 09:10:11', '2024-07-08 09:10:11');
INSERT INTO job_progresses (id, job_submission_id, "timestamp", slurm_job_state)
VALUES (44, 43, '2024-07-08 09:10:11+00', 'PENDING');
INSERT INTO cluster_statuses VALUES
    ('c', 60, '2024-07-08 09:10:11+00', '2024-07-08 09:10:11+00', '2024-07-08 09:10:11+00');
SELECT setval('job_script_templates_id_seq', 41), setval('job_scripts_id_seq', 42),
    setval('job_submissions_id_seq', 43), setval('job_progresses_id_seq', 44);
