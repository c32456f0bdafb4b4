//! The tables of an organization.

use super::{Column, Place, Table, column};
use crate::db::Kind::{BigInteger, Boolean, Instant, Integer, Json, Real, Text, Texts};

const CREATED_AT: Column = column("created_at", Instant);
const UPDATED_AT: Column = column("updated_at", Instant);
const ID: Column = column("id", Integer);
const NAME: Column = column("name", Text);
const DESCRIPTION: Column = column("description", Text).or_null();
const OWNER: Column = column("owner_email", Text);
const IS_ARCHIVED: Column = column("is_archived", Boolean);
const CLONED_FROM: Column = column("cloned_from_id", Integer).or_null();
const CLIENT_ID: Column = column("client_id", Text);
const SUBMISSION: Column = column("job_submission_id", Integer);
const TEMPLATE: Column = column("job_script_template_id", Integer);

const FILE_KEY: &[&str] = &["parent_id", "filename"];
const PARENT: Column = column("parent_id", Integer);
const FILENAME: Column = column("filename", Text);
const FILES: &[Column] = &[PARENT, FILENAME, column("file_type", Text), CREATED_AT, UPDATED_AT];

pub(super) static TABLES: &[Table] = &[
    Table::new(
        "cluster_statuses",
        &["client_id"],
        &[
            CLIENT_ID,
            column("interval", Integer),
            column("last_reported", Instant),
            CREATED_AT,
            UPDATED_AT,
            column("slurm_answered_at", Instant).or_null(),
            column("slurm_problem", Text).or_null(),
        ],
    ),
    Table::new(
        "cluster_facts",
        &["client_id"],
        &[CLIENT_ID, column("facts", Json), CREATED_AT, UPDATED_AT],
    ),
    Table::new("cluster_claims", &["client_id"], &[CLIENT_ID, column("last_claim", BigInteger)]),
    Table::new(
        "job_script_templates",
        &["id"],
        &[
            ID,
            column("identifier", Text).or_null(),
            column("template_vars", Json),
            NAME,
            DESCRIPTION,
            OWNER,
            IS_ARCHIVED,
            CLONED_FROM,
            CREATED_AT,
            UPDATED_AT,
            column("questions", Json).or_null(),
        ],
    )
    .numbered(),
    Table::new("job_script_template_files", FILE_KEY, FILES).with_files().small(),
    Table::new(
        "workflow_files",
        FILE_KEY,
        &[PARENT, FILENAME, column("runtime_config", Json), CREATED_AT, UPDATED_AT],
    )
    .with_files(),
    Table::new(
        "job_scripts",
        &["id"],
        &[
            ID,
            column("parent_template_id", Integer).or_null(),
            NAME,
            DESCRIPTION,
            OWNER,
            IS_ARCHIVED,
            CLONED_FROM,
            CREATED_AT,
            UPDATED_AT,
        ],
    )
    .numbered(),
    Table::new("job_script_files", FILE_KEY, FILES).with_files().small(),
    Table::new(
        "job_submissions",
        &["id"],
        &[
            ID,
            column("job_script_id", Integer).or_null(),
            column("execution_directory", Text).or_null(),
            column("slurm_job_id", Integer).or_null(),
            CLIENT_ID,
            column("status", Text),
            column("report_message", Text).or_null(),
            NAME,
            DESCRIPTION,
            OWNER,
            IS_ARCHIVED,
            CLONED_FROM,
            column("slurm_job_state", Text).or_null(),
            column("slurm_job_info", Text).or_null(),
            column("sbatch_arguments", Texts).or_null(),
            CREATED_AT,
            UPDATED_AT,
            column("slurm_pending_reason", Text).or_null(),
            column("slurm_expected_start", Instant).or_null(),
            column("slurm_task_counts", Json).or_null(),
            column("claim", BigInteger).or_null(),
            column("claimant", Text).or_null(),
            column("inherited", Boolean).or_null(),
            column("offered_at", Instant).or_null(),
        ],
    )
    .numbered(),
    Table::new(
        "job_progresses",
        &["id"],
        &[
            ID,
            SUBMISSION,
            column("timestamp", Instant),
            column("slurm_job_state", Text).or_null(),
            column("additional_info", Text).or_null(),
        ],
    )
    .numbered(),
    Table::new(
        "job_submission_metrics",
        &["time", "job_submission_id", "node_host", "step", "task"],
        &[
            column("time", Instant),
            SUBMISSION,
            column("slurm_job_id", Integer),
            column("node_host", Text),
            column("step", Integer),
            column("task", Integer),
            column("cpu_frequency", Real),
            column("cpu_time", Real),
            column("cpu_utilization", Real),
            column("gpu_memory", BigInteger),
            column("gpu_utilization", Real),
            column("page_faults", BigInteger),
            column("memory_rss", BigInteger),
            column("memory_virtual", BigInteger),
            column("disk_read", BigInteger),
            column("disk_write", BigInteger),
        ],
    )
    .small(),
    Table::new(
        "withdrawn_submissions",
        &["job_submission_id"],
        &[
            SUBMISSION,
            CLIENT_ID,
            OWNER,
            column("job_script_id", Integer),
            column("job_script_created_at", Instant),
            column("claim", BigInteger),
            column("claimant", Text),
            column("inherited", Boolean),
            column("withdrawn_at", Instant),
        ],
    ),
    Table::new(
        "remembered_answers",
        &["job_script_id"],
        &[column("job_script_id", Integer), TEMPLATE, OWNER, column("answers", Json), CREATED_AT],
    ),
    Table::new(
        "favourite_templates",
        &["owner_email", "job_script_template_id"],
        &[OWNER, TEMPLATE, CREATED_AT],
    ),
    Table::new(
        "submission_change_counters",
        &["shard"],
        &[column("shard", Integer), column("number", BigInteger)],
    )
    .at(Place::Seeded),
    Table::new(
        "submission_changes",
        &["job_submission_id"],
        &[
            SUBMISSION,
            column("shard", Integer),
            column("number", BigInteger),
            CLIENT_ID,
            OWNER,
            column("status", Text).or_null(),
        ],
    )
    .small(),
    Table::new(
        "outbox",
        &["id"],
        &[
            column("id", BigInteger),
            column("channel", Text),
            SUBMISSION,
            column("content", Json),
            column("failures", Integer),
            column("due_at", Instant),
            CREATED_AT,
        ],
    )
    .numbered(),
    Table {
        // Others are under way, or were when their server died.
        only: Some("status IS NOT NULL"),
        ..Table::new(
            "idempotency_keys",
            &["caller", "route", "idempotency_key"],
            &[
                column("caller", Text),
                column("route", Text),
                column("idempotency_key", Text),
                column("fingerprint", Text),
                column("claim", Text),
                column("claimed_until", Instant),
                column("expires_at", Instant),
                column("status", Integer).or_null(),
                column("answer", Text).or_null(),
            ],
        )
    },
];
