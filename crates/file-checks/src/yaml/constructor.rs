//! Whether the nodes of a document make plain data.

use super::graph::{Content, Graph, Node, NodeId};
use super::tag::Tag;
use super::{scalar, timestamp};
use crate::SyntaxProblem;

/// How many `=` keys a scalar may be hidden behind before it counts as recursive.
const MAX_INDIRECTION: usize = 100;

/// Checks every node that loading the document would construct, each once.
pub(super) fn check(graph: &Graph) -> Result<(), SyntaxProblem> {
    let mut constructor = Constructor {
        graph,
        constructed: vec![false; graph.len()],
        merged: vec![false; graph.len()],
        waiting: vec![Step::Construct(0)],
    };
    while let Some(task) = constructor.waiting.pop() {
        match task {
            Step::Construct(id) => constructor.construct(id)?,
            Step::Entries(id) => constructor.entries(id)?,
        }
    }
    Ok(())
}

enum Step {
    Construct(NodeId),
    /// Check the entries of a mapping, wherever they end up.
    Entries(NodeId),
}

struct Constructor<'g> {
    graph: &'g Graph,
    constructed: Vec<bool>,
    /// Mappings whose entries have been checked.
    merged: Vec<bool>,
    waiting: Vec<Step>,
}

impl<'g> Constructor<'g> {
    fn node(&self, id: NodeId) -> Result<&'g Node, SyntaxProblem> {
        let missing = || SyntaxProblem::new("the document has no such node", None);
        self.graph.node(id).ok_or_else(missing)
    }

    fn construct(&mut self, id: NodeId) -> Result<(), SyntaxProblem> {
        let node = self.node(id)?;
        if is_repeated(&mut self.constructed, id) {
            return Ok(());
        }
        match &node.tag {
            Tag::Seq => self.sequence(node),
            Tag::Map | Tag::Set => {
                self.waiting.push(Step::Entries(id));
                Ok(())
            }
            Tag::Omap | Tag::Pairs => self.pairs(node),
            Tag::Merge => Err(problem(node, "<< is no key of a mapping here")),
            Tag::Value => Err(problem(node, "= is no key of a mapping here")),
            Tag::Other(uri) => Err(problem(node, format!("the tag {uri:?} is not allowed"))),
            tag => self.scalar(node, tag),
        }
    }

    fn scalar(&self, node: &Node, tag: &Tag) -> Result<(), SyntaxProblem> {
        let text = self.text(node)?;
        let (valid, expected) = match tag {
            Tag::Bool => (scalar::is_bool(text), "boolean"),
            Tag::Int => (scalar::is_int(text), "integer"),
            Tag::Float => (scalar::is_float(text), "floating point number"),
            Tag::Binary => (scalar::is_base64(text), "base64 text"),
            Tag::Timestamp => (timestamp::is_valid(text), "date or time"),
            _ => (true, "scalar"),
        };
        let invalid = || {
            let start: String = text.chars().take(40).collect();
            problem(node, format!("{start:?} is not a valid {expected}"))
        };
        valid.then_some(()).ok_or_else(invalid)
    }

    /// The text of a scalar, which a mapping may have under the key `=`.
    fn text(&self, node: &'g Node) -> Result<&'g str, SyntaxProblem> {
        let mut inner = node;
        for _ in 0..MAX_INDIRECTION {
            let entries = match &inner.content {
                Content::Scalar(text) => return Ok(text),
                Content::Sequence(_) => break,
                Content::Mapping(entries) => entries,
            };
            let is_value = |id| self.graph.node(id).is_some_and(|key| key.tag == Tag::Value);
            match entries.iter().find(|(key, _)| is_value(*key)) {
                Some((_, value)) => inner = self.node(*value)?,
                None => break,
            }
        }
        Err(problem(node, "expected a scalar"))
    }

    fn sequence(&mut self, node: &Node) -> Result<(), SyntaxProblem> {
        let Content::Sequence(items) = &node.content else {
            return Err(problem(node, "expected a sequence"));
        };
        self.waiting.extend(items.iter().map(|&id| Step::Construct(id)));
        Ok(())
    }

    /// `!!omap` and `!!pairs`: a sequence of mappings with one entry each.
    fn pairs(&mut self, node: &Node) -> Result<(), SyntaxProblem> {
        let Content::Sequence(items) = &node.content else {
            return Err(problem(node, "expected a sequence of single entries"));
        };
        for &id in items {
            let item = self.node(id)?;
            match &item.content {
                Content::Mapping(entries) if entries.len() == 1 => {
                    let ids = entries.iter().flat_map(|&(key, value)| [key, value]);
                    self.waiting.extend(ids.map(Step::Construct));
                }
                _ => return Err(problem(item, "expected a mapping with one entry")),
            }
        }
        Ok(())
    }

    fn entries(&mut self, id: NodeId) -> Result<(), SyntaxProblem> {
        let node = self.node(id)?;
        if is_repeated(&mut self.merged, id) {
            return Ok(());
        }
        let Content::Mapping(entries) = &node.content else {
            return Err(problem(node, "expected a mapping"));
        };
        for &(key_id, value) in entries {
            let key = self.node(key_id)?;
            match key.tag {
                Tag::Merge => self.merge(value)?,
                Tag::Value => {
                    self.text(key)?;
                    self.waiting.push(Step::Construct(value));
                }
                _ if !key.tag.is_hashable() => {
                    return Err(problem(key, "a collection cannot be a key"));
                }
                _ => self.waiting.extend([key_id, value].map(Step::Construct)),
            }
        }
        Ok(())
    }

    /// `<<`: one mapping, or a sequence of them, whose entries become those of the parent.
    fn merge(&mut self, id: NodeId) -> Result<(), SyntaxProblem> {
        let node = self.node(id)?;
        let single = [id];
        let sources = match &node.content {
            Content::Mapping(_) => single.as_slice(),
            Content::Sequence(items) => items,
            Content::Scalar(_) => return Err(problem(node, "expected mappings to merge")),
        };
        self.waiting.extend(sources.iter().map(|&id| Step::Entries(id)));
        Ok(())
    }
}

/// Marks the node; whether it was marked before.
fn is_repeated(marks: &mut [bool], id: NodeId) -> bool {
    marks.get_mut(id).is_none_or(|mark| std::mem::replace(mark, true))
}

fn problem(node: &Node, cause: impl Into<String>) -> SyntaxProblem {
    SyntaxProblem::new(cause, Some(node.line))
}
