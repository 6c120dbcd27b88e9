//! The shop of the demo: its texts, its customers and its luck.

use peyk::kernel::category::Category;
use peyk::kernel::language::Language;
use peyk::kernel::phone::{Country, Phone};

/// Name, category, and the text by language.
type Text = (&'static str, Category, &'static [(&'static str, &'static str)]);

/// The templates.
pub const TEMPLATES: [Text; 5] = [
    (
        "Order confirmed",
        Category::Order,
        &[
            ("en", "Hi {{ name }}, your order {{ order }} is confirmed. Total: {{ amount }}."),
            ("fa", "سلام {{ name }}، سفارش {{ order }} ثبت شد. مبلغ: {{ amount }}"),
            ("zh-Hant", "【Peyk】{{ name }} 您好，訂單 {{ order }} 已成立，金額 {{ amount }}。"),
        ],
    ),
    ("Payment received", Category::Payment, &[("en", "We received {{ amount }} for order {{ order }}. Thank you, {{ name }}.")]),
    (
        "On its way",
        Category::Delivery,
        &[
            ("en", "Order {{ order }} is on its way and arrives today between 14:00 and 16:00."),
            ("fa", "سفارش {{ order }} ارسال شد و امروز می‌رسد."),
        ],
    ),
    ("Sign-in code", Category::Authentication, &[("en", "{{ code }} is your sign-in code. It is valid for ten minutes. Never share it.")]),
    ("Appointment", Category::Reminder, &[("en", "Reminder: {{ name }}, we expect you tomorrow at 10:30. Reply here to change it.")]),
];

/// Days of the story on which a campaign is launched, counted from its beginning.
pub const CAMPAIGN_DAYS: [i64; 6] = [3, 14, 25, 36, 47, 58];

/// Name, text and category of each campaign.
pub const CAMPAIGNS: [(&str, &str, Category); 6] = [
    ("Winter tyres: your appointment", "Hi {{ name }}, it is time for winter tyres. Your slot is kept until Friday.", Category::Reminder),
    ("Parcel desk is moving", "Hi {{ name }}, from Monday you pick up parcels at 12 Mill Lane.", Category::Delivery),
    ("Service due", "Hi {{ name }}, your yearly service is due this month. Call us to choose a day.", Category::Reminder),
    ("Invoices by text", "Hi {{ name }}, your invoices now arrive by text as well. Nothing else changes.", Category::Payment),
    ("Recall of brake pads", "Hi {{ name }}, a part of your order is recalled. We replace it free of charge.", Category::Order),
    (
        "Holiday opening hours",
        "Hi {{ name }}, we are closed on the 25th and 26th. Orders placed by the 22nd arrive in time.",
        Category::Account,
    ),
];

/// What people write back, and what they are answered; nothing to what nobody has answered yet.
pub const REPLIES: [(&str, Option<&str>); 7] = [
    ("Hi, can I change my appointment to Friday?", Some("Friday at 10:30 is free. Shall we change it?")),
    ("Thanks! Arrived safely.", None),
    ("Where is my parcel? It should have come yesterday.", Some("It left our depot this morning and arrives before 16:00.")),
    ("سلام، سفارش من کی می‌رسد؟", None),
    ("Do you have brake pads for a 2014 estate?", Some("We do: two kinds. I will call you this afternoon.")),
    ("請問今天有開嗎？", None),
    ("STOP", None),
];

/// The language that people in a country are written to in.
pub fn language_of(country: Country) -> Language {
    let tag = match country.as_str() {
        "IR" => "fa",
        "TW" => "zh-Hant",
        _ => "en",
    };
    Language::parse(tag).unwrap_or_else(Language::english)
}

/// Luck that repeats: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The same seed has the same luck.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Luck of its own for somebody else.
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 up to but not `end`, which is above 0.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// Values for every placeholder of the templates.
    pub fn values(&mut self) -> Vec<(String, String)> {
        const NAMES: [&str; 8] = ["Sara", "Omid", "Mei", "Tom", "Priya", "Lena", "Reza", "Anna"];
        let name = NAMES[self.below(NAMES.len() as u64) as usize];
        let (order, code) = (self.below(90_000) + 10_000, self.below(900_000) + 100_000);
        let amount = format!("${}.{:02}", self.below(200) + 5, self.below(100));
        [("name", name.to_owned()), ("order", format!("A-{order}")), ("amount", amount), ("code", code.to_string())]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }
}

/// Different mobile numbers: half in the United States, the rest in Iran, Taiwan and India.
pub fn phones(chance: &mut Chance, count: usize) -> Vec<Phone> {
    let mut phones = Vec::with_capacity(count);
    let mut n = chance.below(1_000);
    while phones.len() < count {
        n += 1;
        // Last fours from 0001 to 0008 have a meaning for the simulator; these end in 1000 and above.
        let (area, line) = (n / 9_000, 1_000 + n % 9_000);
        let text = match n % 6 {
            0..=2 => format!("+1212{}{line}", 200 + area % 800),
            3 => format!("+98912{:03}{line}", area % 1_000),
            4 => format!("+8869{:02}{:02}{line}", 10 + area / 100 % 80, area % 100),
            _ => format!("+9198{:04}{line}", 1_000 + area % 9_000),
        };
        phones.extend(Phone::from_e164(&text).ok().filter(Phone::can_receive_sms));
    }
    phones
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_same_seed_has_the_same_luck_and_customers() {
        let people = |seed| phones(&mut Chance::new(seed), 500).iter().map(Phone::e164).collect::<Vec<_>>();
        assert_eq!(people(7), people(7));
        assert_eq!(people(7).iter().collect::<HashSet<_>>().len(), 500);
        assert!(people(7) != people(8));
        let countries: HashSet<_> = phones(&mut Chance::new(1), 60).iter().map(|p| p.country().as_str().to_owned()).collect();
        assert_eq!(countries.len(), 4, "{countries:?}");
    }
}
