//! Timeline entries: everything that happened to a message, in order, with the reason in words.
//!
//! A note is a code and its arguments; the words are made when somebody reads ([`Note::words`]), so that writing one
//! costs little and the sentence can be improved for old messages too.

use crate::callback::{AttemptRecord, CallbackEvent, CallbackKind, Rendered};
use crate::directory::Name;
use crate::id::CallbackId;
use crate::time::At;

macro_rules! note_codes {
    ($($variant:ident = $code:literal, $name:literal, $template:literal;)*) => {
        /// What a note says; the stored code is never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum NoteCode {
            $(#[doc = $template] $variant,)*
        }

        impl NoteCode {
            /// Every code.
            pub const ALL: &'static [NoteCode] = &[$(NoteCode::$variant,)*];

            /// The stored code.
            pub const fn code(self) -> u16 {
                match self { $(NoteCode::$variant => $code,)* }
            }

            /// Back from the stored code.
            pub const fn from_code(code: u16) -> Option<NoteCode> {
                match code { $($code => Some(NoteCode::$variant),)* _ => None }
            }

            /// The word by which programs know it.
            pub const fn name(self) -> &'static str {
                match self { $(NoteCode::$variant => $name,)* }
            }

            const fn template(self) -> &'static str {
                match self { $(NoteCode::$variant => $template,)* }
            }
        }
    };
}

note_codes! {
    Received = 1, "received", "received on channel {0} from {1} to {2}, {3}";
    Complaint = 2, "complaint", "odd: {0}";
    SegmentRepeated = 4, "segment_repeated", "segment {0} of {1} came again and was ignored";
    Joined = 5, "joined", "all {0} segments joined";
    Flushed = 6, "flushed", "segments missing after the wait: {0}; went on with what came, gaps marked";
    Duplicate = 7, "duplicate", "the network delivered {0} again; answered OK and suppressed";
    RoutedBySession = 8, "routed", "given to {0}: its session with this phone on {1} is open";
    RoutedByKeyword = 9, "routed", "given to {0}: keyword \"{1}\" ({2}) on {3}";
    RoutedByAddress = 10, "routed", "given to {0}: it takes everything to {1}";
    Unrouted = 11, "unrouted", "nobody takes it: {0}";
    SessionOpened = 12, "session_opened", "session with {0} opened on {1}";
    SessionClosed = 13, "session_closed", "session with {0} closed: {1}";
    AutoReplied = 14, "auto_replied", "the keyword's text was sent as {0} to {1}";
    Answered = 15, "answered", "answer understood: {0}";
    RetryPlanned = 16, "retry_planned", "attempt {0} failed: {1}; the next one in {2} ms";
    CallbackExhausted = 17, "callback_exhausted", "callback {0} given up after {1} attempts; it can be replayed";
    CallbackRefused = 18, "callback_refused", "callback {0} refused by the application: {1}";
    Replied = 19, "replied", "reply {0} to {1}";
    Reprocessed = 20, "reprocessed", "the answer had the text \"{0}\" processed as {1}";
    ReprocessedFrom = 21, "reprocessed_from", "text of the answer to {0}, processed as if the phone had sent it (hop {1})";
    LoopCut = 22, "loop_cut", "the answer asked to process a text again for the {0}th time; cut to end the loop";
    Subscribed = 23, "subscribed", "the phone is now a subscriber of {0}";
    Accepted = 24, "accepted", "accepted from {0} for {1}";
    Segmented = 25, "segmented", "{0}, {1} units, segments: {2}";
    Scheduled = 26, "scheduled", "to be sent at {0}";
    Queued = 27, "queued", "queued on channel {0}";
    Submitted = 28, "submitted", "segment {0} of {1} taken by the network as {2}";
    SubmitRefused = 29, "submit_refused", "segment {0} of {1} refused by the network: {2}";
    SubmitInDoubt = 30, "submit_in_doubt", "segment {0} of {1} was submitted and its result is unknown: {2}; {3}";
    Reported = 31, "reported", "report for segment {0} of {1}: {2} ({3})";
    ReportedLate = 32, "reported_late", "late report for segment {0} of {1}: {2} ({3}); the state stays {4}";
    Expired = 33, "expired", "not submitted within its validity";
    ReportMissing = 34, "report_missing", "no report came in time; the last state stays";
    Cancelled = 35, "cancelled", "cancelled by {0}";
    Replayed = 36, "replayed", "callback {0} replayed by {1}";
    LaneMovedOn = 37, "lane_moved_on", "callback {0} has been failing for {1} ms; the phone's next callback no longer waits for it";
    InReplyTo = 38, "in_reply_to", "caused by the answer to {0}";
    ByKeyword = 39, "by_keyword", "the text of keyword \"{0}\" of {1}";
    Confirmation = 40, "confirmation", "confirms the subscription to {0}";
    Throttled = 41, "throttled", "the network asked to slow down {0} times before it took segment {1}";
    AnsweredLate = 43, "answered_late", "the network answers for segment {0} of {1} after all: {2}";
    Metadata = 44, "metadata", "given along: {0}";
    DialogTurn = 45, "dialog_turn", "USSD dialog: {0}";
    ReplyLate = 46, "reply_late", "no answer within {0} ms; the phone got the channel's sorry text";
    DialogOver = 47, "dialog_over", "not sent: {0}";
    NotTold = 48, "not_told", "{0} is not told of it";
    ReplyRefused = 42, "reply_refused", "a reply of the answer was not sent: {0}";
}

/// One sentence of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it says.
    pub code: NoteCode,
    /// What fills the sentence.
    pub args: Vec<String>,
}

impl Note {
    /// A note with its arguments.
    pub fn new<const N: usize>(code: NoteCode, args: [String; N]) -> Note {
        Note { code, args: args.into() }
    }

    /// The sentence for a person.
    pub fn words(&self) -> String {
        let mut words = String::with_capacity(96);
        let mut rest = self.code.template();
        while let Some(open) = rest.find('{') {
            words.push_str(&rest[..open]);
            let close = rest[open..].find('}').map_or(rest.len() - 1, |i| open + i);
            let index: usize = rest[open + 1..close].parse().unwrap_or(usize::MAX);
            words.push_str(self.args.get(index).map_or("?", String::as_str));
            rest = &rest[close + 1..];
        }
        words.push_str(rest);
        words
    }
}

/// The body of a callback on its way into the timeline: the engine has the contract render it before the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestBody {
    /// What is to be told; not yet bytes. Never stored.
    Told(CallbackEvent),
    /// The bytes.
    Rendered(Rendered),
}

/// One entry of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A sentence.
    Note(Note),
    /// A callback was made.
    CallbackMade {
        /// Its id.
        id: CallbackId,
        /// What it tells.
        kind: CallbackKind,
        /// Whom it is owed to.
        application: Name,
        /// Its body.
        request: RequestBody,
    },
    /// An attempt ended.
    Attempt {
        /// Of which callback.
        callback: CallbackId,
        /// What it was and what came of it.
        record: AttemptRecord,
    },
}

impl Entry {
    /// Shorthand for a note.
    pub fn note<const N: usize>(code: NoteCode, args: [String; N]) -> Entry {
        Entry::Note(Note::new(code, args))
    }
}

/// Entries that were committed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    /// When.
    pub at: At,
    /// In order.
    pub entries: Vec<Entry>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fill_the_sentence_and_show_missing_arguments() {
        let note = Note::new(NoteCode::Submitted, ["1".into(), "2".into(), "0e99".into()]);
        assert_eq!(note.words(), "segment 1 of 2 taken by the network as 0e99");
        assert_eq!(Note::new(NoteCode::Queued, []).words(), "queued on channel ?");
    }

    #[test]
    fn codes_are_unique_and_read_back() {
        for code in NoteCode::ALL {
            assert_eq!(NoteCode::from_code(code.code()), Some(*code));
        }
        assert_eq!(NoteCode::from_code(0), None);
    }
}
