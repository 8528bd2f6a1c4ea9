//! A figure against a size, both logarithmic: a level line is a cost that does not grow.

use super::canvas::{Anchor, Canvas, GRID, INK, Letters, PLAIN, SMALL, TITLE};
use super::scale::Scale;
use crate::figures;
use crate::peers::{self, Peer};
use crate::samples::Curve;

const WIDTH: i32 = 720;
const HEIGHT: i32 = 380;
const LEFT: i32 = 92;
const RIGHT: i32 = 610;
const TOP: i32 = 48;
const BOTTOM: i32 = 318;

/// A peer's line.
pub(super) struct Line {
    pub(super) peer: Peer,
    pub(super) points: Vec<(i32, i32)>,
}

/// The chart as SVG; `size` says what is on the horizontal axis.
pub(crate) fn curve(title: &str, size: &str, curve: &Curve) -> String {
    let peers = peers::among(curve.peers.keys());
    let all = || peers.iter().flat_map(|peer| curve.points(peer.name));
    let across = Scale::around(all().map(|point| point.0), (LEFT, RIGHT));
    let up = Scale::around(all().map(|point| point.1), (BOTTOM, TOP));
    let mut svg = String::new();
    let canvas = sheet(&mut svg, title, &value_axis(&curve.unit), size);
    for tick in across.ticks(58) {
        column(&canvas, across.pixel(tick), &figures::count(tick));
    }
    rows(&canvas, &up, &curve.unit);
    let pixels = |peer: Peer| {
        let points = curve.points(peer.name);
        let points = points.iter().map(|(x, y)| (across.pixel(*x), up.pixel(*y)));
        Line {
            peer,
            points: points.collect(),
        }
    };
    lines(&canvas, peers.iter().copied().map(pixels).collect());
    canvas.finish();
    svg
}

/// A sheet with the words around the field.
pub(super) fn sheet<'a>(
    svg: &'a mut String,
    title: &str,
    upright: &str,
    across: &str,
) -> Canvas<'a> {
    let canvas = Canvas::new(svg, (WIDTH as u32, HEIGHT as u32));
    canvas.text((16, 20), Anchor::Left, TITLE, title);
    canvas.upright((18, (TOP + BOTTOM) / 2), SMALL, upright);
    canvas.text(
        ((LEFT + RIGHT) / 2, BOTTOM + 42),
        Anchor::Middle,
        SMALL,
        across,
    );
    canvas
}

/// What is on the vertical axis.
pub(super) fn value_axis(unit: &str) -> String {
    let words = match unit {
        "ns" => "time an operation",
        "bytes" => "memory",
        other => other,
    };
    format!("{words}, logarithmic")
}

/// The ends of the horizontal axis.
pub(super) fn field() -> (i32, i32) {
    (LEFT, RIGHT)
}

/// The ends of the vertical axis, the lower one first.
pub(super) fn upward() -> (i32, i32) {
    (BOTTOM, TOP)
}

/// A line of the grid, and its label below.
pub(super) fn column(canvas: &Canvas<'_>, x: i32, label: &str) {
    canvas.line(&[(x, TOP), (x, BOTTOM)], GRID, 1);
    canvas.text((x, BOTTOM + 15), Anchor::Middle, SMALL, label);
}

/// The grid's lines across, and their labels at the left.
pub(super) fn rows(canvas: &Canvas<'_>, up: &Scale, unit: &str) {
    for tick in up.ticks(22) {
        let y = up.pixel(tick);
        canvas.line(&[(LEFT, y), (RIGHT, y)], GRID, 1);
        canvas.text(
            (LEFT - 8, y),
            Anchor::Right,
            SMALL,
            &figures::round(tick, unit),
        );
    }
    canvas.line(&[(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)], INK, 1);
}

/// Lines and marks, ours on top, each with its name at its right end.
pub(super) fn lines(canvas: &Canvas<'_>, mut lines: Vec<Line>) {
    for line in lines.iter().rev() {
        let ours = line.peer.name == peers::OURS;
        canvas.line(&line.points, line.peer.colour, if ours { 3 } else { 2 });
        for point in &line.points {
            canvas.mark(&line.peer, *point);
        }
    }
    // Names from above to below, each at least a line under the one before.
    lines.retain(|line| !line.points.is_empty());
    lines.sort_by_key(|line| end(line).1);
    let mut free = TOP;
    for line in &lines {
        let (x, y) = end(line);
        let y = y.max(free);
        free = y + 17;
        let letters = Letters {
            colour: line.peer.colour,
            bold: line.peer.name == peers::OURS,
            ..PLAIN
        };
        canvas.text((x + 12, y), Anchor::Left, letters, line.peer.name);
    }
}

fn end(line: &Line) -> (i32, i32) {
    line.points.last().copied().unwrap_or((LEFT, TOP))
}
