//! What a request says: read in one way for previews and for sending, so that both show the same text and refuse the same
//! with the same words.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::access::Settings;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::SubaccountId;
use crate::kernel::language::Language;
use crate::kernel::own_link::OwnLink;
use crate::kernel::sms::LONGEST_TEXT;
use crate::messages::compose::{Desk, SendRequest};
use crate::messages::content::Content;
use crate::messages::preview::PreviewRequest;
use crate::templates::{self, Published};

/// What a caller wants said, whatever is to become of it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'r> {
    text: Option<&'r str>,
    template: Option<&'r str>,
    /// Which version; the live one when absent.
    version: Option<i64>,
    variables: &'r BTreeMap<String, Value>,
    language: Option<&'r str>,
    category: Option<&'r str>,
}

impl<'r> From<&'r SendRequest> for Asked<'r> {
    fn from(request: &'r SendRequest) -> Self {
        Self {
            text: request.text.as_deref(),
            template: request.template.as_deref(),
            version: None,
            variables: &request.variables,
            language: given(request.language.as_deref()),
            category: given(request.category.as_deref()),
        }
    }
}

impl<'r> From<&'r PreviewRequest> for Asked<'r> {
    fn from(request: &'r PreviewRequest) -> Self {
        Self {
            text: request.text.as_deref(),
            template: request.template.as_deref(),
            version: request.version,
            variables: &request.variables,
            language: given(request.language.as_deref()),
            category: given(request.category.as_deref()),
        }
    }
}

/// A blank field says nothing.
pub(super) fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

/// The words of a message.
#[derive(Debug)]
pub struct Words {
    /// The template version that they are of.
    pub template: Option<Published>,
    /// Their language; of a text only when the caller named it.
    pub language: Option<Language>,
    /// What is kept of them.
    pub content: Content,
    /// As they will be read.
    pub text: String,
    /// The links of ours that stand-ins hold the place of.
    pub links: Vec<OwnLink>,
}

impl Asked<'_> {
    /// Whether the person's own language counts.
    pub fn follows_the_person(&self) -> bool {
        self.template.is_some() && self.language.is_none()
    }

    /// The words and the category, with every fault in `errors`. Without a language of the request a template speaks the
    /// person's, `theirs`, else the organisation's. A step.
    pub async fn read(
        &self,
        tx: &mut Tx,
        subaccount: &SubaccountId,
        desk: &Desk,
        theirs: Option<&Language>,
        errors: &mut FieldErrors,
    ) -> Result<(Option<Words>, Category)> {
        let named = self.named_language(errors);
        let (words, usual, template) = match (self.text, self.template) {
            (Some(text), None) => (named.and_then(|language| plain(text, language, errors)), Category::Account, None),
            (None, Some(code)) => match templates::published(tx, subaccount, code, self.version).await {
                Ok(template) => {
                    let words = match named {
                        Some(named) => self.rendered(&template, named.as_ref().or(theirs), desk, errors)?,
                        None => None,
                    };
                    (words, template.category, Some(template))
                }
                Err(Error::Invalid(found)) => {
                    errors.0.extend(found.0);
                    (None, Category::Account, None)
                }
                Err(other) => return Err(other),
            },
            (None, None) => {
                errors.add("text", "missing", "Give a text or a template.");
                (None, Category::Account, None)
            }
            (Some(_), Some(_)) => {
                errors.add("text", "ambiguous", "Give a text or a template, not both.");
                (None, Category::Account, None)
            }
        };
        let category = self.category(usual, template.as_ref(), &desk.settings, errors)?;
        Ok((words.map(|words| Words { template, ..words }), category))
    }

    /// The language that the request names, perhaps none; nothing when it cannot be read.
    fn named_language(&self, errors: &mut FieldErrors) -> Option<Option<Language>> {
        let Some(tag) = self.language else { return Some(None) };
        let language = Language::parse(tag);
        if language.is_none() {
            errors.add("language", "not_a_language", format!("“{tag}” is not a language tag such as en, fa or zh-Hant."));
        }
        language.map(Some)
    }

    fn category(&self, usual: Category, template: Option<&Published>, settings: &Settings, errors: &mut FieldErrors) -> Result<Category> {
        let category = self.category.map_or(usual, |word| {
            Category::parse(word).unwrap_or_else(|| {
                let known = Category::ALL.map(Category::as_str).join(", ");
                errors.add("category", "unknown", format!("“{word}” is not a category. Use one of {known}."));
                usual
            })
        });
        if let Some(template) = template {
            take(errors, template.require_approved_as(category, settings))?;
        }
        Ok(category)
    }

    fn rendered(&self, template: &Published, wanted: Option<&Language>, desk: &Desk, errors: &mut FieldErrors) -> Result<Option<Words>> {
        let Some(values) = self.values(errors) else { return Ok(None) };
        let (language, words) = template.text_for(wanted, &desk.settings.language);
        let links = OwnLink::ALL.into_iter().filter(|link| words.placeholders().iter().any(|p| p.name == link.name())).collect();
        let content = Content::Values(values);
        let text = template.render(language, &|name| content.value(name).or_else(|| desk.own.stand_in(name)));
        let Some(text) = take(errors, text.map_err(Error::from))? else { return Ok(None) };
        if let Some((code, what, _)) = fault(&text) {
            errors.add("variables", code, format!("With these values the message {what}. Change the values."));
            return Ok(None);
        }
        Ok(Some(Words { template: None, language: Some(language.clone()), content, text, links }))
    }

    /// The values of the placeholders.
    fn values(&self, errors: &mut FieldErrors) -> Option<Vec<(String, String)>> {
        let mut values = Vec::with_capacity(self.variables.len());
        for (name, value) in self.variables {
            if OwnLink::of(name).is_some() {
                errors.add(&format!("variables.{name}"), "filled_by_peyk", "Leave it out: Peyk puts the recipient’s own link there.");
                return None;
            }
            match value {
                Value::String(text) => values.push((name.clone(), text.clone())),
                Value::Number(n) => values.push((name.clone(), n.to_string())),
                Value::Bool(yes) => values.push((name.clone(), yes.to_string())),
                Value::Null => {}
                Value::Array(_) | Value::Object(_) => {
                    errors.add(&format!("variables.{name}"), "not_a_value", "Give a text, a number or a truth value.");
                }
            }
        }
        Some(values)
    }
}

fn plain(text: &str, language: Option<Language>, errors: &mut FieldErrors) -> Option<Words> {
    if let Some((code, what, how)) = fault(text) {
        errors.add("text", code, format!("The message {what}. {how}"));
        return None;
    }
    Some(Words { template: None, language, content: Content::Text(text.to_owned()), text: text.to_owned(), links: Vec::new() })
}

/// Why a text cannot be sent, however it came to be: a word for programs, what is wrong, and what its writer does.
fn fault(text: &str) -> Option<(&'static str, String, &'static str)> {
    let characters = text.chars().count();
    if text.trim().is_empty() {
        Some(("empty", "has no text".to_owned(), "Write the text of the message."))
    } else if characters > LONGEST_TEXT {
        Some(("too_long", format!("has {characters} characters; {LONGEST_TEXT} is the most"), "Shorten it."))
    } else if text.contains('\0') {
        Some(("zero_byte", "has a zero byte".to_owned(), "Take it out of the text."))
    } else {
        None
    }
}

/// Why a text cannot be sent, as a sentence for people; nothing when it can.
pub fn unsendable(text: &str) -> Option<String> {
    fault(text).map(|(_, what, how)| format!("The message {what}. {how}"))
}

/// The value, or its faults among the others.
fn take<T>(errors: &mut FieldErrors, read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(Error::Invalid(found)) => {
            errors.0.extend(found.0);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}
