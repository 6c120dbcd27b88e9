//! The template grammar: small, bounded by construction, and run in one pass.
//!
//! - `{{ order.number }}` puts in a value: a name of up to three words joined by dots.
//! - `{{ name | first_name | default("friend") }}` passes it through filters: `upper`, `lower`, `title`, `trim`,
//!   `first_name`, `number`, `truncate(20)`, `default("text")`.
//! - `{% if vip %}…{% elif city == "Taipei" %}…{% else %}…{% endif %}` chooses a text. Tests are `name`, `not name`,
//!   `name == …` and `name != …`, the right side a text in quotes or another name.
//!
//! All else is text and goes out as it is. There are no loops, no calls and no nesting beyond
//! [`MAX_DEPTH`], so the work for a template is bounded by its length. A value that is missing, empty or only spaces
//! counts as absent everywhere.

mod error;
mod filter;
mod lexer;
mod parser;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

pub use error::{RenderError, TemplateError};

use filter::Filter;

/// Bytes of a template's source.
pub const MAX_SOURCE: usize = 4_096;
/// Tags, `{{ … }}` and `{% … %}` together.
pub const MAX_TAGS: usize = 64;
/// Filters on one value.
pub const MAX_FILTERS: usize = 8;
/// `{% if %}` inside `{% if %}`.
pub const MAX_DEPTH: usize = 4;
/// Bytes of a rendered text.
pub const MAX_OUTPUT: usize = 4_096;
/// Characters of one value.
pub const MAX_VALUE: usize = 256;

/// A parsed template. Cloning shares it.
#[derive(Clone)]
pub struct Template(Arc<Program>);

/// A name that a template asks a value for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// As written: `order.number`.
    pub name: String,
    /// Whether some rendering fails without a value: false when each use has a `default(…)`, stands where an `if` has
    /// made sure that there is a value, or is itself only a test.
    pub required: bool,
}

/// A piece of a rendered text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The text itself.
    pub text: String,
    /// Whether it came from a placeholder, to be shown highlighted.
    pub from_placeholder: bool,
}

struct Program {
    source: Box<str>,
    steps: Vec<Step>,
    filters: Vec<Filter>,
    placeholders: Vec<Placeholder>,
}

/// Steps run in order; jumps lead forward only.
enum Step {
    /// A piece of the source.
    Text {
        start: usize,
        end: usize,
    },
    Value {
        name: usize,
        /// Where its filters begin and end in the program's list.
        filters: (usize, usize),
        has_default: bool,
    },
    JumpUnless {
        test: Test,
        to: usize,
    },
    Jump {
        to: usize,
    },
}

/// A condition; names are places in the list of placeholders.
enum Test {
    Present(usize),
    Absent(usize),
    Equal(usize, Operand),
    Different(usize, Operand),
}

enum Operand {
    Literal(Box<str>),
    Name(usize),
}

impl Template {
    /// Reads a template, or says where it is wrong and how to mend it.
    pub fn parse(source: &str) -> Result<Template, TemplateError> {
        parser::parse(source).map(|program| Template(Arc::new(program)))
    }

    /// The text it was read from.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The names it asks for, in the order of first use.
    pub fn placeholders(&self) -> &[Placeholder] {
        &self.0.placeholders
    }

    /// Appends the text to `out`, with the values that `value` gives for names. On an error `out` is as before.
    pub fn render<'v>(&self, value: &dyn Fn(&str) -> Option<&'v str>, out: &mut String) -> Result<(), RenderError> {
        let before = out.len();
        self.0.run(value, |text, _| out.push_str(text)).inspect_err(|_| out.truncate(before))
    }

    /// Renders into pieces that tell values from the template's own text, for a preview. Joined they are exactly what
    /// [`Template::render`] gives.
    pub fn parts_marked<'v>(&self, value: &dyn Fn(&str) -> Option<&'v str>) -> Result<Vec<Part>, RenderError> {
        let mut parts: Vec<Part> = Vec::new();
        self.0.run(value, |text, from_placeholder| match parts.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if !from_placeholder && !last.from_placeholder => last.text.push_str(text),
            _ => parts.push(Part { text: text.to_string(), from_placeholder }),
        })?;
        Ok(parts)
    }
}

impl Template {
    /// The rendered values alone, each `{{ … }}` once, in the order of first appearance: what a text that is registered elsewhere
    /// with gaps is filled with. `None` for a template that chooses its text by `{% if … %}`, which is several texts.
    pub fn values<'v>(&self, value: &dyn Fn(&str) -> Option<&'v str>) -> Result<Option<Vec<String>>, RenderError> {
        let mut gaps: Vec<(usize, &[Filter])> = Vec::new();
        let mut values = Vec::new();
        for step in &self.0.steps {
            match step {
                Step::Text { .. } => {}
                Step::JumpUnless { .. } | Step::Jump { .. } => return Ok(None),
                Step::Value { name, filters: (first, last), has_default } => {
                    let filters = &self.0.filters[*first..*last];
                    if gaps.contains(&(*name, filters)) {
                        continue;
                    }
                    gaps.push((*name, filters));
                    values.push(self.0.value(*name, filters, *has_default, value)?.into_owned());
                }
            }
        }
        Ok(Some(values))
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("placeholders", &self.0.placeholders).finish_non_exhaustive()
    }
}

impl Program {
    fn run<'v>(&self, value: &dyn Fn(&str) -> Option<&'v str>, mut emit: impl FnMut(&str, bool)) -> Result<(), RenderError> {
        let mut length = 0;
        let mut at = 0;
        while let Some(step) = self.steps.get(at) {
            at += 1;
            match step {
                Step::Text { start, end } => {
                    length += end - start;
                    within_limit(length)?;
                    emit(&self.source[*start..*end], false);
                }
                Step::Value { name, filters: (first, last), has_default } => {
                    let text = self.value(*name, &self.filters[*first..*last], *has_default, value)?;
                    length += text.len();
                    within_limit(length)?;
                    emit(&text, true);
                }
                Step::JumpUnless { test, to } => {
                    if !self.holds(test, value)? {
                        at = *to;
                    }
                }
                Step::Jump { to } => at = *to,
            }
        }
        Ok(())
    }

    /// What a value comes to after its filters.
    fn value<'a, 'v: 'a>(
        &self,
        name: usize,
        filters: &'a [Filter],
        has_default: bool,
        value: &dyn Fn(&str) -> Option<&'v str>,
    ) -> Result<Cow<'a, str>, RenderError> {
        let given = self.present(name, value)?;
        if given.is_none() && !has_default {
            return Err(RenderError::Missing(self.name(name).to_string()));
        }
        Ok(filter::apply(filters, given.unwrap_or("")))
    }

    fn holds<'v>(&self, test: &Test, value: &dyn Fn(&str) -> Option<&'v str>) -> Result<bool, RenderError> {
        let equal = |name: usize, operand: &Operand| -> Result<bool, RenderError> {
            let left = self.present(name, value)?.unwrap_or("");
            Ok(match operand {
                Operand::Literal(text) => left == &**text,
                Operand::Name(other) => left == self.present(*other, value)?.unwrap_or(""),
            })
        };
        Ok(match test {
            Test::Present(name) => self.present(*name, value)?.is_some(),
            Test::Absent(name) => self.present(*name, value)?.is_none(),
            Test::Equal(name, operand) => equal(*name, operand)?,
            Test::Different(name, operand) => !equal(*name, operand)?,
        })
    }

    /// The value for a name unless it is blank.
    fn present<'v>(&self, name: usize, value: &dyn Fn(&str) -> Option<&'v str>) -> Result<Option<&'v str>, RenderError> {
        let Some(text) = value(self.name(name)).filter(|text| !is_blank(text)) else {
            return Ok(None);
        };
        // Counting characters is needed only when there are more bytes than characters allowed.
        if text.len() > MAX_VALUE && text.chars().count() > MAX_VALUE {
            return Err(RenderError::ValueTooLong(self.name(name).to_string()));
        }
        Ok(Some(text))
    }

    fn name(&self, name: usize) -> &str {
        &self.placeholders[name].name
    }
}

fn within_limit(length: usize) -> Result<(), RenderError> {
    if length > MAX_OUTPUT {
        return Err(RenderError::TooLong);
    }
    Ok(())
}

fn is_blank(text: &str) -> bool {
    text.trim_start().is_empty()
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
