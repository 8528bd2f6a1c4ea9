//! Who is compared: in which order, under which name, in which colour and shape.
//!
//! The colours are those of Okabe and Ito, which the common kinds of colour blindness tell apart;
//! shapes differ as well, for print and for the rest. tokio is black: all ratios are against it.

use plotters::style::RGBColor;

/// How a peer looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// The name in the samples, and on the page.
    pub(crate) name: &'static str,
    pub(crate) colour: RGBColor,
    pub(crate) shape: Shape,
}

/// The mark of a single figure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Circle,
    Square,
    Diamond,
    TriangleUp,
    TriangleDown,
    Cross,
}

/// This workspace's runtime.
pub(crate) const OURS: &str = "runtime";

/// The peer that gates are against.
pub(crate) const REFERENCE: &str = "tokio";

const fn peer(name: &'static str, (r, g, b): (u8, u8, u8), shape: Shape) -> Peer {
    let colour = RGBColor(r, g, b);
    Peer {
        name,
        colour,
        shape,
    }
}

/// All peers, in the order of the page.
pub(crate) const ALL: [Peer; 10] = [
    peer(OURS, (0, 114, 178), Shape::Circle),
    peer(REFERENCE, (34, 34, 34), Shape::Square),
    peer("tokio-current", (120, 120, 120), Shape::Square),
    peer("tokio-unstable", (170, 170, 170), Shape::Square),
    peer("smol", (0, 158, 115), Shape::Diamond),
    peer("go", (86, 180, 233), Shape::TriangleUp),
    peer("kanal", (204, 121, 167), Shape::TriangleDown),
    peer("flume", (230, 159, 0), Shape::TriangleUp),
    peer("crossfire", (148, 120, 0), Shape::Diamond),
    peer("threads", (150, 150, 150), Shape::Cross),
];

/// The peers among these names, in the order of the page; names that nobody knows are left out.
pub(crate) fn among<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<Peer> {
    let names: Vec<&String> = names.into_iter().collect();
    let is_there = |peer: &Peer| names.iter().any(|name| *name == peer.name);
    ALL.into_iter().filter(is_there).collect()
}

/// Whether the name is that of a peer.
pub(crate) fn is_known(name: &str) -> bool {
    ALL.iter().any(|peer| peer.name == name)
}
