//! The guide is whole: each page is listed, compiled and run, and its links lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide")
}

/// Name and text of each page but the table of contents.
fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<_> = fs::read_dir(folder())
        .expect("the guide")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = fs::read_to_string(&path).expect("a page");
            (name.into_owned(), text)
        })
        .filter(|(name, _)| name != "README.md")
        .collect();
    pages.sort();
    assert!(pages.len() >= 11, "{} pages", pages.len());
    pages
}

/// The blocks of a page: what stands behind the fence, and the lines.
fn blocks(text: &str) -> Vec<(String, Vec<&str>)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let body = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((kind.to_string(), body));
        }
    }
    blocks
}

#[test]
fn each_page_is_among_the_doctests_and_in_the_table_of_contents() {
    let tested = include_str!("../src/guide.rs");
    let contents = include_str!("../docs/guide/README.md");
    for (name, _) in pages() {
        assert!(tested.contains(&format!("= \"{name}\";")), "{name}");
        assert!(contents.contains(&format!("]({name})")), "{name}");
    }
}

#[test]
fn each_block_of_rust_is_compiled_and_run_and_shows_all_of_its_lines() {
    let mut run = 0;
    for (name, text) in pages() {
        for (kind, lines) in blocks(&text) {
            match kind.as_str() {
                "rust" => run += 1,
                // A mistake that the page is about.
                "rust,compile_fail" | "text" | "toml" => {}
                other => panic!("{name}: a block of {other:?}"),
            }
            // rustdoc would hide them, other readers would not.
            let hidden = lines
                .iter()
                .find(|line| line.trim_start().starts_with("# "));
            assert!(kind == "text" || hidden.is_none(), "{name}: {hidden:?}");
            for line in lines {
                assert!(line.chars().count() <= 100, "{name}: {line}");
            }
        }
    }
    assert!(run >= 40, "{run} blocks");
}

#[test]
fn each_link_leads_to_a_file() {
    for (name, text) in pages() {
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().expect("a target");
            let is_elsewhere = target.starts_with("http") || target.is_empty();
            let found = folder().join(target).exists();
            assert!(is_elsewhere || found, "{name}: {target}");
        }
    }
}
