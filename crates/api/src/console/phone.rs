//! The phone of the demo: type a text or dial a code as a person would, and watch everything that happens to it. What is
//! on the screen while a code is dialled is in `dialog.rs`.

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::address::{Address, AddressKey};
use domain::directory::Directory;
use domain::id::MessageId;
use domain::limit::TEXT_BYTES_MAX;
use domain::message::Direction;
use domain::time::At;
use engine::page::{MessageQuery, MessageRow};
use http::header::ACCEPT;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use serde::Deserialize;

use super::dialog;
use super::exchange::{beginning, exchange, groups};
use super::guard::Visit;
use super::icon::{Icon, icon};
use super::piece::{empty, query};
use super::shell::{self, Tab, form_token};
use super::trouble::Trouble;
use super::{Console, words};
use crate::phones::{PhoneText, Phones};

/// The handset one starts with: the one that the demo's examples send to.
const PHONE: &str = "+41790000100";
/// Where the parts that move come from.
const EXCHANGE: &str = "/console/phone/exchange";
/// Most texts shown on the handset each way.
const TEXTS_MAX: usize = 60;
/// Most service addresses to choose from.
const ADDRESSES_MAX: usize = 200;
/// Most keywords offered.
const HINTS_MAX: usize = 5;
/// A pause between texts after which the time is shown, in milliseconds.
const PAUSE_MS: u64 = 120_000;

/// Which handset, whom it writes to, and which of its texts is explained.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    phone: String,
    to: String,
    message: String,
}

/// A handset and the service address it writes to.
pub(super) struct Handset {
    pub(super) phone: Address,
    pub(super) to: String,
    /// It dials the service address instead of texting it.
    pub(super) dials: bool,
    chosen: Option<MessageId>,
}

impl Handset {
    fn of(wanted: &Wanted, directory: &Directory) -> Result<Handset, Trouble> {
        let phone = if wanted.phone.trim().is_empty() { PHONE } else { &wanted.phone };
        let phone = Address::parse(phone)
            .map_err(|refusal| Trouble::Refused(format!("The phone number cannot be used: {refusal}.")))?;
        let to = if wanted.to.is_empty() { first_address(directory) } else { wanted.to.clone() };
        let dials = dialog::dials(directory, &to);
        Ok(Handset { phone, to, dials, chosen: MessageId::parse(&wanted.message) })
    }

    pub(super) fn url(&self, path: &str, message: &str) -> String {
        query(path, &[("phone", self.phone.as_str()), ("to", &self.to), ("message", message)])
    }

    /// Where the parts that move come from.
    pub(super) fn live_url(&self) -> String {
        let chosen = self.chosen.map(|id| id.to_string()).unwrap_or_default();
        self.url(EXCHANGE, &chosen)
    }

    /// The same for the latest text instead of a chosen one.
    pub(super) fn latest_url(&self) -> String {
        self.url(EXCHANGE, "")
    }

    /// A handset that texts shows all its texts, one that dials what it says to one service.
    fn shows(&self, service_address: &str, directory: &Directory) -> bool {
        match self.dials {
            true => Address::from_network(service_address).key() == Address::from_network(&self.to).key(),
            false => !dialog::dials(directory, service_address),
        }
    }

    fn events_url(&self) -> String {
        query("/console/events", &[("phone", self.phone.as_str())])
    }
}

/// The address of the first route that a channel serves, else of the first channel.
fn first_address(directory: &Directory) -> String {
    let routed =
        directory.routes.iter().map(|route| &route.address).find(|address| directory.channel_for(address).is_some());
    let served = || directory.channels.values().find_map(|channel| channel.addresses.first());
    routed.or_else(served).map(Address::to_string).unwrap_or_default()
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Html<String>, Trouble> {
    let phones = phones(&console)?;
    let directory = console.api.directory.current();
    let handset = Handset::of(&wanted, &directory)?;
    let sent = sent(&console, &handset, &directory).await?;
    let body = html! {
        h1.unseen { "Phone" }
        div.desk {
            section.phone aria-label="Phone" {
                (choice(&handset, &directory))
                div.talk #talk tabindex="0" { (bubbles(&handset, &sent, &phones, &directory)) }
                div.phone-foot {
                    (dialog::screen(&visit, &handset, &phones))
                    (hints(&handset, &directory))
                    p.alert.small #phone-problem role="alert" hidden {}
                    form.compose #phone-form method="post" action="/console/phone" data-page=(handset.url("/", "")) {
                        (form_token(&visit))
                        input type="hidden" name="phone" value=(handset.phone);
                        input type="hidden" name="to" value=(handset.to);
                        input #phone-text type="text" name="text" placeholder=(placeholder(&handset.to, handset.dials)) aria-label="Text" autocomplete="off" required;
                        button.button.primary #phone-send type="submit" { "Send" }
                    }
                }
            }
            (happenings(&console, &handset, &sent).await?)
        }
    };
    Ok(shell::page(&visit, Tab::Phone, "Phone", &body))
}

/// The parts that move.
pub(super) async fn fragment(
    State(console): State<Console>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Html<String>, Trouble> {
    let phones = phones(&console)?;
    let directory = console.api.directory.current();
    let handset = Handset::of(&wanted, &directory)?;
    let sent = sent(&console, &handset, &directory).await?;
    let happenings = happenings(&console, &handset, &sent).await?;
    let moving = html! {
        (bubbles(&handset, &sent, &phones, &directory))
        (dialog::screen(&visit, &handset, &phones))
        (hints(&handset, &directory))
        (happenings)
    };
    Ok(Html(moving.into_string()))
}

pub(super) fn phones(console: &Console) -> Result<Arc<dyn Phones>, Trouble> {
    console.api.phones.clone().ok_or(Trouble::NotFound)
}

/// What a browser posts.
#[derive(Deserialize)]
pub(super) struct Typed {
    phone: String,
    to: String,
    text: String,
}

/// Sends a text from a handset, or dials. A script is told in words, a form goes back to the page.
pub(super) async fn send(
    State(console): State<Console>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Trouble> {
    let phones = phones(&console)?;
    let is_script = headers.get(ACCEPT).is_some_and(|accept| accept == "text/plain");
    let dials = dialog::dials(&console.api.directory.current(), &typed.to);
    match try_send(phones, &typed, dials).await {
        Ok(()) if is_script => Ok((StatusCode::ACCEPTED, "sent").into_response()),
        Ok(()) => Ok(Redirect::to(&query("/", &[("phone", &typed.phone), ("to", &typed.to)])).into_response()),
        Err(words) if is_script => Ok((StatusCode::UNPROCESSABLE_ENTITY, words).into_response()),
        Err(words) => Err(Trouble::Refused(words)),
    }
}

async fn try_send(phones: Arc<dyn Phones>, typed: &Typed, dials: bool) -> Result<(), String> {
    let phone =
        Address::parse(&typed.phone).map_err(|refusal| format!("The phone number cannot be used: {refusal}."))?;
    let to = Address::parse(&typed.to).map_err(|refusal| format!("The service address cannot be used: {refusal}."))?;
    if typed.text.trim().is_empty() {
        return Err("The text is empty. Type at least one character.".to_owned());
    }
    if typed.text.len() > TEXT_BYTES_MAX {
        return Err(format!("The text is longer than {TEXT_BYTES_MAX} bytes. Shorten it."));
    }
    let text = typed.text.clone();
    let sending = tokio::task::spawn_blocking(move || match dials {
        true => phones.enter(phone.as_str(), to.as_str(), text.trim()),
        false => phones.send(phone.as_str(), to.as_str(), &text),
    });
    sending.await.unwrap_or_else(|_| Err("The simulated operator broke off; the log says more.".to_owned()))
}

/// What the handset has sent and got, as the gateway has it, newest first: texts, or what it dialled and entered.
async fn sent(console: &Console, handset: &Handset, directory: &Directory) -> Result<Vec<MessageRow>, Trouble> {
    let phone: AddressKey = handset.phone.key();
    let asked = MessageQuery { phone: Some(phone), limit: TEXTS_MAX, ..MessageQuery::default() };
    let mut rows = console.reader().messages(asked).await?.rows;
    rows.retain(|row| handset.shows(row.message.service_address().as_str(), directory));
    Ok(rows)
}

/// One text on the handset.
enum Bubble<'a> {
    Sent(&'a MessageRow),
    Received(PhoneText),
}

impl Bubble<'_> {
    fn at(&self) -> At {
        match self {
            Bubble::Sent(row) => row.message.created_at,
            Bubble::Received(text) => text.at,
        }
    }
}

/// A text that an answer had processed again was not sent by the phone.
fn was_sent(row: &MessageRow) -> bool {
    row.message.direction == Direction::Mo && row.message.parent.is_none()
}

fn bubbles(handset: &Handset, sent: &[MessageRow], phones: &Arc<dyn Phones>, directory: &Directory) -> Markup {
    let mut received = phones.received(handset.phone.as_str(), 0);
    received.retain(|text| handset.shows(&text.from, directory));
    let skipped = received.len().saturating_sub(TEXTS_MAX);
    let mut all: Vec<Bubble<'_>> = sent.iter().filter(|row| was_sent(row)).map(Bubble::Sent).collect();
    all.extend(received.into_iter().skip(skipped).map(Bubble::Received));
    all.sort_by_key(Bubble::at);
    let befores = std::iter::once(None).chain(all.iter().map(|bubble| Some(bubble.at())));
    html! {
        ol.bubbles #bubbles role="log" aria-live="polite" aria-label="Texts" data-list="" data-live=(handset.live_url())
            data-latest=(handset.latest_url()) data-events=(handset.events_url()) {
            @if all.is_empty() {
                li.empty data-key="empty" { (icon(Icon::Phone)) p { (nothing_yet(handset.dials)) } }
            }
            @for (bubble, before) in all.iter().zip(befores) {
                @if before.is_none_or(|before| bubble.at().ms_since(before) > PAUSE_MS) {
                    li.stamp data-key={ "at " (bubble.at().0) } { (words::moment(bubble.at())) }
                }
                (shown(handset, bubble))
            }
        }
    }
}

const fn nothing_yet(dials: bool) -> &'static str {
    match dials {
        true => "No dialog yet. Dial the code below, and watch what becomes of it.",
        false => "No texts yet. Type one below, and watch what becomes of it.",
    }
}

/// What the field for typing says while it is empty.
fn placeholder(to: &str, dials: bool) -> String {
    if dials { format!("Dial {to}, then answer") } else { format!("Text to {to}") }
}

fn shown(handset: &Handset, bubble: &Bubble<'_>) -> Markup {
    match bubble {
        Bubble::Sent(row) if handset.dials && row.message.text.is_empty() => {
            let id = row.message.id.to_string();
            html! {
                li.stamp data-key=(id) data-message=(id) { a href=(handset.url("/", &id)) { "The dialog ended" } }
            }
        }
        Bubble::Sent(row) => {
            let id = row.message.id.to_string();
            let is_chosen = handset.chosen == Some(row.message.id);
            html! {
                li.bubble.sent.chosen[is_chosen] data-key=(id) data-message=(id) {
                    a href=(handset.url("/", &id)) title="Show what happened to it" { (row.message.text) }
                }
            }
        }
        Bubble::Received(text) => html! {
            li.bubble.received data-key={ "received " (text.from) " " (text.seq) } title={ "From " (text.from) } { (text.text) }
        },
    }
}

/// The exchange around the chosen text, or around the latest.
async fn happenings(console: &Console, handset: &Handset, sent: &[MessageRow]) -> Result<Markup, Trouble> {
    let reader = console.reader();
    let first = match (handset.chosen, sent.first()) {
        (Some(chosen), _) => Some(chosen),
        (None, Some(latest)) => Some(beginning(&reader, &latest.message).await?),
        (None, None) => None,
    };
    let told = match first {
        Some(first) => exchange(&reader, first).await?,
        None => Vec::new(),
    };
    Ok(html! {
        div.exchange #timeline aria-label="What happened" data-list="" data-live=(handset.live_url())
            data-latest=(handset.latest_url()) data-events=(handset.events_url()) {
            @if told.is_empty() {
                section.card data-key="empty" { (nothing(handset)) }
            }
            (groups(&told))
        }
    })
}

fn nothing(handset: &Handset) -> Markup {
    if handset.to.is_empty() {
        let advice = html! { "No channel serves a service address. Give a " code { "[[channel]]" } " of the configuration some "
        code { "addresses" } " and start the gateway again." };
        return empty(Icon::Channels, "There is nobody to text", &advice);
    }
    empty(
        Icon::Messages,
        "Everything that happens to a text appears here",
        &html! {
            "Send one from the phone to " strong { (handset.to) }
            ": where it is routed and why, the callback to the application, its answer, the reply and its report."
        },
    )
}

fn choice(handset: &Handset, directory: &Directory) -> Markup {
    let addresses: Vec<&Address> =
        directory.channels.values().flat_map(|channel| &channel.addresses).take(ADDRESSES_MAX).collect();
    let is_listed = addresses.iter().any(|address| address.as_str() == handset.to);
    html! {
        form.phone-head #phone-choice method="get" action="/" {
            label.field { span { "This phone" } input #phone-number type="tel" name="phone" value=(handset.phone) autocomplete="off"; }
            label.field {
                span { "Texts to, or dials" }
                select #phone-to name="to" {
                    @if !is_listed { option value=(handset.to) selected { (handset.to) } }
                    @for address in addresses {
                        @let hint = placeholder(address.as_str(), dialog::dials(directory, address.as_str()));
                        option value=(address) selected[address.as_str() == handset.to] data-hint=(hint) { (address) }
                    }
                }
            }
            button.button type="submit" { "Use this phone" }
        }
    }
}

/// Keywords of the address, or its code, to be typed with one click.
fn hints(handset: &Handset, directory: &Directory) -> Markup {
    let is_code = handset.dials && handset.to.starts_with(['*', '#']);
    let code = is_code.then_some(handset.to.as_str());
    let key = Address::parse(&handset.to).ok().map(|address| address.key());
    let here = directory.routes.iter().filter(|route| Some(route.address.key()) == key);
    let keywords: Vec<&str> = here.filter_map(|route| route.keyword.as_deref()).chain(code).take(HINTS_MAX).collect();
    html! {
        div.hints #phone-hints data-list="" data-live=(handset.live_url()) data-latest=(handset.latest_url()) {
            @for keyword in keywords { button type="button" data-key=(keyword) data-text=(keyword) { (keyword) } }
        }
    }
}
