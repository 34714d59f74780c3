//! One chart of a dashboard: what it shows, which lives, and the forms that arrange it, which stand still.

use domain::dashboard::{Chart, ChartKind, Dashboard};
use domain::directory::Name;
use domain::limit::CHART_SERIES_MAX;
use domain::metric::SeriesName;
use engine::page::{SeriesValues, ValuesQuery};
use maud::{Markup, PreEscaped, html};

use super::super::guard::Visit;
use super::super::piece::query;
use super::super::trouble::Trouble;
use super::super::{Console, words};
use super::draw::Plot;
use super::{CHARTS, PATH, axis, range_words, series_field, settings_fields, wish};

/// The card.
pub(super) async fn card(
    console: &Console,
    visit: &Visit,
    account: &Name,
    dashboard: &Dashboard,
    chart: &Chart,
) -> Result<Markup, Trouble> {
    let live = live(console, account, dashboard.id, chart).await?;
    let interval = interval_words(chart.settings.interval_s());
    Ok(html! {
        section.card.chart-card id={ "chart-card-" (chart.id) } aria-label=(title(chart)) {
            div.card-head {
                h2 { (title(chart)) }
                @if chart.settings.kind == ChartKind::Line {
                    span.soft.small { (range_words(chart.settings.range)) ", a value every " (interval) ", UTC" }
                }
            }
            (live)
            details.card-foot {
                summary { "Arrange" }
                div.stack { (forms(visit, account, dashboard, chart)) }
            }
        }
    })
}

/// The interval, behind "a value every".
fn interval_words(interval_s: i64) -> String {
    match interval_s {
        60 => "minute".to_owned(),
        3600 => "hour".to_owned(),
        86_400 => "day".to_owned(),
        other if other % 60 == 0 => format!("{} min", other / 60),
        other => format!("{other} s"),
    }
}

/// What a chart is called: its title, or the part of its series' names that a person chose.
fn title(chart: &Chart) -> String {
    if !chart.settings.title.is_empty() {
        return chart.settings.title.clone();
    }
    chart.series.iter().map(short).collect::<Vec<_>>().join(", ")
}

fn short(name: &SeriesName) -> String {
    let aggregator = name.aggregator().name();
    let metric = name.store_and_metric().map(|(_, metric)| metric);
    metric.map_or_else(|| name.to_string(), |metric| format!("{metric} ({aggregator})"))
}

/// The part that moves.
pub(super) async fn live(console: &Console, account: &Name, dashboard: u32, chart: &Chart) -> Result<Markup, Trouble> {
    let now = console.api.now();
    let now_s = now.0.div_euclid(1_000_000);
    let settings = &chart.settings;
    let interval_s = settings.interval_s();
    let steps = settings.range.seconds() / interval_s;
    let first_s = now_s - now_s.rem_euclid(interval_s) - steps * interval_s;
    let intervals = if settings.kind == ChartKind::Line { steps as usize + 1 } else { 0 };
    let (account_name, series) = (account.clone(), chart.series.clone());
    let asked = ValuesQuery { account: account_name, series, first_s, interval_s, intervals, now };
    let found = console.reader().series_values(asked).await?;
    let values = |name: &SeriesName| found.iter().find(|found| found.row.name == *name);
    let url = query(CHARTS, &[("account", account), ("id", &dashboard.to_string())]);
    let shown = match settings.kind {
        ChartKind::Last => last(chart, values),
        ChartKind::Line => {
            let lines =
                chart.series.iter().map(|name| values(name).map(|found| found.values.clone()).unwrap_or_default());
            let plot = Plot { first_s, interval_s, until_s: now_s, lines: lines.collect() };
            line(chart, &plot, values)
        }
    };
    Ok(html! {
        div.card-body id={ "chart-" (chart.id) } data-live=(url) data-list="" { div.stack data-key="shown" { (shown) } }
    })
}

fn line<'v>(chart: &Chart, plot: &Plot, values: impl Fn(&SeriesName) -> Option<&'v SeriesValues>) -> Markup {
    html! {
        div.chart role="img" aria-label={ "Lines of " (title(chart)) } {
            @match plot.svg() {
                Some(svg) => (PreEscaped(svg)),
                None => p.soft { "The chart could not be drawn; the log says why." },
            }
        }
        ul.legend {
            @for (number, name) in chart.series.iter().enumerate() {
                li {
                    span class={ "swatch s" (number + 1) } {}
                    span title=(name) { (short(name)) }
                    @match values(name) {
                        Some(found) => strong title={ "last value: " (found.row.last_value) } { (axis::value(found.row.last_value)) },
                        None => span.soft { "no value yet" },
                    }
                }
            }
        }
    }
}

fn last<'v>(chart: &Chart, values: impl Fn(&SeriesName) -> Option<&'v SeriesValues>) -> Markup {
    html! {
        div.last-values {
            @for name in &chart.series {
                div {
                    span.label title=(name) { (short(name)) }
                    @match values(name) {
                        Some(found) => {
                            strong.value title=(found.row.last_value) { (axis::value(found.row.last_value)) }
                            span.soft.small { (words::moment(found.row.last_at)) }
                        }
                        None => span.soft { "no value yet" },
                    }
                }
            }
        }
    }
}

fn forms(visit: &Visit, account: &str, dashboard: &Dashboard, chart: &Chart) -> Markup {
    let begin = |wished: &str| {
        html! { (wish(visit, account, Some(dashboard.id), wished)) input type="hidden" name="chart" value=(chart.id); }
    };
    let place = dashboard.charts.iter().position(|other| other.id == chart.id).unwrap_or(0);
    html! {
        form.filter method="post" action=(PATH) {
            (begin("set-chart"))
            (settings_fields(&chart.settings))
            div.row { button.button.primary type="submit" { "Save" } }
        }
        @if chart.series.len() < CHART_SERIES_MAX {
            form.filter method="post" action=(PATH) {
                (begin("add-series"))
                (series_field())
                div.row { button.button type="submit" { "Show it too" } }
            }
        }
        @if chart.series.len() > 1 {
            div.row {
                @for name in &chart.series {
                    form method="post" action=(PATH) {
                        (begin("remove-series"))
                        input type="hidden" name="series" value=(name);
                        button.button type="submit" { "Without " (short(name)) }
                    }
                }
            }
        }
        div.row {
            form method="post" action=(PATH) {
                (begin("earlier"))
                button.button type="submit" disabled[place == 0] { "Move earlier" }
            }
            form method="post" action=(PATH) {
                (begin("later"))
                button.button type="submit" disabled[place + 1 == dashboard.charts.len()] { "Move later" }
            }
            form method="post" action=(PATH) {
                (begin("remove-chart"))
                button.button type="submit" { "Remove chart" }
            }
        }
    }
}
