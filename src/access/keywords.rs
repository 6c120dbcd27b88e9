//! What an organisation adds to the keywords, and what it answers to them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kernel::error::Error;
use crate::kernel::keyword::{self, Keyword, WordError};
use crate::kernel::language::Language;

/// The most own words of one meaning.
const MOST_WORDS: usize = 50;
/// The longest answer, in characters: three segments of UCS-2, rounded.
pub const LONGEST_ANSWER: usize = 200;
/// What stands for the organisation's name in an answer.
const NAME: &str = "{{ organisation }}";

/// What holds for one meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct KeywordRule {
    /// The organisation's own words, beside those that always hold.
    pub words: Vec<String>,
    /// Whether it is answered.
    pub answer: bool,
    /// The answer by language, instead of the built-in one; `{{ organisation }}` stands for the name.
    #[schema(value_type = BTreeMap<String, String>)]
    pub texts: BTreeMap<Language, String>,
}

impl Default for KeywordRule {
    fn default() -> Self {
        Self { words: Vec::new(), answer: true, texts: BTreeMap::new() }
    }
}

/// Own words and answers of STOP, START and HELP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct KeywordRules {
    /// For people who want no more messages.
    pub stop: KeywordRule,
    /// For people who want messages again.
    pub start: KeywordRule,
    /// For people who ask who this is.
    pub help: KeywordRule,
}

/// A change of some of the rules; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeywordChange(Vec<(Keyword, RuleChange)>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleChange {
    words: Option<Vec<String>>,
    answer: Option<bool>,
    texts: Option<BTreeMap<String, String>>,
}

/// A refusal: a word for programs and a sentence for people.
type Refusal = (String, String);

impl KeywordRules {
    /// The rule of a meaning.
    pub fn of(&self, keyword: Keyword) -> &KeywordRule {
        match keyword {
            Keyword::Stop => &self.stop,
            Keyword::Start => &self.start,
            Keyword::Help => &self.help,
        }
    }

    fn of_mut(&mut self, keyword: Keyword) -> &mut KeywordRule {
        match keyword {
            Keyword::Stop => &mut self.stop,
            Keyword::Start => &mut self.start,
            Keyword::Help => &mut self.help,
        }
    }

    /// Every own word with its meaning.
    pub fn own_words(&self) -> impl Iterator<Item = (Keyword, &str)> {
        Keyword::ALL.into_iter().flat_map(|keyword| self.of(keyword).words.iter().map(move |word| (keyword, word.as_str())))
    }

    /// What is answered to a keyword, in the first of these languages that there is an answer in, else in English;
    /// `None` when it is not answered. The second value is the language.
    pub fn answer(&self, keyword: Keyword, languages: &[&Language], organisation: &str) -> Option<(String, Language)> {
        let rule = self.of(keyword);
        if !rule.answer {
            return None;
        }
        let english = Language::english();
        let texts = languages.iter().copied().chain([&english]).find_map(|language| Some((rule.text(keyword, language)?, language)));
        texts.map(|(text, language)| (text.replace(NAME, organisation), language.clone()))
    }

    /// The rules after a change.
    pub(super) fn changed(mut self, change: KeywordChange) -> Self {
        for (keyword, change) in change.0 {
            let rule = self.of_mut(keyword);
            if let Some(words) = change.words {
                rule.words = words;
            }
            if let Some(answer) = change.answer {
                rule.answer = answer;
            }
            if let Some(texts) = change.texts {
                rule.texts = texts.into_iter().filter_map(|(tag, text)| Some((Language::parse(&tag)?, text))).collect();
            }
        }
        self
    }
}

impl KeywordRule {
    /// The answer in a language: the organisation's own, else the built-in one.
    fn text<'a>(&'a self, keyword: Keyword, language: &Language) -> Option<&'a str> {
        let own = self.texts.get(language).map(String::as_str);
        own.or_else(|| DEFAULTS.iter().find(|(tag, ..)| *tag == language.as_str()).map(|default| default_of(default, keyword)))
    }
}

/// The languages that have a built-in answer, with it.
pub fn default_answers(keyword: Keyword) -> impl Iterator<Item = (Language, &'static str)> {
    DEFAULTS.iter().map(move |default| (Language::stored(default.0.to_owned()), default_of(default, keyword)))
}

type Default4 = (&'static str, &'static str, &'static str, &'static str);

fn default_of(default: &Default4, keyword: Keyword) -> &'static str {
    match keyword {
        Keyword::Stop => default.1,
        Keyword::Start => default.2,
        Keyword::Help => default.3,
    }
}

/// Language, then the answers to STOP, START and HELP. A confirmation says that it is done and how to come back, and
/// advertises nothing (47 CFR 64.1200(a)(12)); the answer to HELP names the sender and the way out (CTIA).
const DEFAULTS: [Default4; 6] = [
    (
        "en",
        "{{ organisation }}: You are unsubscribed and will get no more messages. Reply START to get them again.",
        "{{ organisation }}: You will get our messages again. Reply STOP to end them, HELP for help.",
        "{{ organisation }}: These messages are from us. Reply STOP to end them. To ask something, just write back.",
    ),
    (
        "fa",
        "{{ organisation }}: پیامک‌ها برای شما لغو شد. برای دریافت دوباره «شروع» را بفرستید.",
        "{{ organisation }}: پیامک‌ها دوباره برای شما فعال شد. برای لغو، «لغو» را بفرستید.",
        "{{ organisation }}: این پیامک‌ها از طرف ماست. برای لغو، «لغو» را بفرستید. پرسش خود را همین‌جا بنویسید.",
    ),
    (
        "zh-Hant",
        "{{ organisation }}：您已退訂，將不再收到簡訊。回覆「訂閱」可重新接收。",
        "{{ organisation }}：您將再次收到我們的簡訊。回覆「退訂」即可停止。",
        "{{ organisation }}：此簡訊由我們發送。回覆「退訂」即可停止，有問題請直接回覆。",
    ),
    (
        "zh-Hans",
        "{{ organisation }}：您已退订，将不再收到短信。回复“订阅”可重新接收。",
        "{{ organisation }}：您将再次收到我们的短信。回复“退订”即可停止。",
        "{{ organisation }}：此短信由我们发送。回复“退订”即可停止，有问题请直接回复。",
    ),
    (
        "es",
        "{{ organisation }}: Dado de baja. No recibirá más mensajes. Responda ALTA para recibirlos de nuevo.",
        "{{ organisation }}: Recibirá nuestros mensajes de nuevo. Responda BAJA para darse de baja.",
        "{{ organisation }}: Estos mensajes son nuestros. Responda BAJA para darse de baja o escriba su pregunta.",
    ),
    (
        "fr",
        "{{ organisation }} : vous ne recevrez plus nos messages. Répondez REPRENDRE pour les recevoir à nouveau.",
        "{{ organisation }} : vous recevrez de nouveau nos messages. Répondez STOP pour les arrêter.",
        "{{ organisation }} : ces messages viennent de nous. Répondez STOP pour les arrêter, ou posez votre question.",
    ),
];

/// Reads `{"stop": {"words": […], "answer": true, "texts": {"en": "…"}}, …}`, any part of it.
pub(super) fn read(value: &Value) -> Result<KeywordChange, Refusal> {
    let shape = || {
        let example = json!({ "stop": { "words": ["enough"], "answer": true, "texts": { "en": "Done." } } });
        ("unreadable".to_owned(), format!("Write keywords as {example}, any part of it for stop, start and help."))
    };
    let given: BTreeMap<String, RuleChange> = serde_json::from_value(value.clone()).map_err(|_| shape())?;
    let mut changes = Vec::new();
    for (name, mut change) in given {
        let keyword = Keyword::parse(&name).ok_or_else(shape)?;
        if let Some(words) = &mut change.words {
            sound_words(keyword, words)?;
        }
        if let Some(texts) = &mut change.texts {
            sound_texts(texts)?;
        }
        changes.push((keyword, change));
    }
    Ok(KeywordChange(changes))
}

fn sound_words(keyword: Keyword, words: &mut Vec<String>) -> Result<(), Refusal> {
    for word in words.iter_mut() {
        *word = word.trim().to_owned();
    }
    words.retain(|word| !word.is_empty());
    words.dedup();
    if words.len() > MOST_WORDS {
        return Err(("too_many".into(), format!("Give at most {MOST_WORDS} own words for one meaning.")));
    }
    for word in words.iter() {
        match keyword::check_own(keyword, word) {
            // Stored settings are read by this too, and a word may have been taken since: see [`KeywordChange::check`].
            Ok(()) | Err(WordError::Taken) => {}
            Err(why) => return Err(refused(word, why)),
        }
    }
    Ok(())
}

fn refused(word: &str, why: WordError) -> Refusal {
    ("unusable_word".into(), format!("“{word}”: {why}"))
}

impl KeywordChange {
    /// Whether no word is given a meaning that everybody knows otherwise. Asked before a change is stored.
    pub(super) fn check(&self) -> crate::kernel::error::Result<()> {
        for (keyword, change) in &self.0 {
            for word in change.words.iter().flatten() {
                if let Err(why) = keyword::check_own(*keyword, word) {
                    let (code, detail) = refused(word, why);
                    return Err(Error::invalid("keywords", &code, detail));
                }
            }
        }
        Ok(())
    }
}

fn sound_texts(texts: &mut BTreeMap<String, String>) -> Result<(), Refusal> {
    texts.retain(|_, text| !text.trim().is_empty());
    for (tag, text) in texts.iter() {
        if Language::parse(tag).is_none() {
            return Err(("unknown_language".into(), format!("“{tag}” is not a language tag such as en, fa or zh-Hant.")));
        }
        if text.chars().count() > LONGEST_ANSWER || text.contains('\0') {
            return Err(("too_long".into(), format!("The answer in {tag} has more than {LONGEST_ANSWER} characters.")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(value: Value) -> KeywordRules {
        KeywordRules::default().changed(read(&value).expect("a sound change"))
    }

    #[test]
    fn an_answer_is_found_in_the_first_language_that_has_one() {
        let (fa, de, es) = (Language::stored("fa".into()), Language::stored("de".into()), Language::stored("es".into()));
        let rules = changed(json!({"stop": {"texts": {"de": "Erledigt, {{ organisation }}."}}, "help": {"answer": false}}));
        let said =
            |keyword, languages: &[&Language]| rules.answer(keyword, languages, "Lark").map(|(text, l)| (text, l.as_str().to_owned()));
        assert_eq!(said(Keyword::Stop, &[&de, &fa]), Some(("Erledigt, Lark.".into(), "de".into())));
        assert_eq!(said(Keyword::Start, &[&de, &es]).map(|(_, tag)| tag).as_deref(), Some("es"));
        assert_eq!(said(Keyword::Start, &[&de]).map(|(_, tag)| tag).as_deref(), Some("en"));
        assert_eq!(said(Keyword::Help, &[&fa]), None);
        assert!(said(Keyword::Stop, &[&fa]).is_some_and(|(text, _)| text.starts_with("Lark:") && text.contains("شروع")));
    }

    #[test]
    fn a_part_is_changed_and_the_rest_stays() {
        let rules = changed(json!({"stop": {"words": [" genug ", ""]}, "start": {"answer": false}}));
        assert_eq!(rules.own_words().collect::<Vec<_>>(), [(Keyword::Stop, "genug")]);
        assert!(rules.stop.answer && !rules.start.answer && rules.help.answer);
        let stored = read(&json!(rules)).expect("what is written is read");
        assert_eq!(KeywordRules::default().changed(stored), rules);
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_reason() {
        let code = |value: Value| read(&value).expect_err("refused").0;
        assert_eq!(code(json!({"start": {"words": ["!"]}})), "unusable_word");
        assert!(read(&json!({"start": {"words": ["stop"]}})).expect("it has the right shape").check().is_err());
        assert_eq!(code(json!({"stop": {"texts": {"?": "x"}}})), "unknown_language");
        assert_eq!(code(json!({"stop": {"texts": {"en": "x".repeat(201)}}})), "too_long");
        assert_eq!(code(json!({"bye": {}})), "unreadable");
        assert_eq!(code(json!({"stop": {"word": []}})), "unreadable");
        assert_eq!(code(json!([])), "unreadable");
    }

    #[test]
    fn every_built_in_answer_names_the_sender_and_fits() {
        for keyword in Keyword::ALL {
            for (language, text) in default_answers(keyword) {
                assert!(text.starts_with(NAME) && text.chars().count() <= LONGEST_ANSWER, "{language} {text}");
            }
        }
    }
}
