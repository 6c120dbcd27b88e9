//! The people of the figures: rows `phone,name,city,order` that follow from their number, so that every run
//! and every machine sends the same.

use std::fmt::Write as _;

/// The text that they are sent.
pub const TEXT: &str = "Hi {{ name }}, order {{ order }} ships to {{ city }}. Reply STOP to opt out";

/// How the simulator's numbers end that it refuses because they opted out.
const REFUSED: &str = "0003";
const NAMES: [&str; 10] = ["Anna", "Reza", "Mei", "John", "Sara", "Omar", "Priya", "Ivan", "Lena", "Łukasz"];
const CITIES: [&str; 7] = ["Tehran", "Taipei", "Isfahan", "Austin", "Pune", "Shiraz", "Oslo"];

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The number, E.164: one of nine million valid mobile numbers in Iran, none of which ends as the
    /// simulator's special numbers (`0001` to `0008`) do.
    pub phone: String,
    /// A name; one in ten has a letter outside GSM-7.
    pub name: String,
    /// A city.
    pub city: &'static str,
    /// An order number, different for each.
    pub order: String,
}

impl Person {
    /// The `n`th, from 0.
    pub fn nth(n: usize) -> Self {
        assert!(n < 9_000_000, "there is no {n}th number");
        // A stride without a common factor with 9,000,000 spreads neighbours over the ranges.
        let place = (n * 7_654_321) % 9_000_000;
        Self {
            phone: format!("+98912{:03}{}", place / 9_000, 1_000 + place % 9_000),
            name: format!("{} {}", NAMES[n % NAMES.len()], place % 1_000),
            city: CITIES[place % CITIES.len()],
            order: format!("A-{}", 1_000_000 + n),
        }
    }

    /// The first so many.
    pub fn first(rows: usize) -> impl Iterator<Item = Self> {
        (0..rows).map(Self::nth)
    }

    /// The `n`th of the thousand whom every carrier refuses by law.
    pub fn refused(n: usize) -> Self {
        assert!(n < 1_000, "there is no {n}th such number");
        Self { phone: format!("+98912{n:03}{REFUSED}"), ..Self::nth(n) }
    }

    /// Whether every carrier refuses them by law.
    pub fn is_refused(&self) -> bool {
        self.phone.ends_with(REFUSED)
    }

    /// The text as it reaches them.
    pub fn text(&self) -> String {
        let Self { name, city, order, .. } = self;
        format!("Hi {name}, order {order} ships to {city}. Reply STOP to opt out")
    }

    /// Their row.
    pub fn row(&self) -> String {
        let Self { phone, name, city, order } = self;
        format!("{phone},{name},{city},{order}")
    }
}

/// A file of these people.
pub fn csv(people: impl IntoIterator<Item = Person>) -> Vec<u8> {
    let mut file = String::from("phone,name,city,order\n");
    for person in people {
        writeln!(file, "{}", person.row()).expect("a string takes everything");
    }
    file.into_bytes()
}
