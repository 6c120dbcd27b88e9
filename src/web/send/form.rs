//! What the form of one message says, for a preview and for sending.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::kernel::category::Category;
use crate::kernel::clock::{instant_in, parse_local, rfc3339};
use crate::kernel::error::{Error, Result};
use crate::messages::{PreviewRequest, SendRequest};
use crate::web::action::Posted;
use crate::web::page::Typed;

/// The fields as they were typed. Blank ones are absent, except for the text, which goes out exactly as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Composed {
    to: String,
    text: String,
    template: Option<String>,
    variables: Vec<(String, String)>,
    language: Option<String>,
    category: Option<String>,
    from: Option<String>,
    send_at: Option<String>,
    /// Whether `send_at` is by the recipient's clocks.
    theirs: bool,
}

impl Composed {
    /// From a posted form.
    pub fn posted(form: &Posted) -> Self {
        Self::read(|name| form.get(name), form.group("variables"))
    }

    /// From a form that is shown again.
    pub fn typed(form: &Typed) -> Self {
        Self::read(|name| form.get(name), form.group("variables"))
    }

    fn read<'a>(get: impl Fn(&str) -> Option<&'a str>, variables: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let given = |name: &str| get(name).map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned);
        Self {
            to: given("to").unwrap_or_default(),
            // Browsers send line breaks as CR LF; a text message has LF.
            text: get("text").unwrap_or_default().replace("\r\n", "\n"),
            template: given("template"),
            variables: variables.map(|(n, v)| (n.to_owned(), v.replace("\r\n", "\n"))).collect(),
            language: given("language"),
            category: given("category"),
            from: given("from"),
            send_at: given("send_at"),
            theirs: get("clock") == Some("theirs"),
        }
    }

    /// To whom, as typed.
    pub fn to(&self) -> &str {
        &self.to
    }

    /// The same to a number.
    #[must_use]
    pub fn with_recipient(self, to: String) -> Self {
        Self { to, ..self }
    }

    /// The same as a test: now, and about the tester's own account, so that no consent to marketing stands in its way.
    #[must_use]
    pub fn for_test(self, to: String) -> Self {
        Self { to, send_at: None, category: Some(Category::Account.as_str().to_owned()), ..self }
    }

    /// Whether there is something to look at.
    pub fn has_words(&self) -> bool {
        self.template.is_some() || !self.text.is_empty()
    }

    /// The values that were filled in; blank ones fall back to the template's defaults.
    fn values(&self) -> BTreeMap<String, Value> {
        self.variables.iter().filter(|(_, v)| !v.trim().is_empty()).map(|(n, v)| (n.clone(), Value::from(v.clone()))).collect()
    }

    fn words(&self) -> Option<String> {
        self.template.is_none().then(|| self.text.clone())
    }

    /// What to look at: what would be sent.
    pub fn preview(&self) -> PreviewRequest {
        PreviewRequest {
            to: Some(self.to.clone()).filter(|to| !to.is_empty()),
            text: self.words(),
            template: self.template.clone(),
            version: None,
            variables: self.values(),
            language: self.language.clone(),
            category: self.category.clone(),
        }
    }

    /// What to send; the time is read in the organisation's zone.
    pub fn request(&self, zone: Tz) -> Result<SendRequest> {
        Ok(SendRequest {
            to: self.to.clone(),
            text: self.words(),
            template: self.template.clone(),
            variables: self.values(),
            language: self.language.clone(),
            category: self.category.clone(),
            from: self.from.clone(),
            send_at: match self.send_at.as_deref() {
                Some(text) if self.theirs => Some(text.to_owned()),
                Some(text) => Some(instant(text, zone)?),
                None => None,
            },
            ..SendRequest::default()
        })
    }

    /// The whole form in bytes, to tell a repeated press from another message.
    pub fn bytes(&self) -> Vec<u8> {
        let Self { to, text, template, variables, language, category, from, send_at, theirs } = self;
        json!([to, text, template, variables, language, category, from, send_at, theirs]).to_string().into_bytes()
    }
}

/// A local time as an instant in the API's words.
fn instant(text: &str, zone: Tz) -> Result<String> {
    let refuse = |code, detail: String| Error::invalid("send_at", code, detail);
    let local = parse_local(text).ok_or_else(|| refuse("not_a_time", "Write day and time as 2026-11-21 18:30.".into()))?;
    let at = instant_in(local, zone);
    let at = at.ok_or_else(|| refuse("no_such_time", format!("Clocks in {zone} skip this time. Choose one an hour later.")))?;
    Ok(rfc3339(at))
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_local_time_is_read_in_the_organisations_zone() {
        assert_eq!(instant("2026-11-21T18:30", Tz::Asia__Tehran).expect("a time"), "2026-11-21T15:00:00.000Z");
        assert_eq!(instant("2026-10-25T01:30", Tz::Europe__London).expect("the first"), "2026-10-25T00:30:00.000Z");
        assert!(instant("2026-03-29T01:30", Tz::Europe__London).is_err(), "clocks skip it");
        assert!(instant("tomorrow", Tz::UTC).is_err());
    }

    #[test]
    fn a_template_takes_the_place_of_a_text() {
        let form = Composed { text: "typed before".into(), template: Some("welcome".into()), ..Composed::default() };
        assert_eq!(form.preview().text, None);
        assert_eq!(form.request(Tz::UTC).expect("sound").template.as_deref(), Some("welcome"));
        let text = Composed { text: " as typed \n".into(), ..Composed::default() };
        assert_eq!(text.request(Tz::UTC).expect("sound").text.as_deref(), Some(" as typed \n"));
        assert_eq!(text.preview().text.as_deref(), Some(" as typed \n"));
    }

    #[test]
    fn line_breaks_of_browsers_become_those_of_messages() {
        let read = Composed::read(|name| (name == "text").then_some("a\r\nb"), std::iter::empty());
        assert_eq!(read.text, "a\nb");
    }
}
