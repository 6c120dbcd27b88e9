//! Reads what Amazon SNS answers: small documents of XML.
//!
//! `<PublishResponse xmlns="…"><PublishResult><MessageId>…` or `<ErrorResponse xmlns="…"><Error><Type>…<Code>…`.

use roxmltree::Document;

use crate::kernel::outbound::Answer;
use crate::providers::answers::by_status;
use crate::providers::codes::known;
use crate::providers::outcome::{Accepted, Refusal, RefusalClass, SendError};

use super::{CAPABILITIES, codes};

/// The longest word that is believed to be an id or a code, in bytes.
const LONGEST_WORD: usize = 100;

/// What an answer to a message means.
pub fn published(answer: &Answer) -> Result<Accepted, SendError> {
    if answer.status == 200 {
        let id = find(&answer.body, "PublishResponse", &["PublishResult", "MessageId"]);
        return id.map(accepted).ok_or_else(|| by_status(answer, &CAPABILITIES));
    }
    let code = find(&answer.body, "ErrorResponse", &["Error", "Code"]);
    match code {
        // A fault of the service, or a gateway on the way, may speak after the message was taken, whatever it says.
        Some(code) if (400..=499).contains(&answer.status) || answer.status == 503 => Err(refused(&code, answer)),
        _ => Err(by_status(answer, &CAPABILITIES)),
    }
}

fn refused(code: &str, answer: &Answer) -> SendError {
    if let Some(known) = known(codes::TABLE, code) {
        return known.error(answer.retry_after);
    }
    match by_status(answer, &CAPABILITIES) {
        SendError::Refused(_) => SendError::Refused(Refusal {
            code: code.into(),
            detail: "Amazon SNS refused the message for a reason that we do not know.".into(),
            class: RefusalClass::Permanent,
        }),
        other => other,
    }
}

fn accepted(id: String) -> Accepted {
    Accepted { provider_message_id: id, segments: None, price_micros: None, currency: None }
}

/// The word at a path below the root element; names without their namespace. Documents with a type declaration, which
/// could define entities, are not read.
fn find(body: &[u8], root: &str, path: &[&str]) -> Option<String> {
    let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let start = Some(document.root_element()).filter(|element| element.tag_name().name() == root)?;
    let element = path.iter().try_fold(start, |element, name| element.children().find(|child| child.tag_name().name() == *name))?;
    let word = element.text()?.trim();
    let usual = !word.is_empty() && word.len() <= LONGEST_WORD && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    usual.then(|| word.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const XMLNS: &str = r#"xmlns="http://sns.amazonaws.com/doc/2010-03-31/""#;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: body.to_owned().into() }
    }

    fn error(status: u16, code: &str) -> SendError {
        let body = format!(
            "<ErrorResponse {XMLNS}><Error><Type>Sender</Type><Code>{code}</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        );
        published(&answer(status, &body)).unwrap_err()
    }

    #[test]
    fn an_id_is_read_and_everything_else_with_200_is_doubt() {
        let good = format!(
            "<?xml version=\"1.0\"?>\n<PublishResponse {XMLNS}>\n <PublishResult>\n <MessageId>94f20ce6-13c5</MessageId></PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>\n"
        );
        assert_eq!(published(&answer(200, &good)).unwrap().provider_message_id, "94f20ce6-13c5");
        let prefixed =
            r#"<a:PublishResponse xmlns:a="x"><a:PublishResult><a:MessageId>1</a:MessageId></a:PublishResult></a:PublishResponse>"#;
        assert_eq!(published(&answer(200, prefixed)).unwrap().provider_message_id, "1");
        for bad in [
            "",
            "<html>it w",
            "{}",
            &good[..good.len() / 2],
            &good.replace("94f20ce6-13c5", ""),
            &good.replace("94f20ce6-13c5", "<b>1</b>"),
            &good.replace("PublishResponse", "OtherResponse"),
            &good.replace("<PublishResult>", "<Other>").replace("</PublishResult>", "</Other>"),
            &good.replace("?>", "?><!DOCTYPE a [<!ENTITY b \"c\">]>"),
        ] {
            assert!(matches!(published(&answer(200, bad)), Err(SendError::Unknown { .. })), "{bad}");
        }
    }

    #[test]
    fn each_code_has_its_class() {
        for code in ["Throttling", "ThrottlingException", "Throttled"] {
            assert_eq!(error(400, code), SendError::Throttled { retry_after: None }, "{code}");
            assert_eq!(error(429, code), SendError::Throttled { retry_after: None }, "{code}");
        }
        for code in ["InvalidClientTokenId", "SignatureDoesNotMatch", "AuthorizationError", "SomethingNew"] {
            assert!(matches!(error(403, code), SendError::Misconfigured { .. }), "{code}");
        }
        for (code, class) in [
            ("InvalidParameter", RefusalClass::Permanent),
            ("OptedOut", RefusalClass::Compliance),
            ("SomethingNew", RefusalClass::Permanent),
        ] {
            let SendError::Refused(refusal) = error(400, code) else { panic!("{code}") };
            assert_eq!((&*refusal.code, refusal.class), (code, class));
        }
        for (status, code) in
            [(500, "InternalError"), (500, "InvalidParameter"), (502, "Throttling"), (408, "RequestTimeout"), (400, "InternalFailure")]
        {
            assert!(matches!(error(status, code), SendError::Unknown { .. }), "{status} {code}");
        }
    }

    #[test]
    fn busy_is_busy_in_any_words() {
        for (status, body) in [(429, ""), (503, ""), (503, "<html>")] {
            assert_eq!(published(&answer(status, body)), Err(SendError::Throttled { retry_after: None }), "{status}");
        }
        assert_eq!(error(503, "ServiceUnavailable"), SendError::Throttled { retry_after: None });
    }

    #[test]
    fn codes_stand_once_in_the_table() {
        let mut names: Vec<_> = codes::TABLE.iter().map(|code| code.code).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), codes::TABLE.len());
    }

    proptest! {
        #[test]
        fn any_answer_is_read_and_only_an_id_is_an_acceptance(status in 100_u16..600, body in "(<PublishResponse><PublishResult>)?(<MessageId>)?[a-z0-9<>/&;\"!-]{0,60}(</MessageId></PublishResult></PublishResponse>)?") {
            let outcome = published(&answer(status, &body));
            prop_assert!(outcome.is_err() || body.contains(&outcome.unwrap().provider_message_id) && status == 200);
        }
    }
}
