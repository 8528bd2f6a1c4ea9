//! Lines that are understood, and lines that are not.

use super::*;

fn parse(line: &str) -> Result<Command, String> {
    let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    Command::parse(&arguments)
}

#[test]
fn the_models_of_the_core_are_run_by_filters() {
    let core = |filters: &[&str]| {
        let filters = filters.iter().map(|filter| (*filter).to_owned());
        Ok(Command::LoomCore {
            filters: filters.collect(),
        })
    };
    assert_eq!(parse("loom --core"), core(&[]));
    assert_eq!(parse("loom --core seat idle"), core(&["seat", "idle"]));
}

#[test]
fn each_command_is_read_with_its_arguments() {
    let options = ecosystem::Options {
        names: vec!["h2".to_owned(), "tower".to_owned()],
        update: true,
        install: false,
    };
    let line = "ecosystem h2 tower --update";
    assert_eq!(parse(line), Ok(Command::Ecosystem(options)));
    let group = Some(Group::Sync);
    let runs = NonZeroUsize::new(3).expect("three is not zero");
    let options = conformance::Options {
        group,
        runs,
        strict: true,
        ..conformance::Options::default()
    };
    assert_eq!(
        parse("conformance --group sync --strict --runs 3"),
        Ok(Command::Conformance(options))
    );
    let options = apps::Options {
        name: Some("proxy".to_owned()),
        on: apps::On::Both,
        stress: true,
        ..apps::Options::default()
    };
    assert_eq!(
        parse("apps proxy --both --stress"),
        Ok(Command::Apps(options))
    );
    let options = bench_report::Options {
        quick: true,
        from: Some("samples".to_owned()),
        turns: Some(runs),
    };
    assert_eq!(
        parse("bench-report --quick --turns 3 --from samples"),
        Ok(Command::BenchReport(options))
    );
    assert_eq!(parse("loom"), Ok(Command::Loom { quick: false }));
    assert_eq!(parse("loom --quick"), Ok(Command::Loom { quick: true }));
    let serves = probe::What::Serves { install: false };
    assert_eq!(parse("probe --serve"), Ok(Command::Probe(serves)));
    assert_eq!(parse("features"), Ok(Command::Features));
    assert_eq!(parse("properties"), Ok(Command::Properties));
    let options = platforms::Options {
        check: true,
        target: Some("i686-unknown-linux-gnu".to_owned()),
        ..platforms::Options::default()
    };
    assert_eq!(
        parse("platforms --check i686-unknown-linux-gnu"),
        Ok(Command::Platforms(options))
    );
    assert_eq!(parse("tables"), Ok(Command::Tables));
    let sanitizer = Sanitizer::Address;
    assert_eq!(
        parse("sanitize address"),
        Ok(Command::Sanitize {
            sanitizer,
            filter: None
        })
    );
    let (sanitizer, filter) = (Sanitizer::Thread, Some("task".to_owned()));
    assert_eq!(
        parse("sanitize thread task"),
        Ok(Command::Sanitize { sanitizer, filter })
    );
}

#[test]
fn what_runs_for_a_time_is_read_with_its_arguments() {
    let three = NonZeroUsize::new(3);
    let options = fuzz::Options {
        name: Some("wheel".to_owned()),
        seconds: three,
        list: false,
    };
    assert_eq!(parse("fuzz wheel --seconds 3"), Ok(Command::Fuzz(options)));
    let options = shuttle::Options {
        schedules: three,
        seed: Some(7),
        filter: None,
        replay: None,
    };
    assert_eq!(
        parse("shuttle --schedules 3 --seed 7"),
        Ok(Command::Shuttle(options))
    );
    let options = platforms::Options {
        runs: three,
        ..platforms::Options::default()
    };
    assert_eq!(parse("platforms --runs 3"), Ok(Command::Platforms(options)));
}

#[test]
fn help_is_understood_everywhere() {
    for line in ["help", "--help", "-h", "loom --help", "sanitize -h"] {
        assert_eq!(parse(line), Ok(Command::Help), "{line}");
    }
}

#[test]
fn what_is_not_known_is_named() {
    let cases = [
        ("", "no command"),
        ("apps webb", "\"webb\""),
        ("ecosystem --all", "\"--all\""),
        ("bench-report --fast", "\"--fast\""),
        ("bench-report --from", "needs a value"),
        ("bench-report --turns 0", "\"0\""),
        ("bridge-check --all", "\"--all\""),
        ("bridge-check a b", "\"b\""),
        ("probe h2", "\"h2\""),
        ("vocabulary --extra", "\"--extra\""),
        ("fuzz --all", "\"--all\""),
        ("fuzz wheel tasks", "\"tasks\""),
        ("fuzz --seconds 0", "\"0\""),
        ("shuttle --seed x", "\"x\""),
        ("shuttle --schedules", "needs a value"),
        ("shuttle --all", "\"--all\""),
        ("lom", "\"lom\""),
        ("conformance --group nett", "\"nett\""),
        ("conformance --runs 0", "\"0\""),
        ("conformance --jobs", "needs a value"),
        ("conformance udp", "\"udp\""),
        ("loom --fast", "\"--fast\""),
        ("loom --quick --fast", "\"--quick\""),
        ("loom --core --fast", "\"--fast\""),
        ("errno --fast", "\"--fast\""),
        ("features net", "\"net\""),
        ("hostile --small", "\"--small\""),
        ("repeat", "suite or concurrency"),
        ("repeat everything", "\"everything\""),
        ("repeat suite --times 0", "\"0\""),
        ("soak --minutes 0", "\"0\""),
        ("soak --seed", "needs a value"),
        ("soak --long", "\"--long\""),
        ("supply chain", "\"chain\""),
        ("loom-mutants --fast", "\"--fast\""),
        ("loom-mutants --part 3/2", "\"3/2\""),
        ("loom-mutants --file", "needs a value"),
        ("mutants --part 0/2", "\"0/2\""),
        ("mutants 3", "\"3\""),
        ("nightly", "--list"),
        ("nightly --part", "--part NAME"),
        ("tables --check", "\"--check\""),
        ("platforms --run", "\"--run\""),
        ("platforms --runs", "needs a value"),
        ("platforms --runs 0", "\"0\""),
        ("platforms --check --runs 3", "nothing is run"),
        ("platforms --check --install", "one of"),
        ("platforms --check m68k-unknown-linux-gnu", "\"m68k-"),
        ("sanitize", "which one"),
        ("sanitize memory", "\"memory\""),
        ("sanitize thread --all", "\"--all\""),
        ("sanitize thread a b", "\"b\""),
    ];
    for (line, part) in cases {
        let error = parse(line).expect_err(line);
        assert!(error.contains(part), "{line}: {error}");
    }
}

#[test]
fn the_usage_names_each_command() {
    for command in [
        "apps",
        "bench-report",
        "conformance",
        "ecosystem",
        "errno",
        "loom",
        "loom-mutants",
        "mutants",
        "nightly",
        "features",
        "hostile",
        "fuzz",
        "repeat",
        "shuttle",
        "soak",
        "supply",
        "platforms",
        "sanitize",
        "tables",
        "vocabulary",
        "help",
    ] {
        assert!(USAGE.contains(&format!("\n  {command}")), "{command}");
    }
}
