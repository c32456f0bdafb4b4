//! What the server takes, of a cluster that is larger.

use std::collections::BTreeMap;

use jobbergate_types::cluster_facts::{ClusterFacts, LARGEST_FACTS};

const PARTITIONS: usize = 1000;
const NODES: usize = 2000;
const ACCOUNTS: usize = 5000;
const QOS: usize = 1000;
const ASSOCIATIONS: usize = 20_000;
/// Left for what is said of what was left out.
const MARGIN: usize = 4096;

/// The facts without what is too much, which is said.
pub(super) fn fit(mut facts: ClusterFacts) -> ClusterFacts {
    let mut limits = Limits::default();
    loop {
        limits.apply(&mut facts);
        let Ok(size) = serde_json::to_vec(&facts).map(|json| json.len()) else { return facts };
        if size + MARGIN <= LARGEST_FACTS {
            break;
        }
        limits.halve_largest(&facts);
    }
    facts.remarks.extend(
        limits
            .left_out
            .iter()
            .map(|(what, (all, shown))| format!("Of {all} {what} the first {shown} are shown.")),
    );
    facts
}

#[derive(Debug)]
struct Limits {
    partitions: usize,
    nodes: usize,
    accounts: usize,
    qos: usize,
    associations: usize,
    /// How many there were, and how many are left.
    left_out: BTreeMap<&'static str, (usize, usize)>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            partitions: PARTITIONS,
            nodes: NODES,
            accounts: ACCOUNTS,
            qos: QOS,
            associations: ASSOCIATIONS,
            left_out: BTreeMap::new(),
        }
    }
}

impl Limits {
    fn apply(&mut self, facts: &mut ClusterFacts) {
        let left_out = &mut self.left_out;
        shorten(&mut facts.partitions, self.partitions, "partitions", left_out);
        shorten(&mut facts.nodes, self.nodes, "kinds of nodes", left_out);
        if let Some(accounting) = &mut facts.accounting {
            shorten(&mut accounting.accounts, self.accounts, "accounts", left_out);
            shorten(&mut accounting.qos, self.qos, "qualities of service", left_out);
            shorten(&mut accounting.associations, self.associations, "associations", left_out);
        }
    }

    /// The longest list becomes half as long.
    fn halve_largest(&mut self, facts: &ClusterFacts) {
        let accounting = facts.accounting.as_ref();
        let lengths = [
            (facts.partitions.len(), &mut self.partitions),
            (facts.nodes.len(), &mut self.nodes),
            (accounting.map_or(0, |a| a.accounts.len()), &mut self.accounts),
            (accounting.map_or(0, |a| a.qos.len()), &mut self.qos),
            (accounting.map_or(0, |a| a.associations.len()), &mut self.associations),
        ];
        if let Some((length, limit)) = lengths.into_iter().max_by_key(|(length, _)| *length) {
            *limit = length / 2;
        }
    }
}

fn shorten<T>(
    list: &mut Vec<T>,
    limit: usize,
    what: &'static str,
    left_out: &mut BTreeMap<&'static str, (usize, usize)>,
) {
    if list.len() > limit {
        let entry = left_out.entry(what).or_insert((list.len(), limit));
        entry.1 = limit;
        list.truncate(limit);
    }
}

#[cfg(test)]
mod tests {
    use jobbergate_types::cluster_facts::{Accounting, Association, Partition};

    use super::*;

    #[test]
    fn what_fits_stays_as_it_is() {
        let facts =
            ClusterFacts { partitions: vec![Partition::default(); 3], ..Default::default() };
        assert_eq!(fit(facts.clone()), facts);
    }

    #[test]
    fn what_is_too_much_is_left_out_and_said() {
        let user = Association { user: "u".repeat(200), ..Association::default() };
        let accounting = Accounting { associations: vec![user; 30_000], ..Accounting::default() };
        let facts = ClusterFacts {
            partitions: vec![Partition::default(); 1001],
            accounting: Some(accounting),
            ..ClusterFacts::default()
        };
        let fitted = fit(facts);
        assert!(serde_json::to_vec(&fitted).unwrap().len() <= LARGEST_FACTS);
        let associations = fitted.accounting.unwrap().associations.len();
        assert!(associations >= 1000, "{associations}");
        let said = format!("Of 30000 associations the first {associations} are shown.");
        assert!(fitted.remarks.contains(&said), "{:?}", fitted.remarks);
        assert!(
            fitted.remarks.contains(&"Of 1001 partitions the first 1000 are shown.".to_owned())
        );
    }
}
