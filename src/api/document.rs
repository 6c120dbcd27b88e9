//! The addresses of `/api/v1` and the OpenAPI document about them, both from the handlers' own declarations.

use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    Api, audiences, bulk, campaigns, connections, consent, contacts, control, figures, inbox, lookup, messages, packs, privacy, problem,
    purchases, replies, retries, settings, stream, templates, uploads, variants,
};

/// Where the API's addresses begin.
pub const BASE: &str = "/api/v1";
const KEY: &str = "api_key";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Peyk",
        description = "Send text messages and follow them. Sign in with `Authorization: Bearer KEY`; keys are made under Settings or with `peyk key add`. \
Times are RFC 3339 in UTC, money is `{\"amount\":\"0.0079\",\"currency\":\"USD\"}`. Lists take `limit` (at most 200) and `cursor`, and give `next_cursor` until the end. \
A POST that sends takes an `Idempotency-Key`: repeated within 72 hours with the same body it does nothing and gives the first answer again, marked `Idempotent-Replayed: true`. \
Refusals are problems (RFC 9457)."
    ),
    servers((url = "/api/v1")),
    components(schemas(problem::ProblemBody)),
    tags(
        (name = "Messages", description = "One text to one person"),
        (name = "Templates", description = "Texts with placeholders, in languages and versions"),
        (name = "Campaigns", description = "Many messages with one intent"),
        (name = "Uploads", description = "CSV files and what became of their rows"),
        (name = "Contacts", description = "People, what is noted about them and what happened with them"),
        (name = "Audiences", description = "Saved filters over contacts"),
        (name = "Inbox", description = "What people write back"),
        (name = "Consent", description = "Who may be sent what"),
        (name = "Privacy", description = "One person's data: handed out, erased; and how long everything is kept"),
        (name = "Figures", description = "Counts and costs"),
        (name = "Connections", description = "Accounts at providers"),
        (name = "Settings", description = "The organisation"),
        (name = "Live", description = "Changes as they happen"),
    )
)]
struct Document;

/// The router below [`BASE`] and the finished document.
pub fn routes() -> (axum::Router<Api>, utoipa::openapi::OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(messages::send))
        .routes(routes!(messages::preview))
        .routes(routes!(messages::list))
        .routes(routes!(messages::get))
        .routes(routes!(messages::cancel))
        .routes(routes!(messages::retry))
        .routes(routes!(retries::messages))
        .routes(routes!(lookup::lookup))
        .routes(routes!(templates::list, templates::create))
        .routes(routes!(templates::get, templates::update, templates::archive))
        .routes(routes!(templates::preview))
        .routes(routes!(templates::versions))
        .routes(routes!(templates::publish))
        .routes(routes!(templates::approve))
        .routes(routes!(templates::reject))
        .routes(routes!(templates::restore))
        .routes(routes!(templates::copy))
        .routes(routes!(templates::unarchive))
        .routes(routes!(templates::uses_of))
        .routes(routes!(templates::diff))
        .routes(routes!(variants::of_template))
        .routes(routes!(variants::use_in_template))
        .routes(routes!(packs::list))
        .routes(routes!(packs::install))
        .routes(routes!(bulk::send_bulk))
        .routes(routes!(campaigns::list, campaigns::create))
        .routes(routes!(campaigns::get))
        .routes(routes!(campaigns::messages_of))
        .routes(routes!(variants::of_campaign))
        .routes(routes!(variants::use_in_campaign))
        .routes(routes!(campaigns::launch))
        .routes(routes!(retries::campaign))
        .routes(routes!(control::pause))
        .routes(routes!(control::resume))
        .routes(routes!(control::cancel))
        .routes(routes!(control::set_pace))
        .routes(routes!(uploads::bulk))
        .routes(routes!(uploads::get))
        .routes(routes!(uploads::errors))
        .routes(routes!(uploads::rejected))
        .routes(routes!(consent::opt_out))
        .routes(routes!(consent::opt_in))
        .routes(routes!(consent::check))
        .routes(routes!(consent::export))
        .routes(routes!(consent::evidence))
        .routes(routes!(consent::preferences, consent::set_preferences))
        .routes(routes!(consent::link))
        .routes(routes!(consent::revoke_links))
        .routes(routes!(contacts::list, contacts::create))
        .routes(routes!(contacts::import))
        .routes(routes!(contacts::export))
        .routes(routes!(contacts::get, contacts::update, contacts::remove))
        .routes(routes!(contacts::timeline))
        .routes(routes!(contacts::merge))
        .routes(routes!(purchases::list, purchases::record))
        .routes(routes!(purchases::remove))
        .routes(routes!(audiences::list, audiences::create))
        .routes(routes!(audiences::count))
        .routes(routes!(audiences::get, audiences::update, audiences::delete))
        .routes(routes!(audiences::count_of))
        .routes(routes!(audiences::members))
        .routes(routes!(inbox::list))
        .routes(routes!(replies::list, replies::create))
        .routes(routes!(replies::update, replies::delete))
        .routes(routes!(inbox::get))
        .routes(routes!(inbox::reply))
        .routes(routes!(inbox::close))
        .routes(routes!(inbox::reopen))
        .routes(routes!(inbox::assign))
        .routes(routes!(inbox::read))
        .routes(routes!(inbox::unread))
        .routes(routes!(privacy::export))
        .routes(routes!(privacy::erase))
        .routes(routes!(privacy::redact))
        .routes(routes!(privacy::retention, privacy::set_retention))
        .routes(routes!(privacy::preview_retention))
        .routes(routes!(messages::redact))
        .routes(routes!(figures::stats))
        .routes(routes!(figures::costs))
        .routes(routes!(connections::list))
        .routes(routes!(connections::get, connections::put))
        .routes(routes!(connections::test))
        .routes(routes!(settings::get, settings::put))
        .routes(routes!(stream::stream))
        .split_for_parts();
    complete(&mut document);
    (router, document)
}

/// Adds what holds everywhere: the key, and the problem that any call may answer.
fn complete(document: &mut utoipa::openapi::OpenApi) {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key")).build();
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert(KEY.into(), RefOr::T(SecurityScheme::Http(scheme)));
    document.security = Some(vec![SecurityRequirement::new(KEY, Vec::<String>::new())]);
    let body = Content::new(Some(Ref::from_schema_name("Problem")));
    let refusal = ResponseBuilder::new().description("Why it was not done").content(problem::MEDIA_TYPE, body).build();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".into(), RefOr::T(refusal.clone()));
        }
    }
}
