//! Settings of the Python agent that have another name here, or no effect: none of them is passed
//! over in silence.

pub const RENAMED: [(&str, &str); 4] = [
    ("JOBBERGATE_AGENT_SENTRY_DSN", "SENTRY_DSN"),
    ("JOBBERGATE_AGENT_SENTRY_ENV", "SENTRY_ENVIRONMENT"),
    ("JOBBERGATE_AGENT_SENTRY_SAMPLE_RATE", "SENTRY_SAMPLE_RATE"),
    ("JOBBERGATE_AGENT_SENTRY_TRACES_SAMPLE_RATE", "SENTRY_TRACES_SAMPLE_RATE"),
];

const PREFIX: &str = "JOBBERGATE_AGENT_";
const PAGES: &str = "all pages are always read";
const UPDATE: &str = "the agent does not update itself; update its package";
const PROFILING: &str = "there is no profiling";
const GROUPS: &str = "users have their own groups, and none of the agent's; see \
                      JOBBERGATE_AGENT_SUPPLEMENTARY_GROUPS";

/// Their names without the prefix, and what there is to know.
const WITHOUT_EFFECT: [(&str, &str); 5] = [
    ("MAX_PAGES_PER_CYCLE", PAGES),
    ("ITEMS_PER_PAGE", PAGES),
    ("TASK_SELF_UPDATE_INTERVAL_SECONDS", UPDATE),
    ("SENTRY_PROFILING_SAMPLE_RATE", PROFILING),
    ("GET_EXTRA_GROUPS", GROUPS),
];

/// The names of all of them.
pub fn names() -> impl Iterator<Item = String> {
    let renamed = RENAMED.iter().map(|(theirs, _)| (*theirs).to_owned());
    renamed.chain(WITHOUT_EFFECT.iter().map(|(name, _)| format!("{PREFIX}{name}")))
}

/// A sentence for each setting that is given and has no effect.
pub fn doubts(is_given: impl Fn(&str) -> bool) -> Vec<String> {
    let given = WITHOUT_EFFECT.iter().map(|(name, why)| (format!("{PREFIX}{name}"), why));
    let given = given.filter(|(name, _)| is_given(name));
    given.map(|(name, why)| format!("{name} has no effect: {why}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_without_effect_is_named_with_the_reason() {
        assert_eq!(doubts(|_| false), Vec::<String>::new());
        let said = doubts(|name| name == "JOBBERGATE_AGENT_GET_EXTRA_GROUPS");
        assert_eq!(said.len(), 1);
        assert!(
            said[0].contains("GET_EXTRA_GROUPS") && said[0].contains("SUPPLEMENTARY_GROUPS"),
            "{said:?}"
        );
    }
}
