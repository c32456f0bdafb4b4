//! Python's two ways to format: `'%03d' % x` and `'{:03d}'.format(x)`.

mod braces;
mod float;
mod percent;
mod spec;

pub(crate) use braces::{format_map, format_method};
pub(crate) use percent::percent_format;
