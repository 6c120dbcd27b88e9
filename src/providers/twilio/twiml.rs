//! The answer to a text that somebody wrote: TwiML, Twilio's XML.
//! Source: <https://www.twilio.com/docs/messaging/twiml>.

use askama::Template;

/// What Twilio shall answer.
#[derive(Template)]
#[template(
    source = r#"<?xml version="1.0" encoding="UTF-8"?><Response>{% if let Some(text) = reply %}<Message>{{ text }}</Message>{% endif %}</Response>"#,
    ext = "xml"
)]
struct Answer<'a> {
    reply: Option<&'a str>,
}

/// Its content type.
pub const CONTENT_TYPE: &str = "text/xml";

/// An answer that has Twilio send `reply` to who wrote, or nothing.
pub fn answer(reply: Option<&str>) -> String {
    Answer { reply }.render().expect("a template without filters of its own renders into memory")
}
