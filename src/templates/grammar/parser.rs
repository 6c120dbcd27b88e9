//! From source to steps, without recursion: open `if`s stand on a stack of at most [`MAX_DEPTH`].

use super::filter::{self, Filter};
use super::lexer::{Lexer, Token};
use super::{MAX_DEPTH, MAX_FILTERS, MAX_SOURCE, MAX_TAGS, MAX_VALUE, Operand, Placeholder, Program, Step, TemplateError, Test, is_blank};
use crate::kernel::own_link::OwnLink;

pub(super) fn parse(source: &str) -> Result<Program, TemplateError> {
    if source.len() > MAX_SOURCE {
        return Err(TemplateError::new(
            source,
            source.floor_char_boundary(MAX_SOURCE),
            "too_long",
            "The template is longer than 4,096 bytes.",
            "Shorten it; a text message of that length would be sent in dozens of segments.",
        ));
    }
    let mut parser =
        Parser { source, steps: Vec::new(), filters: Vec::new(), placeholders: Vec::new(), open: Vec::new(), sure: Vec::new() };
    parser.template()?;
    Ok(Program { source: source.into(), steps: parser.steps, filters: parser.filters, placeholders: parser.placeholders })
}

struct Parser<'s> {
    source: &'s str,
    steps: Vec<Step>,
    filters: Vec<Filter>,
    placeholders: Vec<Placeholder>,
    open: Vec<If>,
    /// Names that a test around this place has found present.
    sure: Vec<usize>,
}

/// An `if` that waits for its `endif`.
struct If {
    tag: usize,
    /// The jump to the next branch, until there is one.
    pending: Option<usize>,
    /// The jumps from the ends of branches to the end of all.
    ends: Vec<usize>,
    has_else: bool,
    /// How many names were sure outside.
    sure_outside: usize,
    /// Names that earlier branches found absent: here they are present.
    sure_otherwise: Vec<usize>,
}

impl<'s> Parser<'s> {
    fn template(&mut self) -> Result<(), TemplateError> {
        let mut tags = 0;
        let mut text_start = 0;
        let mut at = 0;
        while let Some(found) = self.source[at..].find('{') {
            let tag = at + found;
            let is_value = match self.source.as_bytes().get(tag + 1) {
                Some(b'{') => true,
                Some(b'%') => false,
                _ => {
                    at = tag + 1;
                    continue;
                }
            };
            tags += 1;
            if tags > MAX_TAGS {
                return Err(self.error(tag, "too_many_tags", "The template has more than 64 tags.", "Divide it into several templates."));
            }
            self.text(text_start, tag);
            let mut lexer = Lexer::new(self.source, tag);
            if is_value {
                self.value(&mut lexer)?;
            } else {
                self.block(&mut lexer, tag)?;
            }
            at = lexer.position();
            text_start = at;
        }
        self.text(text_start, self.source.len());
        match self.open.last() {
            None => Ok(()),
            Some(open) => Err(self.error(
                open.tag,
                "not_closed",
                "The {% if %} that stands here has no {% endif %}.",
                "Put {% endif %} where the choice ends.",
            )),
        }
    }

    fn text(&mut self, start: usize, end: usize) {
        if start < end {
            self.steps.push(Step::Text { start, end });
        }
    }

    /// `{{ name | filter | filter(argument) }}`
    fn value(&mut self, lexer: &mut Lexer<'s>) -> Result<(), TemplateError> {
        let name = self.name(lexer)?;
        let first = self.filters.len();
        let mut has_default = false;
        let (mut at, mut token) = lexer.next()?;
        while token == Token::Pipe {
            if self.filters.len() - first == MAX_FILTERS {
                return Err(self.error(
                    at,
                    "too_many_filters",
                    "One value has more than 8 filters.",
                    "Keep the ones that change something.",
                ));
            }
            let filter = self.filter(lexer)?;
            if OwnLink::of(&self.placeholders[name].name).is_some() && !matches!(filter, Filter::Default(_)) {
                return Err(self.error(
                    at,
                    "out_of_place",
                    "A filter would break this person's own link.",
                    "Write the placeholder without filters.",
                ));
            }
            has_default |= matches!(filter, Filter::Default(_));
            self.filters.push(filter);
            (at, token) = lexer.next()?;
        }
        if token != Token::End("}}") {
            return Err(self.error(
                at,
                "unexpected",
                "The placeholder does not end here as it should.",
                "A name is one word: join several with _, as in {{ first_name }}. After it come filters, each behind a |, and then }}.",
            ));
        }
        if !has_default && !self.sure.contains(&name) {
            self.placeholders[name].required = true;
        }
        self.steps.push(Step::Value { name, filters: (first, self.filters.len()), has_default });
        Ok(())
    }

    fn filter(&self, lexer: &mut Lexer<'s>) -> Result<Filter, TemplateError> {
        let (at, token) = lexer.next()?;
        let Token::Name(name) = token else {
            return Err(self.unknown_filter(at));
        };
        Ok(match name {
            "upper" => Filter::Upper,
            "lower" => Filter::Lower,
            "title" => Filter::Title,
            "trim" => Filter::Trim,
            "first_name" => Filter::FirstName,
            "number" => Filter::Number,
            "truncate" => match self.argument(lexer)? {
                (_, Token::Number(most)) if (1..=MAX_VALUE).contains(&most) => Filter::Truncate(most),
                (at, _) => {
                    return Err(self.error(
                        at,
                        "bad_argument",
                        "truncate needs a number of characters from 1 to 256.",
                        "Write for example truncate(20).",
                    ));
                }
            },
            "default" => match self.argument(lexer)? {
                (_, Token::Text(text)) => Filter::Default(text.into()),
                (at, _) => {
                    return Err(self.error(
                        at,
                        "bad_argument",
                        "default needs a text in quotation marks.",
                        "Write for example default(\"friend\").",
                    ));
                }
            },
            _ => return Err(self.unknown_filter(at)),
        })
    }

    /// `( argument )`
    fn argument(&self, lexer: &mut Lexer<'s>) -> Result<(usize, Token<'s>), TemplateError> {
        let (at, open) = lexer.next()?;
        if open == Token::Open {
            let argument = lexer.next()?;
            let (at, close) = lexer.next()?;
            if close == Token::Close {
                return Ok(argument);
            }
            return Err(self.brackets(at));
        }
        Err(self.brackets(at))
    }

    fn brackets(&self, at: usize) -> TemplateError {
        self.error(
            at,
            "bad_argument",
            "This filter needs one argument in brackets.",
            "Write for example truncate(20) or default(\"friend\").",
        )
    }

    fn unknown_filter(&self, at: usize) -> TemplateError {
        self.error(at, "unknown_filter", "There is no such filter.", format!("Use {}.", filter::NAMES))
    }

    fn block(&mut self, lexer: &mut Lexer<'s>, tag: usize) -> Result<(), TemplateError> {
        let (at, token) = lexer.next()?;
        match token {
            Token::Name("if") => self.begin_if(lexer, tag)?,
            Token::Name("elif") => {
                self.begin_branch(tag, "elif")?;
                self.test(lexer)?;
            }
            Token::Name("else") => {
                self.begin_branch(tag, "else")?;
                if let Some(open) = self.open.last_mut() {
                    open.has_else = true;
                }
            }
            Token::Name("endif") => self.end_if(tag)?,
            _ => {
                return Err(self.error(at, "unknown_tag", "There is no such tag.", "Between {% and %} stands if, elif, else or endif."));
            }
        }
        match lexer.next()? {
            (_, Token::End("%}")) => Ok(()),
            (at, _) => Err(self.error(
                at,
                "unexpected",
                "The tag does not end here as it should.",
                "A condition is one comparison: name, not name, name == \"text\" or name != \"text\". For more, put an if inside an if.",
            )),
        }
    }

    fn begin_if(&mut self, lexer: &mut Lexer<'s>, tag: usize) -> Result<(), TemplateError> {
        if self.open.len() == MAX_DEPTH {
            return Err(self.error(tag, "too_deep", "More than 4 ifs stand inside one another.", "Use elif, or divide the template."));
        }
        self.open.push(If {
            tag,
            pending: None,
            ends: Vec::new(),
            has_else: false,
            sure_outside: self.sure.len(),
            sure_otherwise: Vec::new(),
        });
        self.test(lexer)
    }

    /// Ends the branch before and begins one that runs when no earlier one did.
    fn begin_branch(&mut self, tag: usize, word: &str) -> Result<(), TemplateError> {
        let jump = self.steps.len();
        match self.open.last_mut() {
            Some(open) if !open.has_else => {
                open.ends.push(jump);
                self.steps.push(Step::Jump { to: jump });
                let next = self.steps.len();
                if let Some(step) = open.pending.take().and_then(|at| self.steps.get_mut(at)) {
                    aim(step, next);
                }
                self.sure.truncate(open.sure_outside);
                self.sure.extend_from_slice(&open.sure_otherwise);
                Ok(())
            }
            _ => Err(self.error(
                tag,
                "out_of_place",
                format!("There is no if that this {word} could belong to."),
                "It stands between {% if … %} and {% endif %}, and else comes last.",
            )),
        }
    }

    fn end_if(&mut self, tag: usize) -> Result<(), TemplateError> {
        let Some(open) = self.open.pop() else {
            return Err(self.error(
                tag,
                "out_of_place",
                "There is no if that this endif could close.",
                "Remove it, or put {% if … %} before it.",
            ));
        };
        let end = self.steps.len();
        for jump in open.pending.into_iter().chain(open.ends) {
            aim(&mut self.steps[jump], end);
        }
        self.sure.truncate(open.sure_outside);
        Ok(())
    }

    /// The condition of an `if` or `elif`, up to the end of the tag.
    fn test(&mut self, lexer: &mut Lexer<'s>) -> Result<(), TemplateError> {
        let test = self.condition(lexer)?;
        let step = self.steps.len();
        if let Some(open) = self.open.last_mut() {
            open.pending = Some(step);
            match &test {
                Test::Present(name) => self.sure.push(*name),
                Test::Equal(name, Operand::Literal(text)) if !is_blank(text) => {
                    self.sure.push(*name);
                }
                Test::Different(name, Operand::Literal(text)) if text.is_empty() => {
                    self.sure.push(*name);
                }
                Test::Absent(name) => open.sure_otherwise.push(*name),
                Test::Equal(name, Operand::Literal(text)) if text.is_empty() => {
                    open.sure_otherwise.push(*name);
                }
                Test::Equal(..) | Test::Different(..) => {}
            }
        }
        self.steps.push(Step::JumpUnless { test, to: step });
        Ok(())
    }

    fn condition(&mut self, lexer: &mut Lexer<'s>) -> Result<Test, TemplateError> {
        let (at, token) = lexer.next()?;
        let name = match token {
            Token::Name("not") => return self.name(lexer).map(Test::Absent),
            Token::Name(name) => self.slot(at, name)?,
            _ => return Err(self.no_name(at)),
        };
        // The end of the tag is left for the caller.
        let before = lexer.position();
        let comparison: fn(usize, Operand) -> Test = match lexer.next()?.1 {
            Token::Equal => Test::Equal,
            Token::Different => Test::Different,
            _ => {
                lexer.return_to(before);
                return Ok(Test::Present(name));
            }
        };
        let operand = match lexer.next()? {
            (_, Token::Text(text)) => Operand::Literal(text.into()),
            (at, Token::Name(name)) => Operand::Name(self.slot(at, name)?),
            (at, _) => {
                return Err(self.error(
                    at,
                    "unexpected",
                    "Here should stand what the value is compared with.",
                    "Write a text in quotation marks, for example {% if city == \"Taipei\" %}.",
                ));
            }
        };
        Ok(comparison(name, operand))
    }

    fn name(&mut self, lexer: &mut Lexer<'s>) -> Result<usize, TemplateError> {
        match lexer.next()? {
            (at, Token::Name(name)) => self.slot(at, name),
            (at, _) => Err(self.no_name(at)),
        }
    }

    /// The place of a name in the list of placeholders.
    fn slot(&mut self, at: usize, name: &str) -> Result<usize, TemplateError> {
        if matches!(name, "if" | "elif" | "else" | "endif" | "not" | "and" | "or") {
            return Err(self.no_name(at));
        }
        let known = self.placeholders.iter().position(|p| p.name == name);
        Ok(known.unwrap_or_else(|| {
            self.placeholders.push(Placeholder { name: name.to_string(), required: false });
            self.placeholders.len() - 1
        }))
    }

    fn no_name(&self, at: usize) -> TemplateError {
        self.error(
            at,
            "bad_name",
            "Here should stand the name of a value.",
            "A name is letters, digits and _, such as name or order.number.",
        )
    }

    fn error(&self, at: usize, code: &'static str, why: impl Into<String>, fix: impl Into<String>) -> TemplateError {
        TemplateError::new(self.source, at, code, why, fix)
    }
}

fn aim(step: &mut Step, target: usize) {
    if let Step::Jump { to } | Step::JumpUnless { to, .. } = step {
        *to = target;
    }
}
