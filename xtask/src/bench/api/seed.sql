-- 1 000 templates, 1 000 scripts with 3 files each, and {submissions} submissions of a hundred people and of alice,
-- whose is every tenth. The last hundred wait for the agent, whose is the second as well: that gets metrics.
-- The text is for both databases; ago(seconds) is made for it, and so are the rows with numbers from 1.
-- What scripts contain is in no storage: nothing that is measured reads it.

INSERT INTO job_script_templates (identifier, name, description, owner_email, created_at, updated_at)
SELECT 'application-' || i, 'Application ' || i, 'Solves problem ' || i || ' of many, with its own method.',
    'person' || (i % 100) || '@example.com', ago(9000000 - i * 1000), ago(9000000 - i * 1000)
FROM {numbers 1000};

INSERT INTO job_scripts (parent_template_id, name, description, owner_email, created_at, updated_at)
SELECT 1 + i % 1000, 'script-' || i, 'Problem ' || i || ' on sixteen nodes',
    CASE WHEN i % 10 = 0 THEN 'alice@example.com' ELSE 'person' || (i % 100) || '@example.com' END,
    ago(3000000 - i * 900), ago(3000000 - i * 900)
FROM {numbers 1000};

INSERT INTO job_script_files (parent_id, filename, file_type, created_at, updated_at)
SELECT i, 'job.sh', 'ENTRYPOINT', ago(2000000), ago(2000000) FROM {numbers 1000};
INSERT INTO job_script_files (parent_id, filename, file_type, created_at, updated_at)
SELECT i, 'mesh.cfg', 'SUPPORT', ago(2000000), ago(2000000) FROM {numbers 1000};
INSERT INTO job_script_files (parent_id, filename, file_type, created_at, updated_at)
SELECT i, 'materials.csv', 'SUPPORT', ago(2000000), ago(2000000) FROM {numbers 1000};

INSERT INTO job_submissions (job_script_id, name, description, owner_email, client_id, execution_directory, status,
    slurm_job_id, slurm_job_state, created_at, updated_at)
SELECT 1 + i % 1000, 'submission-' || i, '',
    CASE WHEN i % 10 = 0 THEN 'alice@example.com' ELSE 'person' || (i % 100) || '@example.com' END,
    CASE WHEN i > {submissions} - 100 OR i = 2 THEN 'demo-cluster' ELSE 'bench-others' END, '/home/somebody/work',
    CASE WHEN i > {submissions} - 100 THEN 'CREATED' WHEN i % 40 < 2 THEN 'SUBMITTED' WHEN i % 40 < 5 THEN 'ABORTED'
        ELSE 'DONE' END,
    CASE WHEN i <= {submissions} - 100 THEN 100000 + i END,
    CASE WHEN i > {submissions} - 100 THEN NULL WHEN i % 40 < 2 THEN 'RUNNING' WHEN i % 40 < 5 THEN 'FAILED'
        ELSE 'COMPLETED' END,
    ago(({submissions} - i) % 360000 * 250), ago(({submissions} - i) % 360000 * 240)
FROM {numbers {submissions}};
