use super::*;
use crate::conformance::suite::{Verdict, Verdicts};

const TEXT: &str = r#"
[[file]]
name = "udp"
class = "missing"
reason = "net::UdpSocket"

[[test]]
file = "rt"
name = "a::listed"
class = "naming"
reason = "the text says \"tokio\""

[tests]
rt = 3
udp = 7
"#;

fn ledger() -> Ledger {
    Ledger::parse(TEXT).expect("it is a ledger")
}

fn ran(verdicts: &[(&str, Verdict)]) -> Outcome {
    let verdicts = verdicts.iter().cloned();
    Outcome::Ran(
        verdicts
            .map(|(name, verdict)| (name.to_owned(), verdict))
            .collect::<Verdicts>(),
    )
}

fn failed() -> Verdict {
    Verdict::Failed("why".to_owned())
}

fn outcomes(rt: Outcome, udp: Outcome) -> BTreeMap<String, Outcome> {
    [("rt", rt), ("udp", udp)]
        .map(|(file, outcome)| (file.to_owned(), outcome))
        .into()
}

fn as_expected() -> BTreeMap<String, Outcome> {
    let rt = [
        ("a::listed", failed()),
        ("b", Verdict::Passed),
        ("c", Verdict::Ignored),
    ];
    let error = vec!["no `UdpSocket`".to_owned()];
    outcomes(ran(&rt), Outcome::NotCompiled(error))
}

#[test]
fn what_is_expected_is_no_difference() {
    assert!(ledger().compare(&as_expected()).is_empty());
    assert!(ledger().compare(&BTreeMap::new()).is_empty());
}

#[test]
fn what_newly_fails_or_newly_passes_is_a_difference() {
    let rt = ran(&[
        ("a::listed", Verdict::Passed),
        ("b", failed()),
        ("c", Verdict::Hung),
    ]);
    let differences = ledger().compare(&outcomes(rt, ran(&[])));
    let expected = [
        "rt::a::listed passes, and is listed",
        "rt::b fails: why",
        "rt::c hangs",
        "udp compiles, and is listed as a file",
    ];
    assert_eq!(differences, expected);
}

#[test]
fn files_and_counts_are_compared_too() {
    let rt = ran(&[("b", Verdict::Passed)]);
    let mut all = outcomes(rt, Outcome::NotCompiled(Vec::new()));
    let expected = [
        "rt holds 1 tests; 3 are expected",
        "rt::a::listed is listed, and does not exist",
    ];
    assert_eq!(ledger().compare(&all), expected);
    let error = vec!["no rt".to_owned(), "more".to_owned()];
    all.insert("rt".to_owned(), Outcome::NotCompiled(error));
    assert_eq!(ledger().compare(&all), ["rt does not compile: no rt"]);
}

#[test]
fn an_update_leaves_no_difference_and_keeps_the_words() {
    let rt = ran(&[
        ("a::listed", Verdict::Hung),
        ("b", failed()),
        ("c", Verdict::Passed),
    ]);
    let udp: Vec<(String, Verdict)> = (0..7).map(|n| (n.to_string(), Verdict::Passed)).collect();
    let udp = Outcome::Ran(udp.into_iter().collect());
    let outcomes = outcomes(rt, udp);
    let mut updated = ledger();
    updated.update(&outcomes);
    assert!(updated.compare(&outcomes).is_empty());
    let key = |name: &str| ("rt".to_owned(), name.to_owned());
    assert_eq!(updated.tests[&key("a::listed")].class, Class::Naming);
    assert_eq!(updated.tests[&key("b")].class, Class::Missing);
    assert!(updated.files.is_empty());

    updated.update(&as_expected());
    assert_eq!(updated.files["udp"].reason, "no `UdpSocket`");
    assert!(updated.compare(&as_expected()).is_empty());
}

#[test]
fn what_is_written_reads_the_same() {
    assert_eq!(Ledger::parse(&ledger().to_text()), Ok(ledger()));
}

#[test]
fn missing_is_unfinished_and_the_rest_is_bounded() {
    assert_eq!(ledger().unfinished(), ["udp: net::UdpSocket"]);
    let mut many = ledger();
    many.files.clear();
    many.counts.insert("rt".to_owned(), 100);
    let entry = many
        .tests
        .values()
        .next()
        .cloned()
        .expect("there is an entry");
    for number in 1..LISTED_MAX {
        many.tests
            .insert(("rt".to_owned(), number.to_string()), entry.clone());
    }
    assert!(many.unfinished().is_empty());
    many.tests
        .insert(("rt".to_owned(), "one more".to_owned()), entry);
    assert_eq!(many.unfinished().len(), 1);
}

#[test]
fn mistakes_are_named() {
    let cases = [
        ("", "[tests]"),
        ("[tests]\nrt = -1", "not a number"),
        (
            "[[file]]\nname = \"x\"\nclass = \"missing\"\nreason = \"y\"\n[tests]",
            "x is no file",
        ),
        (
            "[[file]]\nname = \"x\"\nclass = \"odd\"\nreason = \"y\"\n[tests]\nx = 1",
            "\"odd\"",
        ),
        (
            "[[file]]\nname = \"x\"\nclass = \"missing\"\nreason = \" \"\n[tests]\nx = 1",
            "without reason",
        ),
    ];
    for (text, part) in cases {
        let error = Ledger::parse(text).expect_err(text);
        assert!(error.contains(part), "{text}: {error}");
    }
    let twice = TEXT.replace(
        "[tests]",
        "[[file]]\nname = \"udp\"\nclass = \"missing\"\nreason = \"y\"\n[tests]",
    );
    assert!(Ledger::parse(&twice).is_err_and(|error| error.contains("twice")));
}
