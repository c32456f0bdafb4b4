//! Which requests somebody has to do something about.

use std::collections::HashSet;

use crate::events::requests::OpenRow;

/// The requests of one database that wait for an agent or for whoever asked.
#[derive(Debug, Default)]
pub(crate) struct Open {
    /// The clusters whose agents are asked for something.
    asked: HashSet<String>,
    answered: HashSet<String>,
}

impl Open {
    /// Whether the agent of a cluster is asked for something.
    pub(crate) fn asks(&self, client_id: &str) -> bool {
        self.asked.contains(client_id)
    }

    /// Whether a request is answered.
    pub(crate) fn answers(&self, id: &str) -> bool {
        self.answered.contains(id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.asked.is_empty() && self.answered.is_empty()
    }
}

impl From<Vec<OpenRow>> for Open {
    fn from(rows: Vec<OpenRow>) -> Self {
        let mut open = Self::default();
        for OpenRow { id, client_id, answered } in rows {
            if answered {
                open.answered.insert(id);
            } else {
                open.asked.insert(client_id);
            }
        }
        open
    }
}
