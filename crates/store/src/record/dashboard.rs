//! A dashboard with its charts.

use domain::dashboard::{Chart, ChartInterval, ChartKind, ChartRange, ChartSettings, Dashboard};
use domain::metric::SeriesName;
use engine::port::StoreError;
use serde::{Deserialize, Serialize};

use super::{Record, damaged, known};

/// Version 1 of a dashboard. Its number is in its key.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DashboardRecord<'a> {
    name: &'a str,
    next_chart: u32,
    #[serde(borrow)]
    charts: Vec<ChartRecord<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ChartRecord<'a> {
    id: u32,
    #[serde(borrow)]
    series: Vec<&'a str>,
    title: &'a str,
    kind: u8,
    range: u8,
    interval: u8,
}

impl<'a> Record<'a> for DashboardRecord<'a> {
    const KIND: &'static str = "dashboard";
}

/// Codes are places in the lists of the domain, to which new ones are only ever added.
fn code<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|known| known == one).map_or(u8::MAX, |place| place as u8)
}

impl<'a> From<&'a Dashboard> for DashboardRecord<'a> {
    fn from(dashboard: &'a Dashboard) -> DashboardRecord<'a> {
        let chart = |chart: &'a Chart| ChartRecord {
            id: chart.id,
            series: chart.series.iter().map(SeriesName::as_str).collect(),
            title: &chart.settings.title,
            kind: code(&ChartKind::ALL, &chart.settings.kind),
            range: code(&ChartRange::ALL, &chart.settings.range),
            interval: code(&ChartInterval::ALL, &chart.settings.interval),
        };
        DashboardRecord {
            name: &dashboard.name,
            next_chart: dashboard.next_chart,
            charts: dashboard.charts.iter().map(chart).collect(),
        }
    }
}

impl DashboardRecord<'_> {
    pub(crate) fn dashboard(self, id: u32) -> Result<Dashboard, StoreError> {
        let charts = self.charts.into_iter().map(ChartRecord::chart).collect::<Result<_, _>>()?;
        Ok(Dashboard { id, name: self.name.to_owned(), next_chart: self.next_chart, charts })
    }
}

impl ChartRecord<'_> {
    fn chart(self) -> Result<Chart, StoreError> {
        const KIND: &str = DashboardRecord::KIND;
        let series =
            |name: &str| SeriesName::parse(name).ok_or_else(|| damaged(KIND, format_args!("{name:?} is no series")));
        let (kind, range, interval) = (self.kind, self.range, self.interval);
        let settings = ChartSettings {
            title: self.title.to_owned(),
            kind: known(KIND, "chart", kind, ChartKind::ALL.get(usize::from(kind)).copied())?,
            range: known(KIND, "range", range, ChartRange::ALL.get(usize::from(range)).copied())?,
            interval: known(KIND, "interval", interval, ChartInterval::ALL.get(usize::from(interval)).copied())?,
        };
        let series = self.series.into_iter().map(series).collect::<Result<_, _>>()?;
        Ok(Chart { id: self.id, series, settings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{decode, encode};

    fn dashboard(kind: ChartKind, range: ChartRange, interval: ChartInterval) -> Dashboard {
        let settings = ChartSettings { title: "T".to_owned(), kind, range, interval };
        let series = vec![SeriesName::parse("a.sum").unwrap()];
        Dashboard { id: 3, name: "Ü".to_owned(), next_chart: 9, charts: vec![Chart { id: 8, series, settings }] }
    }

    #[test]
    fn the_stored_form_is_fixed_and_read_back() {
        let mut bytes = Vec::new();
        for kind in ChartKind::ALL {
            for range in ChartRange::ALL {
                for interval in ChartInterval::ALL {
                    let dashboard = dashboard(kind, range, interval);
                    encode(&DashboardRecord::from(&dashboard), &mut bytes);
                    assert_eq!(decode::<DashboardRecord<'_>>(&bytes).unwrap().dashboard(3).unwrap(), dashboard);
                }
            }
        }
        let golden = b"\x01\x02\xc3\x9c\x09\x01\x08\x01\x05a.sum\x01T\x01\x06\x05";
        assert_eq!(&bytes[..bytes.len() - 4], golden);
        // A code that a later version wrote.
        bytes.truncate(golden.len() - 1);
        bytes.push(99);
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        let read = decode::<DashboardRecord<'_>>(&bytes).and_then(|record| record.dashboard(3));
        assert!(matches!(read, Err(StoreError::Corrupt(_))), "{read:?}");
    }
}
