//! `/v1/opt-outs/{type}/{address}`: one entry of the opt-out ledger that the sends of every contract check.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::address::Address;
use domain::decision::Outcome;
use domain::directory::Name;
use domain::event::Event;
use domain::id::MessageId;
use domain::opt_out::{OptOut, OptOutKey};
use domain::time::At;
use http::{StatusCode, Uri};
use serde::Serialize;

use super::hal::{Links, hal, shown, shown_or_null};
use crate::auth::Caller;
use crate::problem::{Complaint, Kind, Problem};
use crate::query::Parameters;
use crate::state::ApiState;

/// Longest type of an address, in bytes.
const TYPE_BYTES_MAX: usize = 32;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OptOutResource<'a> {
    account: &'a str,
    address_type: &'a str,
    address: &'a str,
    #[serde(serialize_with = "shown")]
    created_at: At,
    #[serde(serialize_with = "shown_or_null")]
    message: Option<MessageId>,
    #[serde(rename = "_links")]
    links: Links,
}

impl<'a> OptOutResource<'a> {
    fn of(entry: &'a OptOut) -> OptOutResource<'a> {
        let address: String = form_urlencoded::byte_serialize(entry.address.as_str().as_bytes()).collect();
        OptOutResource {
            account: &entry.account,
            address_type: &entry.address_type,
            address: entry.address.as_str(),
            created_at: entry.created_at,
            message: entry.message,
            links: Links::to_self(format!("/v1/opt-outs/{}/{address}", entry.address_type)),
        }
    }
}

/// The entry a request is about.
struct Named {
    account: Name,
    address_type: Name,
    address: Address,
}

impl Named {
    /// The operator says whose ledger with `account`; an account has its own.
    fn of(state: &ApiState, caller: &Caller, uri: &Uri, path: (String, String)) -> Result<Named, Problem> {
        let mut parameters = Parameters::of(uri);
        let account = match caller {
            Caller::Account(key) => Some(key.clone()),
            Caller::Operator => {
                let directory = state.directory.current();
                let known = |key: &str| directory.accounts.get_key_value(key).map(|(key, _)| key.clone());
                parameters.parsed("account", "the key of an account", known)
            }
        };
        parameters.finish()?;
        Named::read(account.ok_or_else(|| wrong("account", "the operator says whose ledger"))?, path)
    }

    fn read(account: Name, (address_type, address): (String, String)) -> Result<Named, Problem> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=TYPE_BYTES_MAX).contains(&address_type.len()) || !address_type.bytes().all(is_plain) {
            return Err(wrong("type", "up to 32 lower-case letters, digits and underscores; phones are msisdn"));
        }
        let address = Address::parse(&address).map_err(|fault| wrong("address", &fault.to_string()))?;
        Ok(Named { account, address_type: address_type.into(), address })
    }
}

fn wrong(name: &str, detail: &str) -> Problem {
    Problem::with_errors(Kind::Query, vec![Complaint { name: name.to_owned(), detail: detail.to_owned() }])
}

pub(super) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    uri: Uri,
    Path(path): Path<(String, String)>,
) -> Result<Response, Problem> {
    let Named { account, address_type, address } = Named::of(&state, &caller, &uri, path)?;
    let key = OptOutKey { account, address_type, address: address.key() };
    let found = state.reader(&caller).opt_out(key).await?.ok_or_else(Problem::not_found)?;
    Ok(hal(StatusCode::OK, &OptOutResource::of(&found)))
}

pub(super) async fn put(
    State(state): State<ApiState>,
    caller: Caller,
    uri: Uri,
    Path(path): Path<(String, String)>,
) -> Result<Response, Problem> {
    let entry = change(&state, Named::of(&state, &caller, &uri, path)?, true).await?;
    Ok(hal(StatusCode::CREATED, &OptOutResource::of(&entry)))
}

pub(super) async fn delete(
    State(state): State<ApiState>,
    caller: Caller,
    uri: Uri,
    Path(path): Path<(String, String)>,
) -> Result<Response, Problem> {
    change(&state, Named::of(&state, &caller, &uri, path)?, false).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn change(state: &ApiState, named: Named, out: bool) -> Result<OptOut, Problem> {
    let Named { account, address_type, address } = named;
    match state.ask(Event::OptOutAsked { account, address_type, address, out }).await? {
        Outcome::OptOut(entry) => Ok(entry),
        Outcome::Refused(refusal) => Err(refusal.into()),
        other => Err(Problem::unexpected(&other)),
    }
}
