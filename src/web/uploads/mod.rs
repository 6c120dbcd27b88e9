//! CSV files on their way to a campaign: upload, match, check, send.

pub mod actions;
mod checking;
pub mod confirm;
mod cost;
pub mod detail;
pub mod files;
pub mod matching;
mod preview;
mod problems;
mod review;
pub mod start;

use leptos::prelude::*;

use super::page::param;
use super::ui::{Step, Steps};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::UploadId;

/// Where files are posted to.
const RECEIVE: &str = "/do/uploads/receive";
/// What people do between a file and a campaign.
const STEPS: [&str; 4] = ["Upload", "Match columns", "Check", "Send"];

/// The four steps, and which one this page is, from 0.
#[component]
fn UploadSteps(here: usize) -> impl IntoView {
    let state = |i| match i {
        i if i < here => Step::Done,
        i if i == here => Step::Current,
        _ => Step::Ahead,
    };
    view! { <Steps steps=STEPS.into_iter().enumerate().map(|(i, name)| (name, state(i))).collect()/> }.into_any()
}

/// The upload that the page's address names.
fn id_in_path() -> Result<UploadId> {
    UploadId::parse(&param("id")).ok_or(Error::NotFound("upload"))
}

/// What people call the size of a file.
fn size(bytes: u64) -> String {
    const KB: f64 = 1024.0;
    let kilobytes = bytes as f64 / KB;
    match kilobytes / KB {
        _ if kilobytes < 1.0 => format!("{bytes} bytes"),
        megabytes if megabytes < 1.0 => format!("{kilobytes:.0} KB"),
        megabytes if megabytes < 10.0 => format!("{megabytes:.1} MB"),
        megabytes => format!("{megabytes:.0} MB"),
    }
}

/// A count as pages print it.
fn figure(n: u64) -> String {
    super::ui::show::number(n.cast_signed())
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn sizes_are_said_in_the_unit_that_fits() {
        assert_eq!([size(12), size(421_888), size(3 << 20), size(100 << 20)], ["12 bytes", "412 KB", "3.0 MB", "100 MB"]);
    }
}
