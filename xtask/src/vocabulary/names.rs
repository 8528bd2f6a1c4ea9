//! The public names of a crate, out of rustdoc's JSON.
//!
//! The walk begins at the crate's root and goes through public modules and re-exports. A re-export
//! of another crate's item names it by the path of its definition; if that crate was added too,
//! the walk goes on there, else the name is all there is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use serde_json::Value;

/// Their shape is the same in what is read here.
pub(crate) const FORMATS: RangeInclusive<u64> = 45..=60;

/// Said by hand in one place and concluded by the compiler in another: no difference to a user.
/// `async_send_sync` of the conformance suite asserts which are `Send`, `Sync` and `Unpin`.
const UNSAID: [&str; 7] = [
    "Send",
    "Sync",
    "UnwindSafe",
    "RefUnwindSafe",
    "Unpin",
    "StructuralPartialEq",
    "Drop",
];

/// Deeper nesting is a cycle of re-exports.
const DEPTH_MAX: usize = 12;

#[derive(Default)]
pub(crate) struct Crates(BTreeMap<String, Crate>);

struct Crate {
    json: Value,
    /// The item that stands at a path, with its kind.
    by_path: BTreeMap<(String, String), String>,
}

/// An item and the crate whose index holds it.
#[derive(Clone, Copy)]
struct Place<'a> {
    home: &'a Crate,
    item: &'a Value,
}

impl Crates {
    pub(crate) fn add(&mut self, name: String, text: &str) -> Result<(), String> {
        let json: Value = serde_json::from_str(text).map_err(|error| format!("{name}: {error}"))?;
        let format = json["format_version"].as_u64().unwrap_or(0);
        if !FORMATS.contains(&format) {
            return Err(format!(
                "rustdoc writes JSON in format {format}; {FORMATS:?} are known"
            ));
        }
        let mut by_path = BTreeMap::new();
        for (id, summary) in json["paths"].as_object().into_iter().flatten() {
            if summary["crate_id"] == 0 {
                by_path.insert(key(summary), id.clone());
            }
        }
        self.0.insert(name, Crate { json, by_path });
        Ok(())
    }

    pub(crate) fn names(&self, name: &str) -> Result<BTreeSet<String>, String> {
        let home = self.0.get(name).ok_or_else(|| format!("no crate {name}"))?;
        let root = home
            .item(&home.json["root"])
            .ok_or("no root in the index")?;
        let mut found = BTreeSet::new();
        self.module(Place { home, item: root }, name, 0, &mut found);
        Ok(found)
    }

    fn module(&self, module: Place<'_>, path: &str, depth: usize, found: &mut BTreeSet<String>) {
        if depth > DEPTH_MAX {
            return;
        }
        let inner = &module.item["inner"];
        let lists = [&inner["module"]["items"], &inner["enum"]["variants"]];
        for id in lists.iter().filter_map(|list| list.as_array()).flatten() {
            let Some(item) = module.home.item(id) else {
                continue;
            };
            // Variants have their enum's visibility.
            if item["visibility"] != "public" && item["visibility"] != "default" {
                continue;
            }
            let place = Place {
                home: module.home,
                item,
            };
            let reexport = &item["inner"]["use"];
            if reexport.is_null() {
                if let Some(name) = item["name"].as_str() {
                    self.item(place, &format!("{path}::{name}"), depth, found);
                }
                continue;
            }
            let target = self.resolve(module.home, &reexport["id"]);
            let name = reexport["name"].as_str().unwrap_or_default();
            let name = format!("{path}::{name}");
            match target {
                Some(target) if reexport["is_glob"] == true => {
                    self.module(target, path, depth + 1, found);
                }
                Some(target) => self.item(target, &name, depth, found),
                None if reexport["is_glob"] == true => (),
                None => drop(found.insert(name)),
            }
        }
    }

    fn item(&self, place: Place<'_>, path: &str, depth: usize, found: &mut BTreeSet<String>) {
        let inner = &place.item["inner"];
        if inner.get("module").is_some() {
            return self.module(place, path, depth + 1, found);
        }
        // A re-export of a re-export.
        if let Some(reexport) = inner.get("use") {
            if let (Some(target), true) =
                (self.resolve(place.home, &reexport["id"]), depth < DEPTH_MAX)
            {
                return self.item(target, path, depth + 1, found);
            }
        }
        found.insert(path.to_owned());
        let body = inner.as_object().and_then(|kinds| kinds.values().next());
        let Some(body) = body else { return };
        let fields = &body["kind"]["plain"]["fields"];
        for members in [&body["items"], &body["variants"], fields] {
            place.home.members(members, path, found);
        }
        for id in body["impls"].as_array().into_iter().flatten() {
            let Some(item) = place.home.item(id) else {
                continue;
            };
            let implementation = &item["inner"]["impl"];
            if implementation["trait"].is_null() {
                place.home.members(&implementation["items"], path, found);
            } else if implementation["blanket_impl"].is_null()
                && implementation["is_synthetic"] != true
            {
                let name = implementation["trait"]["path"].as_str().unwrap_or_default();
                let name = name.rsplit("::").next().unwrap_or(name);
                if !UNSAID.contains(&name) {
                    found.insert(format!("{path}: {name}"));
                }
            }
        }
    }

    /// The item behind an id, which may lie in another crate.
    fn resolve<'a>(&'a self, home: &'a Crate, id: &Value) -> Option<Place<'a>> {
        if let Some(item) = home.item(id) {
            return Some(Place { home, item });
        }
        let summary = &home.json["paths"][text(id)];
        let home = self.0.get(summary["path"][0].as_str()?)?;
        let id = home.by_path.get(&key(summary))?;
        let item = home.json["index"].get(id)?;
        Some(Place { home, item })
    }
}

impl Crate {
    fn item(&self, id: &Value) -> Option<&Value> {
        self.json["index"].get(text(id))
    }

    fn members(&self, list: &Value, path: &str, found: &mut BTreeSet<String>) {
        for id in list.as_array().into_iter().flatten() {
            let Some(item) = self.item(id) else { continue };
            let visible = item["visibility"] == "public" || item["visibility"] == "default";
            if let (Some(name), true) = (item["name"].as_str(), visible) {
                found.insert(format!("{path}::{name}"));
            }
        }
    }
}

/// Ids are numbers in lists and strings as keys.
fn text(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

fn key(summary: &Value) -> (String, String) {
    let parts = summary["path"].as_array().into_iter().flatten();
    let parts: Vec<&str> = parts.filter_map(Value::as_str).collect();
    let kind = summary["kind"].as_str().unwrap_or_default();
    (parts.join("::"), kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Private `hidden::Thing` with a method, a private method and two traits.
    const INNER: &str = r#"{"format_version":57,"root":0,"index":{
        "0":{"name":"inner","visibility":"public","inner":{"module":{"items":[1]}}},
        "1":{"name":"hidden","visibility":"crate","inner":{"module":{"items":[2]}}},
        "2":{"name":"Thing","visibility":"public","inner":{"struct":{"kind":{"plain":{"fields":[8]}},"impls":[3,4,5]}}},
        "3":{"name":null,"visibility":"default","inner":{"impl":{"trait":null,"items":[6,7]}}},
        "4":{"inner":{"impl":{"trait":{"path":"std::fmt::Debug"},"is_synthetic":false,"blanket_impl":null,"items":[]}}},
        "5":{"inner":{"impl":{"trait":{"path":"Send"},"is_synthetic":true,"blanket_impl":null,"items":[]}}},
        "6":{"name":"open","visibility":"public","inner":{"function":{}}},
        "7":{"name":"secret","visibility":"crate","inner":{"function":{}}},
        "8":{"name":"field","visibility":"public","inner":{"struct_field":{}}}},
        "paths":{"2":{"crate_id":0,"path":["inner","hidden","Thing"],"kind":"struct"}}}"#;

    const OUTER: &str = r#"{"format_version":57,"root":0,"index":{
        "0":{"name":"outer","visibility":"public","inner":{"module":{"items":[1,2,3,4,5]}}},
        "1":{"visibility":"public","inner":{"use":{"name":"Thing","id":9,"is_glob":false}}},
        "2":{"name":"own","visibility":"public","inner":{"module":{"items":[6]}}},
        "3":{"visibility":"public","inner":{"use":{"name":"Error","id":10,"is_glob":false}}},
        "4":{"visibility":"crate","inner":{"use":{"name":"No","id":9,"is_glob":false}}},
        "5":{"visibility":"public","inner":{"use":{"name":"own","id":2,"is_glob":true}}},
        "6":{"name":"go","visibility":"public","inner":{"function":{}}}},
        "paths":{"9":{"crate_id":3,"path":["inner","hidden","Thing"],"kind":"struct"},
                 "10":{"crate_id":1,"path":["std","io","Error"],"kind":"struct"}}}"#;

    #[test]
    fn names_go_through_reexports_into_other_crates() {
        let mut crates = Crates::default();
        crates.add("inner".to_owned(), INNER).expect("it is known");
        crates.add("outer".to_owned(), OUTER).expect("it is known");
        let names: Vec<String> = crates.names("outer").expect("walked").into_iter().collect();
        let expected = [
            "outer::Error",
            "outer::Thing",
            "outer::Thing: Debug",
            "outer::Thing::field",
            "outer::Thing::open",
            "outer::go",
            "outer::own::go",
        ];
        assert_eq!(names, expected);
        assert!(crates.names("inner").expect("walked").is_empty());
    }

    #[test]
    fn an_unknown_format_is_named() {
        let error = Crates::default().add("a".to_owned(), r#"{"format_version":9}"#);
        assert!(error.is_err_and(|error| error.contains("format 9")));
    }
}
