//! `MetricsFired`: values for series of an account, all or none.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::decide::draft::Draft;
use crate::decision::{Change, Decision, Outcome, Refusal};
use crate::directory::Name;
use crate::limit::SERIES_MAX;
use crate::metric::{Point, SeriesName};

pub(super) fn decide(mut draft: Draft<'_>, account: &Name, points: &Arc<[Point]>) -> Decision {
    if points.is_empty() {
        return Decision::nothing();
    }
    let known = draft.view.series.get(account);
    let is_new = |name: &&SeriesName| known.is_none_or(|known| !known.contains(*name));
    let new: BTreeSet<&SeriesName> = points.iter().map(|point| &point.series).filter(is_new).collect();
    let count = known.map_or(0, |known| known.len()) + new.len();
    if !new.is_empty() && count > SERIES_MAX {
        return Decision::refused(Refusal::TooManySeries { count });
    }
    let new_series = new.into_iter().cloned().collect();
    draft.push(Change::AddPoints { account: account.clone(), points: points.clone(), new_series });
    draft.done(Outcome::Done)
}
