//! Amazon SNS before the suite that every provider passes.

use crate::providers::conformance::{Answers, Asked, Outcome, Subject, answer, conforms, field};
use crate::providers::{Provider, Settings};

const ID: &str = "94f20ce6-13c5-43a0-9a9e-ca52d816e90b";
const XML: (&str, &str) = ("content-type", "text/xml");
const XMLNS: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

fn error(status: u16, code: &str, message: &str) -> Vec<u8> {
    let body = format!(
        "<ErrorResponse xmlns=\"{XMLNS}\">\n  <Error>\n    <Type>Sender</Type>\n    <Code>{code}</Code>\n    <Message>{message}</Message>\n  </Error>\n  <RequestId>4b1f8b5e</RequestId>\n</ErrorResponse>\n"
    );
    answer(status, &[XML], body)
}

#[tokio::test]
async fn amazon_sns_conforms() {
    let accepted = format!(
        "<PublishResponse xmlns=\"{XMLNS}\">\n  <PublishResult>\n    <MessageId>{ID}</MessageId>\n  </PublishResult>\n  <ResponseMetadata>\n    <RequestId>4b1f8b5e</RequestId>\n  </ResponseMetadata>\n</PublishResponse>\n"
    );
    let number = "Invalid parameter: PhoneNumber Reason: +886912345678 is not valid to publish to";
    conforms(Subject {
        provider: Provider::Sns,
        settings: |base| {
            let pairs = [
                ("base_url", base),
                ("region", "ap-northeast-1"),
                ("access_key_id", "AKIDEXAMPLE"),
                ("secret_access_key", "s3cretAccessKeyOfTheShop"),
                ("session_token", "t0kenOfTheSession"),
            ];
            Settings::new(pairs.map(|(name, value)| (name.into(), value.into())).into())
        },
        to: "+886912345678",
        from: "Peyk",
        answers: Answers {
            accepted: (answer(200, &[XML], accepted), ID),
            refused: error(400, "InvalidParameter", number),
            refused_for_now: None,
            throttled: error(400, "Throttling", "Rate exceeded"),
            throttled_for_seven_seconds: Some(answer(503, &[("retry-after", "7")], "")),
            wrong_credentials: error(403, "InvalidClientTokenId", "The security token included in the request is invalid."),
            compliance: Some(error(400, "OptedOut", "+886912345678 is opted out")),
            unknown_code: error(400, "MoonPhase", "+886912345678 cannot be reached at full moon."),
            further: vec![
                ("a wrong signature", error(403, "SignatureDoesNotMatch", ""), Outcome::Misconfigured),
                ("no right to publish", error(403, "AuthorizationError", ""), Outcome::Misconfigured),
                ("an internal error", error(500, "InternalError", ""), Outcome::Unknown),
                ("too fast by status", error(429, "Throttled", ""), Outcome::Throttled(None)),
            ],
        },
        read: |request| {
            let form = request.form();
            field(&form, "Action").filter(|action| action == "Publish")?;
            Some(Asked { to: field(&form, "PhoneNumber")?, text: field(&form, "Message")? })
        },
        many: None,
        hearing: None,
        polling: None,
        inbox: None,
        looking: None,
        balance: None,
    })
    .await;
}
