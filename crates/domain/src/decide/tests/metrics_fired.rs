//! `MetricsFired`: all values or none, and no more series than an account may have.

use std::sync::Arc;

use super::setup::Setup;
use super::world::World;
use crate::decision::{Change, Decision, Outcome, Refusal};
use crate::event::Event;
use crate::limit::SERIES_MAX;
use crate::metric::{Finite, Point, SeriesName};

fn point(series: &str, value: f64) -> Point {
    Point { series: SeriesName::parse(series).unwrap(), value: Finite::new(value).unwrap() }
}

fn fire(world: &mut World, account: &str, points: Vec<Point>) -> Decision {
    world.decide(&Event::MetricsFired { account: account.into(), points: points.into() })
}

fn many(from: usize, count: usize) -> Vec<Point> {
    (from..from + count).map(|number| point(&format!("n{number}.sum"), 1.0)).collect()
}

#[test]
fn values_are_kept_with_the_names_that_are_new() {
    let mut world = Setup::usual().world();
    let first = vec![point("a.sum", 1.0), point("b.last", -2.5), point("a.sum", 3.0)];
    let expected = |points: &[Point], new: &[&str]| {
        let points: Arc<[Point]> = points.into();
        let new_series = new.iter().map(|name| SeriesName::parse(name).unwrap()).collect();
        Decision::new(vec![Change::AddPoints { account: "acme".into(), points, new_series }], Outcome::Done)
    };
    assert_eq!(fire(&mut world, "acme", first.clone()), expected(&first, &["a.sum", "b.last"]));
    let second = vec![point("a.sum", 1.0), point("c.max", 0.0)];
    assert_eq!(fire(&mut world, "acme", second.clone()), expected(&second, &["c.max"]));
    assert_eq!(fire(&mut world, "acme", Vec::new()), Decision::nothing());
}

#[test]
fn an_account_has_so_many_series_and_no_more() {
    let mut world = Setup::usual().world();
    assert_eq!(fire(&mut world, "acme", many(0, SERIES_MAX)).outcome, Outcome::Done);
    let refused = |count| Decision::refused(Refusal::TooManySeries { count });
    // Nothing of it is kept, not even the values of series there are.
    assert_eq!(fire(&mut world, "acme", vec![point("n0.sum", 1.0), point("more.sum", 1.0)]), refused(SERIES_MAX + 1));
    assert_eq!(fire(&mut world, "acme", many(SERIES_MAX - 5, 10)), refused(SERIES_MAX + 5));
    assert_eq!(fire(&mut world, "acme", many(0, SERIES_MAX)).outcome, Outcome::Done);
    // Another account's are its own.
    assert_eq!(fire(&mut world, "press", many(0, 1)).outcome, Outcome::Done);
}
