//! Links that Peyk itself puts into a text: `{{ preferences_link }}` and `{{ unsubscribe_link }}`.
//!
//! Their addresses belong to one person, while a text is measured and priced before its person is known. So it is filled with a
//! stand-in of exactly the address's length first, and [`OwnLinks::settle`] puts the person's address in its place.

/// A link that no file and no caller gives a value for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OwnLink {
    /// To the preference centre.
    Preferences,
    /// To the page with one button that stops everything.
    Unsubscribe,
}

/// How long a link's token is.
pub const TOKEN_LENGTH: usize = 90;

impl OwnLink {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Preferences, Self::Unsubscribe];

    /// Its placeholder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preferences => "preferences_link",
            Self::Unsubscribe => "unsubscribe_link",
        }
    }

    /// The link of a placeholder; `None` for any other name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|link| link.name() == name)
    }

    fn path(self) -> &'static str {
        match self {
            Self::Preferences => "/p/",
            Self::Unsubscribe => "/u/",
        }
    }
}

/// The addresses of an installation's links.
#[derive(Clone, Debug)]
pub struct OwnLinks {
    base: String,
    stand_ins: [String; 2],
}

impl OwnLinks {
    /// Those below `base`, such as `https://sms.example.org`.
    pub fn new(base: &str) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        // No token begins so, and whoever sees it in a preview knows what it stands for.
        let stand_ins = OwnLink::ALL.map(|link| format!("{base}{}{:0<TOKEN_LENGTH$}", link.path(), "each-persons-own-link-"));
        Self { base, stand_ins }
    }

    /// The person's address.
    pub fn address(&self, link: OwnLink, token: &str) -> String {
        format!("{}{}{token}", self.base, link.path())
    }

    /// What stands for a placeholder until its person is known; `None` for names that are no links of ours.
    pub fn stand_in(&self, name: &str) -> Option<&str> {
        OwnLink::of(name).map(|link| self.stand_ins[link as usize].as_str())
    }

    /// Whether an address is one of these links, whoever's; letter case does not matter.
    pub fn has(&self, address: &str) -> bool {
        let below = |link: OwnLink| format!("{}{}", self.base, link.path()).to_lowercase();
        OwnLink::ALL.into_iter().any(|link| address.to_lowercase().starts_with(&below(link)))
    }

    /// The text with the person's addresses in place of the stand-ins.
    pub fn settle(&self, text: &str, token: &str) -> String {
        OwnLink::ALL
            .into_iter()
            .fold(text.to_owned(), |text, link| text.replace(&self.stand_ins[link as usize], &self.address(link, token)))
    }

    /// A settled text with another token in its addresses, which are as long as before.
    pub fn renew(&self, text: &str, token: &str) -> String {
        let mut text = text.to_owned();
        for begin in OwnLink::ALL.map(|link| self.address(link, "")) {
            let places: Vec<usize> = text.match_indices(&begin).map(|(at, _)| at + begin.len()).collect();
            for at in places {
                let end = at + token.len();
                let is_token = |old: &str| old.starts_with("v1.") && old.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
                if text.get(at..end).is_some_and(is_token) {
                    text.replace_range(at..end, token);
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_gives_way_to_an_address_of_its_length() {
        let links = OwnLinks::new("https://sms.example.org/");
        let token = "v".repeat(TOKEN_LENGTH);
        let [preferences, unsubscribe] = OwnLink::ALL.map(|link| links.stand_in(link.name()).expect("ours"));
        let text = format!("Sale! {unsubscribe} or {preferences} {unsubscribe}");
        let settled = links.settle(&text, &token);
        assert_eq!(settled.len(), text.len());
        let (u, p) = (links.address(OwnLink::Unsubscribe, &token), links.address(OwnLink::Preferences, &token));
        assert_eq!(settled, format!("Sale! {u} or {p} {u}"));
        assert!(u.starts_with("https://sms.example.org/u/v"));
        assert_eq!(links.stand_in("name"), None);
        let old = settled.replace(&token, &"v1.".repeat(TOKEN_LENGTH / 3));
        assert_eq!(links.renew(&old, &token), settled);
        let cut = &text[..text.len() - 1];
        assert_eq!(links.renew(cut, &token), cut, "what is no token stays");
        assert!(links.has(unsubscribe) && links.has(&p.to_uppercase()) && !links.has("https://shop.example/p/1"));
    }
}
