//! A new application of the Vumi contract: its keys are made here, and the lines to add to the configuration, where
//! applications are declared.

use std::fmt::Write as _;

use axum::extract::{Form, State};
use axum::response::Html;
use domain::address::Address;
use domain::directory::Directory;
use maud::{Markup, html};
use serde::Deserialize;

use super::Console;
use super::conversation::copied;
use super::guard::Visit;
use super::session::unguessable;
use super::shell::{self, Tab, form_token};
use super::trouble::Trouble;

/// Service addresses that are offered.
const ADDRESSES_MAX: usize = 500;
/// Longest id, in characters.
const ID_CHARS_MAX: usize = 64;
/// Longest URL, in bytes.
const URL_BYTES_MAX: usize = 2048;

/// The form, empty.
pub(super) async fn page(State(console): State<Console>, visit: Visit) -> Html<String> {
    let directory = console.api.directory.current();
    let body = html! {
        (shell::heading("New Vumi application", "Makes its keys and the lines to add to the configuration."))
        section.card { div.card-body.stack { (form(&visit, &directory)) } }
    };
    shell::page(&visit, Tab::Applications, "New Vumi application", &body)
}

fn form(visit: &Visit, directory: &Directory) -> Markup {
    let addresses = directory.channels.values().flat_map(|channel| &channel.addresses).take(ADDRESSES_MAX);
    html! {
        form.stack method="post" action="/console/new-application" {
            (form_token(visit))
            label.field {
                span { "Account" }
                select name="account" required { @for key in directory.accounts.keys() { option { (key) } } }
            }
            label.field {
                span { "Conversation key (left empty, one is made)" }
                input name="id" maxlength=(ID_CHARS_MAX) pattern="[A-Za-z0-9._\\-]*" autocomplete="off";
            }
            label.field {
                span { "Service address that it listens on" }
                select name="address" {
                    option value="" { "none yet" }
                    @for address in addresses { option { (address) } }
                }
            }
            label.field {
                span { "Push messages to (left empty, they are streamed)" }
                input name="push_message_url" type="url" maxlength=(URL_BYTES_MAX) placeholder="https://app.example.org/messages";
            }
            label.field {
                span { "Push events to (left empty, they are streamed)" }
                input name="push_event_url" type="url" maxlength=(URL_BYTES_MAX) placeholder="https://app.example.org/events";
            }
            button.button.primary type="submit" { "Make keys" }
        }
    }
}

/// What is wished.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Wish {
    account: String,
    id: String,
    address: String,
    push_message_url: String,
    push_event_url: String,
}

/// The keys, and the lines.
pub(super) async fn make(
    State(console): State<Console>,
    visit: Visit,
    Form(wish): Form<Wish>,
) -> Result<Html<String>, Trouble> {
    let directory = console.api.directory.current();
    let made = Made::of(wish, &directory).map_err(|words| Trouble::Refused(words.to_owned()))?;
    let body = html! {
        (shell::heading("New Vumi application", "These keys are shown once and kept nowhere: copy them now."))
        section.card {
            div.card-body.stack {
                h2 { "Keys" }
                (copied("account-key", "Account key", &made.wish.account))
                (copied("conversation-key", "Conversation key", &made.wish.id))
                (copied("token", "Token", &made.token))
            }
        }
        section.card {
            div.card-body.stack {
                h2 { "Configuration" }
                p { "Add these lines to the configuration file, then have the gateway read it again: " code { "kill -HUP" } " and its process id, or a restart." }
                pre #configuration { (made.lines()) }
                button.button type="button" hidden data-copy="configuration" { "Copy" }
            }
        }
    };
    Ok(shell::page(&visit, Tab::Applications, "New Vumi application", &body))
}

/// An application that can be.
struct Made {
    wish: Wish,
    token: String,
}

impl Made {
    fn of(mut wish: Wish, directory: &Directory) -> Result<Made, &'static str> {
        let chance = || unguessable().ok_or("The system has no chance to make keys of. Try again.");
        if !directory.accounts.contains_key(&*wish.account) {
            return Err("There is no such account. Add it to the configuration first.");
        }
        if wish.id.is_empty() {
            wish.id = chance()?;
            wish.id.truncate(32);
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if wish.id.len() > ID_CHARS_MAX || !wish.id.bytes().all(is_plain) {
            return Err("A conversation key has 1 to 64 letters, digits, dots, underscores and hyphens.");
        }
        if directory.applications.contains_key(&*wish.id) {
            return Err("There is an application with this key already. Choose another one.");
        }
        if !wish.address.is_empty() {
            let address = Address::parse(&wish.address).ok();
            if address.is_none_or(|address| directory.channel_for(&address).is_none()) {
                return Err("No channel serves this service address.");
            }
        }
        if [&wish.push_message_url, &wish.push_event_url].into_iter().any(|url| !may_be_url(url)) {
            return Err("A URL begins with http:// or https:// and has no blanks or quotes.");
        }
        Ok(Made { wish, token: chance()? })
    }

    /// The lines of the configuration.
    fn lines(&self) -> String {
        let Wish { account, id, address, push_message_url, push_event_url } = &self.wish;
        let mut lines = format!(
            "[[application]]\nid = \"{id}\"\naccount = \"{account}\"\ncontract = \"vumi\"\napi_tokens = [\"{}\"]\n",
            self.token
        );
        let mut add = |key: &str, value: &str| {
            if !value.is_empty() {
                // Writing to a text does not fail.
                let _written = writeln!(lines, "{key} = \"{value}\"");
            }
        };
        add("push_message_url", push_message_url);
        add("push_event_url", push_event_url);
        if !address.is_empty() {
            let quoted = address.replace('\\', "\\\\").replace('"', "\\\"");
            let _written = write!(lines, "\n[[route]]\napplication = \"{id}\"\naddress = \"{quoted}\"\n");
        }
        lines
    }
}

fn may_be_url(url: &str) -> bool {
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '"' | '\\');
    url.is_empty()
        || (url.starts_with("http://") || url.starts_with("https://"))
            && url.len() <= URL_BYTES_MAX
            && !url.contains(is_odd)
}
