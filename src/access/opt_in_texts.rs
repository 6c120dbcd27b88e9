//! What people read when an opt-in is to be confirmed, and when a STOP ended one kind of messages only.

use crate::kernel::category::Category;
use crate::kernel::language::Language;

/// What one language says.
struct Tongue {
    tag: &'static str,
    /// Order, payment, delivery, reminder, authentication, account, marketing: as in [`Category::ALL`].
    categories: [&'static str; 7],
    /// All of them.
    all: &'static str,
    /// Between two of them.
    comma: &'static str,
    /// Confirms by an answer or by the link.
    confirm: &'static str,
    /// Confirms by the link alone, where an answer would prove nothing.
    by_link: &'static str,
    /// Answers a STOP that ended one category.
    stopped: &'static str,
}

/// Both ways of a confirmation name the sender and what is agreed to, and say that nothing need be done by who did not ask.
const TONGUES: [Tongue; 6] = [
    Tongue {
        tag: "en",
        categories: ["orders", "payments", "delivery", "reminders", "sign-in codes", "your account", "offers and news"],
        all: "everything",
        comma: ", ",
        confirm: "{{ organisation }}: Reply YES to get texts about {{ categories }}, or confirm here: {{ link }} Not you? Do nothing.",
        by_link: "{{ organisation }}: To get texts about {{ categories }}, confirm here: {{ link }} Not you? Do nothing.",
        stopped: "{{ organisation }}: You get no more texts about {{ categories }}. Reply STOP ALL to end all, START to get them again.",
    },
    Tongue {
        tag: "fa",
        categories: ["سفارش‌ها", "پرداخت‌ها", "ارسال", "یادآوری‌ها", "کدهای ورود", "حساب شما", "پیشنهادها و خبرها"],
        all: "همه چیز",
        comma: "، ",
        confirm: "{{ organisation }}: برای دریافت پیامک دربارهٔ {{ categories }} «بله» را بفرستید یا اینجا تأیید کنید: {{ link }} اگر شما نبودید، کاری نکنید.",
        by_link: "{{ organisation }}: برای دریافت پیامک دربارهٔ {{ categories }} اینجا تأیید کنید: {{ link }} اگر شما نبودید، کاری نکنید.",
        stopped: "{{ organisation }}: پیامک‌های {{ categories }} برای شما لغو شد. برای لغو همه «لغو همه» و برای دریافت دوباره «شروع» را بفرستید.",
    },
    Tongue {
        tag: "zh-Hant",
        categories: ["訂單", "付款", "配送", "提醒", "登入驗證碼", "帳戶", "優惠與消息"],
        all: "所有",
        comma: "、",
        confirm: "{{ organisation }}：回覆「是」即可接收{{ categories }}簡訊，或在此確認：{{ link }} 若非本人，請忽略。",
        by_link: "{{ organisation }}：如要接收{{ categories }}簡訊，請在此確認：{{ link }} 若非本人，請忽略。",
        stopped: "{{ organisation }}：您將不再收到{{ categories }}簡訊。回覆「全部退訂」停止所有簡訊，回覆「訂閱」重新接收。",
    },
    Tongue {
        tag: "zh-Hans",
        categories: ["订单", "付款", "配送", "提醒", "登录验证码", "账户", "优惠与消息"],
        all: "所有",
        comma: "、",
        confirm: "{{ organisation }}：回复“是”即可接收{{ categories }}短信，或在此确认：{{ link }} 若非本人，请忽略。",
        by_link: "{{ organisation }}：如要接收{{ categories }}短信，请在此确认：{{ link }} 若非本人，请忽略。",
        stopped: "{{ organisation }}：您将不再收到{{ categories }}短信。回复“全部退订”停止所有短信，回复“订阅”重新接收。",
    },
    Tongue {
        tag: "es",
        categories: ["pedidos", "pagos", "envíos", "recordatorios", "códigos de acceso", "su cuenta", "ofertas y novedades"],
        all: "todos los temas",
        comma: ", ",
        confirm: "{{ organisation }}: Responda SI para recibir mensajes sobre {{ categories }}, o confirme aquí: {{ link }} ¿No fue usted? No haga nada.",
        by_link: "{{ organisation }}: Para recibir mensajes sobre {{ categories }}, confirme aquí: {{ link }} ¿No fue usted? No haga nada.",
        stopped: "{{ organisation }}: No recibirá más mensajes sobre {{ categories }}. Responda STOP ALL para todos, ALTA para recibirlos de nuevo.",
    },
    Tongue {
        tag: "fr",
        categories: ["commandes", "paiements", "livraison", "rappels", "codes de connexion", "votre compte", "offres et nouveautés"],
        all: "tout",
        comma: ", ",
        confirm: "{{ organisation }} : répondez OUI pour recevoir nos messages ({{ categories }}), ou confirmez ici : {{ link }} Pas vous ? Ne faites rien.",
        by_link: "{{ organisation }} : pour recevoir nos messages ({{ categories }}), confirmez ici : {{ link }} Pas vous ? Ne faites rien.",
        stopped: "{{ organisation }} : vous ne recevrez plus ces messages ({{ categories }}). Répondez STOP ALL pour tout arrêter, REPRENDRE pour les recevoir à nouveau.",
    },
];

fn tongue(language: &Language) -> Option<&'static Tongue> {
    TONGUES.iter().find(|tongue| tongue.tag == language.as_str())
}

/// The first of these languages that is spoken here, else English.
fn first(languages: &[&Language]) -> &'static Tongue {
    languages.iter().find_map(|language| tongue(language)).unwrap_or(&TONGUES[0])
}

/// The languages that have a built-in confirmation, with it.
pub fn default_confirmations() -> impl Iterator<Item = (Language, &'static str)> {
    TONGUES.iter().map(|tongue| (Language::stored(tongue.tag.to_owned()), tongue.confirm))
}

/// The built-in confirmation of a language.
pub(super) fn confirmation(language: &Language, by_answer: bool) -> Option<&'static str> {
    tongue(language).map(|tongue| if by_answer { tongue.confirm } else { tongue.by_link })
}

/// Categories in words of a language, else of English.
pub fn categories_in(language: &Language, categories: &[Category]) -> String {
    let tongue = tongue(language).unwrap_or(&TONGUES[0]);
    // Codes are asked for each time and not named among what somebody agrees to.
    if Category::ALL.iter().all(|category| *category == Category::Authentication || categories.contains(category)) {
        return tongue.all.to_owned();
    }
    let words = Category::ALL.iter().zip(tongue.categories).filter(|(category, _)| categories.contains(category));
    words.map(|(_, word)| word).collect::<Vec<_>>().join(tongue.comma)
}

/// The answer to a STOP that ended one category only, in the first of these languages that is spoken here, with that language.
pub fn stopped_one(languages: &[&Language], category: Category, organisation: &str) -> (String, Language) {
    let tongue = first(languages);
    let language = Language::stored(tongue.tag.to_owned());
    let of = categories_in(&language, &[category]);
    (tongue.stopped.replace("{{ organisation }}", organisation).replace("{{ categories }}", &of), language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_names_the_sender_the_categories_and_the_way() {
        for tongue in &TONGUES {
            for text in [tongue.confirm, tongue.by_link, tongue.stopped] {
                assert!(text.starts_with("{{ organisation }}") && text.contains("{{ categories }}"), "{text}");
            }
            assert!(tongue.confirm.contains("{{ link }}") && tongue.by_link.contains("{{ link }}"), "{}", tongue.tag);
            assert!(!tongue.stopped.contains("{{ link }}"));
        }
    }

    #[test]
    fn categories_are_named_in_the_order_of_the_pages_and_in_the_language() {
        let both = [Category::Marketing, Category::Order];
        assert_eq!(categories_in(&Language::english(), &both), "orders, offers and news");
        assert_eq!(categories_in(&Language::stored("zh-Hant".into()), &both), "訂單、優惠與消息");
        assert_eq!(categories_in(&Language::stored("de".into()), &[Category::Payment]), "payments");
        let (text, language) = stopped_one(&[&Language::stored("de".into())], Category::Payment, "Lark");
        assert!(text.starts_with("Lark: You get no more texts about payments.") && language == Language::english());
    }
}
