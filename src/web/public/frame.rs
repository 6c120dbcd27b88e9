//! What every page of the preference centre has around it: who sends, and the languages.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use leptos::prelude::*;

use super::texts::Tongue;
use crate::web::ui::{Glyph, Icon};

/// The head with the links to the other languages, and the content within.
pub fn frame(tongue: Tongue, organisation: &str, address: impl Fn(Tongue) -> String, main: AnyView, after: Option<AnyView>) -> AnyView {
    let links: Vec<_> = Tongue::ALL.into_iter().map(|to| language_link(to, to == tongue, address(to))).collect();
    view! {
        <div class="prefs">
            <header class="prefs-head">
                <div class="brand"><span class="brand-mark"><Icon glyph=Glyph::Chat/></span><bdi>{organisation.to_owned()}</bdi></div>
                <nav class="langs" aria-label=tongue.texts().languages>{links}</nav>
            </header>
            <main id="main">{main}</main>
            {after}
        </div>
    }
    .into_any()
}

fn language_link(to: Tongue, is_current: bool, address: String) -> AnyView {
    let current = is_current.then_some("true");
    let (tag, name) = (to.tag(), to.language().name().to_owned());
    view! { <a href=address lang=tag hreflang=tag aria-current=current>{name}</a> }.into_any()
}

/// The first of our languages that the browser's owner reads, by their own order.
pub fn accepted(headers: &HeaderMap) -> Option<Tongue> {
    let lines = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let mut wanted: Vec<(f32, &str)> = lines.flat_map(|line| line.split(',')).take(20).map(weighted).collect();
    // A stable sort: among equals the first comes first.
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
    wanted.into_iter().filter(|(weight, _)| *weight > 0.0).find_map(|(_, tag)| Tongue::of_tag(tag))
}

fn weighted(part: &str) -> (f32, &str) {
    let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
    let weight = rest.trim().strip_prefix("q=").map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
    (weight, tag.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_order_of_languages_is_followed() {
        let first = |line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, line.parse().expect("a header"));
            accepted(&headers).map(Tongue::tag)
        };
        for (line, want) in [
            ("fa-IR,fa;q=0.9,en;q=0.8", Some("fa")),
            ("en;q=0.5, zh-TW;q=0.9", Some("zh-Hant")),
            ("de, hi;q=0.9, en;q=0.1", Some("en")),
            ("de", None),
            ("fa;q=0, en", Some("en")),
            ("*", None),
            (";;,q=x", None),
        ] {
            assert_eq!(first(line), want, "{line}");
        }
        assert_eq!(accepted(&HeaderMap::new()), None);
    }
}
