//! Patterns: texts that are registered in the panel with numbered gaps. A request names the pattern and what fills its gaps; the
//! text itself is the panel's. They leave by the provider's service line, which also reaches people who blocked advertising.

use crate::providers::outcome::{NoPattern, Outgoing, Refusal, RefusalClass};

/// What parts the values of one request.
pub const PARTS: char = ';';
/// The most digits of a pattern's number. The provider's are far shorter, and India's ids, of nineteen digits, are none.
const LONGEST: usize = 9;
/// What a value may not hold, as far as it can be seen here: the provider knows more kinds of link.
const LINKS: [&str; 3] = ["http://", "https://", "www."];

/// A message as a pattern and what fills it.
#[derive(Debug, PartialEq, Eq)]
pub struct Pattern<'a> {
    /// The panel's number of the text ("bodyId").
    pub id: u32,
    /// What fills its gaps, in their order.
    pub values: &'a [String],
}

impl<'a> Pattern<'a> {
    /// What a message is sent by; `None` for one whose text is registered nowhere, or under an id that is no pattern's.
    ///
    /// # Errors
    /// A refusal of what the provider would refuse, or would put together wrongly.
    pub fn of(message: &Outgoing<'a>) -> Result<Option<Self>, Refusal> {
        let Some(registered) = message.registered_template else { return Ok(None) };
        let is_pattern = registered.id.len() <= LONGEST && registered.id.bytes().all(|b| b.is_ascii_digit());
        let Some(id) = registered.id.parse().ok().filter(|id| is_pattern && *id > 0) else { return Ok(None) };
        let no = |code: &str, detail: &str| Refusal { code: code.into(), detail: detail.into(), class: RefusalClass::Permanent };
        let values = registered.values.as_deref().map_err(|why| {
            let detail = match why {
                NoPattern::Languages => {
                    "The template has texts in several languages, and a pattern has one. Make a template for each language."
                }
                NoPattern::Choices => {
                    "The template chooses its text by conditions, and a pattern is one text. Make a template for each text."
                }
            };
            no("pattern_text", detail)
        })?;
        for value in values {
            if value.trim().is_empty() {
                return Err(no("pattern_value", "A value is empty. Every gap of a pattern must be filled."));
            }
            if value.contains(PARTS) {
                return Err(no("pattern_value", "A value has a semicolon (;), which parts the values of a pattern. Send it without."));
            }
            if value.contains(['\n', '\r']) {
                return Err(no("pattern_value", "A value has a line break, which a pattern does not take. Send it in one line."));
            }
            let small = value.to_ascii_lowercase();
            if LINKS.iter().any(|mark| small.contains(mark)) {
                return Err(no(
                    "pattern_link",
                    "A value has a link, which a pattern does not take. Put the address into the pattern's own text.",
                ));
            }
        }
        Ok(Some(Self { id, values }))
    }

    /// The values as the REST generation takes them.
    pub fn joined(&self) -> String {
        self.values.join(";")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Registered;

    fn read(id: &str, values: Result<&[&str], NoPattern>) -> Result<Option<(u32, String)>, String> {
        let registered = Registered { id: id.into(), values: values.map(|v| v.iter().map(|v| (*v).to_owned()).collect()) };
        let message = Outgoing {
            attempt: "att",
            to: "+989121234567",
            from: "",
            text: "hello",
            callback_url: "",
            promotional: false,
            registered_template: Some(&registered),
        };
        Pattern::of(&message).map(|p| p.map(|p| (p.id, p.joined()))).map_err(|refusal| refusal.code)
    }

    #[test]
    fn an_id_of_the_panel_is_a_pattern_and_others_are_not() {
        assert_eq!(read("12345", Ok(&["Ann", "A1"])), Ok(Some((12345, "Ann;A1".into()))));
        assert_eq!(read("7", Ok(&[])), Ok(Some((7, String::new()))));
        for other in ["1107161234567890123", "1234567890", "", "0", "12a", "-4", "+4"] {
            assert_eq!(read(other, Err(NoPattern::Languages)), Ok(None), "{other}");
        }
    }

    #[test]
    fn what_would_become_another_text_is_refused() {
        for (value, code) in [
            ("a;b", "pattern_value"),
            ("a\nb", "pattern_value"),
            ("a\rb", "pattern_value"),
            (" ", "pattern_value"),
            ("see HTTPS://example.com", "pattern_link"),
            ("www.example.com", "pattern_link"),
        ] {
            assert_eq!(read("12345", Ok(&["fine", value])), Err(code.into()), "{value:?}");
        }
        for why in [NoPattern::Languages, NoPattern::Choices] {
            assert_eq!(read("12345", Err(why)), Err("pattern_text".into()));
        }
    }
}
