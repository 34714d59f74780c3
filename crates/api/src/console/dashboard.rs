//! Metrics of an account: its series with their last values, and dashboards that a person made of them.
//!
//! `dashboard/edit.rs` takes the forms, `dashboard/card.rs` shows a chart, `dashboard/draw.rs` draws its lines.

mod axis;
mod card;
mod draw;
mod edit;

use axum::extract::{Query, State};
use axum::response::Html;
use domain::dashboard::{ChartInterval, ChartKind, ChartRange, ChartSettings, Dashboard};
use domain::directory::Name;
use domain::limit::{CHARTS_MAX, DASHBOARD_NAME_CHARS_MAX};
use domain::metric::SeriesName;
use engine::page::{SeriesQuery, SeriesRow};
use maud::{Markup, html};
use serde::Deserialize;

use super::guard::Visit;
use super::icon::Icon;
use super::piece::{empty, pager, query};
use super::shell::{self, Tab, form_token};
use super::trouble::Trouble;
use super::{Console, words};

pub(super) use edit::edit;

const PATH: &str = "/console/dashboards";
/// Where the parts that move come from.
const CHARTS: &str = "/console/dashboards/charts";
/// Series of a page.
const ROWS: usize = 100;
/// Most series offered while one types.
const OFFERED_MAX: usize = 500;
/// Most accounts to choose from.
const ACCOUNTS_MAX: usize = 200;

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    account: String,
    id: String,
    text: String,
    after: String,
}

/// Where a dashboard of an account is, or its series.
fn url(account: &str, id: Option<u32>) -> String {
    let id = id.map(|id| id.to_string()).unwrap_or_default();
    query(PATH, &[("account", account), ("id", &id)])
}

impl Wanted {
    /// The account, the first one when none is named.
    fn account(&self, console: &Console) -> Result<Option<Name>, Trouble> {
        let accounts = &console.api.directory.current().accounts;
        if self.account.is_empty() {
            return Ok(accounts.keys().next().cloned());
        }
        accounts.get_key_value(self.account.as_str()).map(|(key, _)| Some(key.clone())).ok_or(Trouble::NotFound)
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Html<String>, Trouble> {
    let Some(account) = wanted.account(&console)? else {
        let body = html! {
            (shell::heading("Dashboards", LEDE))
            div.card { (empty(Icon::Dashboards, "No accounts", &html! { "Metrics belong to accounts. Add an " code { "[[account]]" } " to the configuration." })) }
        };
        return Ok(shell::page(&visit, Tab::Dashboards, "Dashboards", &body));
    };
    let dashboards = console.reader().dashboards(account.clone()).await?;
    let chosen = match wanted.id.parse::<u32>() {
        Ok(id) => Some(dashboards.iter().find(|dashboard| dashboard.id == id).ok_or(Trouble::NotFound)?),
        Err(_) => None,
    };
    let content = match chosen {
        Some(dashboard) => arranged(&console, &visit, &account, dashboard).await?,
        None => series(&console, &account, &wanted).await?,
    };
    let body = html! {
        (shell::heading("Dashboards", LEDE))
        div.toolbar {
            nav.tabs aria-label="Dashboards" {
                a href=(url(&account, None)) aria-current=[chosen.is_none().then_some("true")] { "All series" }
                @for dashboard in &dashboards {
                    a href=(url(&account, Some(dashboard.id))) aria-current=[(chosen.map(|c| c.id) == Some(dashboard.id)).then_some("true")] { (dashboard.name) }
                }
            }
            div.row {
                (account_choice(&console, &account))
                (creation(&visit, &account))
            }
        }
        (content)
    };
    Ok(shell::page(&visit, Tab::Dashboards, "Dashboards", &body))
}

const LEDE: &str = "Metrics that applications fire, as charts of your choice.";

fn account_choice(console: &Console, chosen: &Name) -> Markup {
    let directory = console.api.directory.current();
    html! {
        @if directory.accounts.len() > 1 {
            form.pick method="get" action=(PATH) {
                label {
                    span.label { "Account" }
                    select name="account" {
                        @for key in directory.accounts.keys().take(ACCOUNTS_MAX) {
                            option value=(key) selected[key == chosen] { (key) }
                        }
                    }
                }
                button.button type="submit" { "Show" }
            }
        }
    }
}

/// The beginning of a form that changes something.
fn wish(visit: &Visit, account: &str, id: Option<u32>, wish: &str) -> Markup {
    html! {
        (form_token(visit))
        input type="hidden" name="account" value=(account);
        @if let Some(id) = id { input type="hidden" name="id" value=(id); }
        input type="hidden" name="wish" value=(wish);
    }
}

fn creation(visit: &Visit, account: &str) -> Markup {
    html! {
        form.pick #new-dashboard method="post" action=(PATH) {
            (wish(visit, account, None, "create"))
            input type="text" name="name" placeholder="New dashboard" aria-label="Name of the new dashboard" maxlength=(DASHBOARD_NAME_CHARS_MAX) required;
            button.button type="submit" { "Create" }
        }
    }
}

/// All series of an account with their last values.
async fn series(console: &Console, account: &Name, wanted: &Wanted) -> Result<Markup, Trouble> {
    let asked = SeriesQuery {
        account: account.clone(),
        text: (!wanted.text.is_empty()).then(|| wanted.text.clone()),
        after: SeriesName::parse(&wanted.after),
        limit: ROWS + 1,
    };
    let mut rows = console.reader().series(asked).await?;
    let goes_on = rows.len() > ROWS;
    rows.truncate(ROWS);
    let here = |after: &str| query(PATH, &[("account", account), ("text", &wanted.text), ("after", after)]);
    let next = rows.last().filter(|_| goes_on).map(|row| here(row.name.as_str()));
    let first = (!wanted.after.is_empty()).then(|| here(""));
    if rows.is_empty() && wanted.text.is_empty() && wanted.after.is_empty() {
        return Ok(html! {
            div.card { div #series data-live=(here("")) data-list="" { div data-key="none" { (nothing_fired(console)) } } }
        });
    }
    Ok(html! {
        div.card {
            form.filter method="get" action=(PATH) role="search" {
                input type="hidden" name="account" value=(account);
                label.field.wide { span { "Name contains" } input type="search" name="text" value=(wanted.text); }
                div.row { button.button.primary type="submit" { "Search" } }
            }
            div #series data-live=(here(&wanted.after)) data-list="" {
                @if rows.is_empty() {
                    div data-key="none" { (empty(Icon::Dashboards, "No series matches", &html! { "Search for less of its name." })) }
                } @else {
                    (table(&rows))
                }
            }
            (pager(rows.len(), first.as_deref(), next.as_deref()))
        }
    })
}

fn nothing_fired(console: &Console) -> Markup {
    let url = format!("{}/api/v1/go/metrics/", console.api.public_url);
    empty(
        Icon::Dashboards,
        "No metrics yet",
        &html! {
            "Fire one with a token of the account; it appears here, and a dashboard can be made of it."
            pre { "curl -H 'Authorization: Bearer TOKEN' \\\n  -d '{\"my.first_metric.last\": 1}' \\\n  " (url) }
        },
    )
}

fn table(rows: &[SeriesRow]) -> Markup {
    html! {
        table.list data-key="table" {
            thead { tr { th scope="col" { "Series" } th.number scope="col" { "Last value" } th scope="col" { "Fired" } } }
            tbody #series-rows data-list="" {
                @for row in rows {
                    tr data-key={ "series " (row.name) } {
                        td data-label="Series" { (words::cut(row.name.as_str())) }
                        td.number data-label="Last value" title=(row.last_value) { (axis::value(row.last_value)) }
                        td.nowrap data-label="Fired" { (words::moment(row.last_at)) }
                    }
                }
            }
        }
    }
}

/// One dashboard.
async fn arranged(console: &Console, visit: &Visit, account: &Name, dashboard: &Dashboard) -> Result<Markup, Trouble> {
    let all = SeriesQuery { account: account.clone(), text: None, after: None, limit: OFFERED_MAX };
    let offered = console.reader().series(all).await?;
    let mut cards = Vec::with_capacity(dashboard.charts.len());
    for chart in &dashboard.charts {
        cards.push(card::card(console, visit, account, dashboard, chart).await?);
    }
    Ok(html! {
        datalist #series-names { @for row in &offered { option value=(row.name) {} } }
        @if cards.is_empty() {
            div.card {
                (empty(Icon::Dashboards, "No charts yet", &html! { "Choose a series below: it becomes the first chart of this dashboard." }))
            }
        }
        div.charts { @for card in &cards { (card) } }
        section.card {
            div.card-head { h2 { "Add a chart" } }
            @if dashboard.charts.len() < CHARTS_MAX {
                form.filter #add-chart method="post" action=(PATH) {
                    (wish(visit, account, Some(dashboard.id), "add-chart"))
                    (series_field())
                    (settings_fields(&ChartSettings { title: String::new(), kind: ChartKind::Line, range: ChartRange::Day, interval: ChartInterval::Auto }))
                    div.row { button.button.primary type="submit" { "Add" } }
                }
            } @else {
                div.card-body.soft { "A dashboard has at most " (CHARTS_MAX) " charts." }
            }
        }
        details {
            summary { "Rename or remove this dashboard" }
            div.row {
                form.pick method="post" action=(PATH) {
                    (wish(visit, account, Some(dashboard.id), "rename"))
                    input type="text" name="name" value=(dashboard.name) aria-label="Name" maxlength=(DASHBOARD_NAME_CHARS_MAX) required;
                    button.button type="submit" { "Rename" }
                }
                form method="post" action=(PATH) {
                    (wish(visit, account, Some(dashboard.id), "remove"))
                    button.button type="submit" { "Remove" }
                }
            }
        }
    })
}

fn series_field() -> Markup {
    html! {
        label.field.wide {
            span { "Series" }
            input type="text" name="series" list="series-names" placeholder="stores.default.….sum" autocomplete="off" required;
        }
    }
}

fn settings_fields(settings: &ChartSettings) -> Markup {
    html! {
        label.field {
            span { "Shown as" }
            select name="kind" {
                @for kind in ChartKind::ALL { option value=(kind.name()) selected[kind == settings.kind] { (kind_words(kind)) } }
            }
        }
        label.field {
            span { "Range" }
            select name="range" {
                @for range in ChartRange::ALL { option value=(range.name()) selected[range == settings.range] { (range_words(range)) } }
            }
        }
        label.field {
            span { "Interval" }
            select name="interval" {
                @for interval in ChartInterval::ALL {
                    option value=(interval.name()) selected[interval == settings.interval] { (interval_words(interval)) }
                }
            }
        }
        label.field {
            span { "Title" }
            input type="text" name="title" value=(settings.title) placeholder="As the series" maxlength=(DASHBOARD_NAME_CHARS_MAX);
        }
    }
}

const fn kind_words(kind: ChartKind) -> &'static str {
    match kind {
        ChartKind::Line => "Lines",
        ChartKind::Last => "Last value",
    }
}

const fn range_words(range: ChartRange) -> &'static str {
    match range {
        ChartRange::Hour => "1 hour",
        ChartRange::SixHours => "6 hours",
        ChartRange::Day => "24 hours",
        ChartRange::Week => "7 days",
        ChartRange::Month => "30 days",
        ChartRange::Quarter => "90 days",
        ChartRange::Year => "1 year",
    }
}

const fn interval_words(interval: ChartInterval) -> &'static str {
    match interval {
        ChartInterval::Auto => "Automatic",
        ChartInterval::TenSeconds => "10 seconds",
        ChartInterval::Minute => "1 minute",
        ChartInterval::FiveMinutes => "5 minutes",
        ChartInterval::Hour => "1 hour",
        ChartInterval::Day => "1 day",
    }
}

/// The parts that move: all charts of a dashboard.
pub(super) async fn charts(
    State(console): State<Console>,
    Query(wanted): Query<Wanted>,
) -> Result<Html<String>, Trouble> {
    let account = wanted.account(&console)?.ok_or(Trouble::NotFound)?;
    let id: u32 = wanted.id.parse().map_err(|_| Trouble::NotFound)?;
    let dashboards = console.reader().dashboards(account.clone()).await?;
    let dashboard = dashboards.iter().find(|dashboard| dashboard.id == id).ok_or(Trouble::NotFound)?;
    let mut shown = Vec::with_capacity(dashboard.charts.len());
    for chart in &dashboard.charts {
        shown.push(card::live(&console, &account, dashboard.id, chart).await?);
    }
    Ok(Html(html! { @for chart in &shown { (chart) } }.into_string()))
}
