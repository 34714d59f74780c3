//! Links between documents lead somewhere: every relative link is a file of the project, every anchor a heading.
//! Addresses on the web are not looked at.

use super::{Finding, Tree, markdown};

pub(crate) fn check(path: &str, text: &str, tree: &Tree) -> Vec<Finding> {
    markdown::links(text)
        .into_iter()
        .filter_map(|link| Some(Finding::new(path, link.line, dead(path, link.target, tree)?)))
        .collect()
}

/// Why a link leads nowhere, if so.
fn dead(path: &str, target: &str, tree: &Tree) -> Option<String> {
    if has_scheme(target) || target.starts_with("//") {
        return None;
    }
    let (file, anchor) = match target.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (target, None),
    };
    let file = file.split('?').next().unwrap_or_default();
    let resolved = if file.is_empty() { Some(path.to_owned()) } else { resolve(path, file) };
    let Some(resolved) = resolved.filter(|resolved| exists(tree, resolved)) else {
        return Some(format!("dead link: there is no `{file}` from here"));
    };
    let anchor = anchor?;
    match tree.get(&resolved) {
        Some(Some(text)) if resolved.ends_with(".md") && !markdown::has_anchor(text, anchor) => {
            Some(format!("dead link: {resolved} has no heading for `#{anchor}`"))
        }
        _ => None,
    }
}

fn has_scheme(target: &str) -> bool {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+'))
}

/// A path from the root for one seen from a document; `None` if it leaves the project.
fn resolve(from: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = if relative.starts_with('/') { Vec::new() } else { from.split('/').collect() };
    parts.pop();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// A file, or a folder with at least one.
fn exists(tree: &Tree, path: &str) -> bool {
    let folder = format!("{path}/");
    path.is_empty()
        || tree.contains_key(path)
        || tree.range(folder.clone()..).next().is_some_and(|(file, _)| file.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: &str, findings: usize) {
        let text = format!("# Here\n[x]({target})\n");
        let tree = Tree::from([
            ("docs/a.md".to_owned(), Some(text.clone())),
            ("docs/sub/b.md".to_owned(), Some("# Top\n## 3.1 Part\n".to_owned())),
            ("README.md".to_owned(), Some(String::new())),
            ("docs/c.png".to_owned(), None),
        ]);
        let found = super::check("docs/a.md", &text, &tree);
        assert_eq!(found.len(), findings, "{target}: {found:?}");
        assert!(found.iter().all(|finding| finding.line == 2));
    }

    #[test]
    fn living_links_pass() {
        let living = [
            "sub/b.md",
            "./sub/b.md",
            "sub/b.md#31-part",
            "sub",
            "sub/",
            "../README.md",
            "/README.md",
            "c.png",
            "..",
            "#here",
            "https://example.org/gone.md",
            "mailto:a@example.org",
        ];
        for target in living {
            check(target, 0);
        }
    }

    #[test]
    fn dead_links_are_found() {
        for target in ["b.md", "sub/b.md#part", "#there", "../../README.md", "su", "sub/c.png"] {
            check(target, 1);
        }
    }
}
