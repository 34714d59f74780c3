//! What stands at the axes of a chart: round values and times, as short as they can be told apart.

/// About how many ticks an axis has.
const TICKS: f64 = 4.0;
/// Never more, whatever the numbers.
const TICKS_MAX: usize = 9;
/// Values below it are as good as nothing: numbers that small cannot be divided any more.
const SIZE_MIN: f64 = 1e-290;
/// Most digits behind the point.
const DECIMALS_MAX: usize = 6;

/// The values of an axis: its ends, and the ticks between them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<f64>,
    step: f64,
}

impl Scale {
    /// A scale on which all these values lie. Any finite numbers will do.
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Scale {
        let (mut low, mut high) = (f64::MAX, f64::MIN);
        for value in values {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        // Zero is shown when it is not far away.
        if low > 0.0 && low < high / 2.0 {
            low = 0.0;
        } else if high < 0.0 && high > low / 2.0 {
            high = 0.0;
        }
        let size = low.abs().max(high.abs());
        // Values that are all the same, or nearly so, lie in the middle.
        if size < SIZE_MIN || high / 2.0 - low / 2.0 <= size * 1e-9 {
            let around = if size < SIZE_MIN { 1.0 } else { size / 10.0 };
            (low, high) = ((low - around).max(f64::MIN), (high + around).min(f64::MAX));
        }
        let step = round_step((high / 2.0 - low / 2.0) / TICKS * 2.0);
        let mut ticks = Vec::new();
        let first = (low / step).ceil();
        for index in 0..TICKS_MAX {
            let tick = (first + index as f64) * step;
            if tick > high || !tick.is_finite() {
                break;
            }
            // Not minus zero.
            ticks.push(tick + 0.0);
        }
        Scale { low, high, ticks, step }
    }

    /// Where a value lies between the ends, from 0 to 1.
    pub(super) fn place(&self, value: f64) -> f64 {
        // Halves: the ends may be as far apart as numbers can be.
        let whole = self.high / 2.0 - self.low / 2.0;
        ((value / 2.0 - self.low / 2.0) / whole).clamp(0.0, 1.0)
    }

    /// A tick in as few characters as tell it from the next.
    pub(super) fn label(&self, tick: f64) -> String {
        let size = self.low.abs().max(self.high.abs());
        if tick == 0.0 {
            return "0".to_owned();
        }
        let units = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
        let (unit, name) = units.into_iter().find(|(unit, _)| size >= *unit).unwrap_or((1.0, ""));
        let decimals = (-(self.step / unit).log10()).ceil().max(0.0) as usize;
        if size >= 1e15 || decimals > DECIMALS_MAX {
            return format!("{tick:.2e}");
        }
        format!("{:.decimals$}{name}", tick / unit)
    }
}

/// The next round number: 1, 2 or 5 times a power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor()).max(f64::MIN_POSITIVE);
    let factor = step / power;
    let round = if factor <= 1.0 {
        1.0
    } else if factor <= 2.0 {
        2.0
    } else if factor <= 5.0 {
        5.0
    } else {
        10.0
    };
    (round * power).min(f64::MAX)
}

/// Round times between two, in seconds since 1970, with what stands there.
pub(super) fn times(from_s: i64, until_s: i64) -> Vec<(i64, String)> {
    const HOUR_S: i64 = 3600;
    const DAY_S: i64 = 86_400;
    let range_s = until_s - from_s;
    let steps_s = [600, HOUR_S, 4 * HOUR_S, DAY_S, 5 * DAY_S, 15 * DAY_S, 60 * DAY_S, 365 * DAY_S];
    let step_s = steps_s.into_iter().find(|step_s| range_s / step_s <= 7).unwrap_or(range_s);
    let format = if step_s < DAY_S { "%H:%M" } else { "%-d %b" };
    let first_s = from_s + (step_s - from_s.rem_euclid(step_s)).rem_euclid(step_s);
    let ticks = (0..TICKS_MAX as i64).map(|index| first_s + index * step_s).take_while(|at_s| *at_s <= until_s);
    ticks
        .filter_map(|at_s| Some((at_s, jiff::Timestamp::from_second(at_s).ok()?.strftime(format).to_string())))
        .collect()
}

/// A value for people: with its thousands apart, or in powers of ten where that would be long.
pub(super) fn value(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e12).contains(&size) {
        return format!("{value:.4e}").replace(".0000e", "e");
    }
    let decimals = (4.0 - size.log10().floor()).clamp(0.0, 8.0) as usize;
    let text = format!("{size:.decimals$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    let whole = super::super::words::grouped(whole.parse().unwrap_or(u64::MAX));
    let sign = if value < 0.0 { "−" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64]) -> String {
        let scale = Scale::of(values.iter().copied());
        assert!(scale.ticks.len() <= TICKS_MAX);
        for tick in values.iter().chain(&scale.ticks) {
            assert!((0.0..=1.0).contains(&scale.place(*tick)), "{tick} in {scale:?}");
        }
        scale.ticks.iter().map(|tick| scale.label(*tick)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_and_told_apart() {
        let check = |values: &[f64], expected: &str| assert_eq!(labels(values), expected, "{values:?}");
        check(&[0.0, 10.0], "0 5 10");
        check(&[3.0, 100.0], "0 50 100");
        check(&[95.0, 100.0], "96 98 100");
        check(&[-1.0, 1.0], "-1.0 -0.5 0 0.5 1.0");
        check(&[1200.0, 1_204.0], "1.200k 1.201k 1.202k 1.203k 1.204k");
        check(&[0.0, 2.5e6], "0 1M 2M");
        check(&[0.001, 0.004], "0 0.001 0.002 0.003 0.004");
        check(&[7.0], "6.5 7.0 7.5");
        check(&[0.0], "-1.0 -0.5 0 0.5 1.0");
        check(&[], "0 0.5 1.0");
    }

    #[test]
    fn any_numbers_make_an_axis() {
        for values in [
            &[f64::MIN, f64::MAX][..],
            &[f64::MAX],
            &[1e16, 1e16 + 2.0],
            &[5e-324, 1e-323],
            &[-5e-324],
            &[1e-300, 1e300],
            &[0.1, 0.1 + f64::EPSILON],
        ] {
            labels(values);
        }
    }

    #[test]
    fn times_are_round() {
        let midnight_s = 1_795_305_600;
        let check = |range_s: i64, expected: &str| {
            let until_s = midnight_s + 61;
            let labels: Vec<String> = times(until_s - range_s, until_s).into_iter().map(|(_, label)| label).collect();
            assert_eq!(labels.join(" "), expected);
        };
        check(3600, "23:10 23:20 23:30 23:40 23:50 00:00");
        check(21_600, "19:00 20:00 21:00 22:00 23:00 00:00");
        check(86_400, "04:00 08:00 12:00 16:00 20:00 00:00");
        check(7 * 86_400, "16 Nov 17 Nov 18 Nov 19 Nov 20 Nov 21 Nov 22 Nov");
    }

    #[test]
    fn values_are_shown_short_and_true() {
        for (number, shown) in [
            (0.0, "0"),
            (3.25, "3.25"),
            (-1200.0, "−1\u{202f}200"),
            (1_234_567.8, "1\u{202f}234\u{202f}568"),
            (0.000_123_456, "0.00012346"),
            (1e300, "1e300"),
            (-1.5e-9, "-1.5000e-9"),
        ] {
            assert_eq!(value(number), shown, "{number:?}");
        }
    }
}
