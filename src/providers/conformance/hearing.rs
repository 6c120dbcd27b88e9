//! Calls to us: what is genuine is read, what is not is not believed, and nothing that comes does any harm.

use reqwest::header::{HeaderMap, HeaderValue};

use super::{ATTEMPT, Bench, Event, Hearing, MARKER, NOW, Said, Signing, Spoken, WEBHOOKS, Written};
use crate::kernel::clock::MINUTE;
use crate::providers::{CallError, Door, Heard, Receipt, ReceiptStatus};

pub fn check(bench: &Bench) {
    nothing_that_comes_does_harm(bench);
    let Some(hearing) = &bench.subject.hearing else {
        return;
    };
    if let Some(receipt) = hearing.receipt {
        receipts_are_read(bench, hearing, receipt);
    }
    if let Some(inbound) = hearing.inbound {
        texts_are_read(bench, hearing, inbound);
    }
    if let Some(signing) = &hearing.signing {
        for call in bench.genuine(hearing) {
            only_what_is_genuine_is_believed(bench, signing, &call);
        }
    }
}

impl Bench {
    /// Fails unless a receipt is of the suite's message.
    pub(super) fn right_message(&self, receipt: &Receipt) {
        let id = self.subject.answers.accepted.1;
        let (attempt, told) = (receipt.attempt.as_deref(), receipt.provider_message_id.as_deref());
        let right = attempt.is_none_or(|a| a == ATTEMPT) && told.is_none_or(|t| t == id) && (attempt.is_some() || told.is_some());
        assert!(right, "{}: a receipt names its message: {receipt:?}", self.name);
    }

    fn event(&self, status: Said) -> Event<'static> {
        Event { attempt: ATTEMPT, message_id: self.subject.answers.accepted.1, to: self.subject.to, status }
    }

    fn written<'a>(&self, text: &'a str) -> Written<'a> {
        Written { from: self.subject.to, to: self.subject.from, text }
    }

    /// One call for each door that the provider uses, signed.
    pub(super) fn genuine(&self, hearing: &Hearing) -> Vec<Spoken> {
        let receipt = hearing.receipt.and_then(|receipt| receipt(&self.event(Said::Delivered)));
        let inbound = hearing.inbound.map(|inbound| inbound(&self.written(MARKER)));
        receipt.into_iter().chain(inbound).map(|call| signed(hearing, call)).collect()
    }

    pub(super) fn hear(&self, call: &Spoken) -> Result<Heard, CallError> {
        self.idle().hear(&call.call(NOW))
    }

    fn one_receipt(&self, case: &str, call: &Spoken) -> Receipt {
        let heard = self.hear(call).unwrap_or_else(|error| panic!("{}: {case}: {error}", self.name));
        assert!(heard.receipts.len() == 1 && heard.inbound.is_empty(), "{}: {case}: one receipt: {heard:?}", self.name);
        // A repetition comes later.
        let later = self.idle().hear(&call.call(NOW + MINUTE)).unwrap_or_else(|error| panic!("{}: {case}: {error}", self.name));
        assert_eq!(heard.receipts[0].event_key, later.receipts[0].event_key, "{}: {case}: told again it is the same event", self.name);
        heard.receipts[0].clone()
    }
}

fn signed(hearing: &Hearing, mut call: Spoken) -> Spoken {
    if let Some(signing) = &hearing.signing {
        (signing.sign)(&mut call, signing.secret);
    }
    call
}

fn receipts_are_read(bench: &Bench, hearing: &Hearing, receipt: fn(&Event<'_>) -> Option<Spoken>) {
    let name = bench.name;
    let mut keys = Vec::new();
    for status in [Said::Delivered, Said::Failed, Said::Sent] {
        let case = format!("a receipt that says {status:?}");
        let event = bench.event(status);
        let Some(call) = receipt(&event) else {
            assert_eq!(status, Said::Sent, "{name}: {case}: every provider says this");
            continue;
        };
        let told = bench.one_receipt(&case, &signed(hearing, call));
        bench.right_message(&told);
        if bench.idle().capabilities().reference_echo {
            assert_eq!(told.attempt.as_deref(), Some(ATTEMPT), "{name}: {case}: hands our reference back");
        }
        let right = match status {
            Said::Sent => told.status == ReceiptStatus::Sent,
            Said::Delivered => told.status == ReceiptStatus::Delivered,
            Said::Failed => matches!(told.status, ReceiptStatus::Failed(_) | ReceiptStatus::Expired),
        };
        assert!(right, "{name}: {case}: {told:?}");
        keys.push(told.event_key);
    }
    // Another message of the same form.
    let mut other = bench.subject.answers.accepted.1.to_owned();
    let last = other.pop();
    other.push(if last == Some('7') { '8' } else { '7' });
    let event = Event { message_id: &other, attempt: "att_01hf7yat00anotherone", ..bench.event(Said::Delivered) };
    keys.extend(receipt(&event).map(|call| bench.one_receipt("another message", &signed(hearing, call)).event_key));
    let distinct: std::collections::HashSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len(), "{name}: each status of each message is an event of its own: {keys:?}");
}

fn texts_are_read(bench: &Bench, hearing: &Hearing, inbound: fn(&Written<'_>) -> Spoken) {
    let name = bench.name;
    for text in [MARKER, "STOP", "لغو 11", "می\u{200c}خواهم ۱۱", "a&b=c+d%20e #f", "two\nlines", "👩‍👩‍👧", "退訂"]
    {
        let call = signed(hearing, inbound(&bench.written(text)));
        let heard = bench.hear(&call).unwrap_or_else(|error| panic!("{name}: the text {text:?}: {error}"));
        let [told] = heard.inbound.as_slice() else { panic!("{name}: the text {text:?}: one text: {heard:?}") };
        assert!(heard.receipts.is_empty(), "{name}: a text is no receipt: {heard:?}");
        assert_eq!(told.text, text, "{name}: the text as it was written");
        let digits = |number: &str| number.chars().filter(char::is_ascii_digit).collect::<String>();
        let (from, wanted) = (digits(&told.from), digits(bench.subject.to));
        let national = from.trim_start_matches('0');
        assert!(national.len() >= 8 && wanted.ends_with(national), "{name}: from {} and not {}", told.from, bench.subject.to);
        let again = bench.hear(&call).expect("heard before");
        assert_eq!(again.inbound[0].event_key, told.event_key, "{name}: told again it is the same event");
    }
}

fn only_what_is_genuine_is_believed(bench: &Bench, signing: &Signing, genuine: &Spoken) {
    let name = bench.name;
    let heard = bench.hear(genuine).unwrap_or_else(|error| panic!("{name}: a genuine call: {error}"));
    let client = bench.idle();
    let forged = |case: &str, call: &Spoken| {
        let told = client.hear(&call.call(NOW));
        assert_eq!(told, Err(CallError::Forged), "{name}: {case} is forged: {call:?}");
    };
    let mut call = genuine.clone();
    (signing.sign)(&mut call, "somebody else's secret");
    forged("a call signed by somebody else", &call);
    let mut call = genuine.clone();
    call.headers.remove(signing.header);
    forged("a call without a signature", &call);

    let signature = genuine.headers[signing.header].as_bytes();
    for (at, mask) in (0..signature.len()).flat_map(|at| [1, 0x20, 0x80].map(|mask| (at, mask))) {
        let mut altered = signature.to_vec();
        altered[at] ^= mask;
        if let Ok(value) = HeaderValue::from_bytes(&altered) {
            let mut call = genuine.clone();
            call.headers.insert(signing.header, value);
            forged("an altered signature", &call);
        }
    }
    for (at, mask) in (0..genuine.body.len()).flat_map(|at| [1, 0x20, 0x80].map(|mask| (at, mask))) {
        let mut call = genuine.clone();
        call.body[at] ^= mask;
        // Two spellings of one field, such as `%2B` and `%2b`, are the same call.
        if client.hear(&call.call(NOW)).as_ref() != Ok(&heard) {
            forged("an altered body", &call);
        }
    }
    if signing.covers_url {
        for at in WEBHOOKS.len()..genuine.url.len() {
            let mut url = genuine.url.clone().into_bytes();
            url[at] ^= 1;
            forged("an altered address", &Spoken { url: String::from_utf8(url).expect("an address is ASCII"), ..genuine.clone() });
        }
    }
}

fn nothing_that_comes_does_harm(bench: &Bench) {
    let client = bench.idle();
    let signing = bench.subject.hearing.as_ref().and_then(|hearing| hearing.signing.as_ref());
    let every_byte: Vec<u8> = (0..=255).collect();
    let bodies: [&[u8]; 12] = [
        b"",
        &every_byte,
        &[b'&'; 64 * 1024],
        &[b'['; 64 * 1024],
        &[b'%'; 64 * 1024],
        &[0xff; 4096],
        b"a=\xff\xfe&From=\xc3\x28&MessageSid=%ff%fe",
        b"\xef\xbb\xbf{}",
        b"null",
        b"{\"status\":{},\"at\":1e999}",
        b"=&==&=a&MessageStatus=&MessageSid=",
        b"99999999999999999999999999999999",
    ];
    let queries = [
        "",
        "?",
        "?&&&&",
        "?a=%ff%fe&From=%c3%28",
        "?STATUS=999",
        "?StatusFlag=99999999999999999999&msgid=",
        "?%00=%00",
        "?to=&from=&body=",
    ];
    for door in [Door::Status, Door::Inbound] {
        let path = if door == Door::Status { "status" } else { "inbound" };
        for query in queries {
            for body in bodies {
                let mut call = Spoken { door, url: format!("{WEBHOOKS}/{path}{query}"), headers: HeaderMap::new(), body: body.to_vec() };
                for content_type in ["", "application/x-www-form-urlencoded", "application/json", "\u{7f}"] {
                    if let Ok(value) = HeaderValue::from_str(content_type) {
                        call.headers.insert("content-type", value);
                    }
                    if let Some(signing) = signing {
                        (signing.sign)(&mut call, signing.secret);
                    }
                    let told = client.hear(&call.call(NOW)).unwrap_or_default();
                    let nothing = told.receipts.is_empty() && told.inbound.is_empty();
                    assert!(nothing, "{}: nonsense tells nothing: {query} {:?}", bench.name, &body[..body.len().min(60)]);
                }
            }
        }
    }
}
