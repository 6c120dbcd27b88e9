//! What the pages that ask for a code say, in each language of the public pages.

use super::texts::Tongue;

impl Tongue {
    /// Its words for codes and one's own data.
    pub fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::Persian => &PERSIAN,
            Self::Chinese => &CHINESE,
        }
    }
}

/// The words of one language. Those that are functions take what stands in the sentence.
#[derive(Debug)]
pub struct Words {
    /// Before the title of a page with a fault.
    pub error: &'static str,
    /// What to write a number for.
    pub enter_lead: &'static str,
    /// The field of the number.
    pub phone: &'static str,
    /// Below it.
    pub phone_hint: &'static str,
    /// The number cannot be read.
    pub phone_wrong: &'static str,
    /// The number gets no messages.
    pub phone_unreachable: &'static str,
    /// The button that sends a code.
    pub send_code: &'static str,
    /// Codes were asked for too often; minutes, as digits.
    pub too_many: fn(&str) -> String,
    /// Heading above the code.
    pub code_title: &'static str,
    /// What was sent, to whom that is not said.
    pub sent_if_known: &'static str,
    /// Before the number that a code was sent to.
    pub sent_to: &'static str,
    /// The field of the code.
    pub code: &'static str,
    /// Below it.
    pub code_hint: &'static str,
    /// It has not six digits.
    pub code_malformed: &'static str,
    /// It is not right; tries, as digits.
    pub code_wrong: fn(&str) -> String,
    /// No code is waited for.
    pub code_ended: &'static str,
    /// The button below the code.
    pub go_on: &'static str,
    /// The link to another code.
    pub another_code: &'static str,
    /// People who stopped codes too get none.
    pub codes_off: &'static str,
    /// Heading of one's own data.
    pub my_data: &'static str,
    /// Below it.
    pub my_data_hint: &'static str,
    /// The link to the download.
    pub download: &'static str,
    /// What the download holds.
    pub download_lead: &'static str,
    /// The file is ready until a time.
    pub download_ready: fn(&str) -> String,
    /// The JSON file.
    pub as_json: &'static str,
    /// The CSV file.
    pub as_csv: &'static str,
    /// The link to the erasure.
    pub erase: &'static str,
    /// What an erasure does.
    pub erase_does: [&'static str; 4],
    /// The box that confirms it.
    pub erase_sure: &'static str,
    /// The box is not ticked.
    pub erase_unsure: &'static str,
    /// The button that erases.
    pub erase_now: &'static str,
    /// Title after the erasure.
    pub erased: &'static str,
    /// What it means.
    pub erased_text: &'static str,
    /// Heading, while an erasure goes on.
    pub erasing: &'static str,
    /// What it means.
    pub erasing_text: &'static str,
    /// The link back.
    pub back: &'static str,
    /// Heading of the limit of offers.
    pub frequency: &'static str,
    /// Below it.
    pub frequency_hint: &'static str,
    /// No limit.
    pub no_limit: &'static str,
    /// A limit, as digits.
    pub a_month: fn(&str) -> String,
    /// What changed: a limit, as digits.
    pub most_offers: fn(&str) -> String,
    /// What changed: no limit any more.
    pub any_offers: &'static str,
    /// How long a visit lasts.
    pub visit_until: fn(&str) -> String,
    /// On a link that opens nothing: the other way in.
    pub by_phone: &'static str,
}

static ENGLISH: Words = Words {
    error: "Error",
    enter_lead: "Write your phone number. We send it a code that opens your settings.",
    phone: "Phone number",
    phone_hint: "As you write it yourself, or with its country code.",
    phone_wrong: "This is not a whole phone number. Check it; a number from another country needs its country code.",
    phone_unreachable: "This number cannot get text messages from here. Write a mobile number.",
    send_code: "Send me a code",
    too_many: |minutes| format!("Too many codes were asked for. Try again in {minutes} min."),
    code_title: "Enter the code",
    sent_if_known: "If we send messages to this number, a code is on its way to it. The code works for 5 minutes.",
    sent_to: "A code that works for 5 minutes was sent to",
    code: "Code from the message",
    code_hint: "6 digits",
    code_malformed: "A code has 6 digits. Write them as the message shows them.",
    code_wrong: |tries| format!("This is not the code. Tries left: {tries}."),
    code_ended: "This code has ended. Ask for another one.",
    go_on: "Continue",
    another_code: "Ask for another code",
    codes_off: "You stopped all messages, codes too, so none can be sent. Write START to the number that our messages come from, then try again.",
    my_data: "My data",
    my_data_hint: "For both we send a code to your phone first.",
    download: "Download my data",
    download_lead: "A file with all that we hold about you: your number and name, what is noted, what you agreed to, and every message.",
    download_ready: |time| format!("Your data is ready. The buttons work until {time}."),
    as_json: "For programs (JSON)",
    as_csv: "For spreadsheets (CSV)",
    erase: "Erase my data",
    erase_does: [
        "Your number, your name and all that is noted about you are destroyed.",
        "The texts of all messages are destroyed, those to you and those from you.",
        "Nothing is sent to you any more. Only a scrambled mark of your number stays, so that nobody writes to it by mistake.",
        "Nobody can bring any of it back.",
    ],
    erase_sure: "I understand that this cannot be undone.",
    erase_unsure: "Tick the box first: erasing cannot be undone.",
    erase_now: "Erase my data for good",
    erased: "Your data is erased",
    erased_text: "Nothing that names you is left here, and nothing is sent to your number any more.",
    erasing: "Your data is being erased",
    erasing_text: "It is in use just now, so this takes up to an hour. You need not do anything more.",
    back: "Back to my settings",
    frequency: "How often",
    frequency_hint: "Offers and news, at most within 30 days. All else arrives as before.",
    no_limit: "No limit",
    a_month: |most| format!("{most} at most"),
    most_offers: |most| format!("At most {most} offers within 30 days"),
    any_offers: "No limit of offers any more",
    visit_until: |time| format!("This page is yours alone and works until {time}."),
    by_phone: "Open my settings with my phone number",
};

static PERSIAN: Words = Words {
    error: "خطا",
    enter_lead: "شمارهٔ تلفن خود را بنویسید. کدی به آن می‌فرستیم که تنظیمات شما را باز می‌کند.",
    phone: "شمارهٔ تلفن",
    phone_hint: "همان‌طور که خودتان می‌نویسید، یا با کد کشور.",
    phone_wrong: "این شمارهٔ کامل تلفن نیست. آن را بررسی کنید؛ شمارهٔ کشور دیگر کد کشور لازم دارد.",
    phone_unreachable: "از اینجا نمی‌توان به این شماره پیامک فرستاد. شمارهٔ همراه بنویسید.",
    send_code: "کد را بفرست",
    too_many: |minutes| format!("بیش از اندازه کد خواسته شده است. {minutes} دقیقهٔ دیگر دوباره تلاش کنید."),
    code_title: "کد را وارد کنید",
    sent_if_known: "اگر به این شماره پیامک می‌فرستیم، کدی در راه است. کد ۵ دقیقه اعتبار دارد.",
    sent_to: "کدی با ۵ دقیقه اعتبار فرستاده شد به",
    code: "کد پیامک",
    code_hint: "۶ رقم",
    code_malformed: "کد ۶ رقم دارد. آن را همان‌طور که در پیامک آمده است بنویسید.",
    code_wrong: |tries| format!("کد درست نیست. {tries} بار دیگر می‌توانید تلاش کنید."),
    code_ended: "این کد دیگر کار نمی‌کند. کد تازه بخواهید.",
    go_on: "ادامه",
    another_code: "کد تازه می‌خواهم",
    codes_off: "همهٔ پیامک‌ها و کدها را لغو کرده‌اید و برای همین کدی فرستاده نمی‌شود. واژهٔ «شروع» را به شمارهٔ فرستندهٔ پیامک‌ها بفرستید و دوباره تلاش کنید.",
    my_data: "داده‌های من",
    my_data_hint: "برای هر دو نخست کدی به تلفن شما می‌فرستیم.",
    download: "دریافت داده‌هایم",
    download_lead: "پرونده‌ای با هرچه از شما داریم: شماره و نام، یادداشت‌ها، رضایت‌های شما و همهٔ پیامک‌ها.",
    download_ready: |time| format!("داده‌های شما آماده است. دکمه‌ها تا ساعت {time} کار می‌کنند."),
    as_json: "برای برنامه‌ها (جی‌سون)",
    as_csv: "برای صفحه‌گسترده (سی‌اس‌وی)",
    erase: "پاک کردن داده‌هایم",
    erase_does: [
        "شماره، نام و هرچه دربارهٔ شما یادداشت شده نابود می‌شود.",
        "متن همهٔ پیامک‌ها نابود می‌شود، چه آن‌ها که به شما فرستاده شده و چه آن‌ها که شما فرستاده‌اید.",
        "دیگر چیزی به شما فرستاده نمی‌شود. فقط نشانی رمزشده از شماره می‌ماند تا کسی به اشتباه به آن پیامک نفرستد.",
        "هیچ‌کس نمی‌تواند چیزی از آن را برگرداند.",
    ],
    erase_sure: "می‌دانم که این کار برگشت ندارد.",
    erase_unsure: "نخست کادر را علامت بزنید: پاک کردن برگشت ندارد.",
    erase_now: "داده‌هایم را برای همیشه پاک کن",
    erased: "داده‌های شما پاک شد",
    erased_text: "چیزی که نام شما را برساند اینجا نمانده است و دیگر پیامکی به شمارهٔ شما فرستاده نمی‌شود.",
    erasing: "داده‌های شما در حال پاک شدن است",
    erasing_text: "داده‌ها همین حالا در حال استفاده‌اند و این کار تا یک ساعت طول می‌کشد. لازم نیست کار دیگری بکنید.",
    back: "بازگشت به تنظیمات",
    frequency: "چند بار",
    frequency_hint: "بیشترین شمار پیشنهادها و خبرها در ۳۰ روز. بقیه مثل پیش می‌رسد.",
    no_limit: "بدون محدودیت",
    a_month: |most| format!("حداکثر {most} بار"),
    most_offers: |most| format!("حداکثر {most} پیشنهاد در ۳۰ روز"),
    any_offers: "محدودیت پیشنهادها برداشته شد",
    visit_until: |time| format!("این صفحه فقط برای شماست و تا ساعت {time} کار می‌کند."),
    by_phone: "باز کردن تنظیمات با شمارهٔ تلفن",
};

static CHINESE: Words = Words {
    error: "錯誤",
    enter_lead: "請輸入您的電話號碼，我們會傳送驗證碼以開啟您的設定。",
    phone: "電話號碼",
    phone_hint: "可依平常的寫法輸入，或加上國碼。",
    phone_wrong: "這不是完整的電話號碼。請檢查；其他國家的號碼需加上國碼。",
    phone_unreachable: "無法從這裡傳送簡訊到此號碼，請輸入手機號碼。",
    send_code: "傳送驗證碼給我",
    too_many: |minutes| format!("要求驗證碼的次數過多，請於 {minutes} 分鐘後再試。"),
    code_title: "輸入驗證碼",
    sent_if_known: "如果我們有傳送簡訊到此號碼，驗證碼即將送達。驗證碼 5 分鐘內有效。",
    sent_to: "5 分鐘內有效的驗證碼已傳送到",
    code: "簡訊中的驗證碼",
    code_hint: "6 位數字",
    code_malformed: "驗證碼為 6 位數字，請依簡訊內容輸入。",
    code_wrong: |tries| format!("驗證碼不正確。還可嘗試 {tries} 次。"),
    code_ended: "此驗證碼已失效，請重新取得。",
    go_on: "繼續",
    another_code: "重新取得驗證碼",
    codes_off: "您已停止所有簡訊，包括驗證碼，因此無法傳送。請先回覆「恢復」到我們傳送簡訊的號碼，然後再試。",
    my_data: "我的資料",
    my_data_hint: "兩者都會先傳送驗證碼到您的電話。",
    download: "下載我的資料",
    download_lead: "一個檔案，包含我們保有的所有關於您的資料：號碼與姓名、備註、您同意的項目，以及每一則簡訊。",
    download_ready: |time| format!("您的資料已備妥，按鈕在 {time} 前有效。"),
    as_json: "程式用",
    as_csv: "試算表用",
    erase: "刪除我的資料",
    erase_does: [
        "您的號碼、姓名與所有備註將被銷毀。",
        "所有簡訊的內容將被銷毀，包括傳給您的與您傳來的。",
        "不會再傳送任何簡訊給您。只會保留號碼的加密標記，以免有人誤傳。",
        "任何人都無法復原。",
    ],
    erase_sure: "我了解此動作無法復原。",
    erase_unsure: "請先勾選：刪除後無法復原。",
    erase_now: "永久刪除我的資料",
    erased: "您的資料已刪除",
    erased_text: "這裡不再保有任何可辨識您的資料，也不會再傳送簡訊到您的號碼。",
    erasing: "正在刪除您的資料",
    erasing_text: "資料目前正在使用，最多一小時內會刪除完畢，您不需再做任何事。",
    back: "返回我的設定",
    frequency: "傳送頻率",
    frequency_hint: "30 天內最多傳送幾則優惠與消息，其他簡訊不受影響。",
    no_limit: "不限",
    a_month: |most| format!("最多 {most} 則"),
    most_offers: |most| format!("30 天內最多 {most} 則優惠"),
    any_offers: "已取消優惠則數的限制",
    visit_until: |time| format!("此頁面僅供您使用，有效至 {time}。"),
    by_phone: "使用電話號碼開啟我的設定",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_language_borrows_words_of_another() {
        for tongue in [Tongue::Persian, Tongue::Chinese] {
            let words = format!("{:?}", tongue.words());
            let values: String = words.split('"').skip(1).step_by(2).collect();
            // Debug writes joiners as \u{200c}.
            let values: String = values.split("\\u{").map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect();
            assert!(!values.chars().any(|c| c.is_ascii_alphabetic()), "{values}");
        }
    }
}
