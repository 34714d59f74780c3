//! Documents named in Rust comments exist, and so does the section when one is named with `§`.

use super::rust::{RustFile, is_word};
use super::{Finding, Tree, markdown};

pub(crate) fn check(file: &RustFile, tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.comments.lines().enumerate() {
        for (at, _) in line.match_indices("docs/") {
            // the tail of another path or address is not ours
            let is_tail = line[..at].ends_with(|c: char| is_word(c) || matches!(c, '/' | '-' | '.'));
            let Some((document, rest)) = document(&line[at..]).filter(|_| !is_tail) else {
                continue;
            };
            let sentence = match tree.get(document) {
                Some(Some(text)) => missing_part(document, text, rest),
                _ => Some(format!("{document} does not exist")),
            };
            findings.extend(sentence.map(|sentence| Finding::new(file.path, index + 1, sentence)));
        }
    }
    findings
}

/// The document's path, up to its `.md`, and what follows.
fn document(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c| !(is_word(c) || matches!(c, '/' | '-' | '.'))).unwrap_or(text.len());
    let end = text[..end].find(".md")? + ".md".len();
    Some((&text[..end], &text[end..]))
}

/// Why the section (`§3.2`) or anchor (`#name`) named after a document isn't there.
fn missing_part(document: &str, text: &str, rest: &str) -> Option<String> {
    if let Some(anchor) = rest.strip_prefix('#') {
        let end = anchor.find(|c| !(is_word(c) || c == '-')).unwrap_or(anchor.len());
        let anchor = &anchor[..end];
        return (!markdown::has_anchor(text, anchor)).then(|| format!("{document} has no heading for `#{anchor}`"));
    }
    let section = rest.trim_start_matches([' ', ',', '`']).strip_prefix('§')?.trim_start();
    let end = section.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(section.len());
    let number = section[..end].trim_end_matches('.');
    if number.is_empty() {
        return None;
    }
    let found = markdown::headings(text).iter().any(|heading| {
        let after = heading.text.strip_prefix(number).map(|after| after.strip_prefix('.').unwrap_or(after));
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_digit()))
    });
    (!found).then(|| format!("{document} has no section {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, findings: usize) {
        let tree = Tree::from([
            ("docs/a.md".to_owned(), Some("# A\n## 3. Three\n### 3.2 Two\n## 10 Ten\n".to_owned())),
            ("docs/sub/b.md".to_owned(), Some(String::new())),
        ]);
        let found = super::check(&RustFile::new("src/x.rs", text), &tree);
        assert_eq!(found.len(), findings, "{text}: {found:?}");
    }

    #[test]
    fn living_documents_pass() {
        let living = [
            "// see docs/a.md.",
            "//! `docs/sub/b.md`",
            "/// docs/a.md §3",
            "/// docs/a.md §3.2: why",
            "// docs/a.md, §10",
            "// docs/a.md#3-three",
            "// https://example.org/docs/gone.md",
            "\"docs/gone.md\";",
            "// docs/ holds more",
        ];
        for text in living {
            check(text, 0);
        }
    }

    #[test]
    fn dead_documents_are_found() {
        let dead = [
            "// docs/gone.md",
            "x; // (docs/b.md)",
            "/// docs/a.md §1",
            "/// docs/a.md §3.3",
            "// docs/a.md#four",
            "/* docs/sub/b.md §1 */",
        ];
        for text in dead {
            check(text, 1);
        }
    }
}
