-- What `GET /job-script-templates?size=50` has PostgreSQL do, for pgbench: the statements of its log (`log_statement = all`).
SELECT "id", "name", "owner_email", "created_at", "updated_at", "is_archived", "description", "identifier", "cloned_from_id",
    (SELECT COUNT(*) FROM "job_script_templates" WHERE "identifier" IS NOT NULL AND "is_archived" = false) AS "total_of_pages"
FROM "job_script_templates" WHERE "identifier" IS NOT NULL AND "is_archived" = false
ORDER BY "id" ASC NULLS LAST, "id" ASC LIMIT 50 OFFSET 0;
