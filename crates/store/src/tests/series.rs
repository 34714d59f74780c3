//! Series of metrics, and the dashboards that show them.

use std::sync::Arc;

use domain::dashboard::{Chart, ChartInterval, ChartKind, ChartRange, ChartSettings, Dashboard};
use domain::decision::Change;
use domain::event::Needs;
use domain::limit::RESOLUTIONS;
use domain::metric::{Aggregate, Finite, Point, SeriesName};
use domain::time::At;
use domain::view::View;
use engine::page::{SeriesQuery, SeriesRow, ValuesQuery};

use super::sample::NOW;
use super::shelf::Shelf;

/// A time at which a step of every resolution begins.
const MIDNIGHT_S: i64 = 20_779 * 86_400;

fn name(text: &str) -> SeriesName {
    SeriesName::parse(text).unwrap()
}

fn fired(account: &str, values: &[(&str, f64)]) -> Change {
    let point = |(series, value): &(&str, f64)| Point { series: name(series), value: Finite::new(*value).unwrap() };
    let points: Arc<[Point]> = values.iter().map(point).collect();
    Change::AddPoints { account: account.into(), points, new_series: Vec::new() }
}

fn fire(shelf: &mut dyn Shelf, at_s: i64, account: &str, values: &[(&str, f64)]) {
    shelf.store().commit(At(at_s * 1_000_000), &[fired(account, values)]).unwrap();
}

/// Values of one series of `acme` from a time on.
fn values(shelf: &dyn Shelf, series: &str, first_s: i64, interval_s: i64, intervals: usize) -> Vec<Option<f64>> {
    let now = At((first_s + interval_s * intervals as i64) * 1_000_000);
    values_at(shelf, series, first_s, interval_s, intervals, now)
}

fn values_at(
    shelf: &dyn Shelf,
    series: &str,
    first_s: i64,
    interval_s: i64,
    intervals: usize,
    now: At,
) -> Vec<Option<f64>> {
    let series = vec![name(series)];
    let query = ValuesQuery { account: "acme".into(), series, first_s, interval_s, intervals, now };
    let found = shelf.browse().series_values(&query).unwrap();
    found.into_iter().next().map(|found| found.values).unwrap_or_default()
}

fn rows(shelf: &dyn Shelf, account: &str, text: Option<&str>, after: Option<&str>, limit: usize) -> Vec<SeriesRow> {
    let (text, after) = (text.map(str::to_owned), after.map(name));
    shelf.browse().series(&SeriesQuery { account: account.into(), text, after, limit }).unwrap()
}

pub(crate) fn fired_values_become_what_their_series_says(shelf: &mut dyn Shelf) {
    let all = |value| ["n.sum", "n.avg", "n.max", "n.min", "n.last"].map(|series| (series, value));
    fire(shelf, MIDNIGHT_S + 1, "acme", &all(4.0));
    // Several in a batch, and several for one series at once.
    let batch =
        [fired("acme", &all(-1.5)), fired("other", &all(1000.0)), fired("acme", &[("n.last", 9.0), ("n.last", 2.0)])];
    shelf.store().commit(At((MIDNIGHT_S + 2) * 1_000_000), &batch).unwrap();
    shelf.restart();
    fire(shelf, MIDNIGHT_S + 3, "acme", &all(3.5));
    fire(shelf, MIDNIGHT_S + 25, "acme", &all(7.0));
    for (series, first, whole) in
        [("n.sum", 6.0, 13.0), ("n.avg", 2.0, 3.25), ("n.max", 4.0, 7.0), ("n.min", -1.5, -1.5), ("n.last", 3.5, 7.0)]
    {
        assert_eq!(values(shelf, series, MIDNIGHT_S, 10, 4), [Some(first), None, Some(7.0), None], "{series}");
        assert_eq!(values(shelf, series, MIDNIGHT_S, 300, 2), [Some(whole), None], "{series}");
        assert_eq!(values(shelf, series, MIDNIGHT_S - 86_400, 86_400, 2), [None, Some(whole)], "{series}");
    }
    assert_eq!(values(shelf, "unknown.sum", MIDNIGHT_S, 10, 4), []);
}

pub(crate) fn series_are_listed_by_name_each_account_its_own(shelf: &mut dyn Shelf) {
    fire(shelf, MIDNIGHT_S, "acme", &[("b.sum", 1.0), ("a.Pings.max", 2.0), ("c.last", 3.0)]);
    fire(shelf, MIDNIGHT_S, "other", &[("theirs.sum", 1.0)]);
    fire(shelf, MIDNIGHT_S + 60, "acme", &[("b.sum", 0.25)]);
    shelf.restart();
    let names = |found: Vec<SeriesRow>| found.iter().map(|row| row.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(rows(shelf, "acme", None, None, 9)), ["a.Pings.max", "b.sum", "c.last"]);
    assert_eq!(names(rows(shelf, "acme", None, None, 2)), ["a.Pings.max", "b.sum"]);
    assert_eq!(names(rows(shelf, "acme", None, Some("b.sum"), 9)), ["c.last"]);
    assert_eq!(names(rows(shelf, "acme", Some("PINGS"), None, 9)), ["a.Pings.max"]);
    assert_eq!(names(rows(shelf, "other", None, None, 9)), ["theirs.sum"]);
    assert_eq!(names(rows(shelf, "nobody", None, None, 9)), [""; 0]);
    // The last value is the last one fired, not the sum.
    let last = &rows(shelf, "acme", Some("b.sum"), None, 1)[0];
    assert_eq!((last.last_value, last.last_at), (0.25, At((MIDNIGHT_S + 60) * 1_000_000)));
    // Decisions see the names.
    let mut needs = Needs::default();
    needs.series.extend(["acme".into(), "nobody".into()]);
    let mut view = View::default();
    shelf.store().load(&needs, &mut view).unwrap();
    let known = view.series.get("acme").map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(known.unwrap(), ["a.Pings.max", "b.sum", "c.last"]);
    assert!(view.series.get("nobody").is_none_or(|names| names.is_empty()));
}

/// What the points themselves become in the interval that begins then.
fn of_points(points: &[(i64, f64)], series: &str, begins_s: i64, interval_s: i64) -> Option<f64> {
    let aggregator = name(series).aggregator();
    let within = points.iter().filter(|(at_s, _)| (begins_s..begins_s + interval_s).contains(at_s));
    let mut all = within.map(|(_, value)| Aggregate::of(Finite::new(*value).unwrap()));
    let mut whole = all.next()?;
    all.for_each(|later| whole.add(aggregator, later));
    Some(whole.result(aggregator))
}

pub(crate) fn every_resolution_says_what_the_points_say(shelf: &mut dyn Shelf) {
    const SERIES: [&str; 5] = ["n.sum", "n.avg", "n.max", "n.min", "n.last"];
    let mut chance = 7_u64;
    let mut next = |bound: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % bound
    };
    let mut points = Vec::new();
    let mut at_s = MIDNIGHT_S;
    for number in 0..400 {
        at_s += next(600) as i64 * i64::from(number % 3 > 0);
        // Whole numbers: their sums are the same in any order.
        let value = next(2001) as f64 - 1000.0;
        points.push((at_s, value));
        fire(shelf, at_s, "acme", &SERIES.map(|series| (series, value)));
    }
    for interval_s in [10, 30, 60, 300, 900, 3600, 7200, 86_400, 3 * 86_400] {
        let intervals = ((at_s - MIDNIGHT_S) / interval_s + 1) as usize;
        // As long as the finest steps are kept, and asked so that intervals begin where steps do.
        for series in SERIES {
            let expected: Vec<_> = (0..intervals as i64)
                .map(|index| of_points(&points, series, MIDNIGHT_S + index * interval_s, interval_s))
                .collect();
            let now = At(at_s * 1_000_000);
            let found = values_at(shelf, series, MIDNIGHT_S, interval_s, intervals, now);
            assert_eq!(found, expected, "{series} every {interval_s} s");
        }
    }
}

pub(crate) fn steps_are_forgotten_when_they_are_no_longer_kept(shelf: &mut dyn Shelf) {
    fire(shelf, MIDNIGHT_S, "acme", &[("old.sum", 1.0), ("lives.sum", 1.0)]);
    for resolution in &RESOLUTIONS {
        // In the last moment it is there, a step later it is gone.
        let last_s = MIDNIGHT_S + resolution.kept_s;
        fire(shelf, last_s, "acme", &[("lives.sum", 2.0)]);
        let read = |shelf: &dyn Shelf, now_s: i64| {
            let now = At(now_s * 1_000_000);
            values_at(shelf, "old.sum", MIDNIGHT_S, resolution.width_s, 1, now).first().copied().flatten()
        };
        shelf.store().sweep(At(i64::MIN), At(last_s * 1_000_000)).unwrap();
        assert_eq!(read(shelf, last_s), Some(1.0), "{resolution:?}");
        let over_s = last_s + resolution.width_s;
        let swept = shelf.store().sweep(At(i64::MIN), At(over_s * 1_000_000)).unwrap();
        assert!(swept.rows > 0, "{resolution:?}");
        // A query of then reads coarser steps; those of this width are gone, also for one that believes it is earlier.
        let coarser = RESOLUTIONS.iter().any(|other| other.kept_s > resolution.kept_s);
        assert_eq!(read(shelf, last_s), None, "{resolution:?}");
        assert_eq!(
            rows(shelf, "acme", Some("old"), None, 9).len(),
            usize::from(coarser || resolution.width_s < 86_400)
        );
    }
    // Its name went with the last step, the other one's stayed.
    let names: Vec<String> = rows(shelf, "acme", None, None, 9).iter().map(|row| row.name.to_string()).collect();
    assert_eq!(names, ["lives.sum"]);
    // It may come again, as a new one.
    fire(shelf, MIDNIGHT_S + 4 * 365 * 86_400, "acme", &[("old.sum", 5.0)]);
    shelf.restart();
    assert_eq!(rows(shelf, "acme", Some("old"), None, 9)[0].last_value, 5.0);
}

pub(crate) fn sums_stay_finite(shelf: &mut dyn Shelf) {
    for at_s in [MIDNIGHT_S, MIDNIGHT_S + 1] {
        fire(
            shelf,
            at_s,
            "acme",
            &[("big.sum", f64::MAX), ("big.avg", f64::MAX), ("small.sum", f64::MIN), ("tiny.sum", 5e-324)],
        );
    }
    shelf.restart();
    assert_eq!(values(shelf, "big.sum", MIDNIGHT_S, 10, 1), [Some(f64::MAX)]);
    assert_eq!(values(shelf, "big.avg", MIDNIGHT_S, 10, 1), [Some(f64::MAX / 2.0)]);
    assert_eq!(values(shelf, "small.sum", MIDNIGHT_S, 10, 1), [Some(f64::MIN)]);
    assert_eq!(values(shelf, "tiny.sum", MIDNIGHT_S, 10, 1), [Some(1e-323)]);
}

pub(crate) fn dashboard(id: u32, title: &str) -> Dashboard {
    let settings = ChartSettings {
        title: title.to_owned(),
        kind: ChartKind::Last,
        range: ChartRange::Week,
        interval: ChartInterval::FiveMinutes,
    };
    let chart = Chart { id: 4, series: vec![name("<b>.sum"), name("stores.default.x.last")], settings };
    Dashboard { id, name: format!("Grüezi {id}"), next_chart: 5, charts: vec![chart] }
}

pub(crate) fn dashboards_change_and_end(shelf: &mut dyn Shelf) {
    let put = |account: &str, dashboard: Dashboard| Change::PutDashboard { account: account.into(), dashboard };
    let first =
        [put("acme", dashboard(2, "two")), put("acme", dashboard(1, "one")), put("other", dashboard(1, "theirs"))];
    shelf.store().commit(NOW, &first).unwrap();
    shelf.restart();
    let list = |shelf: &dyn Shelf, account: &str| shelf.browse().dashboards(&account.into()).unwrap();
    assert_eq!(list(shelf, "acme"), [dashboard(1, "one"), dashboard(2, "two")]);
    let drop = Change::DropDashboard { account: "acme".into(), id: 2 };
    shelf.store().commit(NOW, &[put("acme", dashboard(1, "changed")), drop]).unwrap();
    assert_eq!(list(shelf, "acme"), [dashboard(1, "changed")]);
    assert_eq!(list(shelf, "other"), [dashboard(1, "theirs")]);
    assert_eq!(list(shelf, "nobody"), []);
    let mut needs = Needs::default();
    needs.dashboards.insert("acme".into());
    let mut view = View::default();
    shelf.store().load(&needs, &mut view).unwrap();
    assert_eq!(view.dashboards["acme"].values().cloned().collect::<Vec<_>>(), [dashboard(1, "changed")]);
    assert_eq!(view.dashboards.len(), 1);
}
