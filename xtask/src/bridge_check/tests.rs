use super::*;

use serde_json::json;

const REGISTRY: &str = "registry+https://registry.example/index";

fn facts(packages: &Value, patched: bool) -> Facts {
    Facts {
        metadata: json!({ "packages": packages }),
        patched,
        unused: false,
        features: ["full", "rt"].map(str::to_owned).into(),
        bridge: "/somewhere/compat/tokio".to_owned(),
    }
}

fn real() -> Value {
    json!({"name": "tokio", "version": "1.54.1", "source": REGISTRY})
}

fn bridge() -> Value {
    json!({"name": "tokio", "version": "1.999.0+runtime.0.1.0", "source": null})
}

fn dependent(version: &str, features: &[&str]) -> Value {
    let wish = json!({"name": "tokio", "req": version, "features": features, "kind": null});
    json!({"name": "app", "source": null, "dependencies": [wish]})
}

fn refusal(packages: &Value, patched: bool) -> String {
    facts(packages, patched)
        .judge()
        .expect_err("it is not the bridge")
        .join("\n")
}

#[test]
fn the_bridge_is_told_from_the_real_one() {
    let text = facts(&json!([bridge(), dependent("^1", &["full"])]), true).judge();
    assert_eq!(
        text.as_deref(),
        Ok("tokio is the bridge, 1.999.0+runtime.0.1.0")
    );
    let git =
        json!([{"name": "tokio", "version": "1.999.0+runtime.0.1.0", "source": "git+https://x"}]);
    assert!(facts(&git, true).judge().is_ok());
    assert!(refusal(&json!([]), true).contains("nothing here depends on tokio"));
    assert!(refusal(&json!([real(), bridge()]), true).contains("beside the bridge"));
}

#[test]
fn why_not_is_named() {
    let text = refusal(&json!([real(), dependent("^1", &[])]), false);
    assert!(
        text.contains("no patch") && text.contains("/somewhere/compat/tokio"),
        "{text}"
    );
    let text = refusal(&json!([real(), dependent("=1.54.1", &[])]), true);
    assert!(text.contains("app asks for tokio \"=1.54.1\""), "{text}");
    let text = refusal(&json!([real(), dependent("^1", &["full", "odd"])]), true);
    assert!(
        text.contains("feature \"odd\"") && !text.contains("\"full\""),
        "{text}"
    );
    let text = refusal(&json!([real(), dependent("^1", &["full"])]), true);
    assert!(text.contains("Cargo.lock keeps the old version"), "{text}");
}

#[test]
fn wishes_of_foreign_tests_do_not_count() {
    let wish = json!({"name": "tokio", "req": "=1.2.3", "features": [], "kind": "dev"});
    let package = json!({"name": "other", "source": REGISTRY, "dependencies": [wish]});
    let text = refusal(&json!([real(), package]), true);
    assert!(!text.contains("other"), "{text}");
}

#[test]
fn versions_fit_or_do_not() {
    for version in ["1", "^1.20.1", ">=1.2, <2", "*", "=1", "~1", "1.*", ">1.0"] {
        assert!(fits(version), "{version}");
    }
    for version in [
        "=1.54.1",
        "~1.38",
        "<1.40",
        ">=1.2, <=1.53",
        "^0.2",
        "2",
        ">=2",
    ] {
        assert!(!fits(version), "{version}");
    }
}

#[test]
fn patches_are_seen_where_they_are_written() {
    let table = |text: &str| text.parse::<Table>().expect("it is TOML");
    assert!(patches(&table(
        "[patch.crates-io]\ntokio = { path = \"x\" }"
    )));
    assert!(!patches(&table(
        "[patch.crates-io]\nmio = { path = \"x\" }"
    )));
    assert!(is_unused(&table(
        "[[patch.unused]]\nname = \"tokio\"\nversion = \"1.999.0\""
    )));
    assert!(!is_unused(&table("[[package]]\nname = \"tokio\"")));
}

#[test]
fn a_configuration_counts_in_each_folder_above_and_in_either_spelling() {
    let found: Vec<PathBuf> = configurations(&process::root().join("xtask")).collect();
    for file in ["xtask/.cargo/config", ".cargo/config.toml"] {
        let file = fs::canonicalize(process::root())
            .expect("it is there")
            .join(file);
        assert!(found.contains(&file), "{} in {found:?}", file.display());
    }
}
