//! AWS Signature Version 4, as far as a POST without a query needs it
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::kernel::clock::{Millis, utc};
use crate::kernel::crypto::sha256_hex;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Whose signature, and for what.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The id of the access key.
    pub key_id: &'a str,
    /// Its secret.
    pub secret: &'a str,
    /// Where the request goes.
    pub region: &'a str,
    /// Which service, such as `sns`.
    pub service: &'a str,
}

/// The request that is signed.
pub struct Request<'a> {
    /// The path as it goes over the wire. Every byte of it must be one that needs no escape, as the paths that we call are.
    pub path: &'a str,
    /// The headers to sign, in lower case, `x-amz-date` among them; in any order.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
    /// When it is signed, as [`date`] writes it.
    pub date: &'a str,
}

/// An instant as signatures write it: `20150830T123600Z`.
pub fn date(at: Millis) -> String {
    utc(at).format("%Y%m%dT%H%M%SZ").to_string()
}

/// The value of the header `Authorization`.
pub fn authorization(signer: &Signer<'_>, request: &Request<'_>) -> String {
    let mut headers = request.headers.to_vec();
    headers.sort_unstable();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let mut canonical = format!("POST\n{}\n\n", request.path);
    for (name, value) in headers {
        writeln!(canonical, "{name}:{}", value.trim()).expect("a text takes whatever is written to it");
    }
    write!(canonical, "\n{names}\n{}", sha256_hex(request.body)).expect("a text takes whatever is written to it");

    let day = request.date.split('T').next().unwrap_or_default();
    let scope = format!("{day}/{}/{}/aws4_request", signer.region, signer.service);
    let to_sign = format!("{ALGORITHM}\n{}\n{scope}\n{}", request.date, sha256_hex(canonical.as_bytes()));
    let key = [signer.region, signer.service, "aws4_request"]
        .into_iter()
        .fold(mac(format!("AWS4{}", signer.secret).as_bytes(), day), |key, part| mac(&key, part));
    let signature = hex(&mac(&key, &to_sign));
    format!("{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", signer.key_id)
}

fn mac(key: &[u8], message: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The account of AWS's published test suite.
    const SIGNER: Signer<'static> =
        Signer { key_id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "us-east-1", service: "service" };
    const DATE: &str = "20150830T123600Z";
    const HOST: (&str, &str) = ("host", "example.amazonaws.com");

    fn signed(headers: &[(&str, &str)], body: &[u8]) -> String {
        authorization(&SIGNER, &Request { path: "/", headers, body, date: DATE })
    }

    #[test]
    fn the_published_vectors_come_out() {
        const SUITE: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=";
        let amz_date = ("x-amz-date", DATE);
        // post-vanilla
        assert_eq!(
            signed(&[amz_date, HOST], b""),
            format!("{SUITE}host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
        );
        // post-sts-header-before
        let token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
        assert_eq!(
            signed(&[HOST, amz_date, ("x-amz-security-token", token)], b""),
            format!(
                "{SUITE}host;x-amz-date;x-amz-security-token, Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
            )
        );
        // post-x-www-form-urlencoded
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            HOST,
            ("content-length", "13"),
            ("x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"),
            amz_date,
        ];
        assert_eq!(
            signed(&headers, b"Param1=value1"),
            format!(
                "{SUITE}content-length;content-type;host;x-amz-content-sha256;x-amz-date, Signature=d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"
            )
        );
    }

    #[test]
    fn everything_that_is_signed_counts() {
        let signature = |signer: &Signer<'_>, path: &str, host: &str, body: &[u8], date: &str| {
            authorization(signer, &Request { path, headers: &[("host", host), ("x-amz-date", date)], body, date })
        };
        let right = signature(&SIGNER, "/", "h", b"b", DATE);
        for other in [
            signature(&Signer { secret: "wrong", ..SIGNER }, "/", "h", b"b", DATE),
            signature(&Signer { region: "eu-west-1", ..SIGNER }, "/", "h", b"b", DATE),
            signature(&Signer { service: "sns", ..SIGNER }, "/", "h", b"b", DATE),
            signature(&SIGNER, "/sns", "h", b"b", DATE),
            signature(&SIGNER, "/", "i", b"b", DATE),
            signature(&SIGNER, "/", "h", b"c", DATE),
            signature(&SIGNER, "/", "h", b"b", "20150830T123601Z"),
        ] {
            assert_ne!(right.rsplit('=').next(), other.rsplit('=').next());
        }
    }

    #[test]
    fn a_date_is_written_as_aws_reads_it() {
        assert_eq!(date(1_440_938_160_999), DATE);
    }
}
