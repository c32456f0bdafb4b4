//! How deep the syntax tree of the tokens so far can be.

use ruff_python_ast::token::TokenKind;

/// CPython's limit on open brackets.
const MAX_BRACKETS: usize = 200;
/// CPython's limit on indentation levels, the outermost not counted.
const MAX_INDENTS: usize = 99;
/// CPython's limit on f-strings in f-strings.
const MAX_FSTRINGS: usize = 149;
/// CPython's limit on replacement fields in format specifiers of one f-string.
const MAX_FIELDS: usize = 3;
/// How many prefix operators, `else` expressions or `elif` clauses may follow one another before
/// CPython's parser stack overflows.
const MAX_PREFIXES: usize = 5_960;
/// Operators in one expression. CPython's own limit depends on the stack it runs on.
const MAX_OPERATORS: usize = 20_000;

/// What opened a level.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// A bracket, or the statement itself.
    #[default]
    Bracket,
    /// The quotes of an f-string.
    Quotes,
    /// The brace of a replacement field, the given number of format specifiers deep.
    Field { depth: usize, in_specifier: bool },
}

/// What an expression has gathered since its last comma.
#[derive(Debug, Default, Clone, Copy)]
struct Level {
    opener: Opening,
    operators: usize,
    prefixes: usize,
}

#[derive(Debug, Default)]
pub(super) struct Depth {
    /// The innermost level.
    level: Level,
    /// The levels around it, one for each open bracket or f-string.
    outer: Vec<Level>,
    /// The sum of `outer`.
    outer_sum: Level,
    fstrings: usize,
    /// For each indentation level around this one, the `elif` clauses since its last `if`.
    indents: Vec<usize>,
    elifs: usize,
    after_operand: bool,
    in_statement: bool,
}

impl Depth {
    /// Takes the next token; the error says which limit it exceeds.
    pub(super) fn step(&mut self, token: TokenKind) -> Result<(), &'static str> {
        match token {
            TokenKind::Comment | TokenKind::NonLogicalNewline => return Ok(()),
            TokenKind::Indent => self.indents.push(std::mem::take(&mut self.elifs)),
            TokenKind::Dedent => self.elifs = self.indents.pop().unwrap_or_default(),
            TokenKind::Lpar | TokenKind::Lsqb => self.open(Opening::Bracket),
            TokenKind::Lbrace => self.open(self.brace()),
            TokenKind::FStringStart | TokenKind::TStringStart => self.open(Opening::Quotes),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => self.close(),
            TokenKind::FStringEnd | TokenKind::TStringEnd => self.close(),
            TokenKind::Comma | TokenKind::Semi | TokenKind::Newline => self.restart(),
            TokenKind::Colon => self.begin_specifier(),
            TokenKind::If if !self.in_statement => self.elifs = 0,
            TokenKind::Elif => self.elifs += 1,
            _ => self.operator(token),
        }
        self.after_operand = is_operand_end(token);
        self.in_statement = !starts_statement_after(token);
        self.within_limits()
    }

    fn open(&mut self, opener: Opening) {
        self.outer_sum.operators += self.level.operators;
        self.outer_sum.prefixes += self.level.prefixes;
        self.fstrings += usize::from(opener == Opening::Quotes);
        let level = Level { opener, ..Level::default() };
        self.outer.push(std::mem::replace(&mut self.level, level));
    }

    fn close(&mut self) {
        let Some(level) = self.outer.pop() else {
            return;
        };
        self.outer_sum.operators -= level.operators;
        self.outer_sum.prefixes -= level.prefixes;
        self.fstrings -= usize::from(self.level.opener == Opening::Quotes);
        // A call or subscript of what stands before makes the tree one deeper.
        let deeper = usize::from(self.level.opener == Opening::Bracket);
        self.level = Level { operators: level.operators + deeper, ..level };
    }

    fn restart(&mut self) {
        self.level = Level { opener: self.level.opener, ..Level::default() };
    }

    /// What a `{` opens here.
    fn brace(&self) -> Opening {
        let depth = match self.level.opener {
            Opening::Quotes => 1,
            Opening::Field { depth, in_specifier: true } => depth + 1,
            _ => return Opening::Bracket,
        };
        Opening::Field { depth, in_specifier: false }
    }

    fn begin_specifier(&mut self) {
        if let Opening::Field { in_specifier, .. } = &mut self.level.opener {
            *in_specifier = true;
        }
    }

    fn operator(&mut self, token: TokenKind) {
        self.level.operators += usize::from(deepens(token));
        self.level.prefixes += match token {
            TokenKind::Plus | TokenKind::Minus | TokenKind::Tilde | TokenKind::Not => {
                usize::from(!self.after_operand)
            }
            TokenKind::DoubleStar if self.after_operand => 2,
            TokenKind::Lambda => 2,
            TokenKind::Else => usize::from(self.in_statement),
            _ => 0,
        };
    }

    fn within_limits(&self) -> Result<(), &'static str> {
        if self.outer.len() - self.fstrings > MAX_BRACKETS {
            Err("too many nested parentheses")
        } else if self.indents.len() > MAX_INDENTS {
            Err("too many levels of indentation")
        } else if self.fstrings > MAX_FSTRINGS {
            Err("too many nested f-strings")
        } else if matches!(self.level.opener, Opening::Field { depth, .. } if depth > MAX_FIELDS) {
            Err("f-string: expressions nested too deeply")
        } else if self.elifs > MAX_PREFIXES
            || self.level.prefixes + self.outer_sum.prefixes > MAX_PREFIXES
            || self.level.operators + self.outer_sum.operators > MAX_OPERATORS
        {
            Err("too complex: the operators nest too deeply")
        } else {
            Ok(())
        }
    }
}

fn starts_statement_after(token: TokenKind) -> bool {
    use TokenKind::{Dedent, Indent, Newline, Semi};
    matches!(token, Newline | Indent | Dedent | Semi)
}

/// Whether an operator after this token takes what stands before it as its left side.
fn is_operand_end(token: TokenKind) -> bool {
    use TokenKind::{
        Complex, Ellipsis, FStringEnd, False, Float, Int, Name, None, Rbrace, Rpar, Rsqb, String,
        TStringEnd, True,
    };
    let literal = matches!(token, Int | Float | Complex | String | Ellipsis | None | True | False);
    let close = matches!(token, Rpar | Rsqb | Rbrace | FStringEnd | TStringEnd);
    // In `is not` the second word is no prefix.
    literal || close || token == Name || token.is_soft_keyword() || token == TokenKind::Is
}

/// Whether the token can make the tree deeper. What is not named here is flat, however long.
fn deepens(token: TokenKind) -> bool {
    use TokenKind::{
        And, Assert, Colon, Complex, Ellipsis, EqEqual, Equal, FStringMiddle, False, Float, For,
        Greater, GreaterEqual, In, Int, Less, LessEqual, Name, None, NotEqual, Or, String,
        TStringMiddle, True,
    };
    let literal = matches!(token, Int | Float | Complex | String | Ellipsis | None | True | False);
    let text = matches!(token, Name | FStringMiddle | TStringMiddle | Assert);
    let compared = matches!(token, Less | LessEqual | Greater | GreaterEqual | EqEqual | NotEqual);
    let flat = matches!(token, And | Or | For | In | Equal | Colon);
    !(literal || text || compared || flat)
}
