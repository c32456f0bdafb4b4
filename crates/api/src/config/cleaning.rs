//! Settings of cleaning.

use chrono::TimeDelta;
use clap::{Args, builder::RangedI64ValueParser, value_parser};

/// What is archived and deleted by itself, and when.
#[derive(Debug, Clone, Args)]
pub struct CleaningConfig {
    /// Archive templates that were not used for so many days [default: never]
    #[arg(long, env = "AUTO_CLEAN_JOB_SCRIPT_TEMPLATES_DAYS_TO_ARCHIVE", value_parser = days(), value_name = "DAYS")]
    pub auto_clean_job_script_templates_days_to_archive: Option<u32>,

    /// Delete templates that were archived and not used for so many days [default: never]
    #[arg(long, env = "AUTO_CLEAN_JOB_SCRIPT_TEMPLATES_DAYS_TO_DELETE", value_parser = days(), value_name = "DAYS")]
    pub auto_clean_job_script_templates_days_to_delete: Option<u32>,

    /// Archive scripts that were not used for so many days [default: never]
    #[arg(long, env = "AUTO_CLEAN_JOB_SCRIPTS_DAYS_TO_ARCHIVE", value_parser = days(), value_name = "DAYS")]
    pub auto_clean_job_scripts_days_to_archive: Option<u32>,

    /// Delete scripts that were archived and not used for so many days [default: never]
    #[arg(long, env = "AUTO_CLEAN_JOB_SCRIPTS_DAYS_TO_DELETE", value_parser = days(), value_name = "DAYS")]
    pub auto_clean_job_scripts_days_to_delete: Option<u32>,

    /// Archive submissions that did not change for so many days [default: never]
    #[arg(long, env = "AUTO_CLEAN_JOB_SUBMISSIONS_DAYS_TO_ARCHIVE", value_parser = days(), value_name = "DAYS")]
    pub auto_clean_job_submissions_days_to_archive: Option<u32>,

    /// Delete submissions that were archived and did not change for so many days, unless their
    /// jobs are still waiting or running [default: never]
    #[arg(long, env = "AUTO_CLEAN_JOB_SUBMISSIONS_DAYS_TO_DELETE", value_parser = days(), value_name = "DAYS")]
    pub auto_clean_job_submissions_days_to_delete: Option<u32>,

    /// Clean by itself every so many hours, files that belong to nothing included [default: never]
    #[arg(long, env = "JOBBERGATE_CLEAN_INTERVAL_HOURS", value_parser = value_parser!(u32).range(1..=8760), value_name = "HOURS")]
    pub clean_interval_hours: Option<u32>,

    /// How old a stored file that belongs to nothing must be before it is removed: longer than
    /// any upload takes
    #[arg(long, env = "JOBBERGATE_GARBAGE_GRACE_MINUTES", default_value_t = 60, value_parser = value_parser!(u32).range(1..=525_600), value_name = "MINUTES")]
    pub garbage_grace_minutes: u32,
}

/// A century is for ever.
fn days() -> RangedI64ValueParser<u32> {
    value_parser!(u32).range(1..=36_500)
}

impl CleaningConfig {
    /// Whether unused rows are to be archived or deleted.
    pub(super) fn is_wanted(&self) -> bool {
        [
            self.auto_clean_job_script_templates_days_to_archive,
            self.auto_clean_job_script_templates_days_to_delete,
            self.auto_clean_job_scripts_days_to_archive,
            self.auto_clean_job_scripts_days_to_delete,
            self.auto_clean_job_submissions_days_to_archive,
            self.auto_clean_job_submissions_days_to_delete,
        ]
        .iter()
        .any(Option::is_some)
    }

    /// How old a stored file that belongs to nothing must be before it is removed.
    pub fn garbage_grace(&self) -> TimeDelta {
        TimeDelta::minutes(self.garbage_grace_minutes.into())
    }
}
