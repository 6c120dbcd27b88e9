//! What the provider says to a message, and what the client makes of it.

use std::time::Duration;

use super::wire::apart;
use super::{Asked, Behaviour, Bench, MARKER, Outcome, Server, answer};
use crate::providers::SendError;

/// Texts that must arrive exactly as they are.
const TEXTS: [&str; 8] = [
    MARKER,
    "a&b=c+d%20e;f#g?h",
    "\"quoted\" 'single' <tag> \\ /",
    "two\nlines",
    " blanks at both ends ",
    "می\u{200c}خواهم ۱۲۳ «خوب»؟ لغو11",
    "您好，點擊 👩‍👩‍👧",
    "{\"json\":[1,2]} $TO$ [1] | ~ € ^",
];

pub async fn check(bench: &Bench) {
    what_is_sent_arrives_as_it_is(bench).await;
    answers_mean_what_the_provider_says(bench).await;
    no_answer_that_cannot_be_read_is_a_no(bench).await;
    a_redirect_is_not_followed(bench).await;
    what_the_provider_echoes_is_not_repeated(bench).await;
}

async fn what_is_sent_arrives_as_it_is(bench: &Bench) {
    let name = bench.name;
    for text in TEXTS {
        let server = Server::start(Behaviour::Answer(bench.subject.answers.accepted.0.clone())).await;
        let result = bench.send_to(&bench.client(&server.base, &bench.patient), text).await;
        assert_eq!(Outcome::of(&result), Outcome::Accepted(bench.subject.answers.accepted.1.into()), "{name}: accepted {text:?}");
        let requests = server.requests();
        let asked: Vec<_> = requests.iter().filter_map(|request| (bench.subject.read)(request)).collect();
        assert_eq!(asked, [Asked { to: bench.subject.to.into(), text: text.into() }], "{name}: the request carries number and text");
    }
}

async fn answers_mean_what_the_provider_says(bench: &Bench) {
    let answers = &bench.subject.answers;
    let seven = Outcome::Throttled(Some(Duration::from_secs(7)));
    let named = [
        ("refused for ever", Some(&answers.refused), Outcome::Permanent),
        ("refused for now", answers.refused_for_now.as_ref(), Outcome::Retryable),
        ("throttled", Some(&answers.throttled), Outcome::Throttled(None)),
        ("throttled for seven seconds", answers.throttled_for_seven_seconds.as_ref(), seven),
        ("wrong credentials", Some(&answers.wrong_credentials), Outcome::Misconfigured),
        ("opted out", answers.compliance.as_ref(), Outcome::Compliance),
    ];
    let named = named.into_iter().filter_map(|(case, raw, expected)| Some((case, raw?, expected)));
    let further = answers.further.iter().map(|(case, raw, expected)| (*case, raw, expected.clone()));
    for (case, raw, expected) in named.chain(further) {
        let tried = bench.send(case, Behaviour::Answer(raw.clone()), &bench.patient).await;
        assert_eq!(tried.outcome, expected, "{}: {case}: {:?}", bench.name, tried.result);
        if let Err(SendError::Refused(refusal)) = &tried.result {
            assert!(!refusal.code.is_empty() && !refusal.detail.is_empty(), "{}: {case}: a refusal says why", bench.name);
        }
    }
    let tried = bench.send("an unknown code", Behaviour::Answer(answers.unknown_code.clone()), &bench.patient).await;
    let careful = matches!(tried.outcome, Outcome::Permanent | Outcome::Unknown);
    assert!(careful, "{}: an unknown code is neither tried again nor an opt-out: {:?}", bench.name, tried.result);
}

async fn no_answer_that_cannot_be_read_is_a_no(bench: &Bench) {
    let nonsense: [&[u8]; 10] =
        [b"", b"<html>it w", b"{}", b"null", b"[]", b"OK", b"123", b"\0\xff\xfe\r\n\r\n", b"{\"message\":\"maintenance\"}", &[b'['; 5000]];
    for status in [200, 201] {
        for body in nonsense {
            let case = format!("{status} with {:?}", String::from_utf8_lossy(&body[..body.len().min(40)]));
            let tried = bench.send(&case, Behaviour::Answer(answer(status, &[], body)), &bench.patient).await;
            assert_eq!(tried.outcome, Outcome::Unknown, "{}: {case}: {:?}", bench.name, tried.result);
        }
    }
    for status in [500, 502, 504, 599] {
        let page = answer(status, &[("content-type", "text/html")], "<html><h1>Bad Gateway</h1>");
        let tried = bench.send("a server's failure", Behaviour::Answer(page), &bench.patient).await;
        assert_eq!(tried.outcome, Outcome::Unknown, "{}: HTTP {status}: {:?}", bench.name, tried.result);
    }
    let expected = if bench.idle().capabilities().definite_503 { Outcome::Throttled(None) } else { Outcome::Unknown };
    let tried = bench.send("HTTP 503", Behaviour::Answer(answer(503, &[], "busy")), &bench.patient).await;
    assert_eq!(tried.outcome, expected, "{}: HTTP 503: {:?}", bench.name, tried.result);

    // The provider took the message; whatever part of its words arrives, it is no refusal.
    let accepted = &bench.subject.answers.accepted.0;
    let (head, body) = apart(accepted).expect("an answer has a head");
    let status: u16 = String::from_utf8_lossy(head).split(' ').nth(1).and_then(|s| s.parse().ok()).expect("an answer has a status");
    for cut in (0..body.len()).step_by(body.len() / 60 + 1) {
        let tried = bench.send("a shortened answer", Behaviour::Answer(answer(status, &[], &body[..cut])), &bench.patient).await;
        assert!(!tried.outcome.denies(), "{}: an acceptance cut after {cut} bytes is no refusal: {:?}", bench.name, tried.result);
    }
}

async fn a_redirect_is_not_followed(bench: &Bench) {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::start(Behaviour::Answer(bench.subject.answers.accepted.0.clone())).await;
        let redirect = answer(status, &[("location", &format!("{}/elsewhere", elsewhere.base))], "");
        let tried = bench.send("a redirect", Behaviour::Answer(redirect), &bench.patient).await;
        assert_eq!(tried.outcome, Outcome::Misconfigured, "{}: HTTP {status}: {:?}", bench.name, tried.result);
        assert_eq!(elsewhere.connections(), 0, "{}: HTTP {status}: nothing goes elsewhere", bench.name);
    }
}

/// [`Bench::send`] looks through the errors.
async fn what_the_provider_echoes_is_not_repeated(bench: &Bench) {
    for status in [200, 201, 400, 401, 403, 404, 422, 429, 500] {
        bench.send(&format!("an echo with HTTP {status}"), Behaviour::Echo(status), &bench.patient).await;
    }
}
