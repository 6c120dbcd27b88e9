//! What a preview shows is what a phone gets, byte for byte, over every provider's own protocol.

use std::collections::BTreeMap;

use peyk::access::Role;
use peyk::campaigns::{self, Audience, BulkRequest, Launch, NewCampaign, Recipient};
use peyk::connections::{self, ConnectionInput};
use peyk::kernel::crypto::sha256_hex;
use peyk::messages;
use peyk::templates::{self, TemplatePreviewInput};
use peyk::uploads::{MessageChoice, Wording};
use serde_json::json;

use super::input;
use crate::harness::{Csv, TestApp, both_engines};
use crate::messages::taken;
use crate::uploads::body;

both_engines! {
    single_messages_say_what_their_preview_says,
    rows_of_a_file_say_what_their_preview_says,
    variants_of_a_campaign_say_what_their_preview_says,
}

/// The providers, with what a connection to each needs.
const WIRES: [(&str, &[(&str, &str)]); 6] = [
    ("simulator", &[]),
    ("twilio", &[("account_sid", "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), ("auth_token", "token"), ("from", "+15005550006")]),
    ("melipayamak", &[("username", "shop"), ("password", "secret"), ("from", "50001")]),
    ("every8d", &[("username", "shop"), ("password", "secret")]),
    ("mitake", &[("username", "shop"), ("password", "secret")]),
    ("sns", &[("region", "eu-west-1"), ("access_key_id", "AKIA1"), ("secret_access_key", "secret")]),
];

/// What the texts are filled with: a name in each script with a joiner, an emoji of several code points, digits and signs of other
/// scripts, and nothing at all where a default or an `if` takes over.
const VALUES: [(&str, &str, &str, &str); 4] = [
    ("Leila O’Neil", "A-1042", "12500", "no"),
    ("می‌نا \u{2066}احمدی\u{2069}", "۱۰۴۲", "۱۲٬۵۰۰", "yes"),
    ("王小明【好】", "第42號", "1,250", "no"),
    ("👩‍👩‍👧 Zoë {}[]€", "{{ x }}", "0", ""),
];

const LANGUAGES: [&str; 3] = ["en", "fa", "zh-Hant"];

async fn template(app: &TestApp) {
    let given = input(json!({
        "code": "same", "name": "Same", "category": "order",
        "texts": {
            "en": "Dear {{ name | title }}, order {{ order.number | upper }}{% if gift == \"yes\" %} (a gift 🎁){% elif gift %} [no gift]{% else %} ~{% endif %}: {{ total | default(\"free\") }} €\nIt’s on its way…",
            "fa": "سلام \u{2068}{{ name }}\u{2069}، سفارش \u{2066}{{ order.number }}\u{2069}{% if gift == \"yes\" %} هدیه است{% endif %}؛ می‌رسد. {{ total }} ریال\nلغو۱۱",
            "zh-Hant": "【晨星瓦斯】{{ name | truncate(6) }} 您好,訂單 {{ order.number }}{% if gift == \"yes\" %}(禮物){% endif %} 共 {{ total }} 元 🚚"
        },
        "placeholders": [{"name": "total", "default": "0"}],
        "variants": [
            {"share": 50},
            {"share": 50, "texts": {
                "en": "{{ name | upper }}: #{{ order.number }} {{ total }} “B” \u{200c}👩🏽‍🚀",
                "fa": "ب: \u{2067}{{ name }}\u{2069} – {{ order.number }}\u{200c}ها {{ total }}"
            }}
        ]
    }));
    let marketer = app.actor(Role::Marketer);
    templates::create(app, &marketer, given).await.expect("a sound template");
    templates::publish(app, &marketer, "same", None).await.expect("published");
}

/// A connection to each provider, by its name; the numbers of its country for the carriers that know one only.
async fn connect(app: &TestApp) {
    for (provider, settings) in WIRES.iter().filter(|(provider, _)| *provider != "simulator") {
        let base = format!("{}/{provider}", app.simulator_url);
        let at = [("base_url", base.as_str())];
        let all = settings.iter().chain(&at).map(|(n, v)| ((*n).to_owned(), Some((*v).to_owned())));
        let new = ConnectionInput { provider: Some((*provider).into()), config: Some(all.collect()), ..ConnectionInput::default() };
        connections::put(app, &app.actor(Role::Owner), provider, new).await.expect("a connection");
    }
}

fn phone(provider: &str, n: usize) -> String {
    match provider {
        "melipayamak" => format!("+98912000{:04}", 1_100 + n),
        "every8d" | "mitake" => format!("+88691200{:04}", 1_100 + n),
        _ => format!("+120255{:05}", 50_100 + n),
    }
}

fn values((name, number, total, gift): (&str, &str, &str, &str)) -> BTreeMap<String, String> {
    [("name", name), ("order.number", number), ("total", total), ("gift", gift)].map(|(n, v)| (n.to_owned(), v.to_owned())).into()
}

async fn preview(app: &TestApp, variables: &BTreeMap<String, String>, language: &str, variant: Option<&str>) -> String {
    let asked = TemplatePreviewInput {
        variables: variables.clone(),
        language: Some(language.into()),
        variant: variant.map(str::to_owned),
        ..TemplatePreviewInput::default()
    };
    templates::preview(app, &app.actor(Role::Viewer), "same", &asked).await.expect("shown").text.text
}

/// What each phone got, as the hash of its bytes.
fn got(app: &TestApp) -> BTreeMap<String, String> {
    let line =
        |l: &serde_json::Value| (l["to"].as_str().expect("a number").to_owned(), l["text_sha256"].as_str().expect("a hash").to_owned());
    let all = taken(app);
    let found: BTreeMap<_, _> = all.iter().map(line).collect();
    assert_eq!(found.len(), all.len(), "each phone got one text");
    found
}

async fn single_messages_say_what_their_preview_says(app: TestApp) {
    template(&app).await;
    connect(&app).await;
    let marketer = app.actor(Role::Marketer);
    let mut shown = BTreeMap::new();
    for (provider, _) in WIRES {
        for (i, one) in VALUES.into_iter().enumerate() {
            for (j, language) in LANGUAGES.into_iter().enumerate() {
                let to = phone(provider, shown.len());
                let json = json!({"to": to, "template": "same", "variables": values(one), "language": language, "connection": provider});
                messages::send(&app, &marketer, serde_json::from_value(json).expect("a request")).await.expect("accepted");
                let text = preview(&app, &values(one), language, None).await;
                assert!(shown.insert(to, (text, provider, i, j)).is_none());
            }
        }
    }
    app.dispatch_all().await;
    let got = got(&app);
    assert_eq!(got.len(), WIRES.len() * VALUES.len() * LANGUAGES.len());
    for (to, (text, provider, i, j)) in shown {
        assert_eq!(got.get(&to), Some(&sha256_hex(text.as_bytes())), "{provider}, values {i}, {}: {text:?}", LANGUAGES[j]);
    }
}

async fn rows_of_a_file_say_what_their_preview_says(app: TestApp) {
    template(&app).await;
    let marketer = app.actor(Role::Marketer);
    let mut csv = Csv::with_header("phone,name,order.number,total,gift,language");
    let mut expected = BTreeMap::new();
    for (n, (one, language)) in VALUES.into_iter().flat_map(|one| LANGUAGES.map(|language| (one, language))).enumerate() {
        let to = phone("simulator", n);
        csv = csv.row(&[&to, one.0, one.1, one.2, one.3, language]);
        expected.insert(to, (one, language));
    }
    let message = MessageChoice { wording: Wording::Template("same".into()), category: None, language: None };
    let request = BulkRequest { file_name: "same.csv".into(), message, name: "Same".into(), mapping: None, launch: true };
    let done = campaigns::bulk(&app, &marketer, body(csv.bytes()), &request).await.expect("launched");
    assert_eq!(done.upload.counts.to_send, 12, "{:?}", done.errors);
    let campaign = done.campaign.expect("a campaign");
    app.dispatch_all().await;
    let (got, said) = (got(&app), super::variants::said(&app, &campaign).await);
    for (to, (one, language)) in expected {
        let (variant, text) = &said[&to];
        let shown = preview(&app, &values(one), language, variant.as_deref()).await;
        assert_eq!((text, got.get(&to)), (&shown, Some(&sha256_hex(shown.as_bytes()))), "{language}, {variant:?}: {shown:?}");
    }
}

async fn variants_of_a_campaign_say_what_their_preview_says(app: TestApp) {
    template(&app).await;
    connect(&app).await;
    let marketer = app.actor(Role::Marketer);
    let message = |language: &str| MessageChoice {
        wording: Wording::Template("same".into()),
        category: None,
        language: peyk::kernel::language::Language::parse(language),
    };
    let mut n = 0;
    let mut made = Vec::new();
    for (provider, _) in WIRES {
        for language in LANGUAGES {
            let people: Vec<Recipient> = VALUES
                .into_iter()
                .map(|one| {
                    n += 1;
                    Recipient { to: phone(provider, n), variables: values(one) }
                })
                .collect();
            let new = NewCampaign { name: "Same".into(), connection: Some(provider.into()), ..NewCampaign::default() };
            let audience = Audience::Recipients(people.clone());
            let (draft, _) = campaigns::create(&app, &marketer, &new, &audience, Some(&message(language))).await.expect("a draft");
            campaigns::launch(&app, &marketer, &draft.id, &Launch::default()).await.expect("launched");
            made.push((draft, provider, language, people));
        }
    }
    app.dispatch_all().await;
    let got = got(&app);
    let mut variants = std::collections::BTreeSet::new();
    for (campaign, provider, language, people) in made {
        let said = super::variants::said(&app, &campaign).await;
        for person in people {
            let (variant, _) = &said[&person.to];
            variants.insert((language, variant.clone()));
            let shown = preview(&app, &person.variables, language, variant.as_deref()).await;
            assert_eq!(got.get(&person.to), Some(&sha256_hex(shown.as_bytes())), "{provider}, {language}, {variant:?}: {shown:?}");
        }
    }
    assert_eq!(variants.len(), 6, "each variant went out in each language");
}
