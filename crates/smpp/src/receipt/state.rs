//! The states of a message (SMPP 3.4 §5.2.28) and their spellings in receipts (appendix B, and the field).

/// How a message fares at the SMSC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageState {
    /// Not delivered yet. Also 5.0's "scheduled" and vendors' "buffered".
    Enroute,
    /// It reached the phone.
    Delivered,
    /// Its validity period ended.
    Expired,
    /// It was deleted at the SMSC.
    Deleted,
    /// It can't be delivered.
    Undeliverable,
    /// It was read on behalf of the subscriber by customer service.
    Accepted,
    /// The SMSC doesn't know.
    Unknown,
    /// It was rejected.
    Rejected,
}

/// How words for a state begin, in capitals. Vendors cut words off, double or drop letters at the end.
const BEGINNINGS: &[(&str, MessageState)] = &[
    ("DELIV", MessageState::Delivered),
    ("DELVR", MessageState::Delivered),
    ("DLV", MessageState::Delivered),
    ("EXP", MessageState::Expired),
    ("DEL", MessageState::Deleted),
    ("UND", MessageState::Undeliverable),
    ("NOTDELIV", MessageState::Undeliverable),
    ("NODELIV", MessageState::Undeliverable),
    ("FAIL", MessageState::Undeliverable),
    ("ACC", MessageState::Accepted),
    ("ACK", MessageState::Accepted),
    ("UNK", MessageState::Unknown),
    ("REJ", MessageState::Rejected),
    ("ENR", MessageState::Enroute),
    ("SCHED", MessageState::Enroute),
    ("BUFF", MessageState::Enroute),
    ("QUEUE", MessageState::Enroute),
];

impl MessageState {
    /// The state of a `message_state` parameter.
    pub fn of_number(number: u32) -> Option<MessageState> {
        match number {
            0 | 1 => Some(MessageState::Enroute),
            2 => Some(MessageState::Delivered),
            3 => Some(MessageState::Expired),
            4 => Some(MessageState::Deleted),
            5 => Some(MessageState::Undeliverable),
            6 => Some(MessageState::Accepted),
            7 => Some(MessageState::Unknown),
            8 => Some(MessageState::Rejected),
            _ => None,
        }
    }

    /// The state of a `message_state` parameter, as it is sent.
    pub fn to_number(self) -> u8 {
        match self {
            MessageState::Enroute => 1,
            MessageState::Delivered => 2,
            MessageState::Expired => 3,
            MessageState::Deleted => 4,
            MessageState::Undeliverable => 5,
            MessageState::Accepted => 6,
            MessageState::Unknown => 7,
            MessageState::Rejected => 8,
        }
    }

    /// The state of a receipt's text, in any of its spellings.
    pub fn of_text(word: &str) -> Option<MessageState> {
        let word: String = word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        if let Ok(number) = word.parse() {
            return MessageState::of_number(number);
        }
        BEGINNINGS.iter().find(|(beginning, _)| word.starts_with(beginning)).map(|(_, state)| *state)
    }

    /// The word of appendix B, as it is sent.
    pub fn to_text(self) -> &'static str {
        match self {
            MessageState::Enroute => "ENROUTE",
            MessageState::Delivered => "DELIVRD",
            MessageState::Expired => "EXPIRED",
            MessageState::Deleted => "DELETED",
            MessageState::Undeliverable => "UNDELIV",
            MessageState::Accepted => "ACCEPTD",
            MessageState::Unknown => "UNKNOWN",
            MessageState::Rejected => "REJECTD",
        }
    }

    /// Whether nothing better or worse can follow.
    pub fn is_final(self) -> bool {
        !matches!(self, MessageState::Enroute | MessageState::Accepted | MessageState::Unknown)
    }
}
