-- What `GET /job-submissions?size=50&include_parent=true` has PostgreSQL do, for pgbench: the statements of its log (`log_statement = all`).
SELECT "id", "name", "owner_email", "created_at", "updated_at", "is_archived", "description", "job_script_id", "slurm_job_id", "client_id", "status",
    "slurm_job_state", "cloned_from_id", "slurm_pending_reason", "slurm_expected_start", "slurm_task_counts",
    (SELECT CAST(COALESCE(SUM("number"), 0) AS bigint) FROM "submission_counts" WHERE TRUE AND "is_archived" = false) AS "total_of_pages"
FROM "job_submissions" WHERE TRUE AND "is_archived" = false
ORDER BY "id" ASC NULLS LAST, "id" ASC LIMIT 50 OFFSET 0;
SELECT "id", "name", "owner_email", "created_at", "updated_at", "is_archived", "description", "parent_template_id", "cloned_from_id"
FROM "job_scripts" WHERE "id" = ANY('{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
    30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51}')
ORDER BY "id" ASC;
