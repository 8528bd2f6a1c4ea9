//! A white sheet, and what is drawn on it.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoTextStyle, RGBColor, ShapeStyle, TextStyle, WHITE};

use crate::peers::{Peer, Shape};

pub(super) const INK: RGBColor = RGBColor(34, 34, 34);
pub(super) const FAINT: RGBColor = RGBColor(110, 110, 110);
pub(super) const GRID: RGBColor = RGBColor(224, 224, 224);

/// plotters hands on a font's size divided by this.
const PLOTTERS_FONT_SCALE: f64 = 1.24;

/// About as wide as a letter is, in sizes of its font: for legends only.
const LETTER: f64 = 0.56;

/// A sheet that becomes text when it is finished.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// Where a text is held.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub(super) struct Letters {
    pub(super) size: f64,
    pub(super) colour: RGBColor,
    pub(super) bold: bool,
}

pub(super) const PLAIN: Letters = Letters {
    size: 13.0,
    colour: INK,
    bold: false,
};

pub(super) const SMALL: Letters = Letters {
    size: 12.0,
    colour: FAINT,
    bold: false,
};

pub(super) const TITLE: Letters = Letters {
    size: 16.0,
    colour: INK,
    bold: true,
};

impl<'a> Canvas<'a> {
    /// White, since a transparent one is unreadable in one of GitHub's modes.
    pub(super) fn new(into: &'a mut String, size: (u32, u32)) -> Canvas<'a> {
        let area = SVGBackend::with_string(into, size).into_drawing_area();
        area.fill(&WHITE).expect(FAILS_NEVER);
        Canvas { area }
    }

    pub(super) fn text(&self, at: (i32, i32), anchor: Anchor, letters: Letters, text: &str) {
        self.write(at, anchor, letters, text, false);
    }

    /// From below to above.
    pub(super) fn upright(&self, at: (i32, i32), letters: Letters, text: &str) {
        self.write(at, Anchor::Middle, letters, text, true);
    }

    fn write(&self, at: (i32, i32), anchor: Anchor, letters: Letters, text: &str, turned: bool) {
        let horizontal = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        let mut font = ("sans-serif", letters.size * PLOTTERS_FONT_SCALE)
            .into_text_style(&self.area)
            .font;
        if letters.bold {
            font = font.style(plotters::style::FontStyle::Bold);
        }
        if turned {
            font = font.transform(plotters::style::FontTransform::Rotate270);
        }
        let style = TextStyle::from(font).color(&letters.colour);
        let style = style.pos(Pos::new(horizontal, VPos::Center));
        self.area
            .draw(&Text::new(text, at, style))
            .expect(FAILS_NEVER);
    }

    pub(super) fn line(&self, points: &[(i32, i32)], colour: RGBColor, width: u32) {
        let style = colour.stroke_width(width);
        let path = PathElement::new(points.to_vec(), style);
        self.area.draw(&path).expect(FAILS_NEVER);
    }

    pub(super) fn bar(&self, from: (i32, i32), to: (i32, i32), colour: RGBColor) {
        let style = ShapeStyle::from(colour).filled();
        self.area
            .draw(&Rectangle::new([from, to], style))
            .expect(FAILS_NEVER);
    }

    /// A peer's mark, with a white rim so that marks that overlap stay apart.
    pub(super) fn mark(&self, peer: &Peer, at: (i32, i32)) {
        self.shape(peer.shape, at, 7, WHITE);
        self.shape(peer.shape, at, 5, peer.colour);
    }

    pub(super) fn shape(&self, shape: Shape, (x, y): (i32, i32), size: i32, colour: RGBColor) {
        let polygon = |corners: &[(i32, i32)]| {
            let corners: Vec<_> = corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
            self.area
                .draw(&Polygon::new(corners, colour))
                .expect(FAILS_NEVER);
        };
        match shape {
            Shape::Circle => {
                let style = ShapeStyle::from(colour).filled();
                self.area
                    .draw(&Circle::new((x, y), size, style))
                    .expect(FAILS_NEVER);
            }
            Shape::Square => self.bar(
                (x - size + 1, y - size + 1),
                (x + size - 1, y + size - 1),
                colour,
            ),
            Shape::Diamond => polygon(&[(-size, 0), (0, -size), (size, 0), (0, size)]),
            Shape::TriangleUp => polygon(&[(-size, size - 1), (0, -size), (size, size - 1)]),
            Shape::TriangleDown => polygon(&[(-size, 1 - size), (0, size), (size, 1 - size)]),
            Shape::Cross => {
                let arm = size - 1;
                self.line(&[(x - arm, y - arm), (x + arm, y + arm)], colour, 3);
                self.line(&[(x - arm, y + arm), (x + arm, y - arm)], colour, 3);
            }
        }
    }

    /// Draws no more.
    pub(super) fn finish(self) {
        self.area.present().expect(FAILS_NEVER);
    }
}

/// What is drawn goes into a string in memory.
const FAILS_NEVER: &str = "there is nothing that could fail";

/// About how wide a text of the plain size is.
pub(super) fn width(text: &str) -> i32 {
    (text.chars().count() as f64 * LETTER * PLAIN.size).round() as i32
}
