//! The options that say how results are shown.

use clap::Args;

use super::Format;

/// How results are shown.
#[derive(Debug, Args)]
pub struct Appearance {
    /// Say what is asked of the server, on standard error
    #[arg(long, global = true, overrides_with = "no_verbose", help_heading = "Output")]
    pub verbose: bool,
    #[arg(long, global = true, hide = true, overrides_with = "verbose")]
    no_verbose: bool,
    /// Show all fields
    #[arg(long, global = true, overrides_with = "no_full", help_heading = "Output")]
    pub full: bool,
    #[arg(long, global = true, hide = true, overrides_with = "full")]
    no_full: bool,
    /// Print JSON
    #[arg(long, global = true, overrides_with = "no_raw", help_heading = "Output")]
    pub raw: bool,
    #[arg(long, global = true, hide = true, overrides_with = "raw")]
    no_raw: bool,
    /// Print results as tables, or for programs; all fields, without anything else
    #[arg(long, short, global = true, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub output: Option<Format>,
    /// Show these fields only, in this order: a,b,c
    #[arg(
        long,
        global = true,
        value_name = "FIELDS",
        value_delimiter = ',',
        help_heading = "Output"
    )]
    pub columns: Vec<String>,
    /// Don't show what is longer than the terminal by $PAGER
    #[arg(long, global = true, help_heading = "Output")]
    pub no_pager: bool,
}
