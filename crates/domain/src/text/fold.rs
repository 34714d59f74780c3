//! Making texts comparable: keywords match whatever the case, the spacing and the punctuation around them.
//!
//! Folding is Unicode's simple lower case with the exceptions people meet on phones (ß, dotless and dotted i, final
//! sigma). It isn't full Unicode case folding, and it doesn't normalise: `é` in one code point and in two are different
//! here, and so are full-width letters.

#[cfg(test)]
mod tests;

use unicode_segmentation::GraphemeCursor;

const COMBINING_DOT_ABOVE: char = '\u{307}';

/// The text in the form in which it is compared: lower case, without white space at its ends, any other run of white
/// space as one space. Folding twice changes nothing more.
///
/// `ß` and `ẞ` become `ss`; `İ`, `ı` and `i` with a second dot become `i`, so that a Turkish keyword is found whichever
/// way a phone wrote it; final `ς` becomes `σ`, `ſ` becomes `s`.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.trim().chars() {
        if ch.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if ch.is_ascii() {
            out.push(ch.to_ascii_lowercase());
        } else {
            fold_beyond_ascii(ch, &mut out);
        }
    }
    out
}

fn fold_beyond_ascii(ch: char, out: &mut String) {
    match ch {
        'ß' | 'ẞ' => out.push_str("ss"),
        'İ' | 'ı' => out.push('i'),
        'ς' => out.push('σ'),
        'ſ' => out.push('s'),
        COMBINING_DOT_ABOVE if out.ends_with('i') => {}
        other => out.extend(other.to_lowercase()),
    }
}

/// Whether a folded text is the folded keyword and nothing else. Punctuation around the text doesn't count, so `Stop!`
/// is `stop`. An empty keyword matches nothing.
#[must_use]
pub fn exact(text_folded: &str, keyword_folded: &str) -> bool {
    !keyword_folded.is_empty()
        && (text_folded == keyword_folded || text_folded.trim_matches(is_surrounding) == keyword_folded)
}

/// Whether a folded text begins with the folded keyword as a whole word: then comes the end, or a character that is
/// neither letter nor digit and doesn't belong to the one before it. Punctuation before the keyword doesn't count.
/// An empty keyword matches nothing.
#[must_use]
pub fn starts_with_word(text_folded: &str, keyword_folded: &str) -> bool {
    if keyword_folded.is_empty() {
        return false;
    }
    has_word_at_start(text_folded, keyword_folded)
        || (text_folded.starts_with(is_surrounding)
            && has_word_at_start(text_folded.trim_start_matches(is_surrounding), keyword_folded))
}

/// A folded text without the punctuation around it: what [`exact`] and [`starts_with_word`] look at besides the whole.
#[must_use]
pub fn bare(text_folded: &str) -> &str {
    text_folded.trim_matches(is_surrounding)
}

/// A folded text without the punctuation before its first word.
#[must_use]
pub fn without_marks_before(text_folded: &str) -> &str {
    text_folded.trim_start_matches(is_surrounding)
}

fn has_word_at_start(text: &str, keyword: &str) -> bool {
    let Some(rest) = text.strip_prefix(keyword) else {
        return false;
    };
    match rest.chars().next() {
        None => true,
        Some(next) if next.is_ascii() => !next.is_ascii_alphanumeric(),
        // A combining mark is no letter, yet it makes another letter of the one before it.
        Some(next) => {
            !next.is_alphanumeric()
                && GraphemeCursor::new(keyword.len(), text.len(), true).is_boundary(text, 0) == Ok(true)
        }
    }
}

/// White space, quotes, brackets, dashes and the marks that end or open a sentence. Signs that keywords are made of
/// (`#`, `*`, `+`, `@`, currency) are not among them.
fn is_surrounding(ch: char) -> bool {
    ch.is_whitespace()
        || matches!(
            ch,
            '.' | ','
                | ';'
                | ':'
                | '!'
                | '?'
                | '-'
                | '_'
                | '\''
                | '"'
                | '`'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '<'
                | '>'
        )
        || matches!(ch, '¡' | '¿' | '«' | '»' | '‹' | '›' | '…' | '\u{2010}'..='\u{201F}' | '。' | '、' | '！' | '？')
        || matches!(ch, '،' | '؛' | '؟' | '।' | '॥' | '\u{FEFF}' | '\u{200B}')
}
