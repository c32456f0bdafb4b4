//! Operators and punctuation.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Plus,
    Minus,
    Star,
    DoubleStar,
    Slash,
    DoubleSlash,
    Percent,
    Tilde,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Assign,
    Dot,
    Comma,
    Colon,
    Semicolon,
    Pipe,
    OpenParenthesis,
    CloseParenthesis,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
}

impl Operator {
    /// The longest operator at the start of `bytes`.
    pub fn starting(bytes: &[u8]) -> Option<Self> {
        Some(match (bytes.first()?, bytes.get(1)) {
            (b'*', Some(b'*')) => Self::DoubleStar,
            (b'/', Some(b'/')) => Self::DoubleSlash,
            (b'=', Some(b'=')) => Self::Equal,
            (b'!', Some(b'=')) => Self::NotEqual,
            (b'<', Some(b'=')) => Self::LessEqual,
            (b'>', Some(b'=')) => Self::GreaterEqual,
            (b'+', _) => Self::Plus,
            (b'-', _) => Self::Minus,
            (b'*', _) => Self::Star,
            (b'/', _) => Self::Slash,
            (b'%', _) => Self::Percent,
            (b'~', _) => Self::Tilde,
            (b'<', _) => Self::Less,
            (b'>', _) => Self::Greater,
            (b'=', _) => Self::Assign,
            (b'.', _) => Self::Dot,
            (b',', _) => Self::Comma,
            (b':', _) => Self::Colon,
            (b';', _) => Self::Semicolon,
            (b'|', _) => Self::Pipe,
            (b'(', _) => Self::OpenParenthesis,
            (b')', _) => Self::CloseParenthesis,
            (b'[', _) => Self::OpenBracket,
            (b']', _) => Self::CloseBracket,
            (b'{', _) => Self::OpenBrace,
            (b'}', _) => Self::CloseBrace,
            _ => return None,
        })
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Star => "*",
            Self::DoubleStar => "**",
            Self::Slash => "/",
            Self::DoubleSlash => "//",
            Self::Percent => "%",
            Self::Tilde => "~",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Assign => "=",
            Self::Dot => ".",
            Self::Comma => ",",
            Self::Colon => ":",
            Self::Semicolon => ";",
            Self::Pipe => "|",
            Self::OpenParenthesis => "(",
            Self::CloseParenthesis => ")",
            Self::OpenBracket => "[",
            Self::CloseBracket => "]",
            Self::OpenBrace => "{",
            Self::CloseBrace => "}",
        }
    }

    /// What closes an opening bracket.
    pub fn closing(self) -> Option<Self> {
        match self {
            Self::OpenParenthesis => Some(Self::CloseParenthesis),
            Self::OpenBracket => Some(Self::CloseBracket),
            Self::OpenBrace => Some(Self::CloseBrace),
            _ => None,
        }
    }

    pub fn is_closing(self) -> bool {
        matches!(self, Self::CloseParenthesis | Self::CloseBracket | Self::CloseBrace)
    }
}

#[cfg(test)]
mod tests {
    use super::Operator;

    #[test]
    fn operators_are_read_as_they_are_written() {
        let all = "+ - * ** / // % ~ == != < <= > >= = . , : ; | ( ) [ ] { }";
        for text in all.split(' ') {
            let longer = format!("{text} ");
            let found = Operator::starting(longer.as_bytes()).map(Operator::text);
            assert_eq!(found, Some(text));
        }
        assert_eq!(Operator::starting(b"!"), None);
    }
}
