//! Codes: what programs call a template.

use super::store;
use crate::db::Tx;
use crate::kernel::error::Result;
use crate::kernel::id::{SubaccountId, TemplateId, fresh};

/// Characters of a code.
const LONGEST: usize = 64;
/// Characters that `-2` and its like may take behind a code that is taken.
const SUFFIX: usize = 4;

/// Whether a code may be used: 1 to 64 of `a`–`z`, `0`–`9`, `_` and `-`, and nothing that could be an id.
pub(super) fn is_code(text: &str) -> bool {
    let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(sound) && !looks_like_id(text)
}

fn looks_like_id(text: &str) -> bool {
    text.strip_prefix(TemplateId::PREFIX).is_some_and(|rest| rest.starts_with('_'))
}

/// A code made of a name: its Latin letters and digits, the rest as hyphens.
pub(super) fn from_name(name: &str) -> String {
    let mut code = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            code.push(c);
        } else if !code.is_empty() && !code.ends_with('-') {
            code.push('-');
        }
    }
    code.truncate(LONGEST - SUFFIX);
    let code = code.trim_end_matches('-');
    if code.is_empty() { "template".into() } else { code.into() }
}

/// `wanted`, or when it is taken `wanted-2`, `wanted-3` …
pub(super) async fn free(tx: &mut Tx, sub: &SubaccountId, wanted: &str) -> Result<String> {
    let base: String = wanted.chars().take(LONGEST - SUFFIX).collect();
    if !store::is_taken(tx, sub, &base).await? {
        return Ok(base);
    }
    for n in 2..100 {
        let code = format!("{base}-{n}");
        if !store::is_taken(tx, sub, &code).await? {
            return Ok(code);
        }
    }
    Ok(format!("template-{}", fresh(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_made_of_what_a_name_has_to_offer() {
        for (name, code) in
            [("Order shipped!", "order-shipped"), ("  VIP – 20 % off ", "vip-20-off"), ("یادآوری نوبت", "template"), ("...", "template")]
        {
            assert_eq!(from_name(name), code);
        }
        assert!(is_code(&from_name(&"very long ".repeat(30))));
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for good in ["a", "order_shipped-2", &"x".repeat(64)] {
            assert!(is_code(good), "{good}");
        }
        for bad in ["", "Order", "a b", "é", "a/b", "tpl_0001", &"x".repeat(65)] {
            assert!(!is_code(bad), "{bad}");
        }
    }
}
