//! Each file of the product with unsafe code has its entry in `docs/decisions.md`: a row of the table
//! under "Unsafe code" names it. A row that names a file without any is old.

use std::collections::BTreeSet;

use crate::Violation;
use crate::source::Source;

pub(crate) const PAGE: &str = "docs/decisions.md";

const HEADING: &str = "## Unsafe code";

pub(crate) fn check(page: &str, sources: &[Source]) -> Vec<Violation> {
    let named = named(page);
    let product = sources.iter().filter(|source| {
        let place = source.path.split('/').next().unwrap_or_default();
        !source.test && place.starts_with("runtime-") && has_unsafe_code(source)
    });
    let have: BTreeSet<&str> = product.map(|source| source.path.as_str()).collect();
    let missing = have.iter().filter(|path| !named.contains(*path));
    let missing = missing.map(|path| {
        let text = format!("`unsafe` without an entry under \"{HEADING}\" of {PAGE}");
        Violation::new(path, 0, text)
    });
    let old = named.iter().filter(|path| !have.contains(*path));
    let old = old.map(|path| Violation::new(PAGE, 0, format!("{path} has no unsafe code")));
    missing.chain(old).collect()
}

/// The paths in the first column of the table.
fn named(page: &str) -> BTreeSet<&str> {
    let section = page.lines().skip_while(|line| *line != HEADING).skip(1);
    let rows = section
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    rows.flat_map(|cell| cell.split('`'))
        .filter(|path| path.ends_with(".rs"))
        .collect()
}

fn has_unsafe_code(source: &Source) -> bool {
    let code = source.product().map(|(_, line)| line.code.as_str());
    code.flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .any(|word| word == "unsafe")
}

#[test]
fn a_file_without_its_entry_and_an_old_entry_are_found() {
    let sources = [
        Source::new("runtime-x/src/a.rs", "fn f() {\n    unsafe { g() }\n}\n"),
        Source::new("runtime-x/src/b.rs", "// unsafe\nfn f() {}\n"),
        Source::new("tests/c.rs", "unsafe fn f() {}\n"),
    ];
    let page = |row: &str| format!("| `x/y.rs` | – |\n{HEADING}\n\n{row}\n## Next\n");
    let count = |row: &str| check(&page(row), &sources).len();
    assert_eq!(count("| `runtime-x/src/a.rs` | why | – |"), 0);
    assert_eq!(count("| files | for |"), 1);
    assert_eq!(
        count("| `runtime-x/src/a.rs`, `runtime-x/src/b.rs` | why | – |"),
        1
    );
}
