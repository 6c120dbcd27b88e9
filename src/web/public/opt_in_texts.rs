//! What the confirmation of an opt-in says, in each language of the public pages.

use super::texts::Tongue;

/// The words of one language.
#[derive(Debug)]
pub struct OptInTexts {
    /// Heading and title.
    pub title: &'static str,
    /// Above the kinds of messages.
    pub question: &'static str,
    /// The button.
    pub confirm: &'static str,
    /// For whoever did not ask.
    pub not_you: &'static str,
    /// What stands there afterwards.
    pub confirmed: &'static str,
    /// The way out.
    pub how_to_stop: &'static str,
    /// What stands there when it is too late.
    pub ended: &'static str,
    /// On the preference centre, at a switch that waits for the confirmation.
    pub waits: &'static str,
    /// On the preference centre, when nobody may be asked to confirm now.
    pub not_now: &'static str,
}

const ENGLISH: OptInTexts = OptInTexts {
    title: "Confirm your texts",
    question: "Do you want to get texts about this?",
    confirm: "Yes, send me these texts",
    not_you: "If you did not ask for this, close the page: nothing is sent to you.",
    confirmed: "Thank you. It is confirmed.",
    how_to_stop: "To end these texts, reply STOP to any of them.",
    ended: "This question has ended, or you have opted out since. Nothing is sent to you. Ask again where you signed up.",
    waits: "Waits for your yes to the text that we sent you",
    not_now: "You were asked to confirm often enough for now, so this was not switched on. Try again in a few days.",
};

const PERSIAN: OptInTexts = OptInTexts {
    title: "تأیید دریافت پیامک",
    question: "آیا می‌خواهید دربارهٔ این‌ها پیامک دریافت کنید؟",
    confirm: "بله، این پیامک‌ها را بفرستید",
    not_you: "اگر شما درخواست نکرده‌اید، این صفحه را ببندید: چیزی برای شما فرستاده نمی‌شود.",
    confirmed: "سپاس. تأیید شد.",
    how_to_stop: "برای پایان دادن، در پاسخ به هر پیامک «لغو» را بفرستید.",
    ended: "زمان این پرسش گذشته است، یا پس از آن انصراف داده‌اید. چیزی برای شما فرستاده نمی‌شود. دوباره از همان‌جا که نام‌نویسی کردید درخواست کنید.",
    waits: "منتظر «بله»ی شما به پیامکی است که فرستادیم",
    not_now: "فعلاً به اندازهٔ کافی از شما تأیید خواسته‌ایم؛ برای همین روشن نشد. چند روز دیگر دوباره امتحان کنید.",
};

const CHINESE: OptInTexts = OptInTexts {
    title: "確認接收簡訊",
    question: "您想接收以下簡訊嗎？",
    confirm: "是，請傳送這些簡訊",
    not_you: "若非您本人要求，請關閉此頁：我們不會傳送任何訊息。",
    confirmed: "謝謝，已確認。",
    how_to_stop: "如要停止，請回覆任何一則簡訊「退訂」。",
    ended: "此確認已失效，或您之後已退訂。我們不會傳送任何訊息。請回到您登記的地方重新申請。",
    waits: "等待您回覆我們傳送的確認簡訊",
    not_now: "近期已多次請您確認，因此尚未開啟。請過幾天再試。",
};

/// The words of a language.
pub fn texts_in(tongue: Tongue) -> &'static OptInTexts {
    match tongue {
        Tongue::English => &ENGLISH,
        Tongue::Persian => &PERSIAN,
        Tongue::Chinese => &CHINESE,
    }
}

/// On the preference centre: what was switched on and has to be confirmed.
pub fn asked(tongue: Tongue, category: &str) -> String {
    match tongue {
        Tongue::English => format!("{category}: we sent you a text. Answer YES, or open its link, to confirm"),
        Tongue::Persian => format!("{category}: پیامکی برای شما فرستادیم. برای تأیید «بله» را بفرستید یا پیوند آن را باز کنید"),
        Tongue::Chinese => format!("{category}：我們已傳送簡訊給您。請回覆「是」或開啟其中連結以確認"),
    }
}
