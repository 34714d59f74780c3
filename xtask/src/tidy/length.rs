//! Files and functions stay short enough to be read in one go. Tests and generated files apart.

use super::Finding;
use super::rust::RustFile;

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

pub(crate) fn check(file: &RustFile) -> Vec<Finding> {
    if is_exempt(file) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let lines = file.text.lines().count();
    if lines > FILE_LINES_MAX {
        let sentence = format!("the file is {lines} lines long, at most {FILE_LINES_MAX}: split it by meaning");
        findings.push(Finding::new(file.path, FILE_LINES_MAX + 1, sentence));
    }
    for function in file.functions() {
        if function.lines > FUNCTION_LINES_MAX && !file.is_test_line(function.line) {
            let (name, lines) = (function.name, function.lines);
            let sentence = format!("function `{name}` is {lines} lines long, at most {FUNCTION_LINES_MAX}");
            findings.push(Finding::new(file.path, function.line, sentence));
        }
    }
    findings
}

fn is_exempt(file: &RustFile) -> bool {
    let mut folders = file.path.split('/').rev().skip(1);
    file.is_test_file() || file.path.ends_with(".gen.rs") || folders.any(|folder| matches!(folder, "target" | "fuzz"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&RustFile::new(path, text)).iter().map(ToString::to_string).collect()
    }

    fn function(lines: usize) -> String {
        format!("fn f() {{\n{}}}\n", "    // }\n".repeat(lines - 2))
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(found("src/a.rs", &"\n".repeat(400)), Vec::<String>::new());
        let long = "\n".repeat(401);
        assert_eq!(
            found("src/a.rs", &long),
            ["src/a.rs:401: the file is 401 lines long, at most 400: split it by meaning"]
        );
        for exempt in ["src/a/tests.rs", "crates/x/tests/a.rs", "fuzz/a.rs", "src/a.gen.rs"] {
            assert_eq!(found(exempt, &long), Vec::<String>::new(), "{exempt}");
        }
    }

    #[test]
    fn long_functions_are_found() {
        assert_eq!(found("src/a.rs", &function(70)), Vec::<String>::new());
        let long = format!("\n{}", function(71));
        assert_eq!(found("src/a.rs", &long), ["src/a.rs:2: function `f` is 71 lines long, at most 70"]);
        let in_tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function(90));
        assert_eq!(found("src/a.rs", &in_tests), Vec::<String>::new());
    }
}
