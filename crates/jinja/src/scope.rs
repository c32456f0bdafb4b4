//! Binds every variable to a slot, by Jinja's rules on what an assignment reaches.
//!
//! Each scope lists the names used in it before any of its code runs; that list says where a
//! name's first value comes from: the context, an enclosing scope, or nowhere.

mod analyze;
mod assigned;
mod bind;
mod bind_function;
mod bind_output;
mod constant;
mod mentions;
mod symbols;

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::ast::{Block, Escape, Load, NameMap, NameSet, Program, Scope, Slot, Statement};
use crate::error::{Error, Result};
use crate::globals;
use crate::interpreter::Folder;
use crate::limits::Limits;
use assigned::Assigned;
use symbols::{Place, Source, Symbols};

/// Binds all variables of `program` and notes what else compiling finds wrong.
///
/// `names` are all names in it. What always is the same is computed within `limits`.
pub(crate) fn bind(program: &mut Program, names: NameSet, limits: &Limits) -> Result<()> {
    let assigned = Assigned::anywhere_in(&program.body);
    let mut binder = Binder::new(names, assigned, Folder::new(limits));
    binder.start_function();
    let mut root = Symbols::new(0);
    if binder.mentions(&program.body, "self") {
        program.self_slot = Some(binder.declare(&mut root, "self"));
    }
    binder.analyze_all(&mut root, &program.body);
    binder.scopes.push(root);
    binder.toplevel = true;
    binder.statements(&mut program.body)?;
    program.scope = binder.leave_scope();
    program.slots = binder.end_function();
    program.undeclared = binder.undeclared();
    program.outside = binder.outside_names;
    program.outside_indices = binder.outside;
    program.blocks = binder.blocks;
    program.compile_error = binder.syntax_error.or(binder.other_error);
    Ok(())
}

/// Slots of a function by level, name, and whether the filter of a loop uses them.
type Slots = HashMap<(usize, Arc<str>, bool), usize, RandomState>;

/// Trees of so few levels are walked without a look at the stack.
const SHALLOW: u32 = 4;

/// Runs `walk` through a tree of `height` levels, on more stack if the thread's runs out.
fn with_stack<T>(height: u32, walk: impl FnOnce() -> T) -> T {
    if height <= SHALLOW { walk() } else { stacker::maybe_grow(64 << 10, 1 << 20, walk) }
}

struct Binder {
    /// All names in the template.
    names: NameSet,
    /// Enclosing scopes, innermost last.
    scopes: Vec<Symbols>,
    /// Enclosing functions, innermost last, each with its slots by level and name.
    functions: Vec<Slots>,
    assigned: Assigned,
    /// Indices of the names from outside of the template.
    outside: NameMap<usize>,
    outside_names: Vec<Arc<str>>,
    /// Names that are assigned somewhere and come from outside elsewhere.
    loaded: NameSet,
    folder: Folder,
    blocks: Vec<Arc<Block>>,
    block_names: NameSet,
    escape: Escape,
    /// In the outermost scope of the template, whose variables blocks can see.
    toplevel: bool,
    /// In an `if`, where unknown filters fail only when reached.
    soft: bool,
    /// In an expression made of literals only, which Python computes ahead.
    in_literal: bool,
    syntax_error: Option<Error>,
    other_error: Option<Error>,
}

impl Binder {
    fn new(names: NameSet, assigned: Assigned, folder: Folder) -> Self {
        Self {
            names,
            scopes: Vec::new(),
            functions: Vec::new(),
            assigned,
            outside: NameMap::default(),
            outside_names: Vec::new(),
            loaded: NameSet::default(),
            folder,
            blocks: Vec::new(),
            block_names: NameSet::default(),
            escape: Escape::default(),
            toplevel: false,
            soft: false,
            in_literal: false,
            syntax_error: None,
            other_error: None,
        }
    }

    /// Whether `body` asks for the special variable `name`.
    fn mentions(&self, body: &[Statement], name: &str) -> bool {
        self.names.contains(name) && mentions::mentions(body, name)
    }

    fn start_function(&mut self) {
        self.functions.push(Slots::default());
    }

    fn end_function(&mut self) -> usize {
        self.functions.pop().map_or(0, |slots| slots.len())
    }

    /// The place of a name of `symbols`' own.
    fn place(&mut self, symbols: &Symbols, name: &Arc<str>) -> Place {
        let function = self.functions.len().saturating_sub(1);
        let Some(slots) = self.functions.last_mut() else { return Place::default() };
        let next = slots.len();
        let key = (symbols.level, name.clone(), symbols.is_filter);
        Place { function, index: *slots.entry(key).or_insert(next) }
    }

    fn slot(&self, place: Place) -> Slot {
        match self.functions.len() - 1 - place.function {
            0 => Slot::Own(place.index),
            hops => Slot::Around { hops, index: place.index },
        }
    }

    /// Where the current scope finds `name`; every name has been listed before.
    fn reference(&mut self, name: &Arc<str>) -> Slot {
        match self.scopes.iter().rev().find_map(|scope| scope.place(name)) {
            Some(place) => self.slot(place),
            None if !self.assigned.contains(name) => Slot::Given(self.outside(name)),
            None => {
                let message = format!("the name '{name}' is not known in this scope");
                self.other_error.get_or_insert(Error::runtime(message));
                Slot::default()
            }
        }
    }

    fn inner_symbols(&self) -> Symbols {
        let level = self.scopes.last().map_or(0, |scope| scope.level + 1);
        Symbols::new(level)
    }

    /// Ends the innermost scope.
    fn leave_scope(&mut self) -> Scope {
        let Some(symbols) = self.scopes.pop() else { return Scope::default() };
        let mut own: Vec<_> = symbols.refs.into_iter().collect();
        own.sort_unstable_by_key(|(_, (place, _))| place.index);
        let clears = own.iter().map(|(_, (place, _))| place.index).collect();
        let mut loads = Vec::new();
        for (name, (Place { index, .. }, source)) in own {
            let load = match source {
                Source::Parameter => continue,
                Source::Context => {
                    self.loaded.insert(name.clone());
                    Load::Resolve(self.outside(&name))
                }
                Source::Outer(place) => Load::Alias(self.slot(place)),
                Source::Nowhere => Load::Missing,
            };
            loads.push((index, load));
        }
        Scope { loads, clears }
    }

    /// All names assigned in the enclosing scopes, with their places.
    fn visible(&mut self) -> Vec<(usize, Slot)> {
        let mut names: Vec<(Arc<str>, Slot)> = Vec::new();
        for (depth, scope) in self.scopes.iter().enumerate().rev() {
            for name in &scope.stores {
                if names.iter().all(|(known, _)| known != name) {
                    let found = self.scopes.iter().take(depth + 1).rev();
                    let place = found.filter_map(|scope| scope.place(name)).next();
                    names.extend(place.map(|place| (name.clone(), self.slot(place))));
                }
            }
        }
        names.into_iter().map(|(name, slot)| (self.outside(&name), slot)).collect()
    }

    /// The index of a name from outside, or that blocks may ask for.
    fn outside(&mut self, name: &Arc<str>) -> usize {
        let names = &mut self.outside_names;
        *self.outside.entry(name.clone()).or_insert_with(|| {
            names.push(name.clone());
            names.len() - 1
        })
    }

    /// The names that come from outside, but for globals.
    fn undeclared(&self) -> Vec<Arc<str>> {
        let is_loaded = |name: &str| !self.assigned.contains(name) || self.loaded.contains(name);
        let names = self.outside_names.iter();
        names.filter(|name| is_loaded(name) && globals::find(name).is_none()).cloned().collect()
    }

    fn fail(&mut self, line: usize, message: String) {
        self.syntax_error.get_or_insert(Error::syntax(line, message));
    }

    fn fail_other(&mut self, line: usize, message: String) {
        self.other_error.get_or_insert(Error::runtime(message).at(line));
    }
}
