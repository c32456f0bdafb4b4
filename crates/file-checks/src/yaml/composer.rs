//! From the parser's events to the graph of a document.

use std::collections::HashMap;

use libyaml_safer::{Event, EventData, MappingStyle, Mark, ScalarStyle, SequenceStyle};

use super::graph::{Content, Graph, Node, NodeId, line_of};
use super::tag::Tag;
use crate::SyntaxProblem;

/// Collections within collections; where PyYAML reaches Python's recursion limit.
const MAX_DEPTH: usize = 490;

/// A collection whose end has not come yet.
struct Open {
    id: NodeId,
    /// In a mapping: the key that waits for its value.
    key: Option<NodeId>,
    /// Written with brackets or braces.
    is_flow: bool,
    /// Begins with `?` inside brackets, and has no entry yet.
    awaits_explicit_key: bool,
}

/// Builds the graph event by event.
pub(super) struct Composer<'t> {
    text: &'t str,
    graph: Graph,
    anchors: HashMap<String, NodeId>,
    open: Vec<Open>,
}

impl<'t> Composer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let (graph, anchors, open) = (Graph::default(), HashMap::new(), Vec::new());
        Self { text, graph, anchors, open }
    }

    pub(super) fn finish(self) -> Graph {
        self.graph
    }

    pub(super) fn take(&mut self, event: Event) -> Result<(), SyntaxProblem> {
        let line = line_of(event.start_mark.line);
        match event.data {
            EventData::Alias { anchor } => self.alias(&anchor, line),
            EventData::Scalar { anchor, tag, value, plain_implicit, style, .. } => {
                let is_plain = style == ScalarStyle::Plain;
                self.check_flow_scalar(&value, is_plain, event.start_mark, event.end_mark)?;
                let tag = scalar_tag(tag, plain_implicit, &value);
                let node = Node { tag, content: Content::Scalar(value), line };
                self.add(anchor, node).map(|_| ())
            }
            EventData::SequenceStart { anchor, tag, style, .. } => {
                let tag = collection_tag(tag, Tag::Seq);
                let node = Node { tag, content: Content::Sequence(Vec::new()), line };
                let id = self.add(anchor, node)?;
                self.begin(id, style == SequenceStyle::Flow, event.start_mark)
            }
            EventData::MappingStart { anchor, tag, style, .. } => {
                let tag = collection_tag(tag, Tag::Map);
                let node = Node { tag, content: Content::Mapping(Vec::new()), line };
                let id = self.add(anchor, node)?;
                self.begin(id, style == MappingStyle::Flow, event.start_mark)
            }
            EventData::SequenceEnd | EventData::MappingEnd => {
                self.open.pop();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn alias(&mut self, anchor: &str, line: usize) -> Result<(), SyntaxProblem> {
        let undefined = || SyntaxProblem::new(format!("undefined alias {anchor:?}"), Some(line));
        let id = self.anchors.get(anchor).copied().ok_or_else(undefined)?;
        self.attach(id);
        Ok(())
    }

    /// Refuses what the parser gets wrong about `?` inside brackets.
    fn check_flow_scalar(
        &self,
        value: &str,
        is_plain: bool,
        start: Mark,
        end: Mark,
    ) -> Result<(), SyntaxProblem> {
        let Some(parent) = self.open.last().filter(|open| open.is_flow && is_plain) else {
            return Ok(());
        };
        let line = Some(line_of(start.line));
        if value.contains('?') {
            let cause = "inside brackets a ? begins a key; quote the text it is part of";
            return Err(SyntaxProblem::new(cause, line));
        }
        if parent.awaits_explicit_key && start == end {
            // The parser has dropped a token here, so that whatever follows is misread.
            return Err(SyntaxProblem::new("a ? needs a key after it", line));
        }
        Ok(())
    }

    fn begin(&mut self, id: NodeId, is_flow: bool, start: Mark) -> Result<(), SyntaxProblem> {
        if self.open.len() >= MAX_DEPTH {
            let line = Some(line_of(start.line));
            return Err(SyntaxProblem::new("nested too deeply", line));
        }
        let start = usize::try_from(start.index).unwrap_or(usize::MAX);
        let awaits_explicit_key = is_flow && self.text.as_bytes().get(start) == Some(&b'?');
        self.open.push(Open { id, key: None, is_flow, awaits_explicit_key });
        Ok(())
    }

    fn add(&mut self, anchor: Option<String>, node: Node) -> Result<NodeId, SyntaxProblem> {
        let line = node.line;
        let id = self.graph.add(node);
        if let Some(anchor) = anchor {
            let duplicate = format!("duplicate anchor {anchor:?}");
            if self.anchors.insert(anchor, id).is_some() {
                return Err(SyntaxProblem::new(duplicate, Some(line)));
            }
        }
        self.attach(id);
        Ok(id)
    }

    /// Puts a node where it stands in the innermost open collection.
    fn attach(&mut self, id: NodeId) {
        let Some(parent) = self.open.last_mut() else {
            return;
        };
        parent.awaits_explicit_key = false;
        match self.graph.node_mut(parent.id).map(|node| &mut node.content) {
            Some(Content::Sequence(items)) => items.push(id),
            Some(Content::Mapping(pairs)) => match parent.key.take() {
                Some(key) => pairs.push((key, id)),
                None => parent.key = Some(id),
            },
            _ => {}
        }
    }
}

/// The tag `!` means none.
fn scalar_tag(uri: Option<String>, plain_implicit: bool, value: &str) -> Tag {
    match uri {
        Some(uri) if uri != "!" => Tag::from_uri(uri),
        None if !plain_implicit => Tag::Str,
        _ => Tag::of_plain(value),
    }
}

fn collection_tag(uri: Option<String>, default: Tag) -> Tag {
    let uri = uri.filter(|uri| uri != "!");
    uri.map_or(default, Tag::from_uri)
}
