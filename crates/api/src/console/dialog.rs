//! The screen of a handset that dials: its USSD dialog with a service, whose turn it is, and hanging up.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::address::Address;
use domain::directory::Directory;
use http::header::ACCEPT;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use serde::Deserialize;

use super::Console;
use super::guard::Visit;
use super::phone::{Handset, phones};
use super::piece::query;
use super::shell::form_token;
use super::trouble::Trouble;
use crate::phones::{Dialog, DialogState, Phones};

/// Whether a service address is dialled: the channel that serves it carries USSD.
pub(super) fn dials(directory: &Directory, service_address: &str) -> bool {
    let address = Address::parse(service_address).ok();
    address.and_then(|address| directory.channel_for(&address)).is_some_and(|channel| channel.ussd.is_some())
}

/// What is on the screen; nothing on a handset that texts, or has not dialled.
pub(super) fn screen(visit: &Visit, handset: &Handset, phones: &Arc<dyn Phones>) -> Markup {
    let dialog = if handset.dials { phones.dialog(handset.phone.as_str(), &handset.to) } else { None };
    html! {
        div.screen #phone-screen role="status" data-list="" data-live=(handset.live_url())
            data-latest=(handset.latest_url()) {
            @if let Some(dialog) = dialog { (shown(visit, handset, &dialog)) }
        }
    }
}

fn shown(visit: &Visit, handset: &Handset, dialog: &Dialog) -> Markup {
    let (state, words) = match dialog.state {
        DialogState::Waiting => ("waiting", "Waiting for the service"),
        DialogState::Asking => ("asking", "Your turn: type an answer"),
        DialogState::Ended(why) => ("ended", why),
    };
    html! {
        div.dialog data-key={ "dialog " (dialog.seq) } data-state=(state) {
            p.dialog-head { strong { (dialog.code) } span.dialog-state { (words) } }
            @if !dialog.text.is_empty() { p.dialog-text { (dialog.text) } }
            @if !matches!(dialog.state, DialogState::Ended(_)) {
                form.hang-up method="post" action="/console/phone/hang-up" {
                    (form_token(visit))
                    input type="hidden" name="phone" value=(handset.phone);
                    input type="hidden" name="to" value=(handset.to);
                    button.button #phone-hang-up type="submit" { "Hang up" }
                }
            }
        }
    }
}

/// Which handset, and whom it is talking to.
#[derive(Deserialize)]
pub(super) struct Line {
    phone: String,
    to: String,
}

/// Hangs up. A script is told in a word, a form goes back to the page.
pub(super) async fn hang_up(
    State(console): State<Console>,
    headers: HeaderMap,
    Form(line): Form<Line>,
) -> Result<Response, Trouble> {
    phones(&console)?.hang_up(&line.phone, &line.to);
    if headers.get(ACCEPT).is_some_and(|accept| accept == "text/plain") {
        return Ok((StatusCode::ACCEPTED, "hung up").into_response());
    }
    Ok(Redirect::to(&query("/", &[("phone", &line.phone), ("to", &line.to)])).into_response())
}
