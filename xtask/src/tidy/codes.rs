//! Every code a person may see in an error (`HS-` and four digits) has its page, and every page its code.
//!
//! A code counts as used where it is written out in Rust outside tests; tests may make codes up.

use std::collections::BTreeMap;

use super::rust::{RustFile, is_word};
use super::{Finding, Tree};

const PAGES: &str = "docs/operate/codes/";

pub(crate) fn check(sources: &[RustFile], tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used = BTreeMap::new();
    for source in sources {
        for (at, code) in codes(source.text) {
            let line = source.line_of(at);
            if !source.is_test_line(line) {
                used.entry(code).or_insert((source.path, line));
            }
        }
    }
    for (code, (path, line)) in &used {
        let page = format!("{PAGES}{code}.md");
        if !tree.contains_key(&page) {
            findings.push(Finding::new(path, *line, format!("{code} has no page {page}")));
        }
    }
    for path in tree.keys() {
        let page = path.strip_prefix(PAGES).and_then(|name| name.strip_suffix(".md"));
        if let Some((_, code)) = page.and_then(|page| codes(page).next())
            && !used.contains_key(code)
        {
            findings.push(Finding::new(path, 1, format!("no source uses {code}")));
        }
    }
    findings
}

/// The codes in a text, with their offsets.
fn codes(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("HS-").filter_map(|(at, prefix)| {
        let end = at + prefix.len() + 4;
        let code = text.get(at..end)?;
        let is_code = code[prefix.len()..].bytes().all(|byte| byte.is_ascii_digit());
        let stands_alone = !text[..at].ends_with(is_word) && !text[end..].starts_with(is_word);
        (is_code && stands_alone).then_some((at, code))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, page: &str, expected: &[&str]) {
        let tree = Tree::from([(format!("{PAGES}{page}"), Some(String::new()))]);
        let found = super::check(&[RustFile::new(path, text)], &tree);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn codes_and_pages_belong_together() {
        check("src/a.rs", "const X: &str = \"HS-1042\";", "HS-1042.md", &[]);
        check(
            "src/a.rs",
            "\n\"see HS-1042!\"",
            "README.md",
            &[&format!("src/a.rs:2: HS-1042 has no page {PAGES}HS-1042.md")],
        );
        check("src/a.rs", "", "HS-1042.md", &[&format!("{PAGES}HS-1042.md:1: no source uses HS-1042")]);
        check("src/a.rs", "HS-104 HS-10422 XHS-1042 HS-{code}", "README.md", &[]);
    }

    #[test]
    fn tests_may_make_codes_up() {
        check("tests/a.rs", "\"HS-9999\"", "README.md", &[]);
        check("src/a.rs", "#[cfg(test)]\nmod tests {\n\"HS-9999\"\n}", "README.md", &[]);
    }
}
