//! The API's description: as a document, as a console to try it in, as pages to read.
//!
//! These pages are open, since the source is; nothing on them comes from another host.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use edge::Ready;
use http::{HeaderName, HeaderValue, StatusCode, header};
use utoipa::PartialSchema as _;
use utoipa::ToSchema;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, PathItem, Ref, Required, ResponseBuilder};
use utoipa::openapi::{SecurityRequirement, tag::TagBuilder};
use utoipa_swagger_ui::Config;

use super::reference;
use crate::App;
use crate::auth::Caller;
use crate::problem::{self, CODES, Code, Problem};
use crate::site::Visit;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/docs", get(async || Redirect::permanent("/docs/")))
        .route("/docs/", get(async || swagger("")))
        .route("/docs/{file}", get(async |Path(file): Path<String>| swagger(&file)))
        .route("/docs/openapi.json", get(async |visit: Visit| visit.answer(&DOCUMENT)))
        .route("/docs/problems", get(async |visit: Visit| visit.answer(&PROBLEMS)))
        .route("/docs/reference.css", get(async |visit: Visit| visit.answer(&STYLE)))
        .route("/redoc", get(async |visit: Visit| visit.answer(&REFERENCE)))
}

/// `/docs` needs scripts, which the site has none of; no word of a script may come from elsewhere. The
/// hash is that of the one style inside the page, the logo's.
const POLICY: &str = "default-src 'none'; script-src 'self'; \
                      style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static DOCUMENT: LazyLock<Ready> = LazyLock::new(|| ready("application/json", text()));
static PROBLEMS: LazyLock<Ready> = LazyLock::new(|| page(&ProblemPage { codes: CODES }));
static REFERENCE: LazyLock<Ready> = LazyLock::new(|| {
    let document = serde_json::to_value(super::document()).unwrap_or_default();
    page(&reference::Page::of(&document))
});
static STYLE: LazyLock<Ready> = LazyLock::new(|| {
    let style = concat!(include_str!("../../assets/tokens.css"), include_str!("../../assets/reference.css"));
    ready("text/css; charset=utf-8", style.to_owned())
});

/// What each error means, and what to do about it.
#[derive(Template)]
#[template(path = "api/problems.html")]
struct ProblemPage {
    codes: &'static [&'static Code],
}

fn page(template: &impl Template) -> Ready {
    // Rendering plain data into a string cannot fail.
    ready("text/html; charset=utf-8", template.render().unwrap_or_default())
}

fn ready(kind: &'static str, body: String) -> Ready {
    let ready = Ready::new(StatusCode::OK, HeaderValue::from_static(kind), body);
    ready.cache_control(HeaderValue::from_static("public, max-age=300"))
}

/// The document as it is committed and served.
pub fn text() -> String {
    let mut text = super::document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// `/api/v3/openapi.json`
pub async fn document_for_keys(_: Caller, visit: Visit) -> Response {
    visit.answer(&DOCUMENT)
}

fn swagger(file: &str) -> Response {
    static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
        // No validator: it would send the address to another host.
        Arc::new(
            Config::new(["/docs/openapi.json"]).validator_url("none").deep_linking(true).display_request_duration(true),
        )
    });
    let missing = || Problem::new(&problem::NOT_FOUND, "there is no such file");
    // The redirect target of a sign-in we do not offer.
    if file.starts_with("oauth2") {
        return missing().into_response();
    }
    match utoipa_swagger_ui::serve(file, Arc::clone(&CONFIG)) {
        Ok(Some(file)) => {
            let mut response = file.bytes.into_owned().into_response();
            let headers = response.headers_mut();
            let mut set = |name: HeaderName, value: &str| {
                if let Ok(value) = HeaderValue::from_str(value) {
                    headers.insert(name, value);
                }
            };
            set(header::CONTENT_TYPE, &file.content_type);
            set(header::CACHE_CONTROL, "public, max-age=300");
            set(header::CONTENT_SECURITY_POLICY, POLICY);
            if file.gzpipped {
                set(header::CONTENT_ENCODING, "gzip");
            }
            response
        }
        Ok(None) => missing().into_response(),
        Err(error) => Problem::new(&problem::INTERNAL, error.to_string()).into_response(),
    }
}

/// An error as RFC 9457 has it.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "only its schema is used: problem.rs writes the answer")]
pub(super) struct ProblemAnswer {
    /// Names the kind of problem; its description stands there.
    r#type: String,
    title: String,
    status: u16,
    /// What went wrong this time.
    detail: String,
    /// To find it in the log.
    request_id: String,
    /// What is wrong with which value.
    errors: Option<Vec<FaultAnswer>>,
}

/// One thing that is wrong with a request's content.
#[derive(ToSchema)]
#[schema(as = Fault)]
#[expect(dead_code, reason = "only its schema is used: problem.rs writes the answer")]
struct FaultAnswer {
    /// JSON pointer (RFC 6901) to the value.
    pointer: String,
    detail: String,
}

const TAGS: &[(&str, &str)] = &[
    ("sources", "Where items come from."),
    ("items", "What sources bring."),
    ("stories", "Items that tell the same news."),
    ("posts", "Content with versions and a workflow state."),
    ("moderation", "What people decide about posts."),
    ("calendar", "When posts are published: slots, blackouts, times."),
    ("drafts", "Drafts on demand, and the record of generator calls."),
    ("analysis", "What is measured of a text."),
    ("pipelines", "The recipes that tie sources, drafting and policy together."),
    ("prompts", "What models are asked with, version by version, and how drafts are to sound."),
    ("providers", "Model providers beside the embedded generator."),
    ("channels", "Where posts go."),
    ("session", "Signing in and out, and who one is."),
    ("users", "People with a password of their own."),
    ("invitations", "Links that make an account, or give one back."),
    ("preferences", "How somebody likes the console."),
    ("keys", "Programs that may call, with a part of a role and for a time."),
    ("jobs", "Background work, one by one or many at once."),
    ("queues", "Where jobs wait: settings, numbers, and who works."),
    ("live", "What happens, as it happens."),
    ("health", "Whether it works."),
    ("metrics", "How well it works."),
    ("cache", "What is kept, and how it is forgotten."),
    ("figures", "How the whole does at a glance."),
    ("settings", "What is configured, and where it came from."),
    ("database", "What is kept where, how fast it answers, and what needs somebody."),
];

const INTRODUCTION: &str = "Everything needs a key, sent as `Authorization: Bearer …`, or the cookie of a session; health tells its status without one. \
    With the cookie, a call that changes something needs the session's `csrf` as `X-CSRF-Token`. \
    Lists answer `{data, pagination}`; give `pagination.next` as `after` for the next page. Errors are `application/problem+json` \
    and described at `/docs/problems`. A `POST` that carries `Idempotency-Key` can be repeated: it answers with what it led to the first time. \
    Where replicas answer reads, the answer to a write carries `Copydesk-Position`; a request that sends it back sees that write.";

/// Adds what every operation shares: the key, the errors, unique names.
pub fn complete(mut document: OpenApi) -> OpenApi {
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    document.info = InfoBuilder::new()
        .title("Copydesk")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(INTRODUCTION))
        .license(Some(license))
        .build();
    document.tags = Some(
        TAGS.iter().map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build()).collect(),
    );
    document.security = Some(vec![SecurityRequirement::new("key", Vec::<String>::new())]);
    let components = document.components.get_or_insert_default();
    let key = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key.")).build();
    components.security_schemes.insert("key".to_owned(), SecurityScheme::Http(key).into());
    components.schemas.insert("Problem".to_owned(), ProblemAnswer::schema());
    components.schemas.insert("Fault".to_owned(), FaultAnswer::schema());
    for item in document.paths.paths.values_mut() {
        let PathItem { get, put, post, delete, patch, .. } = item;
        for operation in [get, put, delete, patch].into_iter().flatten() {
            complete_operation(operation);
        }
        if let Some(operation) = post {
            complete_operation(operation);
            operation.parameters.get_or_insert_default().push(idempotency_key().into());
        }
    }
    document
}

fn complete_operation(operation: &mut Operation) {
    let tag = operation.tags.iter().flatten().next().cloned().unwrap_or_default();
    // The names of handlers are unique within their module only.
    operation.operation_id = operation.operation_id.take().map(|name| format!("{tag}.{name}"));
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let problem = ResponseBuilder::new()
        .description("Any error; `type` says which.")
        .header("Retry-After", Header::new(String::schema()))
        .content("application/problem+json", content)
        .build();
    operation.responses.responses.insert("default".to_owned(), problem.into());
}

fn idempotency_key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "1 to 200 characters that name this request, kept for a day. The same key with another body is refused.",
        ))
        .schema(Some(String::schema()))
        .build()
}
