//! The filters, `value|name`.
//!
//! A new filter is one function `fn(run, value, args) -> Result<Value>` and one line in
//! [`FILTERS`]: its name, how many arguments must be given, and the names of all. One that makes
//! a text of a text is `fn(&str, &mut String)` and [`Builtin::text`].

mod aggregate;
mod attribute;
mod group;
mod html;
mod json;
mod lookup;
mod number;
mod pretty;
mod quantity;
pub(crate) mod select;
mod sequence;
mod sort;
mod text;
mod trim;
mod url;
mod urlize;
mod wrap;

use crate::builtin::Builtin;
use crate::methods;

/// All but those that are given the name of another filter or test.
pub(crate) const FILTERS: &[Builtin] = &[
    Builtin::plain("abs", number::abs),
    Builtin::new("attr", 1, &["name"], lookup::attr),
    Builtin::new("batch", 1, &["linecount", "fill_with"], sequence::batch),
    Builtin::text("capitalize", methods::capitalize),
    Builtin::new("center", 0, &["width"], text::center),
    Builtin::plain("count", sequence::length),
    Builtin::new("d", 0, &["default_value", "boolean"], lookup::default),
    Builtin::new("default", 0, &["default_value", "boolean"], lookup::default),
    Builtin::new("dictsort", 0, &["case_sensitive", "by", "reverse"], sort::dictsort),
    Builtin::plain("e", html::escape),
    Builtin::plain("escape", html::escape),
    Builtin::new("filesizeformat", 0, &["binary"], quantity::filesizeformat),
    Builtin::plain("first", sequence::first),
    Builtin::new("float", 0, &["default"], number::float),
    Builtin::plain("forceescape", html::forceescape),
    Builtin::variadic("format", text::format),
    Builtin::new("groupby", 1, &["attribute", "default", "case_sensitive"], group::groupby),
    Builtin::new("indent", 0, &["width", "first", "blank"], text::indent),
    Builtin::new("int", 0, &["default", "base"], number::int),
    Builtin::plain("items", lookup::items),
    Builtin::new("join", 0, &["d", "attribute"], text::join),
    Builtin::plain("last", sequence::last),
    Builtin::plain("length", sequence::length),
    Builtin::plain("list", sequence::list),
    Builtin::text("lower", methods::lower),
    Builtin::new("max", 0, &["case_sensitive", "attribute"], aggregate::max),
    Builtin::new("min", 0, &["case_sensitive", "attribute"], aggregate::min),
    Builtin::plain("pprint", pretty::pprint),
    Builtin::plain("random", sequence::random),
    Builtin::new("replace", 2, &["old", "new", "count"], text::replace),
    Builtin::plain("reverse", sequence::reverse),
    Builtin::new("round", 0, &["precision", "method"], number::round),
    Builtin::plain("safe", html::safe),
    Builtin::new("slice", 1, &["slices", "fill_with"], sequence::slice),
    Builtin::new("sort", 0, &["reverse", "case_sensitive", "attribute"], sort::sort),
    Builtin::plain("string", text::string),
    Builtin::plain("striptags", html::striptags_filter),
    Builtin::new("sum", 0, &["attribute", "start"], aggregate::sum),
    Builtin::plain("title", text::title),
    Builtin::new("tojson", 0, &["indent"], json::tojson),
    Builtin::new("trim", 0, &["chars"], trim::trim),
    Builtin::new("truncate", 0, &["length", "killwords", "end", "leeway"], trim::truncate),
    Builtin::new("unique", 0, &["case_sensitive", "attribute"], group::unique),
    Builtin::text("upper", methods::upper),
    Builtin::plain("urlencode", url::urlencode),
    Builtin::new(
        "urlize",
        0,
        &["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"],
        urlize::urlize,
    ),
    Builtin::plain("wordcount", text::wordcount),
    Builtin::new(
        "wordwrap",
        0,
        &["width", "break_long_words", "wrapstring", "break_on_hyphens"],
        wrap::wordwrap,
    ),
    Builtin::new("xmlattr", 0, &["autospace"], html::xmlattr),
];
