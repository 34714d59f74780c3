//! `GET /v1/sessions`: open sessions between phones and applications.

use axum::extract::State;
use axum::response::Response;
use domain::address::{Address, AddressKey};
use domain::directory::Name;
use domain::id::MessageId;
use domain::phone::Session;
use domain::time::At;
use engine::page::SessionQuery;
use http::{StatusCode, Uri};
use serde::Serialize;

use super::hal::{Collection, Links, hal, shown};
use super::message::message_path;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::state::ApiState;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionResource<'a> {
    phone: &'a str,
    service_address: &'a str,
    application: &'a str,
    #[serde(serialize_with = "shown")]
    opened_by: MessageId,
    #[serde(serialize_with = "shown")]
    opened_at: At,
    #[serde(serialize_with = "shown")]
    expires_at: At,
    #[serde(rename = "_links")]
    links: Links,
}

impl<'a> SessionResource<'a> {
    fn of((phone, session): &'a (AddressKey, Session)) -> SessionResource<'a> {
        SessionResource {
            phone: phone.as_str(),
            service_address: session.service_address.as_str(),
            application: &session.application,
            opened_by: session.opened_by,
            opened_at: session.opened_at,
            expires_at: session.expires_at,
            links: Links::default().and("openedBy", message_path(session.opened_by)),
        }
    }
}

pub(super) async fn list(State(state): State<ApiState>, caller: Caller, uri: Uri) -> Result<Response, Problem> {
    let mut parameters = Parameters::of(&uri);
    let query = SessionQuery {
        applications: parameters.text("application").map(|id| vec![Name::from(id)]),
        phone: parameters.parsed("phone", "a phone number", |text| Address::parse(text).ok()).map(|phone| phone.key()),
        limit: parameters.limit(),
    };
    parameters.finish()?;
    let sessions = state.reader(&caller).sessions(query).await?;
    let rows = sessions.iter().map(SessionResource::of).collect();
    let links = Links::to_self(uri.path_and_query().map_or("/v1/sessions", |target| target.as_str()));
    Ok(hal(StatusCode::OK, &Collection::new("sessions", rows, links)))
}
