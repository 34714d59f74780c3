//! What happens to messages for a phone: its number says so, as with the test numbers of card payments.

use smpp::receipt::MessageState;

/// What happens to a segment for a phone, by the last four digits of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Any other number: taken, shown on the phone, reported delivered.
    Delivered,
    /// `0001`: taken, reported undeliverable.
    Undeliverable,
    /// `0002`: taken, reported expired.
    Expired,
    /// `0003`: refused for good (`ESME_RINVDSTADR`).
    Refused,
    /// `0004`: throttled twice, then as any other, and so on.
    ThrottledTwice,
    /// `0005`: taken and shown, never reported.
    NeverReported,
    /// `0006`: never answered.
    Unanswered,
    /// `0007`: the connection is cut instead of an answer.
    Cut,
    /// `0008`: refused for now twice (`ESME_RSYSERR`), then as any other, and so on.
    RefusedTwice,
    /// `0009`: reported before it is answered.
    ReportedFirst,
}

impl Fate {
    /// The fate of a number.
    pub fn of(phone: &str) -> Fate {
        match phone.as_bytes() {
            [.., b'0', b'0', b'0', last] => match last {
                b'1' => Fate::Undeliverable,
                b'2' => Fate::Expired,
                b'3' => Fate::Refused,
                b'4' => Fate::ThrottledTwice,
                b'5' => Fate::NeverReported,
                b'6' => Fate::Unanswered,
                b'7' => Fate::Cut,
                b'8' => Fate::RefusedTwice,
                b'9' => Fate::ReportedFirst,
                _ => Fate::Delivered,
            },
            _ => Fate::Delivered,
        }
    }

    /// What is reported in the end; nothing if nothing is.
    pub(super) const fn reported(self) -> Option<MessageState> {
        match self {
            Fate::Delivered | Fate::ThrottledTwice | Fate::RefusedTwice | Fate::ReportedFirst => {
                Some(MessageState::Delivered)
            }
            Fate::Undeliverable => Some(MessageState::Undeliverable),
            Fate::Expired => Some(MessageState::Expired),
            Fate::Refused | Fate::NeverReported | Fate::Unanswered | Fate::Cut => None,
        }
    }

    /// Whether the phone shows the text.
    pub(super) const fn is_shown(self) -> bool {
        matches!(self.reported(), Some(MessageState::Delivered)) || matches!(self, Fate::NeverReported)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_four_digits_decide() {
        let check = |phone, fate| assert_eq!(Fate::of(phone), fate, "{phone}");
        check("41790000001", Fate::Undeliverable);
        check("0003", Fate::Refused);
        check("41790000010", Fate::Delivered);
        check("41790000000", Fate::Delivered);
        check("41790001001", Fate::Delivered);
        check("1", Fate::Delivered);
        check("", Fate::Delivered);
        check("41790000009", Fate::ReportedFirst);
    }
}
