//! Dashboards: charts of an account's series, picked and arranged by a person. How they are drawn is elsewhere.

use crate::limit::CHART_STEPS_MAX;
use crate::metric::SeriesName;

/// How a chart shows its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChartKind {
    /// Lines over the range.
    Line,
    /// The last value, in large.
    Last,
}

impl ChartKind {
    /// All, in the order of their codes.
    pub const ALL: [ChartKind; 2] = [ChartKind::Line, ChartKind::Last];

    /// The word in forms.
    pub const fn name(self) -> &'static str {
        match self {
            ChartKind::Line => "line",
            ChartKind::Last => "last",
        }
    }
}

/// How far a chart looks back from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChartRange {
    /// An hour.
    Hour,
    /// Six hours.
    SixHours,
    /// A day.
    Day,
    /// Seven days.
    Week,
    /// Thirty days.
    Month,
    /// Ninety days.
    Quarter,
    /// 365 days.
    Year,
}

impl ChartRange {
    /// All, in the order of their codes.
    pub const ALL: [ChartRange; 7] = [
        ChartRange::Hour,
        ChartRange::SixHours,
        ChartRange::Day,
        ChartRange::Week,
        ChartRange::Month,
        ChartRange::Quarter,
        ChartRange::Year,
    ];

    /// The word in forms.
    pub const fn name(self) -> &'static str {
        match self {
            ChartRange::Hour => "1h",
            ChartRange::SixHours => "6h",
            ChartRange::Day => "24h",
            ChartRange::Week => "7d",
            ChartRange::Month => "30d",
            ChartRange::Quarter => "90d",
            ChartRange::Year => "1y",
        }
    }

    /// Its length, in seconds.
    pub const fn seconds(self) -> i64 {
        match self {
            ChartRange::Hour => 3600,
            ChartRange::SixHours => 6 * 3600,
            ChartRange::Day => 86_400,
            ChartRange::Week => 7 * 86_400,
            ChartRange::Month => 30 * 86_400,
            ChartRange::Quarter => 90 * 86_400,
            ChartRange::Year => 365 * 86_400,
        }
    }

    /// The interval that gives a readable line.
    const fn usual_interval_s(self) -> i64 {
        match self {
            ChartRange::Hour => 10,
            ChartRange::SixHours => 60,
            ChartRange::Day => 300,
            ChartRange::Week | ChartRange::Month => 3600,
            ChartRange::Quarter | ChartRange::Year => 86_400,
        }
    }
}

/// What span of time becomes one value of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChartInterval {
    /// Whatever suits the range.
    Auto,
    /// Ten seconds.
    TenSeconds,
    /// A minute.
    Minute,
    /// Five minutes.
    FiveMinutes,
    /// An hour.
    Hour,
    /// A day, in UTC.
    Day,
}

impl ChartInterval {
    /// All, in the order of their codes.
    pub const ALL: [ChartInterval; 6] = [
        ChartInterval::Auto,
        ChartInterval::TenSeconds,
        ChartInterval::Minute,
        ChartInterval::FiveMinutes,
        ChartInterval::Hour,
        ChartInterval::Day,
    ];

    /// The word in forms.
    pub const fn name(self) -> &'static str {
        match self {
            ChartInterval::Auto => "auto",
            ChartInterval::TenSeconds => "10s",
            ChartInterval::Minute => "1min",
            ChartInterval::FiveMinutes => "5min",
            ChartInterval::Hour => "1h",
            ChartInterval::Day => "1d",
        }
    }

    const fn seconds(self) -> Option<i64> {
        match self {
            ChartInterval::Auto => None,
            ChartInterval::TenSeconds => Some(10),
            ChartInterval::Minute => Some(60),
            ChartInterval::FiveMinutes => Some(300),
            ChartInterval::Hour => Some(3600),
            ChartInterval::Day => Some(86_400),
        }
    }
}

/// What a person chose for a chart, beside its series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartSettings {
    /// Its title; empty = the names of its series.
    pub title: String,
    /// How it shows them.
    pub kind: ChartKind,
    /// How far it looks back.
    pub range: ChartRange,
    /// What span becomes one value.
    pub interval: ChartInterval,
}

impl ChartSettings {
    /// The interval, in seconds. One that would cut the range into more than [`CHART_STEPS_MAX`] steps gives way to a
    /// longer one, one that is longer than the range to the usual one.
    pub fn interval_s(&self) -> i64 {
        let range_s = self.range.seconds();
        let chosen_s = self.interval.seconds().filter(|interval_s| *interval_s <= range_s);
        let wanted_s = chosen_s.unwrap_or(self.range.usual_interval_s());
        let fits = |interval_s: &i64| *interval_s >= wanted_s && range_s / interval_s <= CHART_STEPS_MAX;
        ChartInterval::ALL.into_iter().filter_map(ChartInterval::seconds).find(fits).unwrap_or(wanted_s)
    }
}

/// One chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Its number, unique in its dashboard.
    pub id: u32,
    /// What it shows, in order; never empty.
    pub series: Vec<SeriesName>,
    /// How it shows it.
    pub settings: ChartSettings,
}

/// Charts in the order a person gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dashboard {
    /// Its number, unique in its account.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// The number the next chart gets.
    pub next_chart: u32,
    /// The charts.
    pub charts: Vec<Chart>,
}

/// What a person wants to do to the dashboards of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DashboardEdit {
    /// Make one.
    Create {
        /// Its name.
        name: String,
    },
    /// Change one.
    Change {
        /// Which.
        id: u32,
        /// How.
        change: DashboardChange,
    },
    /// Remove one.
    Remove {
        /// Which.
        id: u32,
    },
}

/// A change of one dashboard. Charts are named by their numbers, so that two people who arrange the same dashboard
/// change what they see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DashboardChange {
    /// Give it another name.
    Rename {
        /// The name.
        name: String,
    },
    /// Add a chart at the end.
    AddChart {
        /// Its series.
        series: SeriesName,
        /// How it shows it.
        settings: ChartSettings,
    },
    /// Show a chart in another way.
    SetChart {
        /// Which.
        chart: u32,
        /// How.
        settings: ChartSettings,
    },
    /// Take a chart away.
    RemoveChart {
        /// Which.
        chart: u32,
    },
    /// Move a chart by one place.
    MoveChart {
        /// Which.
        chart: u32,
        /// Towards the end, or towards the beginning.
        later: bool,
    },
    /// Show one more series on a chart.
    AddSeries {
        /// Which chart.
        chart: u32,
        /// The series.
        series: SeriesName,
    },
    /// Show a series no longer; a chart without any goes.
    RemoveSeries {
        /// Which chart.
        chart: u32,
        /// The series.
        series: SeriesName,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_chart_has_more_steps_than_it_can_show() {
        for range in ChartRange::ALL {
            for interval in ChartInterval::ALL {
                let settings = ChartSettings { title: String::new(), kind: ChartKind::Line, range, interval };
                let steps = range.seconds() / settings.interval_s();
                assert!((1..=CHART_STEPS_MAX).contains(&steps), "{range:?} {interval:?}: {steps}");
                let is_chosen = interval.seconds().is_some_and(|interval_s| interval_s <= range.seconds());
                assert!(!is_chosen || settings.interval_s() >= interval.seconds().unwrap(), "{range:?} {interval:?}");
            }
        }
    }
}
