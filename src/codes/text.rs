//! The text that carries a code. It says what the code does, so that nobody gives it away for something else.

use super::Purpose;
use crate::kernel::language::Language;

/// The languages that there are words for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tongue {
    English,
    Persian,
    Chinese,
}

impl Tongue {
    fn of(language: &Language) -> Option<Self> {
        let tag = language.as_str();
        let is = |wanted: &str| tag.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        if is("en") {
            Some(Self::English)
        } else if is("fa") {
            Some(Self::Persian)
        } else {
            is("zh-Hant").then_some(Self::Chinese)
        }
    }

    fn language(self) -> Language {
        Language::stored(
            match self {
                Self::English => "en",
                Self::Persian => "fa",
                Self::Chinese => "zh-Hant",
            }
            .into(),
        )
    }
}

/// The text with its language: the first of `languages` that there are words for, else English.
pub fn text(purpose: Purpose, code: &str, organisation: &str, languages: &[&Language]) -> (String, Language) {
    let tongue = languages.iter().find_map(|language| Tongue::of(language)).unwrap_or(Tongue::English);
    let text = match tongue {
        Tongue::English => {
            let what = match purpose {
                Purpose::Preferences => "opens your message settings",
                Purpose::Export => "lets you download your data",
                Purpose::Erase => "ERASES your data",
                Purpose::VerifyPhone => "confirms your number",
            };
            format!("{code} {what} at {organisation}. It works for 5 minutes. Give it to nobody.")
        }
        Tongue::Persian => {
            let what = match purpose {
                Purpose::Preferences => "باز کردن تنظیمات پیامک",
                Purpose::Export => "دریافت داده‌های شما",
                Purpose::Erase => "پاک کردن همهٔ داده‌های شما",
                Purpose::VerifyPhone => "تأیید شمارهٔ شما",
            };
            format!("{organisation}\nکد {what}: {code}\nتا ۵ دقیقه معتبر است. آن را به کسی ندهید.")
        }
        Tongue::Chinese => {
            let what = match purpose {
                Purpose::Preferences => "開啟簡訊設定",
                Purpose::Export => "下載您的資料",
                Purpose::Erase => "刪除您的所有資料",
                Purpose::VerifyPhone => "驗證您的號碼",
            };
            format!("{organisation}：{code} 用於{what}，5 分鐘內有效。請勿告訴任何人。")
        }
    };
    (text, tongue.language())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::sms::measure;

    fn language(tag: &str) -> Language {
        Language::parse(tag).expect("a tag")
    }

    #[test]
    fn the_first_language_with_words_is_written() {
        let (hindi, persian, taiwan) = (language("hi"), language("fa-IR"), language("zh-TW"));
        let written = |languages: &[&Language]| text(Purpose::Erase, "012345", "Cedar", languages).1.as_str().to_owned();
        assert_eq!(written(&[&hindi, &persian]), "fa");
        assert_eq!(written(&[&taiwan, &persian]), "zh-Hant");
        assert_eq!(written(&[&hindi]), "en");
    }

    #[test]
    fn every_text_holds_its_code_and_says_something_of_its_own() {
        for tag in ["en", "fa", "zh-Hant"] {
            let texts: std::collections::HashSet<String> =
                Purpose::ALL.into_iter().map(|purpose| text(purpose, "012345", "Cedar Clinic", &[&language(tag)]).0).collect();
            assert_eq!(texts.len(), Purpose::ALL.len(), "{tag}");
            assert!(texts.iter().all(|text| text.contains("012345") && text.contains("Cedar Clinic")), "{tag}");
            let most = if tag == "fa" { 2 } else { 1 };
            assert!(texts.iter().all(|text| measure(text).segments <= most), "{tag}: {texts:?}");
        }
    }
}
