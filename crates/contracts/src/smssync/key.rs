//! The keys of a message, each of which may have another name (`docs/reference/smssync.md §1`).

use std::fmt;

/// A key, by what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The secret of the Sync URL.
    Secret,
    /// The sender.
    From,
    /// The text.
    Message,
    /// When the device received it.
    SentTimestamp,
    /// The device's own number.
    SentTo,
    /// The identity of the message.
    MessageId,
    /// What its user calls the device.
    DeviceId,
}

impl Key {
    /// All, in the order in which a device sends them.
    pub const ALL: [Key; 7] =
        [Key::Secret, Key::From, Key::Message, Key::SentTimestamp, Key::SentTo, Key::MessageId, Key::DeviceId];

    /// Its name unless it was renamed.
    pub const fn name(self) -> &'static str {
        match self {
            Key::Secret => "secret",
            Key::From => "from",
            Key::Message => "message",
            Key::SentTimestamp => "sent_timestamp",
            Key::SentTo => "sent_to",
            Key::MessageId => "message_id",
            Key::DeviceId => "device_id",
        }
    }

    /// Reads [`Key::name`].
    pub fn parse(name: &str) -> Option<Key> {
        Key::ALL.into_iter().find(|key| key.name() == name)
    }
}

/// Longest name of a key, in bytes.
pub const KEY_NAME_BYTES_MAX: usize = 64;

/// Why names cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadKeys {
    /// A name is empty, longer than [`KEY_NAME_BYTES_MAX`], or not made of ASCII letters, digits, `_`, `.` and `-` with a
    /// letter or `_` at its begin: it would not be a name in every format.
    Name {
        /// Of this key.
        key: Key,
    },
    /// Two keys have one name.
    Twice {
        /// The name.
        name: String,
    },
}

impl fmt::Display for BadKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadKeys::Name { key } => write!(
                f,
                "the name for {} must be 1 to {KEY_NAME_BYTES_MAX} letters, digits, _ . - and begin with a letter or _",
                key.name()
            ),
            BadKeys::Twice { name } => write!(f, "two keys have the name {name}"),
        }
    }
}

impl std::error::Error for BadKeys {}

/// The names of all keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    names: [String; Key::ALL.len()],
}

impl Default for Keys {
    fn default() -> Keys {
        Keys { names: Key::ALL.map(|key| key.name().to_owned()) }
    }
}

impl Keys {
    /// The default names with some of them replaced.
    pub fn renamed<'a>(names: impl IntoIterator<Item = (Key, &'a str)>) -> Result<Keys, BadKeys> {
        let mut keys = Keys::default();
        for (key, name) in names {
            if !is_name(name) {
                return Err(BadKeys::Name { key });
            }
            keys.names[key as usize] = name.to_owned();
        }
        let is_twice = |index: usize| keys.names[..index].contains(&keys.names[index]);
        match (0..keys.names.len()).find(|index| is_twice(*index)) {
            Some(index) => Err(BadKeys::Twice { name: keys.names[index].clone() }),
            None => Ok(keys),
        }
    }

    /// The name of a key.
    pub fn of(&self, key: Key) -> &str {
        &self.names[key as usize]
    }
}

fn is_name(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    starts && name.len() <= KEY_NAME_BYTES_MAX && name.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_have_other_names() {
        let keys = Keys::renamed([(Key::From, "sender"), (Key::Message, "from")]).unwrap();
        assert_eq!((keys.of(Key::From), keys.of(Key::Message), keys.of(Key::Secret)), ("sender", "from", "secret"));
        for key in Key::ALL {
            assert_eq!(Keys::default().of(key), key.name());
            assert_eq!(Key::parse(key.name()), Some(key));
        }
    }

    #[test]
    fn names_that_would_not_work_are_refused() {
        for name in ["", "1st", "a b", "a=b", "a&b", "<a>", "ä", "-a", &"a".repeat(KEY_NAME_BYTES_MAX + 1)] {
            assert_eq!(Keys::renamed([(Key::From, name)]), Err(BadKeys::Name { key: Key::From }), "{name}");
        }
        let twice = Err(BadKeys::Twice { name: "message".into() });
        assert_eq!(Keys::renamed([(Key::From, "message")]), twice);
    }
}
