//! What the groups of a cost summary are called.

use std::collections::HashMap;

use crate::campaigns;
use crate::connections;
use crate::costs::{GroupBy, Summary};
use crate::kernel::category::Category;
use crate::kernel::error::Result;
use crate::kernel::phone::Country;
use crate::templates;
use crate::web::page::Desk;
use crate::web::period::short_day;

/// What a group is grouped by, for headings and links.
pub fn label(by: GroupBy) -> &'static str {
    match by {
        GroupBy::Day => "Day",
        GroupBy::Provider => "Provider",
        GroupBy::Country => "Country",
        GroupBy::Category => "Category",
        GroupBy::Template => "Template",
        GroupBy::Campaign => "Campaign",
    }
}

/// The name of every group, in the order of the summary. Names are looked up together.
pub async fn names(desk: &Desk, by: GroupBy, summary: &Summary) -> Result<Vec<String>> {
    let (app, actor) = (&desk.app, desk.actor());
    let ids: Vec<&str> = summary.groups.iter().map(|g| g.key.as_str()).filter(|key| !key.is_empty()).collect();
    let known: HashMap<String, String> = match by {
        GroupBy::Provider => {
            connections::list(app, actor).await?.into_iter().map(|c| (c.connection.id.to_string(), c.connection.name)).collect()
        }
        GroupBy::Template => templates::names(app, actor, &ids).await?,
        GroupBy::Campaign => campaigns::names(app, actor, &ids).await?,
        GroupBy::Day | GroupBy::Country | GroupBy::Category => HashMap::new(),
    };
    Ok(summary.groups.iter().map(|g| name(by, &g.key, &known)).collect())
}

fn name(by: GroupBy, key: &str, known: &HashMap<String, String>) -> String {
    if key.is_empty() {
        return none(by).to_owned();
    }
    let found = match by {
        GroupBy::Day => key.parse().ok().map(short_day),
        GroupBy::Country => Country::parse(key).ok().map(|c| c.name().to_owned()),
        GroupBy::Category => Category::parse(key).map(|c| c.label().to_owned()),
        GroupBy::Provider | GroupBy::Template | GroupBy::Campaign => known.get(key).cloned(),
    };
    found.unwrap_or_else(|| key.to_owned())
}

/// What the group without a key is.
fn none(by: GroupBy) -> &'static str {
    match by {
        GroupBy::Template => "Free text",
        GroupBy::Campaign => "Single messages",
        _ => "None",
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn groups_have_names_that_people_know() {
        let known = HashMap::from([("cmp_1".to_owned(), "Autumn".to_owned())]);
        assert_eq!(name(GroupBy::Country, "GB", &known), "United Kingdom");
        assert_eq!(name(GroupBy::Category, "authentication", &known), "Sign-in codes");
        assert_eq!(name(GroupBy::Day, "2026-11-21", &known), "21 Nov");
        assert_eq!(name(GroupBy::Campaign, "cmp_1", &known), "Autumn");
        assert_eq!(name(GroupBy::Campaign, "", &known), "Single messages");
        assert_eq!(name(GroupBy::Template, "tpl_gone", &known), "tpl_gone");
    }
}
