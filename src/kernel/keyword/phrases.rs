//! Refusals in free words, as in `please take me off your list`. The law asks that any reasonable wording be heard (47 CFR
//! 64.1200(a)(10)), so what reads like one is taken for one; a person looks at it besides, because nobody is sure what a sentence means.
//!
//! A text is one when the words of a phrase stand in it one after the other, and nothing in it turns the phrase round.

use std::sync::LazyLock;

use super::fold::Folded;

/// The longest text that is looked at, in characters: longer ones are letters, and somebody reads them.
const LONGEST: usize = 300;

/// Word after word, anywhere in the text.
const PHRASES: &[&str] = &[
    // English
    "stop texting",
    "stop messaging",
    "stop msging",
    "stop contacting",
    "stop spamming",
    "stop bothering",
    "stop sending",
    "stop these texts",
    "stop these messages",
    "stop this spam",
    "stop with the messages",
    "stop with the texts",
    "stop text messages",
    "stop all messages",
    "stop all texts",
    "stop i",
    "stop wrong number",
    "make it stop",
    "quit texting",
    "quit messaging",
    "quit sending",
    "take me off",
    "take my number off",
    "get me off",
    "remove me",
    "remove my number",
    "remove this number",
    "delete my number",
    "delete me",
    "to unsubscribe",
    "unsubscribe me",
    "do i unsubscribe",
    "unsubscribe this number",
    "unsubscribe from",
    "to opt out",
    "opt me out",
    "opting out",
    "no more texts",
    "no more messages",
    "no more text messages",
    "dont want these messages",
    "dont want these texts",
    "do not want these messages",
    "do not want these texts",
    "dont want any more texts",
    "dont want any more messages",
    "do not want any more texts",
    "do not want any more messages",
    "no longer want to receive",
    "no longer wish to receive",
    "do not text",
    "dont text",
    "do not contact",
    "dont contact",
    "never text me",
    "never contact me",
    "do not message",
    "dont message",
    "do not send me texts",
    "do not send me messages",
    "do not send me any",
    "dont send me any",
    "dont send me anything",
    "dont send me texts",
    "dont send me messages",
    "leave me alone",
    "lose my number",
    "cancel my subscription to these",
    "cancel my text",
    "cancel these messages",
    "cancel these texts",
    "end these messages",
    "end these texts",
    "end my subscription",
    "revoke my consent",
    "withdraw my consent",
    "revoke consent",
    "revoke permission",
    "revoke my permission",
    "discontinue these",
    "to be removed",
    "be taken off",
    "remove us",
    "unenroll me",
    "drop me from",
    "take me out of your",
    "stop alerts",
    "stop promotions",
    "stop promos",
    "stop ads",
    "stop calling",
    "stop it",
    "stop bugging",
    "quit bugging",
    "stop harassing",
    "stop how many",
    "cancel alerts",
    "cancel text",
    "dont want your texts",
    "dont want your messages",
    "dont want to receive",
    "do not want to receive",
    "dont wish to receive",
    "do not ever text",
    "cease and desist",
    "cease all",
    // Persian
    "پیامک نفرستید",
    "پیام نفرستید",
    "پیامک ندهید",
    "پیام ندهید",
    "پیامک ندید",
    "پیام ندید",
    "شماره من را حذف",
    "شماره‌ام را حذف",
    "اشتراک من را لغو",
    "اشتراکم را لغو",
    "عضویت من را لغو",
    "عضویتم را لغو",
    "نمی‌خواهم پیامک",
    "نمیخوام پیامک",
    "پیامک نمی‌خواهم",
    "پیامک‌ها را قطع",
    "پیامک ها را قطع",
    // Spanish
    "no me envíen más",
    "no me envíe más",
    "no me manden más",
    "no quiero más mensajes",
    "no quiero recibir",
    "dejen de enviarme",
    "deje de enviarme",
    "dejen de escribirme",
    "denme de baja",
    "deme de baja",
    "quiero darme de baja",
    "no me escriban",
    // French
    "ne m'envoyez plus",
    "ne m'écrivez plus",
    "je ne veux plus de messages",
    "je ne veux plus de sms",
    "je ne veux plus recevoir",
    "arrêtez de m'envoyer",
    "veuillez me désabonner",
    "souhaite me désabonner",
    "veux me désabonner",
    "plus de sms",
    "retirez moi de",
];

/// Where words are not parted.
const CHINESE: &[&str] = &[
    "不要再傳",
    "別再傳",
    "不要再發",
    "不想再收到",
    "停止傳送",
    "取消我的訂閱",
    "從名單移除",
    "不要再发",
    "别再发",
    "不要再傳送",
    "停止给我发",
    "取消我的订阅",
    "从名单移除",
];

/// What turns a phrase round, or says that it is about something else.
const TURNED: &[&str] = &[
    "dont stop",
    "do not stop",
    "never stop",
    "didnt stop",
    "did not stop",
    "dont unsubscribe",
    "do not unsubscribe",
    "dont remove",
    "do not remove",
    "dont take me off",
    "do not take me off",
    "not opting out",
    "dont opt me out",
    "do not opt me out",
    "didnt opt out",
    "did not opt out",
    "want to keep",
    "no me den de baja",
    "ne pas me désabonner",
];
const TURNED_CHINESE: &[&str] = &["不要取消我的訂閱", "不要取消我的订阅", "不要停止傳送", "別停止"];

static READ: LazyLock<[Vec<Vec<String>>; 2]> =
    LazyLock::new(|| [PHRASES, TURNED].map(|list| list.iter().map(|phrase| Folded::of(phrase).words).collect()));

/// Whether a folded text refuses in free words.
pub fn refuses(text: &str, folded: &Folded) -> bool {
    if text.chars().nth(LONGEST).is_some() {
        return false;
    }
    let [phrases, turned] = &*READ;
    let holds = |list: &[Vec<String>]| list.iter().any(|phrase| folded.words.windows(phrase.len()).any(|part| part == phrase.as_slice()));
    let compact = folded.compact();
    let has = |list: &[&str]| list.iter().any(|phrase| compact.contains(phrase));
    let says_it_again = folded.words.len() > 1 && folded.words.iter().all(|word| word == "stop");
    (says_it_again || holds(phrases) || has(CHINESE)) && !holds(turned) && !has(TURNED_CHINESE)
}
