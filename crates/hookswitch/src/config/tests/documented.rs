//! `docs/operate/configuration.md` and the code say the same: every key, its kind, default and bounds, and the examples.

use std::collections::BTreeSet;
use std::path::Path;

use super::{parse, variable};
use crate::config::keys::{Key, Sheet};
use crate::config::sheets::{
    ACCOUNT, ANY_APPLICATION, ANY_CHANNEL, CALLBACKS, ONLY_SERVICE_LAYER, ONLY_SIMULATOR, ONLY_SMPP, ONLY_VUMI,
    OPERATOR, ROUTE, SERVER, STORE, TLS,
};

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate/configuration.md"));

/// The heading of every table of keys in the page, with the keys.
fn chapters() -> Vec<(&'static str, Vec<&'static Key>)> {
    let whole = |heading, sheet: &Sheet| (heading, sheet.keys().collect::<Vec<_>>());
    vec![
        whole("## `[server]`", &SERVER),
        whole("## `[store]`", &STORE),
        whole("## `[operator]`", &OPERATOR),
        whole("## `[callbacks]`", &CALLBACKS),
        whole("## `[[account]]`", &ACCOUNT),
        ("## `[[channel]]`", ANY_CHANNEL.iter().collect()),
        ("### Kind `smpp`", ONLY_SMPP.iter().collect()),
        whole("#### `[channel.tls]`", &TLS),
        ("### Kind `simulator`", ONLY_SIMULATOR.iter().collect()),
        ("## `[[application]]`", ANY_APPLICATION.iter().collect()),
        ("### Contract `service-layer`", ONLY_SERVICE_LAYER.iter().collect()),
        ("### Contract `vumi`", ONLY_VUMI.iter().collect()),
        whole("## `[[route]]`", &ROUTE),
    ]
}

/// The lines between a heading and the next one.
fn chapter(heading: &str) -> Vec<&'static str> {
    let mut lines = PAGE.lines().skip_while(|line| *line != heading);
    assert!(lines.next().is_some(), "the page has no {heading}");
    lines.take_while(|line| !line.starts_with('#')).collect()
}

/// How the row of a key begins: name, kind, default, bounds.
fn row(key: &Key) -> String {
    let bounds = if key.bounds().is_empty() { "–".to_owned() } else { key.bounds() };
    format!("| `{}` | {} | {} | {bounds} | ", key.name, key.kind(), key.default())
}

#[test]
fn every_key_has_its_row_and_every_row_its_key() {
    let mut missing = Vec::new();
    for (heading, keys) in chapters() {
        let lines = chapter(heading);
        for key in &keys {
            let row = row(key);
            if !lines.iter().any(|line| line.starts_with(&row) && line.len() > row.len() + 5) {
                missing.push(format!("{heading}: {row}"));
            }
        }
        let known: BTreeSet<&str> = keys.iter().map(|key| key.name).collect();
        let rows = lines.iter().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        for name in rows {
            assert!(known.contains(name), "{heading} of the page describes `{name}`, which the code does not know");
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "rows that configuration.md should have");
}

#[test]
fn every_example_is_good() {
    let mut examples = 0;
    for block in PAGE.split("```toml\n").skip(1) {
        let text = block.split("```").next().expect("split gives at least one");
        let at_hand = |name: &str| variable(name).or_else(|| Some(format!("the-secret-of-{name}")));
        if let Err(error) = crate::config::parse(text, Path::new("hookswitch.toml"), &at_hand) {
            panic!("{error}\n{text}");
        }
        examples += 1;
    }
    assert!(examples >= 2, "the page has examples");
}

/// A date is no value of any key: so each key that the code describes is shown to be read.
#[test]
fn every_described_key_is_read() {
    for (heading, keys) in chapters() {
        for key in keys {
            let text = match heading.trim_start_matches('#').trim().trim_matches('`') {
                "[[channel]]" | "Kind `smpp" => format!("[[channel]]\nkind = \"smpp\"\n{} = 1979-05-27\n", key.name),
                "Kind `simulator" => format!("[[channel]]\nkind = \"simulator\"\n{} = 1979-05-27\n", key.name),
                "[[application]]" | "Contract `service-layer" => {
                    format!("[[application]]\ncontract = \"service-layer\"\n{} = 1979-05-27\n", key.name)
                }
                "Contract `vumi" => {
                    format!("[[application]]\ncontract = \"vumi\"\n{} = 1979-05-27\n", key.name)
                }
                "[channel.tls]" => format!("[[channel]]\nkind = \"smpp\"\n[channel.tls]\n{} = 1979-05-27\n", key.name),
                table => format!("{table}\n\n{} = 1979-05-27\n", key.name),
            };
            let text = match key.name {
                "kind" => "[[channel]]\n\nkind = 1979-05-27\n",
                "contract" => "[[application]]\n\ncontract = 1979-05-27\n",
                _ => &text,
            };
            let error = parse(text).map(|_| ()).expect_err("a date is no value");
            let about = format!("`{}`", key.name);
            let told = error.problems.iter().any(|problem| {
                problem.code.as_str() == "HS-1005" && problem.sentence.contains(&about) && problem.place.is_some()
            });
            assert!(told, "{heading} {}: {error}", key.name);
        }
    }
}

#[test]
fn every_code_has_its_page_in_the_index() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operate/codes");
    let index = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pages: BTreeSet<String> = names.filter(|name| name.starts_with("HS-")).collect();
    assert!(pages.len() > 30, "the pages were found");
    let mut missing = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(folder.join(&page)).unwrap();
        let code = page.trim_end_matches(".md");
        let title = text.lines().next().and_then(|line| line.strip_prefix(&format!("# {code}: ")));
        let line = format!("* [{code}]({page}): {}", title.expect("a page begins with `# HS-dddd: title`"));
        if !index.lines().any(|found| found == line) {
            missing.push(line);
        }
    }
    assert!(missing.is_empty(), "lines that docs/operate/codes/README.md should have:\n{}", missing.join("\n"));
}
