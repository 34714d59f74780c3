//! The project stands alone: no file names a place outside it.

use super::Finding;

/// Folders that exist beside some checkouts only. In pieces, so that this file keeps its own rule.
const FOREIGN: &[&str] = &[concat!("/wo", "rk/"), concat!("../sha", "red"), concat!(".lib", "rary")];

pub(crate) fn check(path: &str, text: &str) -> Vec<Finding> {
    let named = |line: &str| FOREIGN.iter().find(|foreign| line.contains(**foreign));
    let lines = text.lines().enumerate().filter_map(|(index, line)| Some((index + 1, named(line)?)));
    lines.map(|(line, foreign)| Finding::new(path, line, format!("`{foreign}` is not part of the project"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_outside_are_found() {
        for foreign in FOREIGN {
            let found = check("a.md", &format!("good\nsee {foreign}x\n"));
            assert_eq!(found.len(), 1, "{foreign}");
            assert_eq!(found[0].line, 2);
        }
        assert_eq!(check("a.md", "it works/fails; shared; a library; ../sharp\n"), []);
    }
}
