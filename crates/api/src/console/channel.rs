//! Channels right now: their links, what waits, and what keeps them from being faster.

use axum::extract::{Query, State};
use axum::response::Html;
use domain::directory::{Channel, Name};
use domain::time::At;
use engine::live::{ChannelLive, LimitedBy, LinkStatus};
use maud::{Markup, html};
use serde::Deserialize;

use super::guard::Visit;
use super::icon::Icon;
use super::piece::{Tone, badge, empty, fact, page_links, pager, query};
use super::shell::{self, Tab};
use super::trouble::Trouble;
use super::{Console, words};

/// Channels of a page.
const ROWS: usize = 50;
/// Most service addresses shown of a channel.
const ADDRESSES_MAX: usize = 12;
/// Most links shown of a channel.
const LINKS_MAX: usize = 32;

/// From which channel on.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct From {
    from: usize,
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    visit: Visit,
    Query(From { from }): Query<From>,
) -> Result<Html<String>, Trouble> {
    let directory = console.api.directory.current();
    let live = console.api.live.snapshot();
    let now = console.api.now();
    let quiet = ChannelLive::default();
    let shown: Vec<_> = directory.channels.iter().skip(from).take(ROWS).collect();
    let (first, next) = page_links("/console/channels", from, ROWS, directory.channels.len());
    let body = html! {
        (shell::heading("Channels", "The connections to networks, as they are now."))
        @if shown.is_empty() {
            div.card {
                (empty(Icon::Channels, "No channels", &html! { "Add a " code { "[[channel]]" } " to the configuration and start the gateway again." }))
            }
        }
        div.channel-grid #channels data-live=(query("/console/channels", &[("from", &from.to_string())])) data-list="" {
            @for (id, channel) in &shown {
                (card(id, channel, live.channels.get(*id).unwrap_or(&quiet), now))
            }
        }
        @if first.is_some() || next.is_some() {
            div.card { (pager(shown.len(), first.as_deref(), next.as_deref())) }
        }
    };
    Ok(shell::page(&visit, Tab::Channels, "Channels", &body))
}

fn card(id: &Name, channel: &Channel, live: &ChannelLive, now: At) -> Markup {
    html! {
        section.card data-key={ "channel " (id) } data-channel=(id) {
            div.card-head {
                div.row { h2 { (id) } span.soft { (channel.kind) } (health(live)) }
                span.soft.small { "Serves " (addresses(channel)) }
            }
            div.card-body.stack {
                (links(live, now))
                dl.facts {
                    div {
                        dt { "Window" }
                        dd {
                            (live.window_used) " of " (live.window) " in use"
                            @if live.window > 0 { meter min="0" max=(live.window) value=(live.window_used) {} }
                        }
                    }
                    (fact("Queued", &html! { (words::grouped(live.queued)) }))
                    (fact("Received", &html! { (words::grouped(live.received)) }))
                    (fact("Segments submitted", &html! { (words::grouped(live.submitted)) }))
                    (fact("Reports", &html! { (words::grouped(live.reports)) }))
                    (fact("Throttled", &html! { (words::counted(live.throttled, "time", "times")) }))
                    (fact("Rate", &rate(channel)))
                    div.wide { dt { "Limited by" } dd { (limited(live.limited_by, channel)) } }
                }
            }
        }
    }
}

fn rate(channel: &Channel) -> Markup {
    html! { @if channel.rate == 0 { "as the window allows" } @else { (words::grouped(u64::from(channel.rate))) " segments a second" } }
}

fn addresses(channel: &Channel) -> Markup {
    let more = channel.addresses.len().saturating_sub(ADDRESSES_MAX);
    html! {
        @if channel.addresses.is_empty() { "no service address" }
        @for (place, address) in channel.addresses.iter().take(ADDRESSES_MAX).enumerate() {
            @if place > 0 { ", " }
            (address)
        }
        @if more > 0 { " and " (more) " more" }
    }
}

/// Whether a link carries traffic.
pub(super) fn is_up(status: &LinkStatus) -> bool {
    status.state == "bound"
}

fn tone(status: &LinkStatus) -> Tone {
    match status.state {
        "bound" => Tone::Good,
        "connecting" => Tone::Warn,
        _ => Tone::Bad,
    }
}

fn health(live: &ChannelLive) -> Markup {
    let up = live.links.values().filter(|status| is_up(status)).count();
    match (up, live.links.len()) {
        (_, 0) => badge(Tone::Warn, "No link yet"),
        (0, _) if live.links.values().all(|status| status.state == "connecting") => badge(Tone::Warn, "Connecting"),
        (0, _) => badge(Tone::Bad, "Down"),
        (up, all) if up < all => badge(Tone::Warn, &format!("{up} of {all} links up")),
        _ => badge(Tone::Good, "Up"),
    }
}

fn links(live: &ChannelLive, now: At) -> Markup {
    html! {
        @if live.links.is_empty() {
            p.soft { "No link has been tried yet." }
        } @else {
            ul.links {
                @for (number, status) in live.links.iter().take(LINKS_MAX) {
                    li {
                        span.soft { "Link " (number) }
                        (badge(tone(status), &words::heading(status.state)))
                        span.soft.small { "for " (words::span(now.ms_since(status.since))) }
                        span.why { (status.detail) }
                    }
                }
            }
        }
    }
}

fn limited(by: LimitedBy, channel: &Channel) -> Markup {
    match by {
        LimitedBy::NoDemand => html! { "Nothing: no text waits." },
        LimitedBy::Window => html! {
            "The window: each segment waits for the network's answer. A wider window, if the network grants it, lets more through."
        },
        LimitedBy::Rate => html! { "The configured rate of " (channel.rate) " segments a second." },
        LimitedBy::Throttled => {
            html! { "The network, which asked to slow down. Lower the rate, or ask for more throughput." }
        }
        LimitedBy::NoLink => html! { "No link is up: texts wait until one is." },
    }
}
