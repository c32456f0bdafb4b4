-- What `GET /job-scripts/1` has PostgreSQL do, for pgbench: the statements of its log (`log_statement = all`).
\set script 1
SELECT "id", "name", "owner_email", "created_at", "updated_at", "is_archived", "description", "parent_template_id", "cloned_from_id"
FROM "job_scripts" WHERE "id" = :script;
SELECT "parent_id", "filename", "file_type", "created_at", "updated_at"
FROM "job_script_files" WHERE "parent_id" = ANY(ARRAY[CAST(:script AS integer)]) ORDER BY "parent_id" ASC, "filename" ASC;
