//! Languages of texts, as BCP 47 tags.

/// A language tag such as `en`, `fa` or `zh-Hant`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Language(String);

impl Language {
    /// English, the fallback.
    pub fn english() -> Self {
        Self("en".into())
    }

    /// Reads a tag of letters, digits and hyphens, up to 20 characters, in its usual spelling
    /// (`zh-hant` → `zh-Hant`, `en_US` → `en-US`; `zh-TW` and `zh-HK` are Traditional Chinese).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let parts: Vec<&str> = text.split(['-', '_']).collect();
        let sound = text.len() <= 20
            && (2..=3).contains(&parts[0].len())
            && parts[0].bytes().all(|b| b.is_ascii_alphabetic())
            && parts[1..].iter().all(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
        if !sound {
            return None;
        }
        let mut tag = parts[0].to_ascii_lowercase();
        for part in &parts[1..] {
            tag.push('-');
            match part.len() {
                2 => tag.push_str(&part.to_ascii_uppercase()),
                4 => {
                    tag.push_str(&part[..1].to_ascii_uppercase());
                    tag.push_str(&part[1..].to_ascii_lowercase());
                }
                _ => tag.push_str(&part.to_ascii_lowercase()),
            }
        }
        Some(Self(match tag.as_str() {
            "zh-TW" | "zh-HK" | "zh-MO" | "zh-Hant-TW" | "zh-Hant-HK" => "zh-Hant".into(),
            _ => tag,
        }))
    }

    /// Takes one that our own database gave back.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The writing direction for HTML: `rtl` or `ltr`.
    pub fn dir(&self) -> &'static str {
        match self.0.split('-').next() {
            Some("fa" | "ar" | "he" | "ur" | "ps" | "ckb" | "sd" | "ug" | "yi") => "rtl",
            _ => "ltr",
        }
    }

    /// The language's own name where we know it, else the tag.
    pub fn name(&self) -> &str {
        match self.0.as_str() {
            "en" => "English",
            "fa" => "فارسی",
            "zh-Hant" => "繁體中文",
            "zh-Hans" => "简体中文",
            "ar" => "العربية",
            "hi" => "हिन्दी",
            "es" => "Español",
            "fr" => "Français",
            "tr" => "Türkçe",
            tag => tag,
        }
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_get_their_usual_spelling() {
        for (given, want) in [("EN", "en"), ("zh-hant", "zh-Hant"), ("zh_TW", "zh-Hant"), ("en_us", "en-US"), (" fa ", "fa")] {
            assert_eq!(Language::parse(given).as_ref().map(Language::as_str), Some(want));
        }
        for bad in ["", "e", "english language", "<script>", "en-", "１２"] {
            assert_eq!(Language::parse(bad), None, "{bad}");
        }
        assert_eq!(Language::parse("fa").map(|l| l.dir()), Some("rtl"));
    }
}
