//! The names after dots, looked up ahead.

use std::sync::Arc;

use crate::builtin::Builtin;
use crate::methods;
use crate::value::Value;

/// The name of an attribute, with what it means to the most frequent types.
#[derive(Debug)]
pub(crate) struct AttributeName {
    pub text: Arc<str>,
    pub of_loop: Option<LoopAttribute>,
    is_public: bool,
    /// Aside, as most names are no methods and nodes of the tree are to be small.
    methods: Option<Box<Methods>>,
}

#[derive(Debug)]
struct Methods {
    of_text: Option<&'static Builtin>,
    of_list: Option<&'static Builtin>,
    of_dict: Option<&'static Builtin>,
}

impl Methods {
    fn new(name: &str) -> Option<Box<Self>> {
        let of_text = methods::of_text(name);
        let of_list = methods::of_list(name);
        let of_dict = methods::of_dict(name);
        of_text.or(of_list).or(of_dict)?;
        Some(Box::new(Self { of_text, of_list, of_dict }))
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum LoopAttribute {
    Index0,
    Index,
    Depth0,
    Depth,
    First,
    Last,
    Length,
    ReverseIndex,
    ReverseIndex0,
    Previous,
    Next,
}

impl LoopAttribute {
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "index0" => Self::Index0,
            "index" => Self::Index,
            "depth0" => Self::Depth0,
            "depth" => Self::Depth,
            "first" => Self::First,
            "last" => Self::Last,
            "length" => Self::Length,
            "revindex" => Self::ReverseIndex,
            "revindex0" => Self::ReverseIndex0,
            "previtem" => Self::Previous,
            "nextitem" => Self::Next,
            _ => return None,
        })
    }
}

impl AttributeName {
    pub fn new(name: Arc<str>) -> Self {
        Self {
            of_loop: LoopAttribute::of_name(&name),
            is_public: !name.starts_with('_'),
            methods: Methods::new(&name),
            text: name,
        }
    }

    /// The method of that name, if `receiver` is a plain str, list or dict.
    pub fn method(&self, receiver: &Value) -> Option<&'static Builtin> {
        let methods = self.methods.as_ref()?;
        match receiver {
            Value::Str(text) if !text.is_markup() => methods.of_text,
            Value::List(_) => methods.of_list,
            Value::Dict(_) => methods.of_dict,
            _ => None,
        }
    }

    /// Whether it names an item of dicts, as it is no attribute of theirs.
    pub fn is_dict_item(&self) -> bool {
        self.is_public && self.methods.as_ref().is_none_or(|methods| methods.of_dict.is_none())
    }
}
