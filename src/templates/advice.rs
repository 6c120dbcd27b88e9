//! What is allowed in a text and probably not meant.

use serde::Serialize;

use crate::kernel::category::Category;
use crate::kernel::own_link::OwnLinks;

/// A remark on a text; it stops nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Advice {
    /// `no_way_out`, `public_shortener`, `plain_http` or `foreign_letters_in_link`.
    pub code: &'static str,
    /// A sentence for people, with what to do.
    pub detail: String,
}

/// Words that tell a reader how to stop, in the languages whose STOP words we know.
const WAYS_OUT: [&str; 13] =
    ["stop", "opt out", "opt-out", "unsubscribe", "لغو", "退訂", "取消訂閱", "退订", "baja", "cancelar", "arrêt", "désabonn", "désinscri"];

/// Hosts that shorten links for everybody. Carriers filter texts with them (CTIA, Messaging Principles and Best Practices,
/// May 2023, section 5.3.4: shared public URL shorteners).
const SHORTENERS: [&str; 14] = [
    "bit.ly",
    "tinyurl.com",
    "t.co",
    "goo.gl",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "rb.gy",
    "cutt.ly",
    "t.ly",
    "shorturl.at",
    "tiny.cc",
    "rebrand.ly",
    "reurl.cc",
];

/// Remarks on a text of a category, the weightiest first. Of links of our `own` there is nothing to remark: nobody writes them.
pub fn advice(text: &str, category: Category, own: &OwnLinks) -> Vec<Advice> {
    let lower = text.to_lowercase();
    let mut found = Vec::new();
    let (ours, links): (Vec<&str>, Vec<&str>) = links(&lower).partition(|link| own.has(link));
    if category == Category::Marketing && ours.is_empty() && !WAYS_OUT.iter().any(|word| lower.contains(word)) {
        found.push(Advice {
            code: "no_way_out",
            detail: "A marketing message must say how to stop. Add “Reply STOP to end” in the text’s language, or {{ unsubscribe_link }} in a template or a campaign."
                .into(),
        });
    }
    for link in links {
        let host = host(link);
        if SHORTENERS.contains(&host.trim_start_matches("www.")) {
            let detail =
                format!("Carriers filter texts with links of {host}, which anybody can use. Write the whole address of your own site.");
            found.push(Advice { code: "public_shortener", detail });
        }
        if !host.is_ascii() || host.split('.').any(|label| label.starts_with("xn--")) {
            let detail =
                format!("The link to {host} has letters that can be mistaken for others; readers and carriers take it for a fraud.");
            found.push(Advice { code: "foreign_letters_in_link", detail });
        }
        if link.starts_with("http://") {
            found.push(Advice {
                code: "plain_http",
                detail: format!("The link to {host} is not encrypted. Write https:// if the site has it."),
            });
        }
    }
    found
}

/// The links of a text in lower case, as phones make them out: with a scheme, or a known host at the beginning of a word.
fn links(lower: &str) -> impl Iterator<Item = &str> {
    let word = |c: char| c.is_whitespace() || "()<>\"'«»，。（）؛،【】".contains(c);
    lower.split(word).filter(|part| {
        let known = |host: &&str| part.strip_prefix(*host).is_some_and(|rest| rest.starts_with('/'));
        part.starts_with("https://") || part.starts_with("http://") || part.starts_with("www.") || SHORTENERS.iter().any(known)
    })
}

fn host(link: &str) -> &str {
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    rest[..end].trim_end_matches(['.', ',', '!'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str, category: Category) -> Vec<&'static str> {
        advice(text, category, &OwnLinks::new("http://sms.example")).into_iter().map(|a| a.code).collect()
    }

    #[test]
    fn marketing_without_a_way_out_is_remarked_on() {
        for way in ["Sale! Reply STOP to end", "تخفیف. لغو۱۱", "特價 回覆退訂", "Sale http://SMS.example/u/v1.abc", "Oferta. Envíe BAJA"]
        {
            assert_eq!(codes(way, Category::Marketing), [""; 0], "{way}");
        }
        assert_eq!(codes("Sale today", Category::Marketing), ["no_way_out"]);
        assert_eq!(codes("Sale https://shop.example/p/1", Category::Marketing), ["no_way_out"]);
        assert_eq!(codes("Your order is ready", Category::Order), [""; 0]);
    }

    #[test]
    fn links_that_carriers_or_readers_mistrust_are_named() {
        let of = |text| codes(text, Category::Order);
        assert_eq!(of("Track: bit.ly/2abc"), ["public_shortener"]);
        assert_eq!(of("Track: HTTPS://Bit.ly/2abc"), ["public_shortener"]);
        assert_eq!(of("Look: http://shop.example/a"), ["plain_http"]);
        assert_eq!(of("https://аpple.com/login"), ["foreign_letters_in_link"]);
        assert_eq!(of("https://xn--pple-43d.com"), ["foreign_letters_in_link"]);
        assert_eq!(of("سفارش شما: https://shop.example/o/1"), [""; 0]);
        assert_eq!(of("rabbit.ly/ is not one, nor is 1.5/2"), [""; 0]);
    }
}
