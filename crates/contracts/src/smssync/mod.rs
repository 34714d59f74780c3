//! SMSSync (`docs/reference/smssync.md`), on both sides of it.
//!
//! A *device* is an Android phone with SMSSync; a phone is, as everywhere, the person's end. Devices are channels:
//! [`device`] reads what they send to their Sync URL and writes what they expect back. Applications written as SMSSync
//! servers are told as if by a device: [`request`] writes what it would send to their Sync URL, [`answer`] reads what they
//! answer. Both share the [`key`]s, the times and the [`result`] codes.
//!
//! Here are bytes only. Who may ask, what is stored and when something is told is decided elsewhere.

use domain::id::MessageId;

pub mod answer;
pub mod device;
pub mod key;
pub mod request;
pub mod result;
mod time;
mod xml;

/// How applications are addressed when a device is played towards them, and by the requests of their chains
/// (`docs/reference/smssync.md §6`).
pub const USER_AGENT: &str = "SMSSync-Android/2.0";
/// The content type of every JSON of the contract.
pub const JSON: &str = "application/json; charset=utf-8";
/// Longest id of a message that is taken, in bytes. Both sides use UUIDs, some servers their own.
pub const UUID_BYTES_MAX: usize = 128;
/// Most messages, ids or results of one body.
pub const ENTRIES_MAX: usize = 1000;

/// What a request is about, named in its query. Without one it brings a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Asks for messages to send.
    Send,
    /// Says which of them were queued.
    Sent,
    /// Asks whose results are awaited, or brings them.
    Result,
}

impl Task {
    /// All.
    pub const ALL: [Task; 3] = [Task::Send, Task::Sent, Task::Result];

    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Task::Send => "send",
            Task::Sent => "sent",
            Task::Result => "result",
        }
    }

    /// Reads [`Task::name`].
    pub fn parse(name: &str) -> Option<Task> {
        Task::ALL.into_iter().find(|task| task.name() == name)
    }

    /// Whether requests of this kind carry the secret; [`Task::Sent`] never does (`docs/reference/smssync.md §4`).
    pub const fn carries_secret(self) -> bool {
        !matches!(self, Task::Sent)
    }
}

/// The form of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A form, in URL encoding.
    #[default]
    Form,
    /// A flat object of texts.
    Json,
    /// A `payload` with an element for each key.
    Xml,
}

impl Format {
    /// All.
    pub const ALL: [Format; 3] = [Format::Form, Format::Json, Format::Xml];

    /// The configured word.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Form => "form",
            Format::Json => "json",
            Format::Xml => "xml",
        }
    }

    /// Reads [`Format::name`].
    pub fn parse(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Form => "application/x-www-form-urlencoded",
            Format::Json => JSON,
            Format::Xml => "application/xml; charset=utf-8",
        }
    }
}

/// The id of a message as SMSSync writes it: a UUID with dashes. [`MessageId::parse`] reads it.
pub fn uuid(id: MessageId) -> String {
    let hex = id.hex();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// What was given, fit to be repeated in a complaint.
fn shown(given: &str) -> String {
    given.chars().filter(|c| !c.is_control()).take(CHARS_SHOWN).collect()
}

/// What was given is repeated up to this many characters.
const CHARS_SHOWN: usize = 40;

/// Adds a complaint unless there are too many already.
fn complain(complaints: &mut Vec<String>, complaint: impl Into<String>) {
    if complaints.len() < COMPLAINTS_MAX {
        complaints.push(complaint.into());
    }
}

/// Most complaints about one body.
pub const COMPLAINTS_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use domain::id::Stamp;

    use super::*;

    #[test]
    fn ids_are_uuids_with_dashes() {
        let id = MessageId::new(Stamp::new(1_795_000_000_123, 7), u64::MAX);
        assert_eq!(uuid(id), "01a1ee56-5e7b-7007-bfff-ffffffffffff");
        assert_eq!(MessageId::parse(&uuid(id)), Some(id));
    }

    #[test]
    fn names_are_read_back() {
        for task in Task::ALL {
            assert_eq!(Task::parse(task.name()), Some(task));
        }
        for format in Format::ALL {
            assert_eq!(Format::parse(format.name()), Some(format));
        }
        assert_eq!((Task::parse("SEND"), Task::parse("")), (None, None));
    }
}
