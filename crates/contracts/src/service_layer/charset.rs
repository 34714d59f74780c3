//! Bytes of a response → text, by the `charset` its content type declares. Nothing is refused here: what does not fit
//! is replaced and said.

use std::borrow::Cow;

/// 0x80 to 0x9f of windows-1252, which the web reads for every Latin-1 label (WHATWG Encoding, "windows-1252").
const WINDOWS_1252_HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The declared media type in lower case, without parameters; empty when none is declared.
pub(super) fn media_type(content_type: Option<&str>) -> String {
    content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The text, without a byte order mark, and a complaint when bytes had to be replaced.
pub(super) fn decode<'a>(content_type: Option<&str>, body: &'a [u8]) -> (Cow<'a, str>, Option<String>) {
    if content_type.is_some_and(|header| charset(header).is_some_and(is_latin_1)) {
        return (latin_1(body), None);
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match std::str::from_utf8(body) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(_) => (
            String::from_utf8_lossy(body),
            Some("the answer is not UTF-8; bytes that could not be read were replaced: send UTF-8, or declare charset=iso-8859-1".into()),
        ),
    }
}

/// The value of the `charset` parameter (RFC 9110 §8.3.1).
fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

fn is_latin_1(charset: &str) -> bool {
    ["iso-8859-1", "latin1", "latin-1", "windows-1252", "cp1252"].iter().any(|name| charset.eq_ignore_ascii_case(name))
}

fn latin_1(body: &[u8]) -> Cow<'_, str> {
    if let (true, Ok(text)) = (body.is_ascii(), std::str::from_utf8(body)) {
        return Cow::Borrowed(text);
    }
    let decoded = body.iter().map(|byte| match byte {
        0x80..=0x9f => WINDOWS_1252_HIGH[usize::from(byte - 0x80)],
        _ => char::from(*byte),
    });
    Cow::Owned(decoded.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content_type: Option<&str>, body: &[u8], text: &str, complains: bool) {
        let (decoded, complaint) = decode(content_type, body);
        assert_eq!(decoded, text);
        assert_eq!(complaint.is_some(), complains, "{content_type:?}");
    }

    #[test]
    fn the_declared_charset_decides() {
        check(None, "Grüße".as_bytes(), "Grüße", false);
        check(None, b"Gr\xfc\xdfe", "Gr\u{fffd}\u{fffd}e", true);
        check(Some("text/plain; charset=ISO-8859-1"), b"Gr\xfc\xdfe \x80", "Grüße €", false);
        check(Some("text/plain;Charset=\"latin1\""), b"caf\xe9", "café", false);
        check(Some("text/plain; charset=utf-8"), b"\xef\xbb\xbfhi", "hi", false);
        check(Some("text/plain; charset=klingon"), "Grüße".as_bytes(), "Grüße", false);
    }

    #[test]
    fn a_media_type_has_no_parameters() {
        assert_eq!(media_type(Some(" Text/HTML ; charset=x")), "text/html");
        assert_eq!(media_type(None), "");
    }
}
