//! The fields of a request, wherever and in whichever form they came.

use super::BadRequest;
use crate::chain::json::{Json, Members};
use crate::smssync::key::{Key, Keys};
use crate::smssync::{complain, shown, xml};

/// Most fields of one request.
pub const FIELDS_MAX: usize = 64;

/// Names and values, in the order in which they count: of two fields of one name the first does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pairs: Vec<(String, String)>,
}

impl Fields {
    /// The value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of a key, under the name it was given, else under its usual one.
    pub(super) fn of(&self, keys: &Keys, key: Key) -> Option<&str> {
        self.get(keys.of(key)).or_else(|| {
            let is_taken = Key::ALL.into_iter().any(|other| other != key && keys.of(other) == key.name());
            self.get(key.name()).filter(|_| !is_taken)
        })
    }

    /// Whether any key of a message is there.
    pub(super) fn has_any(&self, keys: &Keys) -> bool {
        [Key::From, Key::Message].into_iter().any(|key| self.of(keys, key).is_some())
    }

    /// The names that came.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_str())
    }

    /// These, then those.
    pub(super) fn with(mut self, others: Fields) -> Fields {
        self.pairs.extend(others.pairs);
        self
    }

    fn new(pairs: Vec<(String, String)>) -> Result<Fields, BadRequest> {
        if pairs.len() > FIELDS_MAX { Err(BadRequest::TooManyFields) } else { Ok(Fields { pairs }) }
    }
}

/// Reads a query. Devices put theirs behind that of the Sync URL, so a second `?` stands for `&`.
pub(super) fn of_query(query: &str) -> Result<Fields, BadRequest> {
    let pieces = query.split('?').flat_map(|piece| form_urlencoded::parse(piece.as_bytes()));
    let pairs = pieces.take(FIELDS_MAX + 1).map(|(name, value)| (name.into_owned(), value.into_owned()));
    Fields::new(pairs.collect())
}

/// Reads a body: an object when it begins with `{`, XML when it begins with `<`, else a form.
pub(super) fn of_body(body: &[u8], complaints: &mut Vec<String>) -> Result<Fields, BadRequest> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte));
    match first {
        Some(b'{') => of_json(text_of(body, complaints).trim(), complaints),
        Some(b'<') => {
            let text = text_of(body, complaints);
            Fields::new(xml::read(text.trim()).ok_or(BadRequest::Unreadable)?)
        }
        _ => {
            let pairs = form_urlencoded::parse(body).take(FIELDS_MAX + 1);
            Fields::new(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
        }
    }
}

fn of_json(text: &str, complaints: &mut Vec<String>) -> Result<Fields, BadRequest> {
    let members = Members::read(text).ok_or(BadRequest::Unreadable)?;
    if members.names().count() > FIELDS_MAX {
        return Err(BadRequest::TooManyFields);
    }
    let mut pairs = Vec::new();
    for (name, value) in members.into_pairs() {
        let text = match value {
            Json::Text(text) => text,
            Json::Number(text) => text.to_owned(),
            Json::Bool(value) => value.to_string(),
            Json::Null => continue,
            Json::Array(_) | Json::Object(_) | Json::Broken => {
                complain(complaints, format!("the member {} is not a text and was ignored", shown(&name)));
                continue;
            }
        };
        pairs.push((name, text));
    }
    Fields::new(pairs)
}

/// The body as text, without a byte order mark.
pub(super) fn text_of(body: &[u8], complaints: &mut Vec<String>) -> String {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match std::str::from_utf8(body) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            complain(complaints, "the body is not UTF-8; bytes that could not be read were replaced");
            String::from_utf8_lossy(body).into_owned()
        }
    }
}
