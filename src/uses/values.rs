//! The longest values that a template was really filled with.

use std::collections::BTreeMap;

use crate::access::{Actor, Permission};
use crate::app::App;
use crate::kernel::error::Result;
use crate::kernel::id::TemplateId;
use crate::messages;
use crate::templates::{self, SampleSet, TemplatePreview, TemplatePreviewInput};

/// The longest values of the last 90 days by placeholder. They are people's data: for those who may not see that, there are none.
/// Needs [`Permission::View`].
pub async fn longest_values(app: &App, actor: &Actor, template: &TemplateId) -> Result<BTreeMap<String, String>> {
    actor.require(Permission::View)?;
    if !actor.may(Permission::ViewPersonal) {
        return Ok(BTreeMap::new());
    }
    let mut tx = app.db.read().await?;
    messages::longest_values(&mut tx, app, &actor.subaccount, template).await
}

/// As [`templates::preview`]; the longest samples are those of the last 90 days where these are longer than what the template says.
pub async fn preview(app: &App, actor: &Actor, id_or_code: &str, input: &TemplatePreviewInput) -> Result<TemplatePreview> {
    if input.samples != Some(SampleSet::Longest) {
        return templates::preview(app, actor, id_or_code, input).await;
    }
    let template = templates::get(app, actor, id_or_code).await?;
    let mut input = input.clone();
    for (name, value) in longest_values(app, actor, &template.id).await? {
        let said = template.placeholders.iter().find(|p| p.name == name).and_then(|p| p.value_for(SampleSet::Longest, false));
        if said.is_none_or(|said| value.chars().count() > said.chars().count()) {
            input.variables.entry(name).or_insert(value);
        }
    }
    templates::preview(app, actor, id_or_code, &input).await
}
