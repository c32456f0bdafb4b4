//! Tags, and the tag a plain scalar gets from its text (YAML 1.1).

use std::sync::LazyLock;

use regex::RegexSet;

const PREFIX: &str = "tag:yaml.org,2002:";

/// What a node says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Binary,
    Timestamp,
    Str,
    Seq,
    Map,
    Set,
    Omap,
    Pairs,
    /// The key `<<`.
    Merge,
    /// The key `=`.
    Value,
    /// Anything else, which plain data does not have.
    Other(String),
}

impl Tag {
    pub(super) fn from_uri(uri: String) -> Self {
        match uri.strip_prefix(PREFIX) {
            Some("null") => Self::Null,
            Some("bool") => Self::Bool,
            Some("int") => Self::Int,
            Some("float") => Self::Float,
            Some("binary") => Self::Binary,
            Some("timestamp") => Self::Timestamp,
            Some("str") => Self::Str,
            Some("seq") => Self::Seq,
            Some("map") => Self::Map,
            Some("set") => Self::Set,
            Some("omap") => Self::Omap,
            Some("pairs") => Self::Pairs,
            Some("merge") => Self::Merge,
            Some("value") => Self::Value,
            _ => Self::Other(uri),
        }
    }

    /// The tag a plain scalar without one has.
    pub(super) fn of_plain(text: &str) -> Self {
        if text.starts_with(|c: char| !BEGINNINGS.contains(c)) {
            return Self::Str;
        }
        let matching = IMPLICIT.matches(text).into_iter().next();
        let implicit = matching.and_then(|index| PATTERNS.get(index));
        implicit.map_or(Self::Str, |(tag, _)| tag.clone())
    }

    /// Whether a node of this kind can be the key of a mapping.
    pub(super) fn is_hashable(&self) -> bool {
        !matches!(self, Self::Seq | Self::Map | Self::Set | Self::Omap | Self::Pairs)
    }
}

/// The characters a text that matches a pattern can begin with.
const BEGINNINGS: &str = "+-.0123456789<=~FNOTYfnoty";

/// In the order in which they are tried.
const PATTERNS: &[(Tag, &str)] = &[
    (Tag::Bool, r"^(?:[Yy]es|YES|[Nn]o|NO|[Tt]rue|TRUE|[Ff]alse|FALSE|[Oo]n|ON|[Oo]ff|OFF)$"),
    (
        Tag::Float,
        r"(?x)^(?: [-+]? [0-9][0-9_]* \. [0-9_]* (?: [eE] [-+] [0-9]+ )?
        | \. [0-9][0-9_]* (?: [eE] [-+] [0-9]+ )?
        | [-+]? [0-9][0-9_]* (?: : [0-5]?[0-9] )+ \. [0-9_]*
        | [-+]? \. (?: inf | Inf | INF )
        | \. (?: nan | NaN | NAN ) )$",
    ),
    (
        Tag::Int,
        r"(?x)^(?: [-+]? 0b [01_]+
        | [-+]? 0 [0-7_]+
        | [-+]? (?: 0 | [1-9][0-9_]* )
        | [-+]? 0x [0-9a-fA-F_]+
        | [-+]? [1-9][0-9_]* (?: : [0-5]?[0-9] )+ )$",
    ),
    (Tag::Merge, r"^<<$"),
    (Tag::Null, r"^(?:~|null|Null|NULL|)$"),
    (
        Tag::Timestamp,
        r"(?x)^(?: [0-9]{4} - [0-9]{2} - [0-9]{2}
        | [0-9]{4} - [0-9]{1,2} - [0-9]{1,2}
          (?: [Tt] | [\x20\t]+ ) [0-9]{1,2} : [0-9]{2} : [0-9]{2} (?: \. [0-9]* )?
          (?: [\x20\t]* (?: Z | [-+] [0-9]{1,2} (?: : [0-9]{2} )? ) )? )$",
    ),
    (Tag::Value, r"^=$"),
];

static IMPLICIT: LazyLock<RegexSet> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "the patterns are constants, which the tests compile")]
    RegexSet::new(PATTERNS.iter().map(|(_, pattern)| pattern)).unwrap()
});
