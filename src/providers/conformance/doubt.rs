//! Networks that fail: before anything left it is definite, afterwards it never is.

use std::time::Duration;

use tokio::net::TcpListener;

use super::wire::{FLOOD, apart};
use super::{Behaviour, Bench, MARKER, Outcome, Server};
use crate::kernel::outbound::BODY_LIMIT;

/// Far more than the hasty client's limits, for machines that are busy.
const IN_TIME: Duration = Duration::from_secs(6);

pub async fn check(bench: &Bench) {
    what_never_left_is_definite(bench).await;
    what_left_and_was_not_answered_is_unknown(bench).await;
    half_an_answer_is_none(bench).await;
    a_flood_is_cut_and_a_drip_ends(bench).await;
}

async fn what_never_left_is_definite(bench: &Bench) {
    // Bound and let go again, so that nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("it is bound");
    // Takes connections by the system's queue, but never says a word of TLS.
    let mute = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let plain = Server::start(Behaviour::Close).await;
    let cases = [
        ("connection refused", format!("http://{free}")),
        ("no such host", "http://nowhere.invalid".into()),
        ("time-out before TLS stands", format!("https://{}", mute.local_addr().expect("it is bound"))),
        ("no TLS there", plain.base.replace("http:", "https:")),
    ];
    for (case, base) in cases {
        let result = bench.send_to(&bench.client(&base, &bench.hasty), MARKER).await;
        assert_eq!(Outcome::of(&result), Outcome::Unreachable, "{}: {case}: {result:?}", bench.name);
        bench.discreet(case, &result);
    }
    assert!(plain.requests().is_empty(), "{}: nothing goes over the wire in clear", bench.name);
}

async fn what_left_and_was_not_answered_is_unknown(bench: &Bench) {
    let broken = Behaviour::Answer(b"HTTP/1.1 20".to_vec());
    let other = Behaviour::Answer(b"SSH-2.0-nothing\r\n\r\n".to_vec());
    for behaviour in [Behaviour::Silence, Behaviour::Reset, Behaviour::Close, broken, other] {
        let case = format!("{behaviour:?} after the request");
        let tried = bench.send(&case, behaviour, &bench.hasty).await;
        assert_eq!(tried.outcome, Outcome::Unknown, "{}: {case}: {:?}", bench.name, tried.result);
        assert!(tried.took < IN_TIME, "{}: {case}: took {:?}", bench.name, tried.took);
    }
}

async fn half_an_answer_is_none(bench: &Bench) {
    let answers = &bench.subject.answers;
    for whole in [&answers.accepted.0, &answers.refused] {
        let (head, body) = apart(whole).expect("an answer has a head");
        if body.is_empty() {
            continue;
        }
        for left in [0, body.len() / 2, body.len() - 1] {
            let half = [head, &body[..left]].concat();
            let tried = bench.send("half an answer", Behaviour::Answer(half), &bench.hasty).await;
            assert_eq!(tried.outcome, Outcome::Unknown, "{}: {left} of {} bytes: {:?}", bench.name, body.len(), tried.result);
        }
    }
}

async fn a_flood_is_cut_and_a_drip_ends(bench: &Bench) {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {FLOOD}\r\n\r\n").into_bytes();
    let server = Server::start(Behaviour::Flood(head.clone())).await;
    let result = bench.send_to(&bench.client(&server.base, &bench.patient), MARKER).await;
    assert_eq!(Outcome::of(&result), Outcome::Unknown, "{}: a flood: {result:?}", bench.name);
    assert!(server.poured() < FLOOD / 2, "{}: read on for {} bytes after {BODY_LIMIT}", bench.name, server.poured());

    for status_line in ["", "HTTP/1.1 200 OK\r\nx-drip:"] {
        let drip = Behaviour::Drip(status_line.into());
        let tried = bench.send("a dripping head", drip, &bench.hasty).await;
        assert_eq!(tried.outcome, Outcome::Unknown, "{}: a dripping head: {:?}", bench.name, tried.result);
        assert!(tried.took < IN_TIME, "{}: a dripping head took {:?}", bench.name, tried.took);
    }
    let tried = bench.send("a dripping body", Behaviour::Drip(head), &bench.hasty).await;
    assert_eq!(tried.outcome, Outcome::Unknown, "{}: a dripping body: {:?}", bench.name, tried.result);
    assert!(tried.took < IN_TIME, "{}: a dripping body took {:?}", bench.name, tried.took);
}
