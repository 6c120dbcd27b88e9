//! Reads form fields (`application/x-www-form-urlencoded`) as bytes, because gateways in Taiwan may still speak Big5;
//! `form_urlencoded`, which writes all our forms, reads UTF-8 only.

use std::borrow::Cow;

use encoding_rs::BIG5;

/// What a form is called in `Content-Type`.
pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// The fields of a form or a query that came in. Names are compared without case, for providers spell them either way.
pub struct Fields(Vec<(String, Vec<u8>)>);

impl Fields {
    /// Reads a form; what is no field is skipped, an escape that is none stands for itself.
    pub fn read(form: &[u8]) -> Self {
        Self::parts(form.split(|b| *b == b'&'))
    }

    /// Reads the query of an address. A second `?` counts as `&`: it is what a provider makes that appends its own
    /// query to an address of ours which has one already.
    pub fn of_url(url: &str) -> Self {
        let (url, _) = url.split_once('#').unwrap_or((url, ""));
        let (_, query) = url.split_once('?').unwrap_or((url, ""));
        Self::parts(query.as_bytes().split(|b| matches!(b, b'&' | b'?')))
    }

    fn parts<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Self {
        let field = |part: &[u8]| {
            let equals = part.iter().position(|b| *b == b'=')?;
            Some((String::from_utf8_lossy(&unescape(&part[..equals])).into_owned(), unescape(&part[equals + 1..])))
        };
        Self(parts.filter_map(field).collect())
    }

    /// The value of the first field with a name.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    /// The same as text, read as [`lenient`] reads; `None` also for an empty one.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.bytes(name).map(lenient).filter(|text| !text.is_empty())
    }
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).expect("two hex digits are a byte"));
                at += 2;
            }
            (b'+', ..) => bytes.push(b' '),
            _ => bytes.push(*byte),
        }
        at += 1;
    }
    bytes
}

/// Reads text whose charset was not told: UTF-8 if it is that, else Big5. What is neither becomes U+FFFD.
pub fn lenient(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => BIG5.decode_without_bom_handling(bytes).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use form_urlencoded::byte_serialize;
    use proptest::prelude::*;

    #[test]
    fn fields_of_either_charset_and_case_are_read() {
        let fields = Fields::of_url("https://h/hooks/k/status?attempt=att_1?BATCHID=b%2d1&sm=%A7A%A6n&x&y=%zz&=#z=1");
        assert_eq!(fields.text("Attempt").as_deref(), Some("att_1"));
        assert_eq!(fields.text("BatchID").as_deref(), Some("b-1"));
        assert_eq!(fields.text("SM").as_deref(), Some("你好"));
        assert_eq!(fields.text("y").as_deref(), Some("%zz"));
        assert!(fields.text("x").is_none() && fields.text("z").is_none());
        assert_eq!(lenient("你好".as_bytes()), "你好");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(name in "[^\u{fffd}]{0,9}", value in proptest::collection::vec(any::<u8>(), 0..40)) {
            let escaped = |bytes| byte_serialize(bytes).collect::<String>();
            let form = format!("first=1&{}={}", escaped(name.as_bytes()), escaped(&value));
            prop_assume!(!name.eq_ignore_ascii_case("first"));
            let fields = Fields::read(form.as_bytes());
            prop_assert_eq!(fields.bytes(&name), Some(&*value));
        }

        #[test]
        fn any_bytes_are_read_somehow(bytes in proptest::collection::vec(any::<u8>(), 0..99)) {
            Fields::read(&bytes).text("a");
            Fields::of_url(&lenient(&bytes)).text("a");
        }
    }
}
