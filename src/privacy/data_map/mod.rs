//! The data map: every column of every table, with what it holds, what for, and how long.
//!
//! A new column is one line in [`people`] or [`desk`]; the tests compare the map with the schema, and `docs/data-map.md`
//! with what [`document`] writes (`peyk data-map > docs/data-map.md`).

mod codes;
mod desk;
mod files;
mod people;

use std::fmt::Write as _;

/// What a column holds, from the side of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Says something about a person, or may, in clear.
    Personal,
    /// Says something about a person or is a secret, and is stored as ciphertext or as a key of it.
    Sealed,
    /// Belongs to a person whom nobody knows any more once they are erased.
    Pseudonymous,
    /// Says nothing about a person.
    Technical,
}

impl Kind {
    /// The word in the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Sealed => "sealed",
            Self::Pseudonymous => "pseudonymous",
            Self::Technical => "technical",
        }
    }
}

/// How long a column keeps its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Until the person is erased.
    Person,
    /// As long as the organisation.
    Tenant,
    /// Until the person is erased, and no longer than texts are kept.
    Texts,
    /// Until the person is erased or the file is discarded, and no longer than rows of files are kept.
    Rows,
    /// Until the person is erased, and no longer than answers are given again.
    Answers,
    /// Until the session ends.
    Session,
    /// As long as the longest values are looked for.
    Quarter,
    /// For minutes to days, as long as the work takes.
    Moment,
}

impl Kept {
    /// The words in the document.
    pub fn words(self) -> &'static str {
        match self {
            Self::Person => "until the person is erased",
            Self::Tenant => "with the organisation",
            Self::Texts => "until the person is erased, and no longer than texts are kept",
            Self::Rows => "until the person is erased or the file is discarded, and no longer than rows of files are kept",
            Self::Answers => "72 hours; of an erased person not at all",
            Self::Session => "7 days at most",
            Self::Quarter => "90 days at most",
            Self::Moment => "while the work lasts",
        }
    }
}

/// A column: its name, what it holds, what for, how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column(pub &'static str, pub Kind, pub &'static str, pub Kept);

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What its rows are.
    pub what: &'static str,
    /// All its columns.
    pub columns: &'static [Column],
}

/// Every table, those about the people who are written to first.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    people::PEOPLE.iter().chain(files::FILES).chain(codes::CODES).chain(desk::DESK)
}

/// The map as Markdown.
pub fn document() -> String {
    let mut text = String::from(
        "# What is held, what for, and how long\n\n\
         Written by `peyk data-map`; do not change it by hand. Every column of every table:\n\n\
         - **personal**: says something about a person, or may, in clear;\n\
         - **sealed**: ciphertext, or the key to it;\n\
         - **pseudonymous**: belongs to a person whom nobody knows any more once they are erased;\n\
         - **technical**: says nothing about a person.\n",
    );
    for table in tables() {
        write!(text, "\n## {}\n\n{}\n\n| column | holds | what for | how long |\n| --- | --- | --- | --- |\n", table.name, table.what)
            .expect("a string takes everything");
        for Column(name, kind, purpose, kept) in table.columns {
            writeln!(text, "| `{name}` | {} | {purpose} | {} |", kind.as_str(), kept.words()).expect("a string takes everything");
        }
    }
    text
}
