//! Values with Python's semantics.

mod arguments;
mod bytes;
mod compare;
mod dict;
mod entries;
mod float;
mod integer;
mod iterate;
mod json;
mod loop_state;
mod object;
mod reclaim;
mod repr;
mod slice;
mod string;
mod undefined;

use std::cell::RefCell;
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};

pub(crate) use arguments::{Args, ArgumentList};
pub(crate) use bytes::repr_bytes;
pub(crate) use compare::{Order, as_set, contains, equal, identical, ordering};
pub(crate) use dict::{Dict, Key};
pub(crate) use entries::Entries;
pub(crate) use float::{float_to_integer, format_float, integer_to_float, parse_float};
pub(crate) use integer::{MAX_DIGITS, ascii_digit, format_integer, integer_from_text};
pub(crate) use iterate::{Iter, collect, iterate, iterate_all, over_dict};
pub(crate) use json::from_json;
pub(crate) use loop_state::{Loop, Recursion};
pub(crate) use object::{
    BlockReference, BoundMacro, Class, Cycler, GlobalFunction, Joiner, Method, Object, Range,
    Signature, View, ViewKind,
};
pub(crate) use reclaim::{IteratorCell, List, Tuple};
pub(crate) use repr::{
    as_text, is_printable, repr, repr_text, to_text, write_integer, write_plain, write_text,
};
pub(crate) use slice::{index_of, item_of_sequence, slice};
pub(crate) use string::Str;
pub(crate) use undefined::Undefined;

use crate::error::{Error, Result};
use crate::limits::ITEM;
use crate::run::Run;

/// A Python object.
#[derive(Clone)]
pub(crate) enum Value {
    /// The variable has no value; never seen by a template.
    Missing,
    Undefined(Rc<Undefined>),
    None,
    Bool(bool),
    Int(i64),
    /// An integer outside of `i64`.
    Big(Rc<BigInt>),
    Float(f64),
    Str(Str),
    Bytes(Rc<Vec<u8>>),
    List(Rc<List>),
    Tuple(Rc<Tuple>),
    Dict(Rc<Dict>),
    Object(Rc<Object>),
}

const _: () = assert!(size_of::<Value>() == ITEM, "the size that the meter counts");

impl Value {
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::Str(Str::new(text, false))
    }

    pub fn list(items: Vec<Self>) -> Self {
        Self::List(Rc::new(List::new(items)))
    }

    pub fn tuple(items: Vec<Self>) -> Self {
        Self::Tuple(Rc::new(Tuple::new(items)))
    }

    pub fn pair(run: &mut Run, first: Self, second: Self) -> Result<Self> {
        run.meter.object(size_of::<Tuple>())?;
        Ok(Self::Tuple(Rc::new(Tuple { items: [first, second].into(), is_group: false })))
    }

    pub fn dict(entries: Entries) -> Self {
        Self::Dict(Rc::new(Dict::new(entries)))
    }

    pub fn object(run: &mut Run, object: Object) -> Result<Self> {
        run.meter.object(size_of::<Object>())?;
        Ok(Self::Object(Rc::new(object)))
    }

    pub fn undefined(run: &mut Run, undefined: Undefined) -> Result<Self> {
        run.meter.object(undefined.size())?;
        Ok(Self::Undefined(Rc::new(undefined)))
    }

    /// An undefined that says why.
    pub fn hint(run: &mut Run, message: impl Into<String>) -> Result<Self> {
        Self::undefined(run, Undefined::Hint(message.into()))
    }

    /// An integer, stored small if it fits.
    pub fn integer(value: BigInt) -> Self {
        value.to_i64().map_or_else(|| Self::Big(Rc::new(value)), Self::Int)
    }

    pub fn from_usize(value: usize) -> Self {
        i64::try_from(value).map_or_else(|_| Self::integer(BigInt::from(value)), Self::Int)
    }

    /// A lazy sequence, which Python would call `name`.
    pub fn iterator(run: &mut Run, name: &'static str, iter: Iter) -> Result<Self> {
        let cell = IteratorCell { name, iter: RefCell::new(iter) };
        Self::object(run, Object::Iterator(cell))
    }

    /// A lazy sequence of what `next` gives.
    pub fn generator(
        run: &mut Run,
        next: impl FnMut(&mut Run) -> Result<Option<Self>> + 'static,
    ) -> Result<Self> {
        run.meter.object(size_of_val(&next))?;
        Self::iterator(run, "generator", Iter::Generator(Box::new(next)))
    }

    /// Python's `bool(value)`.
    #[inline]
    pub fn is_true(&self) -> bool {
        match self {
            Self::Missing | Self::Undefined(_) | Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Big(value) => !value.is_zero(),
            Self::Float(value) => *value != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::List(list) => !list.items.borrow().is_empty(),
            Self::Tuple(tuple) => !tuple.items.is_empty(),
            Self::Dict(dict) => !dict.entries.borrow().is_empty(),
            Self::Object(object) => object.is_true(),
        }
    }

    pub fn is_undefined(&self) -> bool {
        matches!(self, Self::Undefined(_) | Self::Missing)
    }

    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Python's `type(value).__name__`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Missing | Self::Undefined(_) => "Undefined",
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Big(_) => "int",
            Self::Float(_) => "float",
            Self::Str(text) if text.is_markup() => "Markup",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Dict(_) => "dict",
            Self::Object(object) => object.type_name(),
        }
    }

    /// Python's `len(value)`, or `None` if the type has no length.
    pub fn length(&self) -> Option<usize> {
        match self {
            Self::Undefined(_) => Some(0),
            Self::Str(text) => Some(text.chars()),
            Self::Bytes(bytes) => Some(bytes.len()),
            Self::List(list) => Some(list.items.borrow().len()),
            Self::Tuple(tuple) => Some(tuple.items.len()),
            Self::Dict(dict) => Some(dict.entries.borrow().len()),
            Self::Object(object) => object.length(),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&Str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    pub fn is_markup(&self) -> bool {
        matches!(self, Self::Str(text) if text.is_markup())
    }

    /// The value as an integer if it is an `int` or `bool`.
    pub fn as_integer(&self) -> Option<BigInt> {
        match self {
            Self::Bool(value) => Some(BigInt::from(u8::from(*value))),
            Self::Int(value) => Some(BigInt::from(*value)),
            Self::Big(value) => Some((**value).clone()),
            _ => None,
        }
    }

    /// As [`Value::as_integer`], clamped to the range of `i64`.
    pub fn as_clamped(&self) -> Option<i64> {
        match self {
            Self::Bool(value) => Some(i64::from(*value)),
            Self::Int(value) => Some(*value),
            Self::Big(value) => {
                Some(if value.sign() == num_bigint::Sign::Minus { i64::MIN } else { i64::MAX })
            }
            _ => None,
        }
    }

    /// The integer an index-like argument stands for, clamped to `i64`.
    pub fn expect_index(&self) -> Result<i64> {
        self.as_clamped().ok_or_else(|| {
            let name = self.type_name();
            Error::type_error(format!("'{name}' object cannot be interpreted as an integer"))
        })
    }

    /// As [`Value::expect_index`], for places where Python computes with the value before.
    pub fn expect_number(&self) -> Result<i64> {
        match self {
            Self::Undefined(undefined) => Err(undefined.fail()),
            _ => self.expect_index(),
        }
    }

    /// The failure of using the value in a way that asks it for an attribute or an operation.
    pub fn refuse_use<T>(&self, message: &str) -> Result<T> {
        match self {
            Self::Undefined(undefined) => Err(undefined.fail()),
            _ => self.refuse(message),
        }
    }

    /// A `TypeError` on the value's type.
    pub fn refuse<T>(&self, message: &str) -> Result<T> {
        Err(Error::type_error(format!("'{}' object {message}", self.type_name())))
    }

    /// Notes that `item` was put into the list or dict, which may have closed a cycle.
    pub fn note_insertion(&self, run: &mut Run, item: &Self) {
        let may_hold_others =
            matches!(item, Self::List(_) | Self::Tuple(_) | Self::Dict(_) | Self::Object(_));
        let noted = match self {
            Self::List(list) => &list.noted,
            Self::Dict(dict) => &dict.noted,
            _ => return,
        };
        if may_hold_others && !noted.replace(true) {
            let container = self.clone();
            run.at_end(move || match container {
                Self::List(list) => drop(list.items.take()),
                Self::Dict(dict) => drop(dict.entries.take()),
                _ => {}
            });
        }
    }

    pub fn call(&self, run: &mut Run, args: Args) -> Result<Self> {
        run.meter.tick(1)?;
        match self {
            Self::Object(object) => match object.call(run, args) {
                Some(result) => result,
                None => self.refuse_use("is not callable"),
            },
            _ => self.refuse_use("is not callable"),
        }
    }

    /// Whether Python's `callable(value)` holds.
    pub fn is_callable(&self) -> bool {
        match self {
            Self::Undefined(_) => true,
            Self::Object(object) => matches!(
                **object,
                Object::Method(_)
                    | Object::Function(_)
                    | Object::Macro(_)
                    | Object::Class(_)
                    | Object::Joiner(_)
                    | Object::Loop(_)
                    | Object::BlockReference(_)
            ),
            _ => false,
        }
    }
}
