//! JSON read one level at a time: members in the order given, their values as they were written.
//!
//! What is passed on must not change its meaning on the way: numbers keep their digits, members their order and their
//! repetitions. And no depth of nesting reaches a parser that recurses, since values are looked at only where they are
//! wanted.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object.
#[derive(Debug)]
pub(crate) struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    /// Reads an object; none for anything else.
    pub(crate) fn read(text: &'a str) -> Option<Members<'a>> {
        serde_json::from_str(text).ok()
    }

    /// The value of a member; of one written twice the last counts.
    pub(crate) fn get(&self, name: &str) -> Option<Json<'a>> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| Json::of(value))
    }

    /// As [`Members::get`], where null is as good as absent.
    pub(crate) fn given(&self, name: &str) -> Option<Json<'a>> {
        self.get(name).filter(|value| *value != Json::Null)
    }

    /// The names, in the order given.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Names and values, in the order given.
    pub(crate) fn into_pairs(self) -> impl Iterator<Item = (String, Json<'a>)> {
        self.0.into_iter().map(|(name, value)| (name, Json::of(value)))
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// A value, looked at as far as its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// As written.
    Number(&'a str),
    /// Unescaped.
    Text(String),
    /// As written.
    Array(&'a str),
    /// As written.
    Object(&'a str),
    /// A text whose escapes make no characters (half of a surrogate pair).
    Broken,
}

impl<'a> Json<'a> {
    fn of(raw: &'a RawValue) -> Json<'a> {
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'n') => Json::Null,
            Some(b't') => Json::Bool(true),
            Some(b'f') => Json::Bool(false),
            Some(b'"') => serde_json::from_str(text).map_or(Json::Broken, Json::Text),
            Some(b'[') => Json::Array(text),
            Some(b'{') => Json::Object(text),
            _ => Json::Number(text),
        }
    }

    /// Reads any value; none when the text is no JSON.
    pub(crate) fn read(text: &'a str) -> Option<Json<'a>> {
        serde_json::from_str::<&RawValue>(text).ok().map(Json::of)
    }

    /// A text or a number, as text.
    pub(crate) fn plain(self) -> Option<Cow<'a, str>> {
        match self {
            Json::Text(text) => Some(Cow::Owned(text)),
            Json::Number(text) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }
}

/// The entries of an array that was read before.
pub(crate) fn entries(array: &str) -> Vec<Json<'_>> {
    serde_json::from_str::<Vec<&RawValue>>(array).unwrap_or_default().into_iter().map(Json::of).collect()
}

/// JSON without the blanks between its parts; nothing else changes.
pub(crate) fn compact(json: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let (mut in_text, mut is_escaped) = (false, false);
    for byte in json.bytes() {
        if in_text || !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            out.push(byte);
        }
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            _ => {}
        }
    }
    out
}

/// Writes a text in quotes.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("writing to memory never fails");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn members_keep_their_order_and_values_their_spelling() {
        let members = Members::read(r#" {"b": 1.50, "a":"\u00e9", "b":{"z":1, "y":[ ]}, "c":"\ud800"} "#).unwrap();
        assert_eq!(members.names().collect::<Vec<_>>(), ["b", "a", "b", "c"]);
        assert_eq!(members.get("b"), Some(Json::Object(r#"{"z":1, "y":[ ]}"#)));
        assert_eq!(members.get("a"), Some(Json::Text("é".into())));
        assert_eq!(members.get("c"), Some(Json::Broken));
        assert_eq!(members.get("d"), None);
        for bad in ["", "[]", "1", "{", "{\"a\":1} x", "{\"a\"}"] {
            assert!(Members::read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn depth_is_no_matter() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(matches!(Members::read(&deep).unwrap().get("a"), Some(Json::Array(_))));
    }

    #[test]
    fn compact_json_loses_blanks_only() {
        let check = |json, golden: &str| assert_eq!(compact(json), golden.as_bytes());
        check("{ \"b\" : 1.0 ,\n\t\"a\":\" x \\\" y \" }", r#"{"b":1.0,"a":" x \" y "}"#);
        check(r#"{"a":"\\" , "b":1}"#, r#"{"a":"\\","b":1}"#);
        check("[]", "[]");
    }

    proptest! {
        #[test]
        fn compact_json_means_the_same(name in any::<String>(), text in any::<String>(), number in any::<i64>()) {
            let value = serde_json::json!({ name: [text, number, null, {"a": true}] });
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            let compacted = compact(&pretty);
            prop_assert_eq!(serde_json::from_slice::<Value>(&compacted).unwrap(), value.clone());
            prop_assert_eq!(compacted, value.to_string().into_bytes());
        }
    }
}
