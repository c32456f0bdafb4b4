//! The names one scope uses, and where their first values come from.

use std::sync::Arc;

use crate::ast::{NameMap, NameSet};

/// A slot of the function at depth `function`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub function: usize,
    pub index: usize,
}

/// Where a name's first value comes from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Set by whoever enters the scope.
    Parameter,
    Context,
    Outer(Place),
    Nowhere,
}

/// One scope's names.
pub(super) struct Symbols {
    pub level: usize,
    /// The filter of a loop has variables apart from those of the loop's body.
    pub is_filter: bool,
    pub refs: NameMap<(Place, Source)>,
    pub stores: NameSet,
    journal: Vec<Entry>,
}

enum Entry {
    Ref(Arc<str>),
    Store(Arc<str>),
}

/// What one branch of an `if` added.
#[derive(Default)]
pub(super) struct Branch {
    refs: Vec<(Arc<str>, Place, Source)>,
    pub stores: Vec<Arc<str>>,
}

impl Symbols {
    pub fn new(level: usize) -> Self {
        Self {
            level,
            is_filter: false,
            refs: NameMap::default(),
            stores: NameSet::default(),
            journal: Vec::new(),
        }
    }

    /// Where the scope itself has `name`.
    pub fn place(&self, name: &str) -> Option<Place> {
        self.refs.get(name).map(|(place, _)| *place)
    }

    pub fn define(&mut self, name: &Arc<str>, place: Place, source: Source) {
        if self.refs.insert(name.clone(), (place, source)).is_none() {
            self.journal.push(Entry::Ref(name.clone()));
        }
    }

    pub fn note_store(&mut self, name: &Arc<str>) {
        if self.stores.insert(name.clone()) {
            self.journal.push(Entry::Store(name.clone()));
        }
    }

    /// A point to return to with [`Symbols::take_branch`].
    pub fn mark(&self) -> usize {
        self.journal.len()
    }

    /// Takes out everything added since `mark`.
    pub fn take_branch(&mut self, mark: usize) -> Branch {
        let mut branch = Branch::default();
        for entry in self.journal.split_off(mark) {
            match entry {
                Entry::Store(name) => {
                    self.stores.remove(&name);
                    branch.stores.push(name);
                }
                Entry::Ref(name) => {
                    let Some((place, source)) = self.refs.remove(&name) else { continue };
                    branch.refs.push((name, place, source));
                }
            }
        }
        branch
    }

    /// Puts a branch's names in for good.
    pub fn merge(&mut self, branch: Branch) {
        for (name, place, source) in branch.refs {
            self.define(&name, place, source);
        }
        for name in &branch.stores {
            self.note_store(name);
        }
    }
}
