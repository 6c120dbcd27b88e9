//! How long a count takes: `PEYK_AUDIENCE_PEOPLE=100000 cargo test --release --test it audiences::figures -- --nocapture --test-threads=1`.

use std::time::Instant;

use peyk::access::Role;
use peyk::audiences::{self, Conditions};
use peyk::contacts;
use peyk::kernel::category::Category;
use peyk::kernel::money::Currency;
use serde_json::json;

use super::one;
use crate::harness::{Csv, TestApp, both_engines};
use crate::proof::size;
use crate::uploads::body;

both_engines! {
    many_people_are_counted,
}

/// People, unless the environment asks for another number.
const PEOPLE: usize = 2_000;

#[expect(clippy::print_stderr, reason = "the figures are what it is run for")]
async fn many_people_are_counted(app: TestApp) {
    let people = size("PEYK_AUDIENCE_PEOPLE", PEOPLE) as u64;
    let actor = app.actor(Role::Marketer);
    let header = "phone,name,language,tags,city,purchase_reference,purchase_amount,purchase_at";
    let file = (1..=people).fold(Csv::with_header(header), |csv, n| {
        let (language, tags) = (if n % 2 == 0 { "fa" } else { "en" }, if n % 10 == 0 { "vip" } else { "" });
        let city = format!("City {}", n % 100);
        let bought = if n % 4 == 0 { [format!("O-{n}"), "25".to_owned(), "2026-11-01".to_owned()] } else { Default::default() };
        let phone = Csv::phone(n);
        csv.row(&[&phone, &format!("Person {n}"), language, tags, &city, &bought[0], &bought[1], &bought[2]])
    });
    let begun = Instant::now();
    contacts::import(&app, &actor, "people.csv", body(file.bytes())).await.expect("imported");
    eprintln!("{}: {people} people imported in {:.2} s", app.db.engine(), begun.elapsed().as_secs_f64());
    let cases = [
        ("everybody", json!({"all": []}), people),
        ("a tag", json!({"all": [one("tag.has", "", "vip")]}), people / 10),
        (
            "language, purchases and messages",
            json!({"all": [one("language.is", "", "fa"), one("purchases.at_least", "", "1"), one("last_message.never", "", "")]}),
            people / 4,
        ),
        ("an attribute", json!({"all": [one("attribute.is", "city", "City 7")]}), people / 100),
        (
            "an attribute of those who bought",
            json!({"all": [one("last_purchase.within", "", "60"), one("attribute.is", "city", "City 8")]}),
            people / 100,
        ),
    ];
    for (what, json, want) in cases {
        let conditions = Conditions::from_json(&json, Currency::USD).expect("sound");
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..3 {
            let begun = Instant::now();
            found = audiences::count(&app, &actor, &conditions, Some(Category::Order)).await.expect("a count").people;
            times.push(begun.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        eprintln!("{}: {what}: {found} people in {:.3} s", app.db.engine(), times[1]);
        assert_eq!(found, want, "{what}");
    }
}
