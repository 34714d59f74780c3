//! Bad files: which code, on which line.

use super::{SMALLEST, WHOLE, parse, problems};

/// Replaces a line of [`WHOLE`] (found by its beginning, the first such after `after`) and says which problems follow.
#[track_caller]
fn check(after: &str, beginning: &str, replacement: &str, expected: &[&str]) {
    let start = WHOLE.find(after).expect("the table is in the file");
    let at = start + WHOLE[start..].find(&format!("\n{beginning}")).expect("the line is in the table") + 1;
    let end = at + WHOLE[at..].find('\n').expect("a line ends");
    let text = format!("{}{replacement}{}", &WHOLE[..at], &WHOLE[end..]);
    let line = WHOLE[..at].matches('\n').count() + 1;
    let expected: Vec<(String, usize)> = expected
        .iter()
        .map(|expected| match expected.split_once('+') {
            Some((code, further)) => (code.to_owned(), line + further.parse::<usize>().unwrap()),
            None => (expected.to_string(), line),
        })
        .collect();
    let found: Vec<(String, usize)> = problems(&text).into_iter().map(|(code, line)| (code.to_owned(), line)).collect();
    assert_eq!(found, expected, "{replacement}\n{}", parse(&text).map(|_| ()).unwrap_err());
}

#[test]
fn the_file_they_are_made_from_is_good() {
    let (_, warnings) = parse(WHOLE).unwrap();
    assert_eq!(warnings, []);
}

#[test]
fn operator_and_callbacks() {
    check("[operator]", "token", "", &["HS-1014"]);
}

#[test]
fn accounts() {
    check("[[account]]", "key", "key = \"a:b\"", &["HS-1009", "HS-1015+12"]);
    check("[[account]]", "key", "key = \"acm\"", &["HS-1015+12"]);
    check("[[account]]", "key", "key = 7", &["HS-1005", "HS-1015+12"]);
    check("[[account]]", "tokens", "tokens = []", &["HS-1022"]);
    check("[[account]]", "tokens", "tokens = \"a-long-enough-token\"", &["HS-1005"]);
    check("[[account]]", "tokens", "tokens = [\"\"]", &["HS-1023"]);
    check("[[account]]", "tokens", "tokens = [\"a\\nb\"]", &["HS-1023"]);
    check("[[account]]", "tokens", "token = [\"a-long-enough-token\"]", &["HS-1003"]);
    check("[[account]]", "tokens", "tokens = [\"env:NOT_SET\"]", &["HS-1012"]);
    check("[[account]]", "tokens", "tokens = [\"env:EMPTY\"]", &["HS-1012"]);
    check("[[account]]", "tokens", "tokens = [\"env:a b\"]", &["HS-1012"]);
    check("[[account]]", "tokens", "tokens = [\"file:not/there\"]", &["HS-1013"]);
    check("[[account]]", "tokens", "tokens = [\"an-operator-token\"]", &["HS-1027"]);
    check("[[account]]", "tokens", "tokens = [\"one-of-twelve\", \"one-of-twelve\"]", &["HS-1027"]);
}
