//! What each public async fn loses when its future is dropped before its end, read from its docs by
//! the reader that the house rules use.

#[path = "../../../tests/tidy/cancellation.rs"]
mod reader;

use super::File;

pub(super) const PAGE: &str = "docs/cancel-safety.md";

const HEAD: &str = "\
# What a drop loses

Written by `cargo xtask tables` out of the docs: the section \"Cancel safety\" of each public async fn,
of each public fn that gives a future, and of each type that is itself awaited. `tests/tidy.rs` holds
that none is without one of four classes. `tests/cancel_safety.rs` has a case for every row but those of
Windows, which no test drives: it drops the future after each of its first polls and under each order
of what its peer does, and, when the peer has done all, after each further poll until it ends;
finishes the operation anew and compares with what the class promises.

| class | dropped before its end |
|---|---|
| Lossless | nothing is lost and nothing doubled: who calls again gets what there is |
| Resumable | what was done stands in an object of the caller's: who calls again goes on from there |
| Place lost | others overtake, and nothing else |
| Lossy | what is said here is lost, and no more |

";

/// The page, unless a fn names no class.
pub(super) fn page(files: &[File]) -> Result<String, String> {
    let mut rows = Vec::new();
    for file in files {
        for it in reader::awaited(&file.path, &file.text) {
            let Some(class) = it.class() else {
                return Err(format!("{}:{}: no class", file.path, it.line + 1));
            };
            let says = it.says[class.len()..].trim_start_matches([':', ';', ',', '.']);
            let says = without_links(says.trim());
            let (place, name) = (it.place, it.name);
            rows.push((
                class,
                format!("| {place} | `{name}` | {class} | {} |\n", says.trim()),
            ));
        }
    }
    let mut page = HEAD.to_owned();
    let counts = reader::CLASSES.map(|class| {
        let count = rows.iter().filter(|(of, _)| *of == class).count();
        format!("{count} {}", class.to_lowercase())
    });
    page += &format!("{} in all: {}.\n\n", rows.len(), counts.join(", "));
    page += "| where | what | class | what is lost |\n|---|---|---|---|\n";
    page.extend(rows.into_iter().map(|(_, row)| row));
    Ok(page)
}

/// `[a](b)` and `[a]` become `a`: the targets are rustdoc's.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut parts = text.split('[');
    plain += parts.next().unwrap_or_default();
    for part in parts {
        let (name, rest) = part.split_once(']').unwrap_or((part, ""));
        let target = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        plain += name;
        plain += target.map_or(rest, |(_, rest)| rest);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::without_links;

    #[test]
    fn links_become_their_text() {
        assert_eq!(
            without_links("as [`f`](A::f) and [`g`], (h)."),
            "as `f` and `g`, (h)."
        );
    }
}
