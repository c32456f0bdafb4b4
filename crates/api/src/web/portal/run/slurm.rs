//! What `sbatch` is told beside the script, and whether the partition allows it.

use jobbergate_types::cluster_facts::{ClusterFacts, Partition};

use super::typed::{ACCOUNT, MORE, NODES, PARTITION, TASKS, TIME, Typed};

/// How many further options there may be, and how long each, in characters.
const MOST: usize = 50;
const LONGEST: usize = 255;

/// A field, and what is wrong with what it has.
pub(super) type Problem = (&'static str, String);

/// The options that have fields of their own.
const OPTIONS: [(&str, &str); 5] = [
    (PARTITION, "--partition"),
    (TIME, "--time"),
    (NODES, "--nodes"),
    (TASKS, "--ntasks"),
    (ACCOUNT, "--account"),
];

/// The options of `sbatch` that were filled in, and what is wrong with them.
pub(super) fn options(typed: &Typed) -> (Vec<String>, Vec<Problem>) {
    let mut options = Vec::new();
    let mut problems = Vec::new();
    for (field, option) in OPTIONS {
        let text = typed.text(field);
        match wrong(field, text) {
            _ if text.is_empty() => {}
            Some(problem) => problems.push((field, problem)),
            None => options.push(format!("{option}={text}")),
        }
    }
    for (at, line) in typed.text(MORE).lines().enumerate() {
        let line = line.trim();
        let option = line.strip_prefix("#SBATCH").unwrap_or(line).trim();
        if option.is_empty() {
            continue;
        }
        let said = |problem: &str| (MORE, format!("line {}: {problem}", at + 1));
        if !option.starts_with('-') {
            problems.push(said("an option of sbatch begins with -, such as --gres=gpu:1"));
        } else if option.chars().count() > LONGEST || option.chars().any(char::is_control) {
            problems
                .push(said("an option has 255 characters at most, and none that can't be typed"));
        } else {
            options.push(option.to_owned());
        }
    }
    if options.len() > MOST {
        problems.push((MORE, format!("there are more than {MOST} options")));
    }
    (options, problems)
}

fn wrong(field: &str, text: &str) -> Option<String> {
    if text.chars().count() > LONGEST {
        return Some(format!("it has more than {LONGEST} characters"));
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some("it can't have blanks in it".to_owned());
    }
    let number = |text: &str| text.parse::<u32>().is_ok_and(|number| number > 0);
    match field {
        TIME if minutes(text).is_none() => {
            let words = "give it as minutes, hours:minutes:seconds or days-hours, such as 90, \
                         1:30:00 or 2-12";
            Some(words.to_owned())
        }
        NODES if !text.split('-').all(number) || text.split('-').count() > 2 => {
            Some("give a number of nodes, such as 2, or from-to, such as 2-4".to_owned())
        }
        TASKS if !number(text) => Some("give a number of tasks, such as 16".to_owned()),
        _ => None,
    }
}

/// What the partition does not allow, as far as it is known.
pub(super) fn not_allowed(typed: &Typed, facts: &ClusterFacts) -> Vec<Problem> {
    let name = typed.text(PARTITION);
    let Some(partition) = facts.partitions.iter().find(|known| known.name == name) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let mut add = |field, problem: String| problems.push((field, problem));
    if let (Some(Time::Minutes(wanted)), Some(most)) =
        (minutes(typed.text(TIME)), partition.max_time_minutes)
        && wanted > most
    {
        add(TIME, format!("{name} lets jobs run for {} at most", span(most)));
    }
    let nodes = typed.text(NODES).split('-').next().and_then(|text| text.parse::<u64>().ok());
    if let Some(nodes) = nodes {
        let most = [partition.max_nodes, partition.total_nodes].into_iter().flatten().min();
        if let Some(most) = most.filter(|most| nodes > *most) {
            add(NODES, format!("{name} lets a job have {} at most", counted(most, "node")));
        }
        if let Some(least) = partition.min_nodes.filter(|least| nodes < *least) {
            add(NODES, format!("{name} wants a job to have {} at least", counted(least, "node")));
        }
    }
    let account = typed.text(ACCOUNT).to_owned();
    let is_allowed = partition.allowed_accounts.as_ref().is_none_or(|all| all.contains(&account));
    let is_denied = partition.denied_accounts.as_ref().is_some_and(|all| all.contains(&account));
    if !account.is_empty() && (!is_allowed || is_denied) {
        add(ACCOUNT, format!("{name} is not for the account {account}"));
    }
    problems
}

/// What a partition allows, in words.
pub(super) fn allows(partition: &Partition, facts: &ClusterFacts) -> String {
    let mut parts = Vec::new();
    match partition.max_time_minutes {
        Some(most) => parts.push(format!("jobs run for {} at most", span(most))),
        None => parts.push("jobs run as long as they need".to_owned()),
    }
    if let Some(usual) = partition.default_time_minutes {
        parts.push(format!("{} if you don't say", span(usual)));
    }
    match (partition.max_nodes, partition.total_nodes) {
        (Some(most), Some(total)) if most < total => {
            parts.push(format!("{most} of its {} at most", counted(total, "node")));
        }
        (_, Some(total)) => parts.push(counted(total, "node")),
        (Some(most), None) => parts.push(format!("{} at most", counted(most, "node"))),
        (None, None) => {}
    }
    let is_idle = |group: &&jobbergate_types::cluster_facts::NodeGroup| {
        group.state == "IDLE"
            && group.state_flags.is_empty()
            && group.partitions.contains(&partition.name)
    };
    let idle: u64 = facts.nodes.iter().filter(is_idle).map(|group| group.count).sum();
    parts.push(format!("{idle} idle when it was looked at"));
    if let Some(accounts) = partition.allowed_accounts.as_ref().filter(|all| !all.is_empty()) {
        let some = accounts.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
        parts.push(format!("for the accounts {some}"));
    }
    let mut text = parts.join(" · ");
    if partition.state != "UP" {
        text = format!("{text} · it is {} at the moment", partition.state.to_lowercase());
    }
    text
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A span of minutes, exactly.
fn span(all: u64) -> String {
    let parts = [(all / 1440, "day"), (all / 60 % 24, "hour"), (all % 60, "minute")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts.map(|(count, unit)| counted(count, unit)).collect();
    if parts.is_empty() { "0 minutes".to_owned() } else { parts.join(" ") }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    Minutes(u64),
    Unlimited,
}

/// A time limit in Slurm's notation, rounded up.
fn minutes(text: &str) -> Option<Time> {
    if ["UNLIMITED", "INFINITE"].contains(&text.to_ascii_uppercase().as_str()) {
        return Some(Time::Unlimited);
    }
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (Some(number(days)?), rest),
        None => (None, text),
    };
    let parts = rest.split(':').map(number).collect::<Option<Vec<_>>>()?;
    let seconds = match (days, parts.as_slice()) {
        (Some(days), [hours]) => days * 86_400 + hours * 3600,
        (Some(days), [hours, minutes]) => days * 86_400 + hours * 3600 + minutes * 60,
        (Some(days), [hours, minutes, seconds]) => {
            days * 86_400 + hours * 3600 + minutes * 60 + seconds
        }
        (None, [minutes]) => minutes * 60,
        (None, [minutes, seconds]) => minutes * 60 + seconds,
        (None, [hours, minutes, seconds]) => hours * 3600 + minutes * 60 + seconds,
        _ => return None,
    };
    Some(Time::Minutes(seconds.div_ceil(60)))
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    text.parse::<u32>().ok().filter(|_| is_number).map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::portal::fields::Fields;

    fn typed(form: &str) -> Typed {
        Typed::of_form(&Fields::parse(form.as_bytes()))
    }

    #[test]
    fn times_are_in_slurms_notation() {
        for (text, expected) in [
            ("90", 90),
            ("90:01", 91),
            ("1:30:00", 90),
            ("2-12", 3600),
            ("1-0:30", 1470),
            ("1-1:1:1", 1502),
        ] {
            assert_eq!(minutes(text), Some(Time::Minutes(expected)), "{text}");
        }
        assert_eq!(minutes("unlimited"), Some(Time::Unlimited));
        for text in ["", "1h", "1:2:3:4", "-1", "1-", "a-1", "1.5", "+1"] {
            assert_eq!(minutes(text), None, "{text}");
        }
    }

    #[test]
    fn spans_are_said_exactly() {
        let said = [(0, "0 minutes"), (30, "30 minutes"), (2970, "2 days 1 hour 30 minutes")];
        for (all, words) in said {
            assert_eq!(span(all), words);
        }
    }

    #[test]
    fn options_are_written_as_sbatch_reads_them() {
        let (options, problems) = options(&typed(
            "sbatch.partition=+gpu+&sbatch.time=1-0&sbatch.nodes=2-4&sbatch.tasks=8&sbatch.account=\
             &sbatch.more=%23SBATCH+--gres%3Dgpu:1%0D%0A%0D%0A-C+avx",
        ));
        assert_eq!(problems, []);
        assert_eq!(
            options,
            [
                "--partition=gpu",
                "--time=1-0",
                "--nodes=2-4",
                "--ntasks=8",
                "--gres=gpu:1",
                "-C avx"
            ]
        );
    }

    #[test]
    fn what_is_no_option_is_said_at_its_field() {
        for (form, field, words) in [
            ("sbatch.time=1h", TIME, "give it as minutes"),
            ("sbatch.nodes=0", NODES, "give a number of nodes"),
            ("sbatch.nodes=1-2-3", NODES, "give a number of nodes"),
            ("sbatch.tasks=many", TASKS, "give a number of tasks"),
            ("sbatch.partition=a+b", PARTITION, "it can't have blanks"),
            ("sbatch.more=-x%0Aecho+1", MORE, "line 2: an option of sbatch begins with -"),
        ] {
            let (_, problems) = options(&typed(form));
            assert_eq!(problems.len(), 1, "{form}");
            assert!(problems[0].0 == field && problems[0].1.starts_with(words), "{problems:?}");
        }
    }

    #[test]
    fn a_partition_has_limits() {
        let debug = Partition {
            name: "debug".to_owned(),
            state: "UP".to_owned(),
            max_time_minutes: Some(30),
            total_nodes: Some(4),
            max_nodes: Some(2),
            allowed_accounts: Some(vec!["physics".to_owned()]),
            ..Partition::default()
        };
        let facts = ClusterFacts { partitions: vec![debug], ..ClusterFacts::default() };
        let fields = |form: &str| -> Vec<&str> {
            not_allowed(&typed(form), &facts).into_iter().map(|(field, _)| field).collect()
        };
        let too_much =
            "sbatch.partition=debug&sbatch.time=31&sbatch.nodes=3&sbatch.account=chemistry";
        assert_eq!(fields(too_much), [TIME, NODES, ACCOUNT]);
        let enough = "sbatch.partition=debug&sbatch.time=30&sbatch.nodes=2&sbatch.account=physics";
        assert!(fields(enough).is_empty());
        assert!(fields("sbatch.partition=new&sbatch.time=999999").is_empty());
        let said = allows(&facts.partitions[0], &facts);
        let words = "jobs run for 30 minutes at most · 2 of its 4 nodes at most · 0 idle when it was \
                     looked at · for the accounts physics";
        assert_eq!(said, words);
    }
}
