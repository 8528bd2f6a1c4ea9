//! One Rust file as lines: what of each is code and what is comment, and where it stands.
//!
//! The scanner runs over the characters once. Comments and the insides of literals become spaces in
//! [`Line::code`], so that a rule may search there without finding prose. On the way it keeps a
//! stack of open braces, each with what it belongs to.

use std::collections::BTreeSet;
use std::iter;

pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) functions: Vec<Function>,
    /// The whole file is test code.
    pub(crate) test: bool,
}

#[derive(Default)]
pub(crate) struct Line {
    pub(crate) raw: String,
    /// Code only; literals keep their quotes.
    pub(crate) code: String,
    /// The text behind `//`, `///`, `//!` or inside `/* */`, trimmed.
    pub(crate) comment: String,
    /// The line on which the innermost function around this line begins.
    pub(crate) function: Option<usize>,
    /// Inside (or declaring) something that is compiled for tests only.
    pub(crate) test: bool,
    /// How many `mod name { … }` of this file the line is in.
    pub(crate) modules: Vec<String>,
}

pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) first: usize,
    pub(crate) last: usize,
}

impl Line {
    pub(crate) fn is_comment(&self) -> bool {
        self.code.trim().is_empty() && !self.comment.is_empty()
    }

    pub(crate) fn is_attribute(&self) -> bool {
        self.code.trim_start().starts_with("#[")
    }
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Source {
        let mut lines = split(text);
        let functions = places(&mut lines);
        let mut parts = path.split('/');
        let test = parts.any(|part| matches!(part, "tests" | "benches" | "examples"));
        Source {
            path: path.to_owned(),
            lines,
            functions,
            test: test && !path.contains("/src/"),
        }
    }

    /// Line numbers and lines of product code.
    pub(crate) fn product(&self) -> impl Iterator<Item = (usize, &Line)> {
        let lines = self.lines.iter().enumerate();
        lines.filter(|(_, line)| !self.test && !line.test)
    }

    /// `a/src/b/c.rs` → `["b", "c"]`; the crate's root has none.
    pub(crate) fn module(&self) -> Vec<String> {
        let inside = self
            .path
            .split_once("src/")
            .map_or("", |(_, inside)| inside);
        let names = inside
            .trim_end_matches(".rs")
            .trim_end_matches("/mod")
            .split('/');
        names
            .filter(|name| !matches!(*name, "lib" | "main" | ""))
            .map(str::to_owned)
            .collect()
    }
}

/// The files behind `#[cfg(test)] mod name;`, which do not say themselves what they are.
pub(crate) struct TestFiles(BTreeSet<String>);

impl TestFiles {
    pub(crate) fn find(sources: &[Source]) -> TestFiles {
        let mut found = BTreeSet::new();
        for source in sources {
            for line in source.lines.iter().filter(|line| line.test) {
                if let Some(name) = declared_module(&line.code) {
                    let folder = source.path.trim_end_matches(".rs").trim_end_matches("/lib");
                    found.insert(format!("{folder}/{name}"));
                }
            }
        }
        TestFiles(found)
    }

    pub(crate) fn mark(&self, sources: &mut [Source]) {
        for source in sources {
            let name = source.path.trim_end_matches(".rs");
            source.test |= self.0.iter().any(|test| {
                let rest = name.strip_prefix(test.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
        }
    }
}

fn declared_module(code: &str) -> Option<&str> {
    let before = code.trim().strip_suffix(';')?;
    let (_, name) = before.rsplit_once("mod ")?;
    Some(name.trim())
}

/// Where the scanner is.
enum Scan {
    Code,
    LineComment,
    /// `/* */`, nested so deep.
    Comment(usize),
    Text,
    /// A raw string that ends with a quote and so many hashes.
    RawText(usize),
}

/// Splits the text into lines, and each line into code and comment.
fn split(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut scan = Scan::Code;
    for raw in text.lines() {
        let mut line = Line {
            raw: raw.to_owned(),
            ..Line::default()
        };
        let characters: Vec<char> = raw.chars().collect();
        let mut at = 0;
        while at < characters.len() {
            at += step(&mut scan, &mut line, &characters[at..]);
        }
        if matches!(scan, Scan::LineComment) {
            scan = Scan::Code;
        }
        let comment = line
            .comment
            .trim()
            .trim_start_matches(['/', '!', '*'])
            .trim();
        line.comment = comment.to_owned();
        lines.push(line);
    }
    lines
}

/// Takes one token's worth of characters: how many.
fn step(scan: &mut Scan, line: &mut Line, rest: &[char]) -> usize {
    let next = |index: usize| rest.get(index).copied().unwrap_or(' ');
    let (mut code, mut comment, mut taken) = (' ', ' ', 1);
    match scan {
        Scan::Code => {
            code = next(0);
            match (next(0), next(1)) {
                ('/', '/') => (*scan, code, taken) = (Scan::LineComment, ' ', 2),
                ('/', '*') => (*scan, code, taken) = (Scan::Comment(1), ' ', 2),
                ('"', _) => *scan = Scan::Text,
                ('r', '"' | '#') if !ends_in_a_word(&line.code) || line.code.ends_with('b') => {
                    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
                    if next(1 + hashes) == '"' {
                        (*scan, taken) = (Scan::RawText(hashes), 2 + hashes);
                    }
                }
                ('\'', '\\') => taken = 2 + length_of_escape(&rest[2..]),
                ('\'', _) if next(2) == '\'' => taken = 3,
                _ => (),
            }
        }
        Scan::LineComment => comment = next(0),
        Scan::Comment(depth) => match (next(0), next(1)) {
            ('/', '*') => (*depth, taken) = (*depth + 1, 2),
            ('*', '/') if *depth == 1 => (*scan, taken) = (Scan::Code, 2),
            ('*', '/') => (*depth, taken) = (*depth - 1, 2),
            (character, _) => comment = character,
        },
        Scan::Text => match next(0) {
            '\\' => taken = 2,
            '"' => (*scan, code) = (Scan::Code, '"'),
            _ => (),
        },
        Scan::RawText(hashes) => {
            let closing = rest[1..].iter().take_while(|c| **c == '#').count();
            if next(0) == '"' && closing >= *hashes {
                (*scan, code, taken) = (Scan::Code, '"', 1 + *hashes);
            }
        }
    }
    line.code.push(code);
    line.code.extend(iter::repeat_n(' ', taken - 1));
    line.comment.push(comment);
    taken
}

/// The characters after `'\` up to and with the closing quote.
fn length_of_escape(rest: &[char]) -> usize {
    let escaped = rest.iter().skip(1).position(|c| *c == '\'');
    escaped.map_or(rest.len(), |position| position + 2)
}

fn ends_in_a_word(code: &str) -> bool {
    code.chars()
        .next_back()
        .is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// What an open brace belongs to.
enum Brace {
    Function(usize),
    Module(String),
    Other,
}

/// Notes on each line where it stands, and finds the functions.
fn places(lines: &mut [Line]) -> Vec<Function> {
    let mut functions: Vec<Function> = Vec::new();
    let mut open: Vec<(Brace, bool)> = Vec::new();
    // What the next opening brace belongs to, unless a `;` comes first.
    let mut next = Brace::Other;
    let mut next_is_test = false;
    let mut brackets = 0_i32;
    for (at, line) in lines.iter_mut().enumerate() {
        let code = &line.code;
        line.modules = names_of_modules(&open);
        let before = innermost(&open, &functions);
        next_is_test |= is_test_attribute(code);
        let mut is_test = next_is_test || open.iter().any(|(_, test)| *test);
        for token in tokens(code) {
            match token {
                "(" | "[" => brackets += 1,
                ")" | "]" => brackets -= 1,
                "{" => {
                    open.push((std::mem::replace(&mut next, Brace::Other), next_is_test));
                    next_is_test = false;
                }
                "}" => {
                    if let Some((Brace::Function(index), _)) = open.pop() {
                        functions[index].last = at;
                    }
                }
                ";" if brackets == 0 => (next, next_is_test) = (Brace::Other, false),
                _ if token.starts_with("fn ") => {
                    let name = token[3..].to_owned();
                    next = Brace::Function(functions.len());
                    functions.push(Function {
                        name,
                        first: at,
                        last: at,
                    });
                }
                _ if token.starts_with("mod ") => next = Brace::Module(token[4..].to_owned()),
                _ => (),
            }
        }
        is_test |= open.iter().any(|(_, test)| *test);
        line.test = is_test;
        line.function = before.or_else(|| innermost(&open, &functions));
    }
    functions
}

fn innermost(open: &[(Brace, bool)], functions: &[Function]) -> Option<usize> {
    open.iter().rev().find_map(|(brace, _)| match brace {
        Brace::Function(index) => Some(functions[*index].first),
        _ => None,
    })
}

fn names_of_modules(open: &[(Brace, bool)]) -> Vec<String> {
    let names = open.iter().filter_map(|(brace, _)| match brace {
        Brace::Module(name) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

/// `#[cfg(test)]`, `#[cfg(all(test, …))]`, `#[test]`; not `#[cfg(not(test))]`.
fn is_test_attribute(code: &str) -> bool {
    let code: String = code.split_whitespace().collect();
    code.starts_with("#[test]")
        || code.starts_with("#[cfg(test)")
        || code.starts_with("#[cfg(all(test,")
        || code.starts_with("#[cfg(all(loom,test)")
}

/// Brackets, `;`, `fn name` and `mod name`.
fn tokens(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, character) in code.char_indices() {
        if matches!(character, '(' | ')' | '[' | ']' | '{' | '}' | ';') {
            found.push(&code[at..=at]);
        }
        for word in ["fn ", "mod "] {
            if code[at..].starts_with(word) && !ends_in_a_word(&code[..at]) {
                let name = &code[at + word.len()..];
                let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
                let end = end.unwrap_or(name.len());
                if end > 0 {
                    found.push(&code[at..at + word.len() + end]);
                }
            }
        }
    }
    found
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = r##"let a = "fn b() { // no"; // yes: a
/* one
two */ let c = '{'; let d = r#"{"{"#; let e: &'static str = "\"{";
let f = b'\''; let g = '\u{7b}';
/// doc
"##;
    let lines = split(text);
    let code: Vec<&str> = lines.iter().map(|line| line.code.as_str()).collect();
    assert!(code.iter().all(|code| !code.contains('{')), "{code:?}");
    assert!(code[2].contains("let e: &'static str ="), "{code:?}");
    assert!(code[3].contains("let g ="), "{code:?}");
    let comments: Vec<&str> = lines.iter().map(|line| line.comment.as_str()).collect();
    assert_eq!(comments, ["yes: a", "one", "two", "", "doc"]);
}

#[test]
fn lines_know_their_function_module_and_whether_they_are_tests() {
    let text = "mod m {\n    fn outer(a: [u8; 2]) {\n        fn inner() {}\n        x();\n    }\n}\n\
                #[cfg(all(test, loom))]\nmod models;\n#[cfg(not(test))]\nfn product() {}\n\
                #[cfg(test)]\nmod tests {\n    fn t() {}\n}\nfn last() {}\n";
    let source = Source::new("a/src/b/c.rs", text);
    assert_eq!(source.module(), ["b", "c"]);
    let names: Vec<(&str, usize, usize)> = source
        .functions
        .iter()
        .map(|f| (f.name.as_str(), f.first, f.last))
        .collect();
    let expected = [
        ("outer", 1, 4),
        ("inner", 2, 2),
        ("product", 9, 9),
        ("t", 12, 12),
        ("last", 14, 14),
    ];
    assert_eq!(names, expected);
    assert_eq!(source.lines[3].function, Some(1));
    assert_eq!(source.lines[3].modules, ["m"]);
    let tests: Vec<usize> = (0..source.lines.len())
        .filter(|at| source.lines[*at].test)
        .collect();
    assert_eq!(tests, [6, 7, 10, 11, 12, 13]);
    let mut sources = [
        source,
        Source::new("a/src/b/c/models.rs", ""),
        Source::new("a/src/b/d.rs", ""),
    ];
    TestFiles::find(&sources).mark(&mut sources);
    assert_eq!(sources.map(|source| source.test), [false, true, false]);
}
