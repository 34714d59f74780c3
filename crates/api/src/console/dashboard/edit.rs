//! Forms of the dashboards: what a person wishes is asked of the engine, one step at a time.

use axum::extract::{Form, State};
use axum::response::Redirect;
use domain::dashboard::{ChartInterval, ChartKind, ChartRange, ChartSettings, DashboardChange, DashboardEdit};
use domain::decision::{Outcome, Refusal};
use domain::event::Event;
use domain::metric::SeriesName;
use serde::Deserialize;

use super::super::Console;
use super::super::trouble::Trouble;
use super::url;
use crate::problem::Problem;

/// What a form says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Wish {
    wish: String,
    account: String,
    id: String,
    chart: String,
    name: String,
    series: String,
    title: String,
    kind: String,
    range: String,
    interval: String,
}

impl Wish {
    fn edit(&self) -> Result<DashboardEdit, Trouble> {
        let number = |text: &str| text.parse::<u32>().map_err(|_| Trouble::NotFound);
        let name = self.name.clone();
        let change = match self.wish.as_str() {
            "create" => return Ok(DashboardEdit::Create { name }),
            "remove" => return Ok(DashboardEdit::Remove { id: number(&self.id)? }),
            "rename" => DashboardChange::Rename { name },
            "add-chart" => DashboardChange::AddChart { series: self.series()?, settings: self.settings() },
            "set-chart" => DashboardChange::SetChart { chart: number(&self.chart)?, settings: self.settings() },
            "remove-chart" => DashboardChange::RemoveChart { chart: number(&self.chart)? },
            "earlier" => DashboardChange::MoveChart { chart: number(&self.chart)?, later: false },
            "later" => DashboardChange::MoveChart { chart: number(&self.chart)?, later: true },
            "add-series" => DashboardChange::AddSeries { chart: number(&self.chart)?, series: self.series()? },
            "remove-series" => DashboardChange::RemoveSeries { chart: number(&self.chart)?, series: self.series()? },
            _ => return Err(Trouble::NotFound),
        };
        Ok(DashboardEdit::Change { id: number(&self.id)?, change })
    }

    fn series(&self) -> Result<SeriesName, Trouble> {
        SeriesName::parse(&self.series).ok_or_else(|| {
            let words = "is no series: its name must end in .sum, .avg, .max, .min or .last.";
            Trouble::Refused(format!("“{}” {words} Choose one of those that are offered.", self.series))
        })
    }

    /// What is not chosen is as usual.
    fn settings(&self) -> ChartSettings {
        ChartSettings {
            title: self.title.trim().to_owned(),
            kind: ChartKind::ALL.into_iter().find(|known| known.name() == self.kind).unwrap_or(ChartKind::Line),
            range: ChartRange::ALL.into_iter().find(|known| known.name() == self.range).unwrap_or(ChartRange::Day),
            interval: ChartInterval::ALL
                .into_iter()
                .find(|known| known.name() == self.interval)
                .unwrap_or(ChartInterval::Auto),
        }
    }
}

/// Does what a form says; shows the dashboard as it is then.
pub(in super::super) async fn edit(
    State(console): State<Console>,
    Form(wish): Form<Wish>,
) -> Result<Redirect, Trouble> {
    let event = Event::DashboardEditAsked { account: wish.account.as_str().into(), edit: wish.edit()? };
    let place = match console.api.ask(event).await {
        Ok(Outcome::Dashboard { id }) => {
            let chart = if wish.chart.is_empty() { String::new() } else { format!("#chart-card-{}", wish.chart) };
            format!("{}{chart}", url(&wish.account, Some(id)))
        }
        Ok(Outcome::Refused(Refusal::NotFound)) => return Err(Trouble::NotFound),
        Ok(Outcome::Refused(refusal)) => return Err(Trouble::Refused(format!("Not possible: {refusal}."))),
        Ok(_) => url(&wish.account, None),
        Err(not_taken) => {
            let words = Problem::from(not_taken).detail().to_owned();
            return Err(Trouble::Refused(format!("Not saved: {words}. Try again shortly.")));
        }
    };
    Ok(Redirect::to(&place))
}
