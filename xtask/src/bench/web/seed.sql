-- 1 000 applications, 2 000 scripts and 10 000 submissions of a hundred people and of alice, whose is every tenth,
-- on ten clusters. The text is for both databases; ago(seconds) is made for it.

INSERT INTO cluster_statuses (client_id, "interval", last_reported, slurm_answered_at, created_at, updated_at)
WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < 9)
SELECT CASE WHEN i = 0 THEN 'demo-cluster' ELSE 'cluster-' || i END, 86400, ago(i), ago(i), ago(9000000), ago(i) FROM numbers;

INSERT INTO job_script_templates (id, identifier, name, description, owner_email, created_at, updated_at)
WITH RECURSIVE numbers (i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM numbers WHERE i < 1999)
SELECT i, 'application-' || i, 'Application ' || i,
    'Solves problem ' || i || ' of **many**, with [its own method](https://example.com/' || i || ').',
    'person' || (i % 100) || '@example.com', ago(9000000 - i * 1000), ago(9000000 - i * 1000)
FROM numbers;

INSERT INTO favourite_templates (owner_email, job_script_template_id, created_at)
SELECT 'alice@example.com', id, ago(60) FROM job_script_templates WHERE id % 100 = 7;

INSERT INTO job_scripts (id, parent_template_id, name, owner_email, created_at, updated_at)
WITH RECURSIVE numbers (i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM numbers WHERE i < 3000)
SELECT i, 1001 + i % 999, 'script-' || i,
    CASE WHEN i % 10 = 0 THEN 'alice@example.com' ELSE 'person' || (i % 100) || '@example.com' END,
    ago(3000000 - i * 900), ago(3000000 - i * 900)
FROM numbers;

INSERT INTO job_submissions (id, job_script_id, name, owner_email, client_id, execution_directory, status,
    slurm_job_id, slurm_job_state, slurm_pending_reason, created_at, updated_at)
WITH RECURSIVE numbers (i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM numbers WHERE i < 11000)
SELECT i, 1001 + i % 2000, 'submission-' || i,
    CASE WHEN i % 10 = 0 THEN 'alice@example.com' ELSE 'person' || (i % 100) || '@example.com' END,
    'cluster-' || (1 + i / 10 % 9), '/home/somebody/work',
    CASE WHEN i > 10800 THEN 'CREATED' WHEN i % 40 < 2 THEN 'SUBMITTED' WHEN i % 40 < 5 THEN 'ABORTED' ELSE 'DONE' END,
    CASE WHEN i > 10800 THEN NULL ELSE 100000 + i END,
    CASE WHEN i > 10800 THEN NULL WHEN i % 40 = 0 THEN 'RUNNING' WHEN i % 40 = 1 THEN 'PENDING'
        WHEN i % 40 < 5 THEN 'FAILED' ELSE 'COMPLETED' END,
    CASE WHEN i <= 10800 AND i % 40 = 1 THEN 'Priority' END,
    ago((11000 - i) * 250), ago((11000 - i) * 240)
FROM numbers;

INSERT INTO job_progresses (job_submission_id, "timestamp", slurm_job_state)
SELECT id, created_at, 'PENDING' FROM job_submissions WHERE slurm_job_id IS NOT NULL;
INSERT INTO job_progresses (job_submission_id, "timestamp", slurm_job_state)
SELECT id, updated_at, slurm_job_state FROM job_submissions WHERE slurm_job_id IS NOT NULL;

-- The one that was submitted before, whose page is asked for, runs and was measured for two hours on two nodes.
UPDATE job_submissions SET status = 'SUBMITTED', slurm_job_id = 1, slurm_job_state = 'RUNNING'
WHERE id < 1000;
INSERT INTO job_progresses (job_submission_id, "timestamp", slurm_job_state, additional_info)
WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 40)
SELECT (SELECT min(id) FROM job_submissions), ago(7200 - i * 60), CASE WHEN i < 20 THEN 'PENDING' ELSE 'RUNNING' END,
    'step ' || i FROM numbers;
INSERT INTO job_submission_metrics ("time", job_submission_id, slurm_job_id, node_host, step, task, cpu_frequency, cpu_time,
    cpu_utilization, gpu_memory, gpu_utilization, page_faults, memory_rss, memory_virtual, disk_read, disk_write)
WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < 479)
SELECT ago(7200 - i / 2 * 30), (SELECT min(id) FROM job_submissions), 1, 'node' || (i % 2), 0, 0, 2400.0, i * 15.0,
    50.0 + i % 40, 0, 0.0, 100, 1000000 + i * 1000, 2000000, i * 4096, i * 2048 FROM numbers;
