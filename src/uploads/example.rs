//! A file to begin with: the columns that a template asks for, and a row of its sample values.

use crate::access::{Actor, Permission};
use crate::app::App;
use crate::contacts::csv::CsvWriter;
use crate::kernel::error::Result;
use crate::templates::{self, SampleSet};

/// A number that belongs to nobody: kept for fiction by the North American numbering plan.
const SAMPLE_PHONE: &str = "+1 202 555 0143";

/// A CSV file whose columns are the number, the placeholders of a template, and the language when the
/// template has several; without a template, the number and a name.
///
/// # Errors
/// [`Invalid`](crate::kernel::error::Error::Invalid) on `template` when it cannot be sent with.
pub async fn example_csv(app: &App, actor: &Actor, template: Option<&str>) -> Result<Vec<u8>> {
    actor.require(Permission::Send)?;
    let mut columns = vec![("phone".to_owned(), SAMPLE_PHONE.to_owned())];
    match template {
        None => columns.push(("name".into(), "Sara".into())),
        Some(template) => {
            let mut tx = app.db.read().await?;
            let published = templates::published(&mut tx, &actor.subaccount, template, None).await?;
            let sample = |p: &templates::Placeholder| p.value_for(SampleSet::Typical, false).unwrap_or_default().to_owned();
            columns.extend(published.placeholders().iter().map(|p| (p.name.clone(), sample(p))));
            let mut languages = published.texts().keys();
            if let (Some(first), Some(_)) = (languages.next(), languages.next()) {
                columns.push(("language".into(), first.as_str().to_owned()));
            }
        }
    }
    let mut csv = CsvWriter::new(columns.iter().map(|(name, _)| name));
    csv.row(columns.iter().map(|(_, value)| value));
    Ok(csv.take())
}
