-- No statement needs these: the primary key begins with the time, and everything else is asked for by submission.
-- Each of them had to be changed with every sample.
-- locks: job_submission_metrics writes, at once
DROP INDEX IF EXISTS idx_job_submission_metrics_time;
DROP INDEX IF EXISTS idx_node_host_step_task;
DROP INDEX IF EXISTS ix_job_submission_metrics_node_host;
DROP INDEX IF EXISTS ix_job_submission_metrics_step;
DROP INDEX IF EXISTS ix_job_submission_metrics_task;
