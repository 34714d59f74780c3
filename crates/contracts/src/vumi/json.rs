//! JSON as Vumi writes it: names in a fixed order, and nothing but ASCII, so that a line of a stream stays a line for
//! every reader (`docs/reference/vumi.md §2`).
//!
//! Messages are written once for each callback on the way to the commit, so they go straight into one buffer.

/// Writes a JSON object, name by name. Names are ours: ASCII without anything to escape.
pub(super) struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> Object<'a> {
    /// Opens an object at the end of `out`.
    pub(super) fn begin(out: &'a mut Vec<u8>) -> Object<'a> {
        out.push(b'{');
        Object { out, is_empty: true }
    }

    /// Closes it.
    pub(super) fn end(self) {
        self.out.push(b'}');
    }

    fn name(&mut self, name: &str) {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A member that is JSON already, in ASCII.
    pub(super) fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.out.extend_from_slice(json.as_bytes());
    }

    /// A member that is a text.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        text(self.out, value);
    }

    /// A member that is a text or null.
    pub(super) fn text_or_null(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.raw(name, "null"),
        }
    }

    /// A member of a foreign name whose value `write` writes.
    pub(super) fn with_text(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        text(self.out, name);
        self.out.push(b':');
        write(self.out);
    }

    /// A member whose value `write` writes.
    pub(super) fn with(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        self.name(name);
        write(self.out);
    }
}

/// Writes a text in quotes.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    out.push(b'"');
    if text.bytes().all(is_plain) {
        out.extend_from_slice(text.as_bytes());
    } else {
        for c in text.chars() {
            match c {
                '"' => out.extend_from_slice(b"\\\""),
                '\\' => out.extend_from_slice(b"\\\\"),
                '\n' => out.extend_from_slice(b"\\n"),
                '\r' => out.extend_from_slice(b"\\r"),
                '\t' => out.extend_from_slice(b"\\t"),
                '\u{8}' => out.extend_from_slice(b"\\b"),
                '\u{c}' => out.extend_from_slice(b"\\f"),
                ' '..='~' => out.push(c as u8),
                _ => escape(out, c),
            }
        }
    }
    out.push(b'"');
}

/// JSON in any characters as JSON in ASCII: outside ASCII it has characters in strings only.
pub(super) fn ascii(json: &str) -> String {
    if json.is_ascii() {
        return json.to_owned();
    }
    let mut out = Vec::with_capacity(json.len() * 2);
    for c in json.chars() {
        if c.is_ascii() { out.push(c as u8) } else { escape(&mut out, c) }
    }
    String::from_utf8(out).expect("only ASCII was written")
}

/// `\uXXXX`, twice for what needs a surrogate pair (RFC 8259 §7).
fn escape(out: &mut Vec<u8>, c: char) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for unit in c.encode_utf16(&mut [0; 2]) {
        let digit = |shift: u16| HEX[usize::from(*unit >> shift & 0xf)];
        out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
    }
}

#[cfg(test)]
mod tests;
