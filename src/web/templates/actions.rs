//! Commands of the template pages.

use leptos::prelude::*;

use super::LIST;
use super::draft::{input, require_new_language};
use super::packs::PACKS;
use super::variant_fields;
use crate::kernel::clock::rfc3339;
use crate::templates::{self, Publishing, Seen, TemplateInput, Verdict, packs};
use crate::uses;
use crate::web::action::{Answer, Done, Posted, act, posted};
use crate::web::page::desk;
use crate::web::ui::Tone;
use crate::web::ui::show::count;

/// Where a new template is posted to.
pub const CREATE: &str = "/do/templates/create";
/// Where a changed template is posted to.
pub const SAVE: &str = "/do/templates/save";
/// Where the templates of a pack are asked for.
pub const INSTALL: &str = "/do/templates/install";
/// Where a yes to a draft that waits is posted to.
pub const APPROVE: &str = "/do/templates/approve";
/// Where a no to it is posted to.
pub const REJECT: &str = "/do/templates/reject";
/// Where a new or changed template is posted to, to be looked at only.
pub const PREVIEW: &str = "/do/templates/preview";

fn at(id: impl std::fmt::Display) -> String {
    format!("{LIST}/{id}")
}

fn live(version: i64) -> String {
    format!("Version {version} is live. New messages use it from now on.")
}

/// Makes a template.
#[server(prefix = "/do", endpoint = "templates/create")]
pub async fn create() -> Answer {
    act("/templates/new", async {
        let desk = desk()?;
        let made = templates::create(&desk.app, desk.actor(), input(&posted())).await?;
        Ok(Done::at(at(made.id)).saying("Draft saved. Publish it when it is ready to be sent."))
    })
    .await
}

/// Saves the draft, and publishes it when that button was pressed.
#[server(prefix = "/do", endpoint = "templates/save")]
pub async fn save(id: String) -> Answer {
    let page = at(&id);
    act(&page, async {
        let (desk, form) = (desk()?, posted());
        let saved = templates::update(&desk.app, desk.actor(), &id, input(&form)).await?;
        if form.get("then") != Some("publish") {
            return Ok(Done::at(&page).saying("Draft saved."));
        }
        let warnings = uses::warnings(&desk.app, desk.actor(), &id).await?;
        if uses::is_breaking(&warnings) && form.get("warned") != Some(uses::mark(&warnings).as_str()) {
            let text = "Draft saved, not published: read below what publishing it breaks, and press again if that is meant.";
            return Ok(Done::at(format!("{page}#publish")).noting(Tone::Warn, text));
        }
        // Saving and publishing are two transactions: what is published is what was saved here.
        let saved_at = rfc3339(saved.updated_at);
        let draft = Seen { template: &id, updated_at: Some(&saved_at) };
        let said = match templates::publish(&desk.app, desk.actor(), draft, form.get("note")).await? {
            Publishing::Live(version) => live(version.version),
            Publishing::Waiting(_) => "Draft saved. It goes live once a second person has approved it.".to_owned(),
        };
        Ok(Done::at(&page).saying(said))
    })
    .await
}

/// Approves a draft that waits for it.
#[server(prefix = "/do", endpoint = "templates/approve")]
pub async fn approve(id: String) -> Answer {
    act(&at(&id), async {
        let desk = desk()?;
        let version = templates::approve(&desk.app, desk.actor(), &id, &verdict(&posted())).await?;
        Ok(Done::at(at(&id)).saying(live(version.version)))
    })
    .await
}

/// Sends a draft that waits for approval back to its author.
#[server(prefix = "/do", endpoint = "templates/reject")]
pub async fn reject(id: String) -> Answer {
    act(&at(&id), async {
        let desk = desk()?;
        templates::reject(&desk.app, desk.actor(), &id, &verdict(&posted())).await?;
        Ok(Done::at(at(&id)).saying("Rejected. The author sees your note beside the draft."))
    })
    .await
}

fn verdict(form: &Posted) -> Verdict {
    Verdict { note: form.get("note").map(str::to_owned), expected_updated_at: form.get("seen").map(str::to_owned) }
}

/// The template as it stood on the page that the form is of.
fn seen<'a>(id: &'a str, form: &'a Posted) -> Seen<'a> {
    Seen { template: id, updated_at: form.get("seen") }
}

/// Shows what was typed, after the button that was pressed; nothing is stored.
#[server(prefix = "/do", endpoint = "templates/preview")]
pub async fn preview(#[server(default)] id: String) -> Answer {
    let page = if id.is_empty() { "/templates/new".to_owned() } else { at(&id) };
    act(&page, async {
        desk()?;
        require_new_language(&posted())?;
        Ok(Done::in_place(&page))
    })
    .await
}

/// Puts a version into the draft.
#[server(prefix = "/do", endpoint = "templates/restore")]
pub async fn restore(id: String, version: i64) -> Answer {
    act(&format!("{}/versions", at(&id)), async {
        let (desk, form) = (desk()?, posted());
        templates::restore(&desk.app, desk.actor(), seen(&id, &form), version).await?;
        Ok(Done::at(at(&id)).saying(format!("The text of version {version} stands in the draft. Publish it to make it live.")))
    })
    .await
}

/// Puts the live version back into the draft.
#[server(prefix = "/do", endpoint = "templates/discard")]
pub async fn discard(id: String) -> Answer {
    act(&at(&id), async {
        let (desk, form) = (desk()?, posted());
        let template = templates::discard_draft(&desk.app, desk.actor(), seen(&id, &form)).await?;
        Ok(Done::at(at(&id)).saying(format!("Back to version {}. What stood in the draft is in the audit log.", template.version)))
    })
    .await
}

/// Makes templates of a pack: all of it, or what was ticked.
#[server(prefix = "/do", endpoint = "templates/install")]
pub async fn install(name: String) -> Answer {
    let page = format!("{PACKS}/{name}");
    act(&page, async {
        let (desk, form) = (desk()?, posted());
        let ticked: Vec<String> = form.all("codes").map(str::to_owned).collect();
        let codes = (form.get("all") != Some("true")).then_some(ticked.as_slice());
        let done = packs::install(&desk.app, desk.actor(), &name, codes).await?;
        let new = count(i64::try_from(done.installed.len()).unwrap_or(i64::MAX), "template", "templates");
        let waiting = done.installed.iter().filter(|t| t.waiting).count();
        let said = match (done.installed.len(), waiting) {
            (0, _) => "You have these already; nothing was changed.".to_owned(),
            (_, 0) => format!("{new} installed and published. They are yours now: change them as you like."),
            (_, waits) => format!("{new} installed. {waits} for marketing: a second person approves before they go live."),
        };
        Ok(Done::at(&page).saying(said))
    })
    .await
}

/// Makes another template of this one.
#[server(prefix = "/do", endpoint = "templates/copy")]
pub async fn copy(id: String) -> Answer {
    act(&at(&id), async {
        let desk = desk()?;
        let made = templates::copy(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(at(made.id)).saying("This is the copy."))
    })
    .await
}

/// Puts a template away; one that is used only when somebody is sure.
#[server(prefix = "/do", endpoint = "templates/archive")]
pub async fn archive(id: String, #[server(default)] sure: bool) -> Answer {
    act(&at(&id), async {
        let desk = desk()?;
        let uses = uses::of_template(&desk.app, desk.actor(), &id).await?;
        if uses.is_used() && !sure {
            let text = format!("Not archived yet. It is used by {}.", uses.names().join(", "));
            return Ok(Done::at(format!("{}/uses", at(&id))).noting(Tone::Warn, text));
        }
        templates::archive(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(at(&id)).saying("Archived. What is on its way is still sent; nothing new starts with it."))
    })
    .await
}

/// Takes a template back.
#[server(prefix = "/do", endpoint = "templates/unarchive")]
pub async fn unarchive(id: String) -> Answer {
    act(&at(&id), async {
        let desk = desk()?;
        templates::unarchive(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(at(&id)).saying("Back from the archive."))
    })
    .await
}

/// Writes the variants into the draft.
#[server(prefix = "/do", endpoint = "templates/variants")]
pub async fn save_variants(id: String) -> Answer {
    let page = format!("{}/variants", at(&id));
    act(&page, async {
        let (desk, form) = (desk()?, posted());
        let filled = variant_fields::read(&form)?;
        let said = if filled.variants.is_empty() {
            "Draft saved, without variants."
        } else {
            "Variants saved in the draft. Publish it, and new campaigns use them."
        };
        let seen = form.get("seen").map(str::to_owned);
        let input = TemplateInput { variants: Some(filled.variants.clone()), expected_updated_at: seen, ..TemplateInput::default() };
        templates::update(&desk.app, desk.actor(), &id, input).await.map_err(|error| filled.at_its_card(error))?;
        Ok(Done::at(&page).saying(said))
    })
    .await
}

/// Writes what a variant says into the draft, for everybody.
#[server(prefix = "/do", endpoint = "templates/variant")]
pub async fn use_variant(id: String, variant: String) -> Answer {
    act(&format!("{}/variants", at(&id)), async {
        let (desk, form) = (desk()?, posted());
        templates::use_variant(&desk.app, desk.actor(), seen(&id, &form), &variant).await?;
        Ok(Done::at(at(&id)).saying(format!("What {variant} says stands in the draft, for everyone. Publish it to make it live.")))
    })
    .await
}
