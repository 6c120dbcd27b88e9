//! What kind of line a number is, by the word of a connection's provider. Each question may cost money.

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::connections::balance::sentence;
use crate::connections::{Connection, get};
use crate::kernel::error::{Error, Result};
use crate::kernel::phone::{Country, Phone};
use crate::providers::{LOOKUP, Line};

/// The longest number that is handed to a provider, in characters; what people write is shorter.
const LONGEST: usize = 40;

impl Connection {
    /// Whether it can be asked what kind of line a number is: its provider knows, and somebody switched that on.
    pub fn tells_lines(&self) -> bool {
        self.provider.knows_lines() && self.settings.is_on(LOOKUP).unwrap_or(false)
    }
}

/// Asks a connection's provider what kind of line a number is, in any spelling; `country` is that of a number without its
/// country code, the organisation's when absent. A number that our own data does not know is asked about as it was
/// written. Needs [`Permission::Settings`] and [`Permission::Send`]; the audit log tells who asked, not about whom.
///
/// # Errors
/// A refused `connection` that is not there or whose provider has no such question, a refused `phone` without digits,
/// and [`Error::Conflict`] when it is switched off or with what the provider answered instead.
pub async fn line(app: &App, actor: &Actor, name: &str, input: &str, country: Option<Country>) -> Result<Line> {
    actor.require(Permission::Settings)?;
    actor.require(Permission::Send)?;
    let connection = match get(app, actor, name).await {
        Ok(view) => view.connection,
        Err(Error::NotFound(_)) => {
            let why = "There is no connection of this name. Write it as the list of connections does.";
            return Err(Error::invalid("connection", "unknown", why));
        }
        Err(error) => return Err(error),
    };
    check(&connection)?;
    let settings = access::settings(app, actor).await?;
    let country = country.unwrap_or(settings.default_country);
    let number = match Phone::parse(input, country) {
        Ok(phone) => phone.e164(),
        Err(why) if input.chars().count() > LONGEST || !input.chars().any(char::is_numeric) => {
            return Err(Error::invalid("phone", why.code(), format!("{why} {}", why.fix())));
        }
        Err(_) => input.trim().to_owned(),
    };
    let client = connection.client(app).map_err(|bad| Error::conflict(format!("The setting {} cannot be used. {}", bad.field, bad.why)))?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let detail = serde_json::json!({ "name": connection.name });
    access::audit(&mut tx, actor, "connection.lookup", connection.id.as_str(), &detail, now).await?;
    tx.commit().await?;
    let line = client.line(&number, country.as_str()).await.map_err(|error| Error::Conflict(sentence(error)))?;
    line.ok_or_else(|| Error::conflict(OFF))
}

/// What to do about a connection that is not asked.
const OFF: &str = "This connection does not look numbers up. Switch it on in its settings first; the provider charges for each question.";

fn check(connection: &Connection) -> Result<()> {
    if !connection.provider.knows_lines() {
        let why = format!("{} cannot be asked about numbers. Name a connection of Twilio.", connection.provider.label());
        return Err(Error::invalid("connection", "no_lookup", why));
    }
    if !connection.tells_lines() {
        return Err(Error::conflict(OFF));
    }
    if let Some(reason) = &connection.paused_reason {
        return Err(Error::conflict(format!("The connection is paused: {reason} Use it again first, then ask it.")));
    }
    if !connection.enabled {
        return Err(Error::conflict("The connection is off. Switch it on first, then ask it."));
    }
    Ok(())
}

/// What a provider knows about a line, as sentences.
pub fn line_in_words(line: &Line) -> String {
    if !line.valid {
        let why = line.validation_errors.iter().map(|word| spaced(word)).collect::<Vec<_>>().join(", ");
        return if why.is_empty() { "No telephone has this number.".into() } else { format!("No telephone has this number: {why}.") };
    }
    let of = line.country.as_deref().and_then(|code| Country::parse(code).ok()).map(|country| format!(" in {}", country.name()));
    let kind =
        line.line_type.as_deref().map_or_else(|| "The kind of line is not known".to_owned(), |word| format!("Line: {}", spaced(word)));
    let mut words = format!("{kind}{}.", of.unwrap_or_default());
    if let Some(carrier) = &line.carrier_name {
        words.push_str(&format!(" Carrier: {carrier}."));
    }
    if let (Some(country), Some(network)) = (&line.mobile_country_code, &line.mobile_network_code) {
        words.push_str(&format!(" Network: {country} {network}."));
    }
    if let Some(code) = &line.error_code {
        words.push_str(&format!(" The provider answered code {code}."));
    }
    words
}

/// `nonFixedVoip` and `TOO_SHORT` as people read them.
fn spaced(word: &str) -> String {
    let is_shouted = !word.chars().any(char::is_lowercase);
    let mut text = String::with_capacity(word.len() + 4);
    for c in word.chars() {
        match c {
            '_' => text.push(' '),
            c if c.is_uppercase() && !is_shouted => {
                text.push(' ');
                text.extend(c.to_lowercase());
            }
            c => text.extend(c.to_lowercase()),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mobile() -> Line {
        Line { valid: true, line_type: Some("mobile".into()), country: Some("US".into()), ..Line::default() }
    }

    #[test]
    fn an_answer_is_told_in_sentences() {
        let full = Line {
            carrier_name: Some("Verizon".into()),
            mobile_country_code: Some("311".into()),
            mobile_network_code: Some("480".into()),
            ..mobile()
        };
        assert_eq!(line_in_words(&full), "Line: mobile in United States. Carrier: Verizon. Network: 311 480.");
        assert_eq!(line_in_words(&Line { line_type: Some("nonFixedVoip".into()), country: None, ..mobile() }), "Line: non fixed voip.");
        let unknown = Line { line_type: None, country: Some("CA".into()), error_code: Some("60601".into()), ..mobile() };
        assert_eq!(line_in_words(&unknown), "The kind of line is not known in Canada. The provider answered code 60601.");
        let invalid = Line { validation_errors: vec!["TOO_SHORT".into()], ..Line::default() };
        assert_eq!(line_in_words(&invalid), "No telephone has this number: too short.");
        assert_eq!(line_in_words(&Line::default()), "No telephone has this number.");
    }
}
