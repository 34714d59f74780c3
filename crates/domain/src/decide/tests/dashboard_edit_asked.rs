//! `DashboardEditAsked`: what a person arranges is what is kept.

use super::setup::Setup;
use super::world::World;
use crate::dashboard::{ChartInterval, ChartKind, ChartRange, ChartSettings, DashboardChange, DashboardEdit};
use crate::decision::{Decision, Outcome, Refusal};
use crate::event::Event;
use crate::limit::{CHART_SERIES_MAX, CHARTS_MAX, DASHBOARD_NAME_CHARS_MAX, DASHBOARDS_MAX};
use crate::metric::SeriesName;

fn settings(title: &str) -> ChartSettings {
    let (kind, range, interval) = (ChartKind::Line, ChartRange::Day, ChartInterval::Auto);
    ChartSettings { title: title.to_owned(), kind, range, interval }
}

fn series(name: &str) -> SeriesName {
    SeriesName::parse(name).unwrap()
}

fn edit(world: &mut World, edit: DashboardEdit) -> Outcome {
    world.decide(&Event::DashboardEditAsked { account: "acme".into(), edit }).outcome
}

fn create(world: &mut World, name: &str) -> Outcome {
    edit(world, DashboardEdit::Create { name: name.to_owned() })
}

fn change(world: &mut World, id: u32, change: DashboardChange) -> Outcome {
    edit(world, DashboardEdit::Change { id, change })
}

fn add(world: &mut World, id: u32, name: &str) -> Outcome {
    change(world, id, DashboardChange::AddChart { series: series(name), settings: settings("") })
}

/// The charts of dashboard 1: number and series.
fn charts(world: &World) -> String {
    let charts = world.view.dashboards["acme"][&1].charts.iter();
    let shown = charts.map(|chart| {
        let series: Vec<&str> = chart.series.iter().map(SeriesName::as_str).collect();
        format!("{}:{}", chart.id, series.join("+"))
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn charts_are_added_moved_changed_and_removed() {
    let mut world = Setup::usual().world();
    assert_eq!(create(&mut world, "  Pings "), Outcome::Dashboard { id: 1 });
    assert_eq!(world.view.dashboards["acme"][&1].name, "Pings");
    for name in ["a.sum", "b.sum", "c.sum"] {
        assert_eq!(add(&mut world, 1, name), Outcome::Dashboard { id: 1 });
    }
    assert_eq!(charts(&world), "1:a.sum 2:b.sum 3:c.sum");
    let check = |world: &mut World, wish: DashboardChange, expected: &str| {
        assert_eq!(change(world, 1, wish.clone()), Outcome::Dashboard { id: 1 }, "{wish:?}");
        assert_eq!(charts(world), expected, "{wish:?}");
    };
    check(&mut world, DashboardChange::MoveChart { chart: 3, later: false }, "1:a.sum 3:c.sum 2:b.sum");
    check(&mut world, DashboardChange::MoveChart { chart: 1, later: true }, "3:c.sum 1:a.sum 2:b.sum");
    check(&mut world, DashboardChange::MoveChart { chart: 2, later: true }, "3:c.sum 1:a.sum 2:b.sum");
    check(&mut world, DashboardChange::MoveChart { chart: 3, later: false }, "3:c.sum 1:a.sum 2:b.sum");
    check(&mut world, DashboardChange::RemoveChart { chart: 1 }, "3:c.sum 2:b.sum");
    let also = DashboardChange::AddSeries { chart: 2, series: series("x.max") };
    check(&mut world, also.clone(), "3:c.sum 2:b.sum+x.max");
    check(&mut world, also, "3:c.sum 2:b.sum+x.max");
    check(&mut world, DashboardChange::RemoveSeries { chart: 2, series: series("b.sum") }, "3:c.sum 2:x.max");
    check(&mut world, DashboardChange::RemoveSeries { chart: 2, series: series("x.max") }, "3:c.sum");
    // A number is not given again.
    add(&mut world, 1, "d.sum");
    assert_eq!(charts(&world), "3:c.sum 4:d.sum");
    let other = ChartSettings { kind: ChartKind::Last, ..settings("As I like it") };
    check(&mut world, DashboardChange::SetChart { chart: 4, settings: other.clone() }, "3:c.sum 4:d.sum");
    assert_eq!(world.view.dashboards["acme"][&1].charts[1].settings, other);
    change(&mut world, 1, DashboardChange::Rename { name: "Pongs".into() });
    assert_eq!(world.view.dashboards["acme"][&1].name, "Pongs");
    assert_eq!(create(&mut world, "Another"), Outcome::Dashboard { id: 2 });
    assert_eq!(edit(&mut world, DashboardEdit::Remove { id: 1 }), Outcome::Done);
    assert_eq!(world.view.dashboards["acme"].keys().copied().collect::<Vec<_>>(), [2]);
}

#[test]
fn what_is_not_there_cannot_be_arranged() {
    let mut world = Setup::usual().world();
    create(&mut world, "Pings");
    add(&mut world, 1, "a.sum");
    let missing = Outcome::Refused(Refusal::NotFound);
    assert_eq!(edit(&mut world, DashboardEdit::Remove { id: 2 }), missing);
    assert_eq!(add(&mut world, 2, "a.sum"), missing);
    assert_eq!(change(&mut world, 1, DashboardChange::RemoveChart { chart: 2 }), missing);
    assert_eq!(change(&mut world, 1, DashboardChange::MoveChart { chart: 2, later: true }), missing);
    // The dashboards of another account are not within reach; one that does not exist has none.
    for (account, edit) in [
        ("press", DashboardEdit::Remove { id: 1 }),
        ("press", DashboardEdit::Change { id: 1, change: DashboardChange::RemoveChart { chart: 1 } }),
        ("nobody", DashboardEdit::Create { name: "x".into() }),
    ] {
        let event = Event::DashboardEditAsked { account: account.into(), edit };
        assert_eq!(world.decide(&event), Decision::refused(Refusal::NotFound), "{event:?}");
    }
    assert_eq!(charts(&world), "1:a.sum");
}

#[test]
fn names_and_numbers_have_limits() {
    let mut world = Setup::usual().world();
    let no_name = Outcome::Refused(Refusal::DashboardName);
    for name in ["", "  ", "two\nlines", &"x".repeat(DASHBOARD_NAME_CHARS_MAX + 1)] {
        assert_eq!(create(&mut world, name), no_name, "{name:?}");
    }
    assert_eq!(create(&mut world, &"é".repeat(DASHBOARD_NAME_CHARS_MAX)), Outcome::Dashboard { id: 1 });
    let title = settings(&"x".repeat(DASHBOARD_NAME_CHARS_MAX + 1));
    let chart = DashboardChange::AddChart { series: series("a.sum"), settings: title };
    assert_eq!(change(&mut world, 1, chart), no_name);
    let is_limit = |outcome: Outcome| matches!(outcome, Outcome::Refused(Refusal::DashboardLimit { .. }));
    for _ in 0..CHARTS_MAX {
        assert_eq!(add(&mut world, 1, "a.sum"), Outcome::Dashboard { id: 1 });
    }
    assert!(is_limit(add(&mut world, 1, "a.sum")));
    for number in 1..CHART_SERIES_MAX {
        let also = DashboardChange::AddSeries { chart: 1, series: series(&format!("b{number}.sum")) };
        assert_eq!(change(&mut world, 1, also), Outcome::Dashboard { id: 1 });
    }
    assert!(is_limit(change(&mut world, 1, DashboardChange::AddSeries { chart: 1, series: series("more.sum") })));
    for id in 2..=DASHBOARDS_MAX as u32 {
        assert_eq!(create(&mut world, "x"), Outcome::Dashboard { id });
    }
    assert!(is_limit(create(&mut world, "x")));
}
