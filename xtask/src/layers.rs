//! Which crate may use which: the architecture of the workspace, held against `cargo metadata`.
//!
//! Only what a crate names itself counts. Development dependencies are free, since tests may use anything.
//! What sources may not contain is in `tidy/purity.rs`.

use std::collections::BTreeMap;

use crate::json::Value;
use crate::tidy::Finding;

/// One crate of ours and the limits of what it may depend on.
struct Layer {
    name: &'static str,
    /// Our crates it may use.
    ours: &'static [&'static str],
    /// Crates of others it may not use; `tokio` stands for `tokio-util` and `tokio_x` too, `*` for all.
    never: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    Layer {
        name: "domain",
        ours: &[],
        never: &["tokio", "serde", "rand", "getrandom", "tracing", "hyper", "rusqlite", "jiff"],
    },
    Layer { name: "contracts", ours: &["domain"], never: &["tokio", "hyper", "rusqlite", "tracing"] },
    Layer { name: "smpp", ours: &[], never: &["tokio", "hyper", "rusqlite", "tracing"] },
    Layer { name: "engine", ours: &["domain"], never: &["hyper", "http", "rusqlite", "axum"] },
    Layer { name: "store", ours: &["domain", "engine"], never: &[] },
    Layer { name: "channels", ours: &["domain", "engine", "smpp", "contracts"], never: &[] },
    Layer { name: "callbacks", ours: &["domain", "engine", "contracts"], never: &[] },
    Layer { name: "api", ours: &["domain", "engine", "contracts"], never: &[] },
    Layer {
        name: "hookswitch",
        ours: &["domain", "contracts", "smpp", "engine", "store", "channels", "callbacks", "api"],
        never: &[],
    },
    // for development: nobody may depend on these except for tests
    Layer {
        name: "sim",
        ours: &["domain", "contracts", "smpp", "engine", "store", "channels", "callbacks"],
        never: &[],
    },
    Layer { name: "bench", ours: &["domain", "engine", "callbacks", "contracts", "smpp"], never: &[] },
    Layer { name: "cost", ours: &["domain", "contracts", "smpp", "engine"], never: &["tokio", "hyper", "rusqlite"] },
    Layer {
        name: "replay",
        ours: &["domain", "contracts", "smpp", "engine", "store", "channels", "callbacks", "api", "hookswitch"],
        never: &[],
    },
    Layer { name: "xtask", ours: &[], never: &["*"] },
];

/// Checks every package of the workspace. `manifests` holds the text of each `Cargo.toml` by its path from the
/// root; it is used to point at the right line.
pub(crate) fn check(metadata: &Value, root: &str, manifests: &BTreeMap<&str, &str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in metadata.get("packages").map(Value::items).unwrap_or_default() {
        let name = package.get("name").and_then(Value::text).unwrap_or_default();
        let manifest = package.get("manifest_path").and_then(Value::text).unwrap_or_default();
        let path = manifest.strip_prefix(root).unwrap_or(manifest).trim_start_matches('/');
        let text = manifests.get(path).copied().unwrap_or_default();
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
            let sentence = format!("crate `{name}` has no row in the table of xtask/src/layers.rs");
            findings.push(Finding::new(path, 1, sentence));
            continue;
        };
        for dependency in package.get("dependencies").map(Value::items).unwrap_or_default() {
            if let Some(sentence) = verdict(layer, dependency) {
                let used = dependency.get("name").and_then(Value::text).unwrap_or_default();
                findings.push(Finding::new(path, line_naming(text, used), sentence));
            }
        }
    }
    findings
}

/// What is wrong with one dependency of a crate, if anything.
fn verdict(layer: &Layer, dependency: &Value) -> Option<String> {
    if dependency.get("kind").and_then(Value::text) == Some("dev") {
        return None;
    }
    let used = dependency.get("name").and_then(Value::text)?;
    let name = layer.name;
    if dependency.get("path").is_some() || LAYERS.iter().any(|other| other.name == used) {
        let forbidden = !layer.ours.contains(&used);
        return forbidden.then(|| format!("crate `{name}` may not use our crate `{used}`"));
    }
    let forbidden = layer.never.iter().any(|never| {
        let rest = used.strip_prefix(never);
        *never == "*" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    });
    forbidden.then(|| format!("crate `{name}` may not use `{used}`: it is outside this layer"))
}

/// The line of a manifest that names a dependency; 1 when it can't be found.
fn line_naming(manifest: &str, dependency: &str) -> usize {
    let named = |line: &str| {
        let line = line.trim_start().trim_start_matches('"');
        let rest = line.strip_prefix(dependency);
        rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=', '"']))
    };
    manifest.lines().position(named).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn findings(package: &str, dependencies: &str) -> Vec<String> {
        let metadata = json::parse(&format!(
            r#"{{"packages":[{{"name":"{package}","manifest_path":"/r/crates/{package}/Cargo.toml",
                "dependencies":[{dependencies}]}}]}}"#
        ))
        .unwrap();
        let path = format!("crates/{package}/Cargo.toml");
        let text = "[dependencies]\nserde.workspace = true\nengine = { path = \"../engine\" }\n";
        let manifests = BTreeMap::from([(path.as_str(), text)]);
        check(&metadata, "/r", &manifests).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn our_crates_keep_to_the_table() {
        let engine = r#"{"name":"engine","kind":null,"path":"/r/crates/engine"}"#;
        assert_eq!(findings("store", engine), Vec::<String>::new());
        let refused = findings("domain", engine);
        assert_eq!(refused, ["crates/domain/Cargo.toml:3: crate `domain` may not use our crate `engine`"]);
        let sim = r#"{"name":"sim","kind":null,"path":"/r/crates/sim"}"#;
        assert_eq!(findings("hookswitch", sim).len(), 1);
    }

    #[test]
    fn crates_of_others_keep_out_of_pure_layers() {
        let serde = r#"{"name":"serde","kind":null}"#;
        assert_eq!(findings("contracts", serde), Vec::<String>::new());
        let refused = findings("domain", serde);
        assert!(refused[0].starts_with("crates/domain/Cargo.toml:2: "), "{refused:?}");
        assert_eq!(findings("domain", r#"{"name":"serde_json","kind":null}"#).len(), 1);
        assert_eq!(findings("domain", r#"{"name":"serdelike","kind":null}"#).len(), 0);
        assert_eq!(findings("smpp", r#"{"name":"tokio-util","kind":"build"}"#).len(), 1);
        assert_eq!(findings("xtask", r#"{"name":"anyhow","kind":null}"#).len(), 1);
    }

    #[test]
    fn tests_may_use_anything() {
        assert_eq!(findings("domain", r#"{"name":"tokio","kind":"dev"}"#).len(), 0);
        assert_eq!(findings("engine", r#"{"name":"sim","kind":"dev","path":"/r/crates/sim"}"#).len(), 0);
    }

    #[test]
    fn an_unknown_crate_is_not_overlooked() {
        assert!(findings("newcomer", "")[0].contains("no row"));
    }
}
