//! Rust source as the rules see it: code apart from comments, literals blanked out, test code known.
//!
//! It is a lexer and a matcher of brackets, not a parser: it trusts that the source compiles.

use std::ops::RangeInclusive;

/// One Rust file. `code` and `comments` have the same length and lines as `text`, blanks for what they leave out.
pub(crate) struct RustFile<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    /// Without comments, strings and character literals.
    pub(crate) code: String,
    /// Only comments, doc comments among them.
    pub(crate) comments: String,
    test_lines: Vec<RangeInclusive<usize>>,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    /// Of the word `fn`, from 1.
    pub(crate) line: usize,
    /// From `fn` to the closing brace.
    pub(crate) lines: usize,
}

impl<'a> RustFile<'a> {
    pub(crate) fn new(path: &'a str, text: &'a str) -> Self {
        let (code, comments) = Lexer::split(text);
        let test_lines = test_modules(&code);
        RustFile { path, text, code, comments, test_lines }
    }

    /// A file of nothing but tests.
    pub(crate) fn is_test_file(&self) -> bool {
        let mut parts = self.path.split('/').rev();
        parts.next() == Some("tests.rs") || parts.any(|part| part == "tests")
    }

    /// Whether a line (from 1) is in a test file or in a `#[cfg(test)] mod`.
    pub(crate) fn is_test_line(&self, line: usize) -> bool {
        self.is_test_file() || self.test_lines.iter().any(|lines| lines.contains(&line))
    }

    /// The line of a byte, from 1.
    pub(crate) fn line_of(&self, at: usize) -> usize {
        line_of(self.text, at)
    }

    /// Every function that has a body.
    pub(crate) fn functions(&self) -> Vec<Function<'_>> {
        let named = words(&self.code).filter(|(_, word)| *word == "fn").filter_map(|(at, _)| {
            let signature = at + 2;
            let name = self.code[signature..].trim_start().trim_start_matches('$');
            // `fn(u8)` is a type
            let name = words(name).next().filter(|(offset, _)| *offset == 0)?.1;
            let body = body_start(&self.code, signature)?;
            let line = self.line_of(at);
            let lines = self.line_of(closing(&self.code, body)) - line + 1;
            Some(Function { name, line, lines })
        });
        named.collect()
    }
}

/// The line of a byte in a text, from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Identifiers, keywords and numbers, each with its offset.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += code[at..].find(is_word)?;
        let start = at;
        at += code[at..].find(|c| !is_word(c)).unwrap_or(code.len() - at);
        Some((start, &code[start..at]))
    })
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where a function's body opens; `None` for a signature that ends in a semicolon.
fn body_start(code: &str, from: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (offset, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'{' if depth == 0 => return Some(offset),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The bracket that closes the one at `open`; the end of the code when there is none.
fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (offset, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return offset;
        }
    }
    code.len()
}

/// The lines of each `#[cfg(test)] mod name { … }`.
fn test_modules(code: &str) -> Vec<RangeInclusive<usize>> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("#[cfg(") {
        let condition_end = closing(code, at + 1);
        let condition = &code[at..condition_end];
        let is_test = words(condition).any(|(_, word)| word == "test");
        if !is_test || words(condition).any(|(_, word)| word == "not") {
            continue;
        }
        // further attributes and the visibility may stand before `mod`
        let mut start = condition_end + 1;
        while code.get(start..).is_some_and(|rest| rest.trim_start().starts_with("#[")) {
            let open = start + code[start..].find('[').unwrap_or_default();
            start = closing(code, open) + 1;
        }
        let rest = code.get(start..).unwrap_or_default();
        let item = words(rest).map(|(_, word)| word).find(|word| !matches!(*word, "pub" | "crate" | "super" | "in"));
        let Some(open) = body_start(code, start).filter(|_| item == Some("mod")) else {
            continue;
        };
        found.push(line_of(code, at)..=line_of(code, closing(code, open)));
    }
    found
}

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    code: Vec<u8>,
    comments: Vec<u8>,
}

impl<'a> Lexer<'a> {
    /// Code and comments of a source text.
    fn split(text: &'a str) -> (String, String) {
        let blank: Vec<u8> = text.bytes().map(|byte| if byte == b'\n' { b'\n' } else { b' ' }).collect();
        let mut lexer = Lexer { bytes: text.as_bytes(), at: 0, code: blank.clone(), comments: blank };
        while lexer.at < lexer.bytes.len() {
            lexer.step();
        }
        // literals and comments begin and end at ASCII bytes, so nothing is lost here
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (text(lexer.code), text(lexer.comments))
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or_default()
    }

    fn step(&mut self) {
        match (self.byte(0), self.byte(1)) {
            (b'/', b'/') => self.line_comment(),
            (b'/', b'*') => self.block_comment(),
            (b'"', _) => self.string(),
            (b'\'', _) => self.quote(),
            (byte, _) if is_word_byte(byte) => self.word(),
            _ => self.keep(self.at + 1),
        }
    }

    /// Takes everything up to `end` as code.
    fn keep(&mut self, end: usize) {
        self.code[self.at..end].copy_from_slice(&self.bytes[self.at..end]);
        self.at = end;
    }

    fn comment(&mut self, end: usize) {
        self.comments[self.at..end].copy_from_slice(&self.bytes[self.at..end]);
        self.at = end;
    }

    fn line_comment(&mut self) {
        let length = self.bytes[self.at..].iter().position(|byte| *byte == b'\n');
        self.comment(length.map_or(self.bytes.len(), |length| self.at + length));
    }

    /// Block comments nest.
    fn block_comment(&mut self) {
        let mut depth = 0usize;
        let mut end = self.at;
        while end < self.bytes.len() {
            if self.bytes[end..].starts_with(b"/*") {
                depth += 1;
                end += 2;
            } else if self.bytes[end..].starts_with(b"*/") {
                depth -= 1;
                end += 2;
                if depth == 0 {
                    break;
                }
            } else {
                end += 1;
            }
        }
        self.comment(end);
    }

    /// A string with escapes, from its opening quote.
    fn string(&mut self) {
        self.at += 1;
        while self.at < self.bytes.len() && self.byte(0) != b'"' {
            self.at += if self.byte(0) == b'\\' { 2 } else { 1 };
        }
        self.at = (self.at + 1).min(self.bytes.len());
    }

    /// A raw string, from its first `#` or quote.
    fn raw_string(&mut self) {
        let hashes = self.bytes[self.at..].iter().take_while(|byte| **byte == b'#').count();
        self.at += hashes + 1;
        let end = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
        while self.at < self.bytes.len() && !self.bytes[self.at..].starts_with(&end) {
            self.at += 1;
        }
        self.at = (self.at + end.len()).min(self.bytes.len());
    }

    /// A character literal or a lifetime.
    fn quote(&mut self) {
        let length = match self.byte(1) {
            byte if byte < 0x80 => 1,
            byte => byte.leading_ones() as usize,
        };
        if self.byte(1) == b'\\' {
            // the escaped byte may be a quote itself
            self.at += 3;
            while self.at < self.bytes.len() && self.byte(0) != b'\'' {
                self.at += 1;
            }
            self.at = (self.at + 1).min(self.bytes.len());
        } else if self.byte(1 + length) == b'\'' {
            self.at += length + 2;
        } else {
            self.keep(self.at + 1);
        }
    }

    /// A word, which may turn out to be the prefix of a string.
    fn word(&mut self) {
        let length = self.bytes[self.at..].iter().take_while(|byte| is_word_byte(**byte)).count();
        let end = self.at + length;
        let hashes = self.bytes[end..].iter().take_while(|byte| **byte == b'#').count();
        let quoted = self.bytes.get(end + hashes) == Some(&b'"');
        match &self.bytes[self.at..end] {
            b"r" | b"br" | b"cr" if quoted => {
                self.at = end;
                self.raw_string();
            }
            b"b" | b"c" if quoted && hashes == 0 => {
                self.at = end;
                self.string();
            }
            b"b" if self.bytes.get(end) == Some(&b'\'') => {
                self.at = end;
                self.quote();
            }
            _ => self.keep(end),
        }
    }
}

/// Bytes of names; anything beyond ASCII counts, since outside literals it can only be in a name.
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, code: &str, comments: &str) {
        let file = RustFile::new("x.rs", text);
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!((squeeze(&file.code).as_str(), squeeze(&file.comments).as_str()), (code, comments), "{text}");
        assert_eq!(file.code.len(), text.len(), "{text}");
        assert_eq!(file.comments.matches('\n').count(), text.matches('\n').count(), "{text}");
    }

    #[test]
    fn literals_and_comments_are_told_from_code() {
        check("a /* b /* c */ d */ e // f\ng", "a e g", "/* b /* c */ d */ // f");
        check(r#"let s = "a // \" } b"; x"#, "let s = ; x", "");
        check("r\"a\\\" b r#\"c \" d\"# e br##\"f\"# g\"## h", "b e h", "");
        check("b\"}\" c\"}\" b'}' x", "x", "");
        check("f('{', '\\'', '\\u{7d}', '\\\\', 'é', '\"') x", "f( , , , , , ) x", "");
        check("fn f<'a>(x: &'a str, y: &'static str) {}", "fn f<'a>(x: &'a str, y: &'static str) {}", "");
        check("r#type r#\"x\"# // é\n\"", "r#type", "// é");
        check("/* open", "", "/* open");
    }

    #[test]
    fn functions_are_measured() {
        let text = "fn a() {\n    \"}\";\n    '}';\n}\ntrait T { fn b(x: [u8; 2]); }\nlet p: fn(u8) = c;\nimpl X {\n    \
            async fn d<F>(f: F) -> [u8; 2]\n    where\n        F: Fn(u8),\n    {\n        { /* } */ }\n    }\n}\n";
        let file = RustFile::new("x.rs", text);
        let found = file.functions();
        let expected = [Function { name: "a", line: 1, lines: 4 }, Function { name: "d", line: 8, lines: 6 }];
        assert_eq!(found, expected);
    }

    #[test]
    fn test_code_is_known() {
        let text = "fn a() {}\n#[cfg(test)]\n#[allow(x)]\npub(crate) mod tests {\n    fn b() {}\n}\nfn c() {}\n\
            #[cfg(not(test))]\nmod real {\n}\n#[cfg(test)]\nmod apart;\nfn d() {\n}\n";
        let file = RustFile::new("src/x.rs", text);
        let tests: Vec<usize> = (1..=14).filter(|line| file.is_test_line(*line)).collect();
        assert_eq!(tests, [2, 3, 4, 5, 6]);
        assert!(RustFile::new("crates/x/tests/y.rs", "").is_test_line(1));
        assert!(RustFile::new("src/x/tests.rs", "").is_test_line(1));
        assert!(!RustFile::new("src/tests_of_x.rs", "").is_test_line(1));
    }
}
