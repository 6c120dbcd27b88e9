//! `/p/{token}/data` and `/p/{token}/erase`: what people may do about what is held about them, each with a code from their telephone.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use leptos::prelude::*;

use super::centre::{Pairs, Refused, load, refuse, usual_tongue};
use super::code::{Fault, code_field, fault_above, title};
use super::dates::time;
use super::document::document;
use super::frame::{accepted, frame};
use super::texts::Tongue;
use crate::codes::Purpose;
use crate::consent::link::Pass;
use crate::kernel::category::Category;
use crate::kernel::error::{Error, Result};
use crate::kernel::file_format::FileFormat;
use crate::kernel::id::ChallengeId;
use crate::preferences::{self, Door, House, View};
use crate::privacy;
use crate::web::Web;
use crate::web::failure::{Failure, last_resort};
use crate::web::guard::encode;
use crate::web::ui::{Alert, Glyph, Icon, Tone};
use crate::web::visit::Visit;

type Asked = BTreeMap<String, String>;

/// Which of the two pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Export,
    Erase,
}

impl Deed {
    fn parse(word: &str) -> Option<Self> {
        [Self::Export, Self::Erase].into_iter().find(|deed| deed.word() == word)
    }

    /// Its place in the address.
    fn word(self) -> &'static str {
        match self {
            Self::Export => "data",
            Self::Erase => "erase",
        }
    }

    fn purpose(self) -> Purpose {
        match self {
            Self::Export => Purpose::Export,
            Self::Erase => Purpose::Erase,
        }
    }

    fn heading(self, tongue: Tongue) -> &'static str {
        match self {
            Self::Export => tongue.words().download,
            Self::Erase => tongue.words().erase,
        }
    }
}

/// One request for one of the pages.
struct Step {
    deed: Deed,
    token: String,
    door: Door,
    view: View,
    tongue: Tongue,
    visit: Visit,
}

/// The address of one of the pages; `deed` is `data` or `erase`.
pub fn address(token: &str, deed: &str, tongue: Tongue) -> String {
    format!("/p/{token}/{deed}?lang={}", tongue.tag())
}

impl Step {
    async fn begin(web: &Web, visit: Visit, headers: &HeaderMap, token: String, deed: &str, query: &Asked) -> Result<Self, Response> {
        let Some(deed) = Deed::parse(deed) else { return Err(last_resort(&Failure::of(Error::NotFound("page")))) };
        match load(web, &visit, &token).await {
            Ok((door, view)) => {
                let asked = query.get("lang").and_then(|tag| Tongue::of_tag(tag));
                let tongue = asked.unwrap_or_else(|| usual_tongue(&view, accepted(headers)));
                Ok(Self { deed, token, door, view, tongue, visit })
            }
            Err(refused) => Err(refuse(web, &visit, &token, refused).await),
        }
    }

    fn path(&self, challenge: Option<&ChallengeId>, tongue: Tongue) -> String {
        let rest = challenge.map(|id| format!("/{id}")).unwrap_or_default();
        format!("/p/{}/{}{rest}?lang={}", self.token, self.deed.word(), tongue.tag())
    }

    /// The page around what this step shows.
    fn page(
        self,
        status: StatusCode,
        challenge: Option<ChallengeId>,
        fault: Option<&Fault>,
        inner: impl FnOnce(&Self) -> AnyView + Send + 'static,
    ) -> Response {
        let (tongue, heading) = (self.tongue, self.deed.heading(self.tongue));
        let title = title(tongue, heading, &self.view.organisation, fault);
        let above = fault.cloned();
        document(status, self.visit.theme, tongue, title, move || {
            let home = format!("/p/{}?lang={}", self.token, tongue.tag());
            let above = fault_above(tongue, above.as_ref());
            let inner = inner(&self);
            let main = view! {
                <h1>{heading}</h1>
                {above}
                {inner}
                <p class="mt-5"><a class="btn" href=home>{tongue.words().back}</a></p>
            };
            frame(tongue, &self.view.organisation, |to| self.path(challenge.as_ref(), to), main.into_any(), None)
        })
    }

    /// What is to be done, and the button that sends a code for it.
    fn first(self, fault: Option<Fault>) -> Response {
        let status = fault.as_ref().map_or(StatusCode::OK, Fault::status);
        self.page(status, None, fault.as_ref(), |step| {
            let words = step.tongue.words();
            let action = step.path(None, step.tongue);
            let has_codes = step.view.categories.get(&Category::Authentication).is_some_and(|switch| switch.on);
            let next = if has_codes {
                let way = view! {
                    <form method="post" action=action>
                        <button class="btn btn-primary btn-block" type="submit" name="do" value="code">{words.send_code}</button>
                    </form>
                };
                way.into_any()
            } else {
                view! { <Alert tone=Tone::Warn><p>{words.codes_off}</p></Alert> }.into_any()
            };
            view! { <div class="card mt-5"><div class="body stack">{what(step)}{next}</div></div> }.into_any()
        })
    }

    /// The field for the code that was sent.
    fn second(self, challenge: ChallengeId, typed: String, is_sure: bool, fault: Option<Fault>) -> Response {
        let status = fault.as_ref().map_or(StatusCode::OK, Fault::status);
        let shown = fault.clone();
        let id = challenge.clone();
        self.page(status, Some(challenge), fault.as_ref(), move |step| {
            let (tongue, words) = (step.tongue, step.tongue.words());
            if shown == Some(Fault::Ended) {
                let again = step.path(None, tongue);
                return view! { <p><a class="btn btn-primary btn-block" href=again>{words.another_code}</a></p> }.into_any();
            }
            let code = code_field(tongue, typed, shown.as_ref());
            let end = match step.deed {
                Deed::Export => view! { <button class="btn btn-primary btn-block" type="submit">{words.go_on}</button> }.into_any(),
                Deed::Erase => erase_button(tongue, is_sure, shown == Some(Fault::Unsure)),
            };
            let phone = step.view.phone.clone();
            let summary = (step.deed == Deed::Erase).then(|| what(step));
            view! {
                <p class="lead">{words.sent_to}" "<bdi class="ltr strong nowrap" lang="en">{phone}</bdi></p>
                <form class="card" method="post" action=step.path(Some(&id), tongue)>
                    <div class="body stack">{summary}{code}{end}</div>
                </form>
            }
            .into_any()
        })
    }

    /// The two files, once a code has opened them.
    fn files(self) -> Response {
        self.page(StatusCode::OK, None, None, |step| {
            let words = step.tongue.words();
            let until = time(step.view.expires_at, step.view.time_zone, step.tongue);
            let button = |format: &'static str, text: &'static str| {
                view! { <button class="btn btn-block" type="submit" name="format" value=format><Icon glyph=Glyph::Download/>{text}</button> }
            };
            view! {
                <p class="lead">{words.download_lead}</p>
                <form class="card" method="post" action=step.path(None, step.tongue)>
                    <div class="body stack">
                        <p>{(words.download_ready)(&until)}</p>
                        {button("json", words.as_json)}
                        {button("csv", words.as_csv)}
                    </div>
                </form>
            }
            .into_any()
        })
    }
}

/// What the page does, in words.
fn what(step: &Step) -> AnyView {
    let words = step.tongue.words();
    match step.deed {
        Deed::Export => view! { <p>{words.download_lead}</p> }.into_any(),
        Deed::Erase => {
            let items: Vec<_> = words.erase_does.into_iter().map(|does| view! { <li>{does}</li> }).collect();
            view! { <ul class="does">{items}</ul> }.into_any()
        }
    }
}

fn erase_button(tongue: Tongue, is_sure: bool, is_missing: bool) -> AnyView {
    let words = tongue.words();
    let (described, invalid) = (is_missing.then_some("sure-fault"), is_missing.then_some("true"));
    let said = is_missing.then(|| view! { <span class="error" id="sure-fault">{words.erase_unsure}</span> });
    view! {
        <div class="field">
            <label class="check target"><input id="sure" type="checkbox" name="sure" value="on" checked=is_sure required
                aria-describedby=described aria-invalid=invalid/><span>{words.erase_sure}</span></label>
            {said}
        </div>
        <button class="btn btn-danger btn-block" type="submit"><Icon glyph=Glyph::Trash/>{words.erase_now}</button>
    }
    .into_any()
}

/// Shows one of the pages; changes nothing.
pub async fn show(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Path((token, deed)): Path<(String, String)>,
    Query(query): Query<Asked>,
) -> Response {
    match Step::begin(&web, visit, &headers, token, &deed, &query).await {
        Ok(step) if step.deed == Deed::Export && step.door.pass() == Pass::Data => step.files(),
        Ok(step) => step.first(None),
        Err(answer) => answer,
    }
}

/// Sends a code, or the file that one has opened.
pub async fn act(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Path((token, deed)): Path<(String, String)>,
    Query(query): Query<Asked>,
    Form(posted): Form<Pairs>,
) -> Response {
    let step = match Step::begin(&web, visit, &headers, token, &deed, &query).await {
        Ok(step) => step,
        Err(answer) => return answer,
    };
    let format = posted.iter().find(|(name, _)| name == "format").and_then(|(_, value)| FileFormat::parse(value));
    if let Some(format) = format.filter(|_| step.deed == Deed::Export) {
        return download(&web, &step.door, format).await.unwrap_or_else(|error| last_resort(&Failure::of(error)));
    }
    match preferences::ask_for(&web.app, &step.door, step.deed.purpose(), step.tongue.language()).await {
        Ok(challenge) => Redirect::to(&step.path(Some(&challenge), step.tongue)).into_response(),
        // The page says why no code can be sent.
        Err(Error::Conflict(_)) => step.first(None),
        Err(error) => Fault::of(error).map_or_else(|error| last_resort(&Failure::of(error)), |fault| step.first(Some(fault))),
    }
}

async fn download(web: &Web, door: &Door, format: FileFormat) -> Result<Response> {
    let bytes = privacy::export_own(&web.app, door, format).await?;
    let name = format.disposition("person");
    let headers = [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// Shows the form for the code that was sent.
pub async fn show_code(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Path((token, deed, challenge)): Path<(String, String, String)>,
    Query(query): Query<Asked>,
) -> Response {
    match Step::begin(&web, visit, &headers, token, &deed, &query).await {
        Ok(step) => match ChallengeId::parse(&challenge) {
            Some(challenge) => step.second(challenge, String::new(), false, None),
            None => step.first(Some(Fault::Ended)),
        },
        Err(answer) => answer,
    }
}

/// Does what the code was asked for.
pub async fn prove(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Path((token, deed, challenge)): Path<(String, String, String)>,
    Query(query): Query<Asked>,
    Form(posted): Form<Pairs>,
) -> Response {
    let step = match Step::begin(&web, visit, &headers, token, &deed, &query).await {
        Ok(step) => step,
        Err(answer) => return answer,
    };
    let Some(id) = ChallengeId::parse(&challenge) else { return step.first(Some(Fault::Ended)) };
    let get = |name: &str| posted.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    let (code, is_sure) = (get("code").unwrap_or_default(), get("sure").is_some());
    if step.deed == Deed::Erase && !is_sure {
        return step.second(id, code, false, Some(Fault::Unsure));
    }
    match done(&web, &step, &id, &code).await {
        Ok(Ok(next)) => Redirect::to(&next).into_response(),
        Ok(Err(fault)) => step.second(id, code, is_sure, Some(fault)),
        Err(error) => refuse(&web, &step.visit, &step.token, Refused::Error(error)).await,
    }
}

/// Where to go after a code that was right.
async fn done(web: &Web, step: &Step, id: &ChallengeId, code: &str) -> Result<std::result::Result<String, Fault>> {
    let app = &web.app;
    match step.deed {
        Deed::Export => {
            let token = Fault::of_proof(preferences::open_data(app, &step.door, id, code).await)?;
            Ok(token.map(|token| address(&token, Deed::Export.word(), step.tongue)))
        }
        Deed::Erase => {
            let house = preferences::house_by_id(app, step.door.subaccount()).await?;
            let proof = privacy::erase_own(app, &step.door, id, code).await;
            Ok(Fault::of_proof(proof)?.map(|erased| erased_address(&house, step.tongue, erased.is_none())))
        }
    }
}

fn erased_address(house: &House, tongue: Tongue, is_under_way: bool) -> String {
    let org = house.name.as_deref().map(|name| format!("&org={}", encode(name))).unwrap_or_default();
    let soon = if is_under_way { "&soon=1" } else { "" };
    format!("/p/erased?lang={}{org}{soon}", tongue.tag())
}

/// `/p/erased`: what an erasure leads to. It knows nobody, so anybody may read it.
pub async fn erased(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Query(query): Query<Asked>,
) -> Response {
    let tongue = query.get("lang").and_then(|tag| Tongue::of_tag(tag)).or_else(|| accepted(&headers)).unwrap_or(Tongue::English);
    let words = tongue.words();
    let is_under_way = query.contains_key("soon");
    let (heading, text) = if is_under_way { (words.erasing, words.erasing_text) } else { (words.erased, words.erased_text) };
    match preferences::house(&web.app, query.get("org").map(String::as_str)).await {
        Ok(house) => document(StatusCode::OK, visit.theme, tongue, title(tongue, heading, &house.organisation, None), move || {
            let main = view! {
                <h1>{heading}</h1>
                <div class="card mt-5"><div class="body"><p>{text}</p></div></div>
            };
            frame(tongue, &house.organisation, |to| erased_address(&house, to, is_under_way), main.into_any(), None)
        }),
        Err(error) => last_resort(&Failure::of(error)),
    }
}
