//! The words inside a tag.

use super::TemplateError;

/// Characters of a name, dots included.
const MAX_NAME: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'s> {
    /// `order.number`, also keywords and filter names.
    Name(&'s str),
    Text(String),
    Number(usize),
    Pipe,
    Open,
    Close,
    Equal,
    Different,
    /// `}}` or `%}`.
    End(&'static str),
}

/// Reads the tokens of one tag, from left to right.
pub(super) struct Lexer<'s> {
    source: &'s str,
    /// Where the tag began.
    tag: usize,
    at: usize,
}

impl<'s> Lexer<'s> {
    /// Begins behind the two characters that open the tag at `tag`.
    pub(super) fn new(source: &'s str, tag: usize) -> Lexer<'s> {
        Lexer { source, tag, at: tag + 2 }
    }

    /// Where the next token is read from.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Goes back to a position that was asked for before.
    pub(super) fn return_to(&mut self, position: usize) {
        self.at = position;
    }

    /// The next token and where it begins.
    pub(super) fn next(&mut self) -> Result<(usize, Token<'s>), TemplateError> {
        let rest = &self.source[self.at..];
        let text = rest.trim_start();
        let start = self.at + rest.len() - text.len();
        let two = text.get(..2).unwrap_or("");
        let (token, length) = match text.chars().next() {
            None => return Err(self.not_closed()),
            Some(_) if two == "}}" => (Token::End("}}"), 2),
            Some(_) if two == "%}" => (Token::End("%}"), 2),
            Some(_) if two == "==" => (Token::Equal, 2),
            Some(_) if two == "!=" => (Token::Different, 2),
            Some('|') => (Token::Pipe, 1),
            Some('(') => (Token::Open, 1),
            Some(')') => (Token::Close, 1),
            Some(quote @ ('"' | '\'')) => self.quoted(start, text, quote)?,
            Some(c) if c.is_ascii_digit() => {
                let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
                (Token::Number(text[..digits].parse().unwrap_or(usize::MAX)), digits)
            }
            Some(c) if is_name_start(c) => {
                let length = text.find(|c| !is_name_part(c) && c != '.').unwrap_or(text.len());
                self.check_name(start, &text[..length])?;
                (Token::Name(&text[..length]), length)
            }
            Some(c) => {
                return Err(self.error(
                    start,
                    "unexpected",
                    format!("“{}” does not belong inside a tag.", c.escape_debug()),
                    "Inside {{ }} write a name such as {{ name }}, inside {% %} a condition such as {% if name %}.",
                ));
            }
        };
        self.at = start + length;
        Ok((start, token))
    }

    pub(super) fn error(&self, at: usize, code: &'static str, why: impl Into<String>, fix: impl Into<String>) -> TemplateError {
        TemplateError::new(self.source, at, code, why, fix)
    }

    fn not_closed(&self) -> TemplateError {
        let (open, close) = match &self.source[self.tag..self.tag + 2] {
            "{{" => ("{{", "}}"),
            _ => ("{%", "%}"),
        };
        self.error(
            self.tag,
            "not_closed",
            format!("The {open} that stands here has no {close}."),
            format!("Close it with {close}, or write a single {{ if you mean the character."),
        )
    }

    /// A text in quotes; a backslash takes the next character as it is.
    fn quoted(&self, start: usize, text: &str, quote: char) -> Result<(Token<'s>, usize), TemplateError> {
        let mut value = String::new();
        let mut chars = text.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, escaped)) => value.push(escaped),
                    None => break,
                },
                c if c == quote => return Ok((Token::Text(value), at + 1)),
                c => value.push(c),
            }
        }
        Err(self.error(
            start,
            "not_closed",
            "The quotation mark that stands here has no second one.",
            format!("Put {quote} behind the text too."),
        ))
    }

    fn check_name(&self, start: usize, name: &str) -> Result<(), TemplateError> {
        let words_are_right = name.split('.').all(|word| word.starts_with(is_name_start));
        if words_are_right && name.split('.').count() <= 3 && name.chars().count() <= MAX_NAME {
            return Ok(());
        }
        Err(self.error(
            start,
            "bad_name",
            "This is not a name for a value.",
            "A name is up to three words joined by dots, such as order.number, and at most 64 characters.",
        ))
    }
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
