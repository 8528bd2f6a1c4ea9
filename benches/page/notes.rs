//! What somebody has written about rows: `docs/performance/notes.md`, merged into the page.
//!
//! A heading of the second level names a row, in backticks; what follows is its note. What comes
//! before the first such heading is about the notes themselves.

use std::collections::BTreeMap;

/// Notes by the name of their row.
#[derive(Debug, Default)]
pub(crate) struct Notes(BTreeMap<String, String>);

impl Notes {
    pub(crate) fn read(text: &str) -> Notes {
        let mut notes = BTreeMap::new();
        for section in text.split("\n## ").skip(1) {
            let (head, body) = section.split_once('\n').unwrap_or((section, ""));
            notes.insert(
                head.trim().trim_matches('`').to_owned(),
                body.trim().to_owned(),
            );
        }
        Notes(notes)
    }

    /// The note on a row.
    pub(crate) fn on(&self, row: &str) -> Option<&str> {
        self.0.get(row).map(String::as_str)
    }

    /// All rows that have a note.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_belongs_to_the_row_in_its_heading() {
        let notes =
            Notes::read("# Notes\n\nAbout.\n\n## `a_b`\n\nOne.\n\nTwo.\n\n## `c`\nThree.\n");
        assert_eq!(notes.on("a_b"), Some("One.\n\nTwo."));
        assert_eq!(notes.on("c"), Some("Three."));
        assert_eq!(notes.on("About."), None);
        assert_eq!(notes.rows().collect::<Vec<_>>(), ["a_b", "c"]);
    }
}
