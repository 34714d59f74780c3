//! A chart as SVG, drawn by plotters. The style sheet gives it its colours, so that it is readable in light and dark:
//! what is drawn here carries a colour that only marks what it is, and the style sheet names what has that mark.

use plotters::chart::ChartBuilder;
use plotters::coord::combinators::BindKeyPoints;
use plotters::drawing::IntoDrawingArea;
use plotters::element::Circle;
use plotters::prelude::SVGBackend;
use plotters::series::LineSeries;
use plotters::style::{Color, IntoFont, RGBColor, TRANSPARENT, TextStyle};

use super::axis::{Scale, times};

/// Three units a pixel: plotters draws at whole units, and lines would be ragged otherwise.
const UNITS: u32 = 3;
const WIDTH: u32 = 470 * UNITS;
const HEIGHT: u32 = 190 * UNITS;
/// What plotters calls size is a quarter larger than what SVG does.
const TEXT_SIZE: u32 = 15 * UNITS;
/// Width of a character of a label, about.
const CHAR_WIDTH: u32 = 7 * UNITS;

/// Marks, by which the style sheet knows a part: `#000010` and so on.
const GRID: RGBColor = RGBColor(0, 0, 0x10);
const AXIS: RGBColor = RGBColor(0, 0, 0x11);
const TEXT: RGBColor = RGBColor(0, 0, 0x12);

/// The mark of a line, counted from 0: `#000001` and so on.
const fn mark(line: usize) -> RGBColor {
    RGBColor(0, 0, line as u8 + 1)
}

/// Length of each axis, in parts: the axes know nothing of values and times, however large those are.
const WHOLE: i32 = 1_000_000;

/// A share of an axis in its parts.
fn parts(share: f64) -> i32 {
    (share * f64::from(WHOLE)).round() as i32
}

/// The label of the tick that is nearest to a place on an axis.
fn label_at(ticks: &[(i32, String)], place: i32) -> String {
    let nearest = ticks.iter().min_by_key(|(tick, _)| tick.abs_diff(place));
    nearest.map(|(_, label)| label.clone()).unwrap_or_default()
}

/// Lines over one range of time.
pub(super) struct Plot {
    /// When the first interval begins, in seconds since 1970.
    pub(super) first_s: i64,
    /// How long an interval is, in seconds.
    pub(super) interval_s: i64,
    /// The end of the range, in seconds since 1970.
    pub(super) until_s: i64,
    /// A value for each interval, line by line.
    pub(super) lines: Vec<Vec<Option<f64>>>,
}

impl Plot {
    /// The drawing; none when it could not be made, which no values should be able to cause.
    pub(super) fn svg(&self) -> Option<String> {
        let mut text = String::with_capacity(16 * 1024);
        self.draw(&mut text).inspect_err(|reason| tracing::warn!(reason, "a chart could not be drawn")).ok()?;
        Some(text)
    }

    fn place_of(&self, at_s: i64) -> i32 {
        parts((at_s - self.first_s) as f64 / (self.until_s - self.first_s).max(1) as f64).min(WHOLE)
    }

    fn draw(&self, text: &mut String) -> Result<(), String> {
        let scale = Scale::of(self.lines.iter().flatten().flatten().copied());
        let values: Vec<(i32, String)> =
            scale.ticks.iter().map(|tick| (parts(scale.place(*tick)), scale.label(*tick))).collect();
        let times: Vec<(i32, String)> =
            times(self.first_s, self.until_s).into_iter().map(|(at_s, label)| (self.place_of(at_s), label)).collect();
        let widest = values.iter().map(|(_, label)| label.len()).max().unwrap_or(1) as u32;
        let places = |ticks: &[(i32, String)]| ticks.iter().map(|(place, _)| *place).collect();
        let failed = |error: &dyn std::fmt::Display| error.to_string();

        let root = SVGBackend::with_string(text, (WIDTH, HEIGHT)).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin_top(8 * UNITS)
            .margin_right(16 * UNITS)
            .x_label_area_size(22 * UNITS)
            .y_label_area_size(widest * CHAR_WIDTH + 8 * UNITS)
            .build_cartesian_2d((0..WHOLE).with_key_points(places(&times)), (0..WHOLE).with_key_points(places(&values)))
            .map_err(|error| failed(&error))?;
        let style = TextStyle::from(("sans-serif", TEXT_SIZE).into_font()).color(&TEXT);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(GRID.stroke_width(UNITS))
            .light_line_style(TRANSPARENT)
            .axis_style(AXIS.stroke_width(UNITS))
            .set_all_tick_mark_size(4 * UNITS)
            .label_style(style)
            .x_label_formatter(&|place| label_at(&times, *place))
            .y_label_formatter(&|place| label_at(&values, *place))
            .draw()
            .map_err(|error| failed(&error))?;
        for (number, line) in self.lines.iter().enumerate() {
            for piece in self.pieces(line, &scale) {
                // A value with nothing beside it would be no line.
                if let [alone] = piece[..] {
                    let dot = Circle::new(alone, 3 * UNITS, mark(number).filled());
                    chart.draw_series([dot]).map_err(|error| failed(&error))?;
                } else {
                    let drawn = LineSeries::new(piece, mark(number).stroke_width(2 * UNITS));
                    chart.draw_series(drawn).map_err(|error| failed(&error))?;
                }
            }
        }
        drop(chart);
        root.present().map_err(|error| failed(&error))
    }

    /// A line in pieces: where an interval has no value there is no line.
    fn pieces(&self, line: &[Option<f64>], scale: &Scale) -> Vec<Vec<(i32, i32)>> {
        let mut pieces = vec![Vec::new()];
        for (at_s, value) in (0..).map(|index: i64| self.first_s + index * self.interval_s).zip(line) {
            match (value, pieces.last_mut()) {
                (Some(value), Some(piece)) => piece.push((self.place_of(at_s), parts(scale.place(*value)))),
                (None, Some(piece)) if !piece.is_empty() => pieces.push(Vec::new()),
                _ => {}
            }
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(lines: Vec<Vec<Option<f64>>>) -> Plot {
        Plot { first_s: 1_795_305_600, interval_s: 300, until_s: 1_795_305_600 + 3000, lines }
    }

    #[test]
    fn lines_break_where_there_is_nothing_and_single_values_are_dots() {
        let two = vec![Some(1.0), Some(2.0), None, Some(3.0), None, None, Some(4.0), Some(5.0)];
        let svg = plot(vec![two, vec![Some(2.0); 8]]).svg().unwrap();
        let count = |what: &str| svg.matches(what).count();
        assert_eq!(count("stroke=\"#000001\" stroke-width=\"6\" points"), 2, "{svg}");
        assert_eq!(count("stroke=\"#000002\" stroke-width=\"6\" points"), 1);
        assert_eq!(count("<circle"), 1);
        assert!(svg.contains(">\n00:10\n<") && svg.contains("fill=\"#000012\""), "{svg}");
        // The console's policy allows neither.
        assert!(!svg.contains("<style") && !svg.contains("style=\"") && !svg.contains("<script"));
    }

    #[test]
    fn any_values_can_be_drawn() {
        for line in [vec![], vec![None; 11], vec![Some(f64::MAX), Some(f64::MIN)], vec![Some(1e16), Some(1e16 + 2.0)]] {
            let svg = plot(vec![line]).svg().unwrap();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert!(svg.len() < 100_000);
        }
    }
}
