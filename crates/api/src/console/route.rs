//! Routes, and the question where a text would go: which rule wins, why every other one loses, what the text costs.

use axum::extract::{Query, State};
use axum::response::Html;
use domain::address::Address;
use domain::directory::{Directory, KeywordMatch, Route};
use domain::limit::TEXT_BYTES_MAX;
use domain::phone::PhoneRecord;
use domain::route::explain::{Explanation, Rule, explain};
use domain::text::segment::{Encoding, Options, plan};
use domain::time::At;
use maud::{Markup, html};
use serde::Deserialize;

use super::guard::Visit;
use super::icon::Icon;
use super::piece::{Tone, badge, empty, page_links, pager};
use super::shell::{self, Tab};
use super::trouble::Trouble;
use super::{Console, words};

/// Routes of a page.
const ROWS: usize = 100;
/// Most segments whose text is shown.
const SEGMENTS_MAX: usize = 20;

/// The text to explain, and from which route on the table is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    phone: String,
    to: String,
    text: String,
    from: usize,
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Trouble> {
    let directory = console.api.directory.current();
    let answer = if asked.to.is_empty() {
        html! {}
    } else {
        answered(&console, &directory, &asked).await?
    };
    let body = html! {
        (shell::heading("Routes", "Which application a text goes to. An open session comes first, then the longest keyword that matches, then the rule for the whole address."))
        section.card {
            div.card-head { h2 { "Where would a text go?" } }
            (form(&asked, &directory))
        }
        div.stack #answer { (answer) }
        section.card {
            div.card-head { h2 { "All routes" } span.soft { (words::counted(directory.routes.len() as u64, "route", "routes")) } }
            (table(&directory, asked.from))
        }
    };
    Ok(shell::page(&visit, Tab::Routes, "Routes", &body))
}

fn form(asked: &Asked, directory: &Directory) -> Markup {
    let fallback = directory.routes.first().map_or("", |route| route.address.as_str());
    let to = if asked.to.is_empty() { fallback } else { &asked.to };
    html! {
        form.filter method="get" action="/console/routes" {
            label.field { span { "From phone" } input type="text" name="phone" value=(asked.phone) placeholder="any" inputmode="tel"; }
            label.field { span { "To service address" } input type="text" name="to" value=(to) required; }
            label.field.wide { span { "Text" } input type="text" name="text" value=(asked.text); }
            div.row { button.button.primary type="submit" { "Explain" } }
        }
    }
}

async fn answered(console: &Console, directory: &Directory, asked: &Asked) -> Result<Markup, Trouble> {
    let refused = |words: String| html! { p.alert role="alert" { (words) } };
    let to = match Address::parse(&asked.to) {
        Ok(to) => to,
        Err(refusal) => return Ok(refused(format!("The service address cannot be read: {refusal}."))),
    };
    if asked.text.len() > TEXT_BYTES_MAX {
        return Ok(refused(format!("The text is longer than {TEXT_BYTES_MAX} bytes.")));
    }
    let record: Option<PhoneRecord> = match asked.phone.trim() {
        "" => None,
        phone => match Address::parse(phone) {
            Ok(phone) => console.reader().phone(phone.key()).await?,
            Err(refusal) => return Ok(refused(format!("The phone cannot be read: {refusal}."))),
        },
    };
    let now: At = console.api.now();
    let explanation = explain(directory, record.as_ref(), &to, &asked.text, now);
    Ok(html! { (steps(&explanation, directory)) (segments(&asked.text)) })
}

fn steps(explanation: &Explanation, directory: &Directory) -> Markup {
    html! {
        section.card {
            div.card-head {
                h2 { "The text " (explanation.summary) }
                @match &explanation.channel {
                    Some(channel) => span.soft { "on channel " (channel) },
                    None => (badge(Tone::Warn, "No channel serves this address")),
                }
            }
            @if explanation.steps.is_empty() {
                (empty(Icon::Routes, "No rule to look at", &html! { "Add a " code { "[[route]]" } " for this address to the configuration." }))
            } @else {
                ol.steps {
                    @for step in &explanation.steps {
                        li.wins[step.wins] {
                            span.sign { @if step.wins { "✓" } @else { "–" } }
                            span {
                                strong { (step.application) } " " span.soft { (rule(&step.rule, directory)) }
                                br;
                                @if step.wins { "Wins: " } @else { "Loses: " }
                                (step.reason)
                            }
                        }
                    }
                }
            }
            @if explanation.more > 0 { p.pager { (words::grouped(explanation.more as u64)) " more rules lost and are not shown." } }
        }
    }
}

fn rule(rule: &Rule, directory: &Directory) -> String {
    match rule {
        Rule::Session => "by its open session".to_owned(),
        Rule::Route(position) => match directory.routes.get(*position).and_then(|route| route.keyword.as_deref()) {
            Some(keyword) => format!("by route {}, keyword “{keyword}”", position + 1),
            None => format!("by route {}, everything to its address", position + 1),
        },
    }
}

fn segments(text: &str) -> Markup {
    let plan = match plan(text, Options::default()) {
        Ok(plan) => plan,
        Err(refusal) => return html! { p.alert role="alert" { (words::heading(&refusal.to_string())) "." } },
    };
    let alphabet = match plan.encoding {
        Encoding::Gsm7 => "GSM-7",
        Encoding::Ucs2 => "UCS-2",
    };
    html! {
        section.card {
            div.card-head {
                h2 { "As a message it takes " (words::counted(plan.segments.len() as u64, "segment", "segments")) }
                span.soft { (alphabet) ", " (words::counted(plan.units as u64, "unit", "units")) }
            }
            ol.steps {
                @for (place, segment) in plan.segments.iter().take(SEGMENTS_MAX).enumerate() {
                    li {
                        span.sign { (place + 1) }
                        span { span.said.small { (segment.text) } " " span.soft.small.nowrap { (words::counted(segment.units as u64, "unit", "units")) } }
                    }
                }
            }
        }
    }
}

fn table(directory: &Directory, from: usize) -> Markup {
    if directory.routes.is_empty() {
        let advice = html! { "Add a " code { "[[route]]" } " to the configuration: without one every text from a phone ends as unrouted." };
        return empty(Icon::Routes, "No routes", &advice);
    }
    let shown: Vec<_> = directory.routes.iter().enumerate().skip(from).take(ROWS).collect();
    let (first, next) = page_links("/console/routes", from, ROWS, directory.routes.len());
    html! {
        table.list {
            thead {
                tr {
                    th.slim scope="col" { "Route" }
                    th scope="col" { "Service address" }
                    th scope="col" { "Keyword" }
                    th scope="col" { "Application" }
                    th scope="col" { "Does" }
                }
            }
            tbody { @for (position, route) in &shown { (row(*position, route)) } }
        }
        (pager(shown.len(), first.as_deref(), next.as_deref()))
    }
}

fn row(position: usize, route: &Route) -> Markup {
    html! {
        tr {
            td data-label="Route" { (position + 1) }
            td.nowrap data-label="Service address" { (route.address) }
            td data-label="Keyword" {
                @match (&route.keyword, route.matching) {
                    (None, _) => span.soft { "everything" },
                    (Some(keyword), KeywordMatch::Exact) => span { strong { (keyword) } span.soft { " and nothing else" } },
                    (Some(keyword), KeywordMatch::StartsWith) => span { strong { (keyword) } span.soft { " …" } },
                }
            }
            td data-label="Application" { (route.application) }
            td data-label="Does" { (deeds(route)) }
        }
    }
}

fn deeds(route: &Route) -> Markup {
    html! {
        span.row {
            @if route.session { (badge(Tone::Info, &format!("Session, {}", words::span(route.session_ms)))) }
            @if let Some(text) = &route.auto_reply { span title=(text) { (badge(Tone::Plain, "Replies at once")) } }
            @if route.auto_subscribe {
                span title=[route.confirmation.as_deref()] { (badge(Tone::Plain, "Subscribes the phone")) }
            }
            @if !route.session && route.auto_reply.is_none() && !route.auto_subscribe { span.soft { "only the callback" } }
        }
    }
}
