//! Every Rust file begins by saying what belongs in it; test files say what they test.

use super::Finding;
use super::rust::RustFile;

pub(crate) fn check(file: &RustFile) -> Vec<Finding> {
    let first = file.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    match first.strip_prefix("//!") {
        Some(words) if !words.trim().is_empty() => Vec::new(),
        _ => {
            let sentence = "the file does not begin with a `//!` that says what belongs in it";
            vec![Finding::new(file.path, 1, sentence)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, findings: usize) {
        assert_eq!(super::check(&RustFile::new("src/tests.rs", text)).len(), findings, "{text}");
    }

    #[test]
    fn a_doc_comes_first() {
        check("//! What is here.\nuse x;\n", 0);
        check("\n//! After a blank line.\n", 0);
        check("use x;\n//! Too late.\n", 1);
        check("// Not a doc.\n", 1);
        check("/// The doc of an item.\nfn f() {}\n", 1);
        check("//!\n//! An empty first line.\n", 1);
        check("", 1);
    }
}
