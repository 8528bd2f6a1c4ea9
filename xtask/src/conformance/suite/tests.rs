use super::*;

const OUTPUT: &str = "
running 5 tests
test b::two ... FAILED
stray words of a thread test c ... ok
test one ... ok
test three - should panic ... ok
test four ... ignored, needs a terminal
test five has been running for over 60 seconds
test six - should panic ... FAILED

failures:

---- b::two stdout ----

thread 'b::two' (77) panicked at tests/a.rs:3:5:
assertion `left == right` failed
  left: 1
note: run with `RUST_BACKTRACE=1`

---- six stdout ----
note: test did not panic as expected at tests/a.rs:9:1

failures:
    b::two
    six

test result: FAILED. 2 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out
";

#[test]
fn verdicts_and_reasons_are_read() {
    let failed = |text: &str| Verdict::Failed(text.to_owned());
    let expected = [
        (
            "b::two",
            failed("assertion `left == right` failed (tests/a.rs:3:5)"),
        ),
        ("four", Verdict::Ignored),
        ("one", Verdict::Passed),
        (
            "six",
            failed("note: test did not panic as expected at tests/a.rs:9:1"),
        ),
        ("three", Verdict::Passed),
    ];
    let expected = expected.map(|(name, verdict)| (name.to_owned(), verdict));
    assert_eq!(read(OUTPUT).into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn the_list_holds_tests_only() {
    let output = "a::one: test\nb: benchmark\ntwo: test\n\n2 tests, 1 benchmark\n";
    assert_eq!(listed(output), ["a::one", "two"]);
    assert!(listed("").is_empty());
}

fn ended(success: bool, timed_out: bool, output: &str, errors: &str) -> Ended {
    Ended {
        success,
        timed_out,
        output: output.to_owned(),
        errors: errors.to_owned(),
    }
}

#[test]
fn alone_the_process_decides() {
    // A line that a test's own output has torn is no failure.
    let torn = ended(true, false, "test o..ne ... ", "");
    assert_eq!(alone("one", &torn), Verdict::Passed);
    assert_eq!(alone("one", &ended(false, true, "", "")), Verdict::Hung);
    let failed = alone("b::two", &ended(false, false, OUTPUT, ""));
    assert_eq!(
        failed,
        Verdict::Failed("assertion `left == right` failed (tests/a.rs:3:5)".to_owned())
    );
    let dead = ended(
        false,
        false,
        "",
        "\nthread 'x' (8) panicked at y.rs:1:1:\ntwice\n",
    );
    let expected = Verdict::Failed("the process dies: twice (y.rs:1:1)".to_owned());
    assert_eq!(alone("one", &dead), expected);
}
