//! Bars of ratios to tokio, on a logarithmic axis: a bar to the left is time saved.
//!
//! ```text
//!               0.1     0.2      0.5      1        2
//!  spawn_join            ├─███████┼█▼█████│            0.27
//!  ping_pong                   ◆  ██▼█████│            0.49
//! ```
//!
//! The bar ends at the median, the whisker shows the interval, the triangle the gate, the short
//! line the aim; other peers are marks in their colours.

use plotters::style::{RGBColor, WHITE};

use super::canvas::{Anchor, Canvas, FAINT, GRID, INK, PLAIN, SMALL, TITLE, width};
use super::scale::Scale;
use crate::figures;
use crate::peers::{self, Peer, Shape};
use crate::statistics::Estimate;

/// One line of the chart.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) name: String,
    /// Ours against tokio.
    pub(crate) ratio: Estimate,
    /// Gate and aim; without them the bar is the mean of its marks, and paler.
    pub(crate) bounds: Option<(f64, f64)>,
    pub(crate) missed: bool,
    /// Other figures against tokio.
    pub(crate) marks: Vec<(Peer, f64)>,
}

/// A bar whose gate is missed; also told apart by a word beside it.
pub(crate) const MISSED: RGBColor = RGBColor(213, 94, 0);

/// A bar that is a mean: its marks are what counts.
const PALE: RGBColor = RGBColor(158, 202, 225);

/// How many times further than ours the axis goes for the sake of others.
const FAR: f64 = 4.0;

const WIDTH: i32 = 880;
const LEFT: i32 = 228;
const RIGHT: i32 = 735;
const TOP: i32 = 74;
const LINE: i32 = 26;

/// The chart as SVG.
pub(crate) fn bars(title: &str, bars: &[Bar]) -> String {
    let bottom = TOP + LINE * bars.len() as i32 + 6;
    let mut svg = String::new();
    let canvas = Canvas::new(&mut svg, (WIDTH as u32, (bottom + 52) as u32));
    let scale = scale(bars);
    canvas.text((16, 20), Anchor::Left, TITLE, title);
    legend(&canvas, bars);
    axis(&canvas, &scale, bottom);
    for (at, bar) in bars.iter().enumerate() {
        draw(&canvas, &scale, bar, TOP + LINE * at as i32 + LINE / 2 + 2);
    }
    canvas.finish();
    svg
}

/// The axis: ours as a whole, and of the others who is not too far behind.
///
/// One peer that is twenty times slower would else press all that matters into a corner.
fn scale(bars: &[Bar]) -> Scale {
    let own = |bar: &Bar| {
        let bounds = bar.bounds.into_iter().flat_map(|(gate, aim)| [gate, aim]);
        [1.0, bar.ratio.low, bar.ratio.high]
            .into_iter()
            .chain(bounds)
    };
    let own: Vec<f64> = bars.iter().flat_map(own).collect();
    let most = own.iter().copied().fold(1.0, f64::max) * FAR;
    let marks = bars
        .iter()
        .flat_map(|bar| &bar.marks)
        .map(|(_, ratio)| *ratio);
    let marks = marks.filter(|ratio| *ratio <= most);
    Scale::around(own.iter().copied().chain(marks), (LEFT, RIGHT))
}

fn axis(canvas: &Canvas<'_>, scale: &Scale, bottom: i32) {
    for tick in scale.ticks(38) {
        let x = scale.pixel(tick);
        canvas.line(&[(x, TOP), (x, bottom)], GRID, 1);
        canvas.text((x, bottom + 12), Anchor::Middle, SMALL, &format!("{tick}"));
    }
    let one = scale.pixel(1.0);
    canvas.line(&[(one, TOP - 4), (one, bottom)], INK, 2);
    canvas.text((one, TOP - 12), Anchor::Middle, PLAIN, "tokio");
    let words = "cost ÷ tokio's cost, logarithmic: further left is better";
    canvas.text(
        ((LEFT + RIGHT) / 2, bottom + 34),
        Anchor::Middle,
        SMALL,
        words,
    );
}

fn draw(canvas: &Canvas<'_>, scale: &Scale, bar: &Bar, y: i32) {
    let colour = match bar.bounds {
        None => PALE,
        Some(_) if bar.missed => MISSED,
        Some(_) => peers::ALL[0].colour,
    };
    canvas.text((LEFT - 12, y), Anchor::Right, PLAIN, &bar.name);
    let (one, end) = (scale.pixel(1.0), scale.pixel(bar.ratio.median));
    canvas.bar((one.min(end), y - 7), (one.max(end), y + 7), colour);
    let (low, high) = (scale.pixel(bar.ratio.low), scale.pixel(bar.ratio.high));
    if high > low {
        whisker(canvas, (low, high), y);
    }
    if let Some((gate, aim)) = bar.bounds {
        goal(canvas, scale.pixel(aim), y);
        gate_mark(canvas, scale.pixel(gate), y);
    }
    marks(canvas, scale, bar, y);
    let mut words = figures::ratio(bar.ratio.median);
    if bar.missed {
        words.push_str("  gate missed");
    }
    canvas.text((RIGHT + 14, y), Anchor::Left, PLAIN, &words);
}

/// Marks at their places; who is beyond the axis stands at its end, with the figure.
fn marks(canvas: &Canvas<'_>, scale: &Scale, bar: &Bar, y: i32) {
    let (beyond, within): (Vec<_>, Vec<_>) = bar
        .marks
        .iter()
        .partition(|(_, ratio)| scale.is_below(*ratio));
    for (peer, ratio) in within {
        canvas.mark(&peer, (scale.pixel(ratio), y));
    }
    let mut x = RIGHT - 8;
    for (peer, ratio) in beyond {
        let words = format!("{} →", figures::three_digits(ratio));
        canvas.text((x, y), Anchor::Right, SMALL, &words);
        canvas.mark(&peer, (x - width(&words) - 4, y));
        x -= width(&words) + 18;
    }
}

/// White below black, so that it shows on the bar and beside it.
fn whisker(canvas: &Canvas<'_>, (low, high): (i32, i32), y: i32) {
    canvas.line(&[(low, y), (high, y)], WHITE, 3);
    canvas.line(&[(low, y), (high, y)], INK, 1);
    for end in [low, high] {
        canvas.line(&[(end, y - 4), (end, y + 4)], INK, 1);
    }
}

fn gate_mark(canvas: &Canvas<'_>, x: i32, y: i32) {
    canvas.shape(Shape::TriangleDown, (x, y - 8), 6, WHITE);
    canvas.shape(Shape::TriangleDown, (x, y - 8), 5, INK);
}

fn goal(canvas: &Canvas<'_>, x: i32, y: i32) {
    canvas.line(&[(x, y - 11), (x, y + 11)], WHITE, 4);
    canvas.line(&[(x, y - 11), (x, y + 11)], FAINT, 2);
}

/// What the marks mean; only those that are there.
fn legend(canvas: &Canvas<'_>, bars: &[Bar]) {
    let y = 44;
    let mut x = 22;
    let mut entry = |words: &str, draw: &dyn Fn(i32)| {
        draw(x);
        canvas.text((x + 14, y), Anchor::Left, PLAIN, words);
        x += width(words) + 44;
    };
    let field = |x: i32, colour| canvas.bar((x - 6, y - 6), (x + 8, y + 6), colour);
    let dot = |x: i32, colour| canvas.shape(Shape::Circle, (x, y), 5, colour);
    let ours = peers::ALL[0];
    if bars.iter().any(|bar| bar.bounds.is_some()) {
        entry(ours.name, &|x| field(x, ours.colour));
        entry("gate", &|x| gate_mark(canvas, x, y + 8));
        entry("aim", &|x| goal(canvas, x, y));
    } else {
        entry("geometric mean", &|x| field(x, PALE));
        entry("one row", &|x| dot(x, ours.colour));
        entry("one that misses its gate", &|x| dot(x, MISSED));
    }
    let has = |peer: &Peer| {
        let mut marks = bars.iter().flat_map(|bar| &bar.marks);
        peer.name != peers::OURS && marks.any(|(other, _)| other.name == peer.name)
    };
    for peer in peers::ALL.iter().filter(|peer| has(peer)) {
        entry(peer.name, &|x| canvas.mark(peer, (x, y)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, median: f64, missed: bool) -> Bar {
        let ratio = Estimate::of([median]).expect("one sample");
        let go = peers::ALL.into_iter().find(|peer| peer.name == "go");
        Bar {
            name: name.to_owned(),
            ratio,
            bounds: Some((0.5, 0.25)),
            missed,
            marks: vec![(go.expect("go is a peer"), 0.7)],
        }
    }

    #[test]
    fn each_row_has_its_name_and_its_ratio() {
        let svg = bars(
            "Tasks",
            &[bar("spawn_join", 0.311, false), bar("slow", 1.2, true)],
        );
        for part in [
            "<svg",
            "spawn_join",
            "0.31",
            "slow",
            "1.20  gate missed",
            ">\ngo\n<",
        ] {
            assert!(svg.contains(part), "{part}");
        }
        assert!(
            !svg.contains(">\nsmol\n<"),
            "who is not there has no place in the legend"
        );
    }
}
