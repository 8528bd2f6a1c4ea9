//! A distribution by its tail: each step to the right is one in ten of what is left.

use super::curves::{self, Line};
use super::scale::Scale;
use crate::peers::{self, Peer};
use crate::samples::Distribution;

/// The chart as SVG.
pub(crate) fn distribution(title: &str, distribution: &Distribution) -> String {
    let peers = peers::among(distribution.peers.keys());
    let all = || peers.iter().flat_map(|peer| distribution.points(peer.name));
    let up = Scale::around(all().map(|point| point.1), curves::upward());
    let mut shares: Vec<f64> = all().map(|point| point.0).collect();
    shares.sort_by(f64::total_cmp);
    shares.dedup();
    let place = |share: f64| place(share, &shares);
    let mut svg = String::new();
    let unit = match distribution.unit.as_str() {
        "ns" => "time, logarithmic".to_owned(),
        other => curves::value_axis(other),
    };
    let canvas = curves::sheet(
        &mut svg,
        title,
        &unit,
        "share of all that is at most so long",
    );
    for share in &shares {
        curves::column(&canvas, place(*share), &name(*share));
    }
    curves::rows(&canvas, &up, &distribution.unit);
    let pixels = |peer: Peer| {
        let points = distribution.points(peer.name);
        let points = points
            .iter()
            .map(|(share, value)| (place(*share), up.pixel(*value)));
        Line {
            peer,
            points: points.collect(),
        }
    };
    curves::lines(&canvas, peers.iter().copied().map(pixels).collect());
    canvas.finish();
    svg
}

/// Half, and each further nine, a step to the right; all comes a step after the last.
fn place(share: f64, shares: &[f64]) -> i32 {
    let (left, right) = curves::field();
    let last = shares
        .iter()
        .copied()
        .filter(|share| *share < 1.0)
        .map(nines)
        .fold(1.0, f64::max);
    let most = if shares.contains(&1.0) {
        last + 1.0
    } else {
        last
    };
    let steps = if share < 1.0 { nines(share) } else { most };
    let width = f64::from(right - left - 40);
    left + 20 + (steps / most * width).round() as i32
}

/// How many nines a share has: none at a half.
fn nines(share: f64) -> f64 {
    (-(1.0 - share).log10() - 0.5_f64.log10().abs()) / (1.0 - 0.5_f64.log10().abs())
}

fn name(share: f64) -> String {
    if share >= 1.0 {
        return "all".to_owned();
    }
    let percent = format!("{:.4}", share * 100.0);
    format!("{} %", percent.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_named_by_their_nines() {
        for (share, expected) in [(0.5, "50 %"), (0.999, "99.9 %"), (1.0, "all")] {
            assert_eq!(name(share), expected);
        }
    }

    #[test]
    fn shares_stand_in_order_within_the_field() {
        let shares = [0.5, 0.9, 0.99, 0.999, 1.0];
        let places = shares.map(|share| place(share, &shares));
        assert!(places.is_sorted_by(|a, b| a + 40 < *b), "{places:?}");
        let (left, right) = curves::field();
        assert!(places[0] >= left && places[4] <= right);
    }
}
