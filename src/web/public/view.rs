//! The markup of the preference centre.

use leptos::prelude::*;

use super::dates::{day, digits, time};
use super::form::{BREAKS, Fields, KEEP, MOST, SEEN};
use super::frame::frame;
use super::opt_in_texts::{asked, texts_in};
use super::own;
use super::texts::{Texts, Tongue};
use crate::consent::link::Pass;
use crate::consent::{Change, Entry, Scope};
use crate::kernel::category::Category;
use crate::preferences::{Switch, View};
use crate::web::ui::{Alert, Glyph, Icon, Tone};

/// What stands above the page.
#[derive(Clone, Copy, Debug)]
pub enum Notice {
    /// What was recorded behind this place of the ledger was saved just now.
    Saved {
        /// The place.
        seen: i64,
        /// Whether the language was changed too.
        language: bool,
    },
    /// What has to be confirmed was not switched on: the person cannot be asked now.
    NotNow,
    /// Nothing was saved: something changed meanwhile.
    LookAgain,
    /// Nothing was saved: the quiet hours are faulty.
    FaultyHours,
    /// Nothing was saved: the form could not be read.
    Unreadable,
}

/// The whole page.
#[component]
pub fn Centre(tongue: Tongue, token: String, view: View, fields: Fields, notice: Option<Notice>) -> impl IntoView {
    let texts = tongue.texts();
    let seen = view.said.last().map_or(0, |entry| entry.seq);
    let action = format!("/p/{token}?lang={}", tongue.tag());
    let above = notice.map(|notice| notice_above(notice, tongue, &view));
    let stopped = view.stopped.then(|| stopped(texts, &view, &action, seen));
    let main = view! {
        <h1>{texts.title}</h1>
        <p class="lead">{texts.lead}" "<bdi class="ltr strong nowrap" lang="en">{view.phone.clone()}</bdi></p>
        {above}
        {stopped}
        <form id="stop" method="post" action=action.clone()><input type="hidden" name=SEEN value=seen/></form>
        <form id="prefs" class="stack stack-5" method="post" action=action>
            <input type="hidden" name=SEEN value=seen/>
            <section class="card" aria-labelledby="what">
                <div class="card-head"><h2 id="what">{texts.what}</h2></div>
                {switches(tongue, &view, &fields)}
            </section>
            {(!view.stopped).then(|| stop(texts))}
            {pause(texts, &view, &fields, tongue)}
            {quiet(texts, &fields, matches!(notice, Some(Notice::FaultyHours)))}
            {frequency(tongue, &view, &fields)}
            {language(texts, &fields)}
        </form>
        {own_data(tongue, &token)}
        <p class="small muted mt-5 row no-wrap"><Icon glyph=Glyph::Lock/><span>{lasts(&view, tongue)}</span></p>
    };
    let save = view! {
        <div class="save-bar"><div><button class="btn btn-primary btn-block" type="submit" form="prefs">{texts.save}</button></div></div>
    };
    frame(tongue, &view.organisation, |to| format!("/p/{token}?lang={}", to.tag()), main.into_any(), Some(save.into_any()))
}

/// How long the page can be opened.
fn lasts(view: &View, tongue: Tongue) -> String {
    match view.pass {
        Pass::Link | Pass::OptIn => (tongue.texts().link_until)(&day(view.expires_at, view.time_zone, tongue)),
        Pass::Visit | Pass::Data => (tongue.words().visit_until)(&time(view.expires_at, view.time_zone, tongue)),
    }
}

fn own_data(tongue: Tongue, token: &str) -> AnyView {
    let words = tongue.words();
    let (download, erase) = (own::address(token, "data", tongue), own::address(token, "erase", tongue));
    view! {
        <section class="card mt-5" aria-labelledby="own">
            <div class="body stack">
                <div><h2 id="own">{words.my_data}</h2><p class="hint">{words.my_data_hint}</p></div>
                <div class="row">
                    <a class="btn" href=download><Icon glyph=Glyph::Download/>{words.download}</a>
                    <a class="btn btn-danger" href=erase><Icon glyph=Glyph::Trash/>{words.erase}</a>
                </div>
            </div>
        </section>
    }
    .into_any()
}

fn notice_above(notice: Notice, tongue: Tongue, view: &View) -> AnyView {
    let texts = tongue.texts();
    let (tone, content) = match notice {
        Notice::NotNow => (Tone::Warn, view! { <p>{texts_in(tongue).not_now}</p> }.into_any()),
        Notice::LookAgain => (Tone::Warn, view! { <p>{texts.look_again}</p> }.into_any()),
        Notice::FaultyHours => (Tone::Bad, view! { <p><a href="#from">{texts.quiet_faulty}</a></p> }.into_any()),
        Notice::Unreadable => (Tone::Bad, view! { <p>{texts.unreadable}</p> }.into_any()),
        Notice::Saved { seen, language } => {
            let mut changed: Vec<String> =
                view.said.iter().filter(|e| e.seq > seen && e.source == "page").filter_map(|e| told(e, tongue, view)).collect();
            changed.extend(view.language.as_ref().filter(|_| language).map(|language| (texts.now_in)(language.name())));
            let items: Vec<_> = changed.into_iter().map(|text| view! { <li>{text}</li> }).collect();
            let list = (!items.is_empty()).then(|| view! { <ul>{items}</ul> });
            (Tone::Ok, view! { <p class="strong">{texts.saved}</p>{list} }.into_any())
        }
    };
    view! { <div class="mb-4"><Alert tone>{content}</Alert></div> }.into_any()
}

/// One change in words; a stop is said by the notice of its own.
fn told(entry: &Entry, tongue: Tongue, view: &View) -> Option<String> {
    let texts = tongue.texts();
    Some(match entry.change()? {
        Change::Granted(Scope::Only(category)) => (texts.went_on)(texts.category(category)),
        Change::Withdrawn(Scope::Only(category)) => (texts.went_off)(texts.category(category)),
        Change::Asked(Scope::Only(category)) => asked(tongue, texts.category(category)),
        Change::Asked(Scope::All) | Change::Lapsed(_) | Change::Stopped => return None,
        Change::Granted(Scope::All) | Change::Withdrawn(Scope::All) => return None,
        Change::Erased(_) | Change::Aged(_) => return None,
        Change::Started => texts.started.to_owned(),
        Change::Paused(until) => (texts.paused)(&day(until, view.time_zone, tongue)),
        Change::Resumed => texts.resumed.to_owned(),
        Change::QuietHours(Some(hours)) => {
            let time = |time: String| digits(&time, tongue);
            (texts.quiet_between)(&time(hours.from.to_string()), &time(hours.to.to_string()))
        }
        Change::QuietHours(None) => texts.quiet_off.to_owned(),
        Change::Frequency(Some(most)) => (tongue.words().most_offers)(&digits(&most.to_string(), tongue)),
        Change::Frequency(None) => tongue.words().any_offers.to_owned(),
    })
}

fn stopped(texts: &'static Texts, view: &View, action: &str, seen: i64) -> AnyView {
    let codes = view.categories.get(&Category::Authentication).is_some_and(|switch| switch.on);
    let sentence = if codes { texts.stopped } else { texts.stopped_codes_too };
    view! {
        <form class="mb-4" method="post" action=action.to_owned()>
            <input type="hidden" name=SEEN value=seen/>
            <Alert tone=Tone::Warn>
                <div class="stack">
                    <p class="strong">{sentence}</p>
                    <button class="btn btn-block" type="submit" name="do" value="start"><Icon glyph=Glyph::Retry/>{texts.undo}</button>
                </div>
            </Alert>
        </form>
    }
    .into_any()
}

/// Locked ones first: they say why nothing here ends them.
fn switches(tongue: Tongue, view: &View, fields: &Fields) -> Vec<AnyView> {
    let (locked, free): (Vec<_>, Vec<_>) = Category::ALL.into_iter().partition(|c| view.categories.get(c).is_some_and(|s| s.locked));
    let row = |category| {
        let switch = view.categories.get(&category).copied().unwrap_or(Switch { on: false, locked: false });
        let on = fields.on.contains(&category);
        toggle(tongue, category, switch.locked, on, view.pending.contains(&category))
    };
    locked.into_iter().chain(free).map(row).collect()
}

fn toggle(tongue: Tongue, category: Category, locked: bool, on: bool, waits: bool) -> AnyView {
    let texts = tongue.texts();
    let name = category.as_str();
    let id = format!("c-{name}");
    let label = texts.category(category);
    if !locked {
        let hint = waits.then(|| view! { <span class="hint" id=format!("h-{name}")>{texts_in(tongue).waits}</span> });
        let described = waits.then(|| format!("h-{name}"));
        return view! {
            <div class="toggle-row">
                <div><label for=id.clone()>{label}</label>{hint}</div>
                <input class="switch" type="checkbox" role="switch" id=id name=name value="on" aria-describedby=described checked=on/>
            </div>
        }
        .into_any();
    }
    let why = if on { texts.needed_why } else { texts.needed_off };
    view! {
        <div class="toggle-row">
            <div>
                <label for=id.clone()>{label}</label>" "<span class="badge plain">{texts.needed}</span>
                <span class="hint" id=format!("h-{name}")>{why}</span>
            </div>
            <input class="switch" type="checkbox" role="switch" id=id aria-describedby=format!("h-{name}") checked=on disabled/>
        </div>
    }
    .into_any()
}

fn stop(texts: &'static Texts) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="stop-all">
            <div class="body stack">
                <div><h2 id="stop-all">{texts.stop}</h2><p class="hint">{texts.stop_hint}</p></div>
                <button class="btn btn-danger btn-block" type="submit" form="stop" name="do" value="stop"><Icon glyph=Glyph::Stop/>{texts.stop_now}</button>
            </div>
        </section>
    }
}

fn pause(texts: &'static Texts, view: &View, fields: &Fields, tongue: Tongue) -> AnyView {
    let mut choices: Vec<(String, String)> = vec![("0".into(), texts.no_pause.to_owned())];
    choices.extend(view.paused_until.map(|until| (KEEP.into(), (texts.until)(&day(until, view.time_zone, tongue)))));
    choices.extend(BREAKS.map(|days| (days.to_string(), (texts.days)(&digits(&days.to_string(), tongue)))));
    let picks: Vec<_> = choices
        .into_iter()
        .map(|(value, label)| {
            let checked = value == fields.pause;
            view! { <label><input type="radio" name="pause" value=value checked=checked/><span>{label}</span></label> }
        })
        .collect();
    view! {
        <fieldset class="card group">
            <legend>{texts.pause}</legend>
            <div class="stack"><p class="hint">{texts.pause_hint}</p><div class="pick pick-2">{picks}</div></div>
        </fieldset>
    }
    .into_any()
}

fn quiet(texts: &'static Texts, fields: &Fields, faulty: bool) -> AnyView {
    let wrong = faulty.then_some("true");
    let time = |name: &'static str, label: &'static str, value: &str| {
        view! {
            <div class="field">
                <label for=name>{label}</label>
                <input class="input" id=name name=name type="time" value=value.to_owned() aria-invalid=wrong/>
            </div>
        }
    };
    view! {
        <fieldset class="card group">
            <legend>{texts.quiet}</legend>
            <div class="stack">
                <p class="hint">{texts.quiet_hint}</p>
                <div class="toggle-row">
                    <div><label for="quiet">{texts.quiet_on}</label></div>
                    <input class="switch" type="checkbox" role="switch" id="quiet" name="quiet" value="on" checked=fields.quiet/>
                </div>
                <div class="times">{time("from", texts.from, &fields.from)}{time("to", texts.to, &fields.to)}</div>
            </div>
        </fieldset>
    }
    .into_any()
}

/// How many advertisements; a limit that was set elsewhere is offered too.
fn frequency(tongue: Tongue, view: &View, fields: &Fields) -> AnyView {
    let words = tongue.words();
    let mut limits = vec![0];
    limits.extend(MOST);
    limits.extend(view.offers_a_month.filter(|most| !MOST.contains(most)));
    let picks: Vec<_> = limits
        .into_iter()
        .map(|most| {
            let value = most.to_string();
            let label = if most == 0 { words.no_limit.to_owned() } else { (words.a_month)(&digits(&value, tongue)) };
            let checked = value == fields.most;
            view! { <label><input type="radio" name="most" value=value checked=checked/><span>{label}</span></label> }
        })
        .collect();
    view! {
        <fieldset class="card group">
            <legend>{words.frequency}</legend>
            <div class="stack"><p class="hint">{words.frequency_hint}</p><div class="pick pick-2">{picks}</div></div>
        </fieldset>
    }
    .into_any()
}

fn language(texts: &'static Texts, fields: &Fields) -> AnyView {
    let pick = |tongue: Tongue| {
        let language = tongue.language();
        let name = language.name().to_owned();
        let checked = fields.language == Some(tongue);
        view! {
            <label><input type="radio" name="language" value=tongue.tag() checked=checked/><span lang=tongue.tag() dir=language.dir()>{name}</span></label>
        }
    };
    let picks: Vec<_> = Tongue::ALL.into_iter().map(pick).collect();
    view! {
        <fieldset class="card group"><legend>{texts.language}</legend><div class="stack"><div class="pick">{picks}</div></div></fieldset>
    }
    .into_any()
}
