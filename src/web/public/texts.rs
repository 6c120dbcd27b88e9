//! What the public pages say, in each of their languages.

use crate::kernel::category::Category;
use crate::kernel::language::Language;

/// The languages of the public pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// English.
    English,
    /// Persian.
    Persian,
    /// Traditional Chinese.
    Chinese,
}

impl Tongue {
    /// All of them, in the order of the links at the top.
    pub const ALL: [Self; 3] = [Self::English, Self::Persian, Self::Chinese];

    /// The tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Persian => "fa",
            Self::Chinese => "zh-Hant",
        }
    }

    /// The tongue of a tag, also of a regional one such as `en-GB` or `fa-IR`; only Traditional Chinese is ours.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let language = Language::parse(tag)?;
        let tag = language.as_str();
        Self::ALL.into_iter().find(|t| tag == t.tag() || tag.strip_prefix(t.tag()).is_some_and(|rest| rest.starts_with('-')))
    }

    /// The language.
    pub fn language(self) -> Language {
        Language::stored(self.tag().into())
    }

    /// Its words.
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::Persian => &PERSIAN,
            Self::Chinese => &CHINESE,
        }
    }
}

/// The words of one language. Those that are functions take what stands in the sentence.
#[derive(Debug)]
pub struct Texts {
    /// Heading and title.
    pub title: &'static str,
    /// Before the number.
    pub lead: &'static str,
    /// Before the number, on a page that asks for one thing only.
    pub number: &'static str,
    /// For screen readers: the links to the other languages.
    pub languages: &'static str,
    /// Heading of the switches.
    pub what: &'static str,
    /// Beside a locked switch.
    pub needed: &'static str,
    /// Why it is locked.
    pub needed_why: &'static str,
    /// Why even the locked one is off.
    pub needed_off: &'static str,
    /// Heading of the stop.
    pub stop: &'static str,
    /// Below it.
    pub stop_hint: &'static str,
    /// Its button.
    pub stop_now: &'static str,
    /// The way from the stop to the whole page.
    pub choose: &'static str,
    /// What stands above the page after it.
    pub stopped: &'static str,
    /// What a stop by text message means.
    pub stopped_codes_too: &'static str,
    /// The button that takes it back.
    pub undo: &'static str,
    /// Heading of the break.
    pub pause: &'static str,
    /// Below it.
    pub pause_hint: &'static str,
    /// No break.
    pub no_pause: &'static str,
    /// A break of some days, as digits.
    pub days: fn(&str) -> String,
    /// The break that runs until a date.
    pub until: fn(&str) -> String,
    /// Heading of the quiet hours.
    pub quiet: &'static str,
    /// Below it.
    pub quiet_hint: &'static str,
    /// Their switch.
    pub quiet_on: &'static str,
    /// Their beginning.
    pub from: &'static str,
    /// Their end.
    pub to: &'static str,
    /// Why the times cannot be taken.
    pub quiet_faulty: &'static str,
    /// Heading of the languages.
    pub language: &'static str,
    /// The button.
    pub save: &'static str,
    /// Above what changed.
    pub saved: &'static str,
    /// What changed: a category went on.
    pub went_on: fn(&str) -> String,
    /// What changed: a category went off.
    pub went_off: fn(&str) -> String,
    /// What changed: messages start again.
    pub started: &'static str,
    /// What changed: a break until a date.
    pub paused: fn(&str) -> String,
    /// What changed: no break any more.
    pub resumed: &'static str,
    /// What changed: quiet from a time to a time.
    pub quiet_between: fn(&str, &str) -> String,
    /// What changed: no quiet hours any more.
    pub quiet_off: &'static str,
    /// What changed: the language.
    pub now_in: fn(&str) -> String,
    /// Something changed meanwhile.
    pub look_again: &'static str,
    /// The form could not be read.
    pub unreadable: &'static str,
    /// How long the link works.
    pub link_until: fn(&str) -> String,
    /// Title of a link that opens nothing.
    pub no_link: &'static str,
    /// The link is not whole.
    pub link_faulty: &'static str,
    /// The link has ended.
    pub link_ended: &'static str,
    /// How to get another.
    pub new_link: &'static str,
    order: &'static str,
    payment: &'static str,
    delivery: &'static str,
    reminder: &'static str,
    authentication: &'static str,
    marketing: &'static str,
    account: &'static str,
}

impl Texts {
    /// What a category is called.
    pub fn category(&self, category: Category) -> &'static str {
        match category {
            Category::Order => self.order,
            Category::Payment => self.payment,
            Category::Delivery => self.delivery,
            Category::Reminder => self.reminder,
            Category::Authentication => self.authentication,
            Category::Marketing => self.marketing,
            Category::Account => self.account,
        }
    }
}

static ENGLISH: Texts = Texts {
    title: "Your text messages",
    lead: "Choose what we may send to",
    number: "For your number",
    languages: "Language",
    what: "What you get",
    needed: "Needed",
    needed_why: "Always on, they protect your account",
    needed_off: "Off, because you stopped all messages",
    stop: "Stop all messages",
    stop_hint: "One tap. You can come back here at any time.",
    stop_now: "Stop all messages now",
    choose: "Choose what you get instead",
    stopped: "All messages are stopped. Only sign-in and security codes that you ask for still arrive.",
    stopped_codes_too: "All messages are stopped, also sign-in and security codes.",
    undo: "Undo: send messages again",
    pause: "Take a break",
    pause_hint: "Holds everything except codes, then starts again by itself.",
    no_pause: "No break",
    days: |n| format!("{n} days"),
    until: |date| format!("Until {date}"),
    quiet: "Quiet hours",
    quiet_hint: "No offers or reminders at night. Codes still arrive.",
    quiet_on: "My own quiet hours",
    from: "From",
    to: "To",
    quiet_faulty: "Quiet hours need two different times. Nothing was saved.",
    language: "Language of the messages",
    save: "Save changes",
    saved: "Saved",
    went_on: |category| format!("{category}: on"),
    went_off: |category| format!("{category}: off"),
    started: "Messages are sent again, as before the stop",
    paused: |date| format!("Break until {date}"),
    resumed: "No break any more",
    quiet_between: |from, to| format!("Quiet from {from} to {to}"),
    quiet_off: "No quiet hours of your own any more",
    now_in: |language| format!("Language: {language}"),
    look_again: "Something changed since you opened this page, so nothing was saved. Look at it again, then save.",
    unreadable: "The form could not be read. Nothing was saved; try again.",
    link_until: |date| format!("This link is yours alone and works until {date}."),
    no_link: "This link does not work",
    link_faulty: "The link is not complete. Open it again from the message, or copy all of it.",
    link_ended: "The link has ended.",
    new_link: "For a new link, ask whoever sent you the message. Nothing about your messages was changed.",
    order: "Orders",
    payment: "Payments and refunds",
    delivery: "Deliveries",
    reminder: "Reminders",
    authentication: "Sign-in and security codes",
    marketing: "Offers and news",
    account: "Your account",
};

static PERSIAN: Texts = Texts {
    title: "پیامک‌های شما",
    lead: "انتخاب کنید چه پیامک‌هایی بفرستیم به",
    number: "برای شمارهٔ شما",
    languages: "زبان",
    what: "چه پیامک‌هایی می‌گیرید",
    needed: "ضروری",
    needed_why: "همیشه روشن، برای محافظت از حساب شما",
    needed_off: "خاموش، چون همهٔ پیامک‌ها را لغو کرده‌اید",
    stop: "لغو همهٔ پیامک‌ها",
    stop_hint: "با یک لمس. هر زمان خواستید می‌توانید برگردید.",
    stop_now: "همین حالا همه را لغو کن",
    choose: "به‌جای آن، انتخاب کنید چه دریافت کنید",
    stopped: "همهٔ پیامک‌ها لغو شد. فقط کدهای ورود و امنیتی که خودتان بخواهید می‌رسند.",
    stopped_codes_too: "همهٔ پیامک‌ها لغو شده است، کدهای ورود و امنیت هم.",
    undo: "برگرداندن: دوباره بفرستید",
    pause: "توقف موقت",
    pause_hint: "همه‌چیز جز کدها متوقف می‌شود و بعد خودش دوباره شروع می‌شود.",
    no_pause: "بدون توقف",
    days: |n| format!("{n} روز"),
    until: |date| format!("تا {date}"),
    quiet: "ساعت‌های سکوت",
    quiet_hint: "شب‌ها پیشنهاد و یادآوری نمی‌فرستیم. کدها همچنان می‌رسند.",
    quiet_on: "ساعت‌های سکوت خودم",
    from: "از",
    to: "تا",
    quiet_faulty: "برای ساعت‌های سکوت دو زمان متفاوت لازم است. چیزی ذخیره نشد.",
    language: "زبان پیامک‌ها",
    save: "ذخیرهٔ تغییرات",
    saved: "ذخیره شد",
    went_on: |category| format!("{category}: روشن"),
    went_off: |category| format!("{category}: خاموش"),
    started: "پیامک‌ها مثل پیش از لغو دوباره فرستاده می‌شود",
    paused: |date| format!("توقف موقت تا {date}"),
    resumed: "توقف موقت برداشته شد",
    quiet_between: |from, to| format!("سکوت از {from} تا {to}"),
    quiet_off: "ساعت‌های سکوت خودتان برداشته شد",
    now_in: |language| format!("زبان: {language}"),
    look_again: "از وقتی این صفحه را باز کردید چیزی تغییر کرده است و برای همین ذخیره نشد. دوباره نگاه کنید و بعد ذخیره کنید.",
    unreadable: "فرم خوانده نشد. چیزی ذخیره نشد؛ دوباره تلاش کنید.",
    link_until: |date| format!("این پیوند فقط برای شماست و تا {date} کار می‌کند."),
    no_link: "این پیوند کار نمی‌کند",
    link_faulty: "پیوند کامل نیست. آن را دوباره از پیامک باز کنید یا همه‌اش را کپی کنید.",
    link_ended: "زمان این پیوند تمام شده است.",
    new_link: "برای پیوند تازه از فرستندهٔ پیامک بخواهید. چیزی دربارهٔ پیامک‌های شما تغییر نکرد.",
    order: "سفارش‌ها",
    payment: "پرداخت و بازگشت پول",
    delivery: "ارسال و تحویل",
    reminder: "یادآوری‌ها",
    authentication: "کدهای ورود و امنیت",
    marketing: "پیشنهادها و خبرها",
    account: "حساب شما",
};

static CHINESE: Texts = Texts {
    title: "您的簡訊設定",
    lead: "選擇我們可以傳送到以下號碼的內容：",
    number: "您的號碼：",
    languages: "語言",
    what: "您會收到的簡訊",
    needed: "必要",
    needed_why: "一律開啟，用來保護您的帳戶",
    needed_off: "已關閉，因為您已停止所有簡訊",
    stop: "停止所有簡訊",
    stop_hint: "一鍵完成，您隨時可以回來更改。",
    stop_now: "立即停止所有簡訊",
    choose: "改為選擇要接收的內容",
    stopped: "已停止所有簡訊。只有您要求的登入與安全驗證碼仍會送達。",
    stopped_codes_too: "已停止所有簡訊，包括登入與安全驗證碼。",
    undo: "復原：重新傳送簡訊",
    pause: "暫停接收",
    pause_hint: "暫停驗證碼以外的所有簡訊，到期自動恢復。",
    no_pause: "不暫停",
    days: |n| format!("{n} 天"),
    until: |date| format!("至 {date}"),
    quiet: "勿擾時段",
    quiet_hint: "夜間不傳送優惠與提醒，驗證碼仍會送達。",
    quiet_on: "我的勿擾時段",
    from: "從",
    to: "到",
    quiet_faulty: "勿擾時段需要兩個不同的時間。尚未儲存任何變更。",
    language: "簡訊語言",
    save: "儲存變更",
    saved: "已儲存",
    went_on: |category| format!("{category}：開啟"),
    went_off: |category| format!("{category}：關閉"),
    started: "已恢復傳送，與停止前相同",
    paused: |date| format!("暫停至 {date}"),
    resumed: "已取消暫停",
    quiet_between: |from, to| format!("勿擾時段：{from} 至 {to}"),
    quiet_off: "已取消您的勿擾時段",
    now_in: |language| format!("語言：{language}"),
    look_again: "您開啟此頁後設定已有變更，因此未儲存。請再次確認後儲存。",
    unreadable: "無法讀取表單。尚未儲存任何變更，請再試一次。",
    link_until: |date| format!("此連結僅供您使用，有效期至 {date}。"),
    no_link: "此連結無法使用",
    link_faulty: "連結不完整。請從簡訊重新開啟，或複製完整連結。",
    link_ended: "此連結已失效。",
    new_link: "如需新連結，請向傳送簡訊的單位索取。您的簡訊設定沒有任何變更。",
    order: "訂單",
    payment: "付款與退款",
    delivery: "配送",
    reminder: "提醒",
    authentication: "登入與安全驗證碼",
    marketing: "優惠與消息",
    account: "您的帳戶",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_finds_its_tongue() {
        for (tag, want) in [("en-GB", Some("en")), ("fa", Some("fa")), ("fa_IR", Some("fa")), ("zh-TW", Some("zh-Hant")), ("hi", None)] {
            assert_eq!(Tongue::of_tag(tag).map(Tongue::tag), want, "{tag}");
        }
        assert_eq!(Tongue::of_tag("zh-Hans"), None, "another script is another text");
    }

    #[test]
    fn no_language_borrows_words_of_another() {
        for tongue in [Tongue::Persian, Tongue::Chinese] {
            let words = format!("{:?}", tongue.texts());
            let values: String = words.split(": \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            // Debug writes joiners as \u{200c}.
            let values: String = values.split("\\u{").map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect();
            assert!(!values.chars().any(|c| c.is_ascii_alphabetic()), "{values}");
        }
    }
}
