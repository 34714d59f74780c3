//! `DashboardEditAsked`: dashboards are made, arranged and removed, one step at a time.

use crate::dashboard::{Chart, Dashboard, DashboardChange, DashboardEdit};
use crate::decide::draft::Draft;
use crate::decision::{Change, Decision, Outcome, Refusal};
use crate::directory::Name;
use crate::limit::{CHART_SERIES_MAX, CHARTS_MAX, DASHBOARD_NAME_CHARS_MAX, DASHBOARDS_MAX};

pub(super) fn decide(mut draft: Draft<'_>, account: &Name, edit: &DashboardEdit) -> Decision {
    if !draft.view.directory.accounts.contains_key(account) {
        return Decision::refused(Refusal::NotFound);
    }
    let known = draft.view.dashboards.get(account);
    let edited = match edit {
        DashboardEdit::Create { name } => name_of(name).and_then(|name| {
            if known.is_some_and(|known| known.len() >= DASHBOARDS_MAX) {
                return Err(Refusal::DashboardLimit { what: "dashboards of an account", most: DASHBOARDS_MAX });
            }
            let last = known.and_then(|known| known.keys().next_back()).copied().unwrap_or(0);
            Ok(Dashboard { id: last.saturating_add(1), name, next_chart: 1, charts: Vec::new() })
        }),
        DashboardEdit::Change { id, change } => match known.and_then(|known| known.get(id)) {
            Some(dashboard) => changed(dashboard.clone(), change),
            None => Err(Refusal::NotFound),
        },
        DashboardEdit::Remove { id } => {
            if known.is_some_and(|known| known.contains_key(id)) {
                draft.push(Change::DropDashboard { account: account.clone(), id: *id });
                return draft.done(Outcome::Done);
            }
            Err(Refusal::NotFound)
        }
    };
    match edited {
        Ok(dashboard) => {
            let id = dashboard.id;
            draft.push(Change::PutDashboard { account: account.clone(), dashboard });
            draft.done(Outcome::Dashboard { id })
        }
        Err(refusal) => Decision::refused(refusal),
    }
}

/// A name without blanks around it, if it is one.
fn name_of(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    let is_usable = !name.is_empty() && is_short(name);
    if is_usable { Ok(name.to_owned()) } else { Err(Refusal::DashboardName) }
}

fn is_short(text: &str) -> bool {
    text.chars().count() <= DASHBOARD_NAME_CHARS_MAX && !text.contains(char::is_control)
}

fn changed(mut dashboard: Dashboard, change: &DashboardChange) -> Result<Dashboard, Refusal> {
    let position =
        |charts: &[Chart], wanted: u32| charts.iter().position(|chart| chart.id == wanted).ok_or(Refusal::NotFound);
    let charts = &mut dashboard.charts;
    match change {
        DashboardChange::Rename { name } => dashboard.name = name_of(name)?,
        DashboardChange::AddChart { series, settings } => {
            if charts.len() >= CHARTS_MAX {
                return Err(Refusal::DashboardLimit { what: "charts of a dashboard", most: CHARTS_MAX });
            }
            if !is_short(&settings.title) {
                return Err(Refusal::DashboardName);
            }
            let id = dashboard.next_chart;
            dashboard.next_chart = id.saturating_add(1);
            charts.push(Chart { id, series: vec![series.clone()], settings: settings.clone() });
        }
        DashboardChange::SetChart { chart, settings } => {
            if !is_short(&settings.title) {
                return Err(Refusal::DashboardName);
            }
            let place = position(charts, *chart)?;
            charts[place].settings = settings.clone();
        }
        DashboardChange::RemoveChart { chart } => {
            let place = position(charts, *chart)?;
            charts.remove(place);
        }
        DashboardChange::MoveChart { chart, later } => {
            let place = position(charts, *chart)?;
            let other = if *later { place + 1 } else { place.saturating_sub(1) };
            if other < charts.len() {
                charts.swap(place, other);
            }
        }
        DashboardChange::AddSeries { chart, series } => {
            let place = position(charts, *chart)?;
            let shown = &mut charts[place].series;
            if !shown.contains(series) {
                if shown.len() >= CHART_SERIES_MAX {
                    return Err(Refusal::DashboardLimit { what: "series of a chart", most: CHART_SERIES_MAX });
                }
                shown.push(series.clone());
            }
        }
        DashboardChange::RemoveSeries { chart, series } => {
            let place = position(charts, *chart)?;
            charts[place].series.retain(|shown| shown != series);
            if charts[place].series.is_empty() {
                charts.remove(place);
            }
        }
    }
    Ok(dashboard)
}
