//! Markdown as the link rules see it: headings with their anchors, and links outside code.

/// A heading.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    pub(crate) text: String,
    /// What follows `#` in a link to it.
    pub(crate) anchor: String,
}

/// A link's target and its line, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link<'a> {
    pub(crate) line: usize,
    pub(crate) target: &'a str,
}

/// All headings (`#` style), anchors made as GitHub makes them.
pub(crate) fn headings(text: &str) -> Vec<Heading> {
    let mut headings: Vec<Heading> = Vec::new();
    for (_, line) in prose(text) {
        let title = line.trim_start_matches('#');
        let level = line.len() - title.len();
        if !(1..=6).contains(&level) || !(title.is_empty() || title.starts_with(' ')) {
            continue;
        }
        let title = title.trim().trim_end_matches('#').trim_end();
        let slug = slug(title);
        let mut anchor = slug.clone();
        let mut repeats = 0;
        while headings.iter().any(|heading| heading.anchor == anchor) {
            repeats += 1;
            anchor = format!("{slug}-{repeats}");
        }
        headings.push(Heading { text: title.to_owned(), anchor });
    }
    headings
}

/// Whether a link may end in `#anchor`: a heading's, or one set by hand with `id` or `name`.
pub(crate) fn has_anchor(text: &str, anchor: &str) -> bool {
    let by_hand = ["id", "name"].iter().any(|key| text.contains(&format!("{key}=\"{anchor}\"")));
    by_hand || headings(text).iter().any(|heading| heading.anchor == anchor)
}

/// All links and pictures: inline, by reference, and HTML's `href` and `src`.
pub(crate) fn links(text: &str) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    for (line, content) in prose(text) {
        let mut found = |target: &'_ str, offset: usize| {
            let start = offset + (target.len() - target.trim_start().len());
            let target = target.trim();
            let (start, target) = match target.strip_prefix('<') {
                Some(inside) => (start + 1, inside.split('>').next().unwrap_or_default()),
                None => (start, target.split_whitespace().next().unwrap_or_default()),
            };
            // `content` is a copy without code; the target itself comes from the original
            links.push((line, start, target.len()));
        };
        for (at, _) in content.match_indices("](") {
            let target = &content[at + 2..];
            found(&target[..link_end(target)], at + 2);
        }
        let reference = content.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]:"));
        if let Some((label, target)) = reference
            && !label.contains(']')
            && !label.starts_with('^')
        {
            found(target, content.len() - target.len());
        }
        for attribute in ["href=\"", "src=\""] {
            for (at, _) in content.match_indices(attribute) {
                let start = at + attribute.len();
                let target = &content[start..];
                found(&target[..target.find('"').unwrap_or(target.len())], start);
            }
        }
    }
    let lines: Vec<&str> = text.lines().collect();
    let target = |(line, start, length): (usize, usize, usize)| {
        lines[line - 1].get(start..start + length).map(|target| Link { line, target })
    };
    links.into_iter().filter_map(target).collect()
}

/// Where an inline link's target ends: at the parenthesis that was not opened inside it.
fn link_end(target: &str) -> usize {
    let mut depth = 0usize;
    for (at, c) in target.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return at,
            ')' => depth -= 1,
            _ => {}
        }
    }
    target.len()
}

/// The lines outside fenced code, numbered from 1, with `code` in them blanked out (same byte offsets).
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fence: Option<&str> = None;
    let mut prose = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        let marks = trimmed.bytes().take_while(|byte| matches!(byte, b'`' | b'~')).count();
        match fence {
            Some(open) if trimmed.starts_with(open) && trimmed[marks..].trim().is_empty() => fence = None,
            Some(_) => {}
            None if marks >= 3 => fence = Some(&trimmed[..marks]),
            None => prose.push((index + 1, without_code(line))),
        }
    }
    prose
}

/// Blanks code between equal runs of backticks. A heading's code is kept: it is part of the anchor.
fn without_code(line: &str) -> String {
    if line.starts_with('#') {
        return line.to_owned();
    }
    let mut out = line.to_owned();
    let mut at = 0;
    while let Some(start) = line[at..].find('`').map(|offset| at + offset) {
        let run = line[start..].bytes().take_while(|byte| *byte == b'`').count();
        let inside = start + run;
        match line[inside..].find(&line[start..inside]) {
            Some(length) => {
                out.replace_range(inside..inside + length, &" ".repeat(length));
                at = inside + length + run;
            }
            None => at = inside,
        }
    }
    out
}

fn slug(title: &str) -> String {
    let mut shown = String::new();
    let mut rest = title;
    // of a link, only the text shows
    while let Some((before, after)) = rest.split_once("](") {
        shown.push_str(before);
        rest = &after[(link_end(after) + 1).min(after.len())..];
    }
    shown.push_str(rest);
    let kept = shown.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_github() {
        let text = "# A `B` & C\n## 3.1 The *one* way\n## Same\n## Same\n#no\n```\n# code\n```\n### [x](y.md) z\n";
        let anchors: Vec<String> = headings(text).into_iter().map(|heading| heading.anchor).collect();
        assert_eq!(anchors, ["a-b--c", "31-the-one-way", "same", "same-1", "x-z"]);
        assert!(has_anchor("<a id=\"by-hand\"></a>", "by-hand"));
        assert!(!has_anchor(text, "code"));
    }

    #[test]
    fn links_are_found_outside_code() {
        let text = "[a](b.md) ![c](d.png \"title\") `[e](f.md)` [g](h_(i).md)\n```md\n[j](k.md)\n```\n\
            [l]: m.md\n[^1]: note\n<img src=\"n.png\">\n[o](<p q.md>) ``x ` [y](z)`` é [r](s.md#t)\n~~~\n[u](v)\n";
        let found: Vec<(usize, &str)> = links(text).iter().map(|link| (link.line, link.target)).collect();
        let expected =
            [(1, "b.md"), (1, "d.png"), (1, "h_(i).md"), (5, "m.md"), (7, "n.png"), (8, "p q.md"), (8, "s.md#t")];
        assert_eq!(found, expected);
    }
}
