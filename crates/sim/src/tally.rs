//! How often each fault really happened. A fault that never fires proves nothing, so the tests look at these counts.

use std::fmt;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident: $words:literal,)*) => {
        /// Everything a world can do to the gateway.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[$doc])* $name,)*
        }

        impl Fault {
            /// All of them, in the order in which they are printed.
            pub const ALL: &[Fault] = &[$(Fault::$name,)*];

            /// What happened, in words.
            pub const fn words(self) -> &'static str {
                match self {
                    $(Fault::$name => $words,)*
                }
            }
        }
    };
}

faults! {
    /// SMPP `ESME_RTHROTTLED`.
    Throttled: "a submit is throttled",
    /// A stretch in which a channel throttles everything.
    ThrottleStorm: "a channel throttles everything for a while",
    /// A passing error.
    RefusedForNow: "a submit is refused for now",
    /// A lasting error.
    RefusedForGood: "a submit is refused for good",
    /// The network has the segment, the gateway does not know.
    AnswerLost: "a submit is taken and its answer is lost",
    /// The segment never got there.
    SubmitLost: "a submit is lost",
    /// Shortly before the gateway gives up.
    AnswerLate: "a submit is answered seconds late",
    /// The gateway has given the answer up, and it comes after all: taken.
    TakenAfterAll: "a submit that was given up turns out to be taken",
    /// The same: refused, for now or for good.
    RefusedAfterAll: "a submit that was given up turns out to be refused",
    /// Taken under an empty id.
    NoNetworkId: "a submit is taken without an id",
    /// A TCP connection to the network ends.
    LinkCut: "a link is cut",
    /// With submits that have no answer yet.
    CutWithOrders: "a link is cut under open submits",
    /// The network never hears what became of a delivery.
    CutWithDelivery: "a link is cut before a delivery is answered",
    /// A receipt before the answer to its submit.
    ReceiptEarly: "a receipt comes before its submit is answered",
    /// The same receipt again.
    ReceiptDoubled: "a receipt comes twice",
    /// Another last word after the last word.
    ReceiptContradicts: "a second last word contradicts the first",
    /// An intermediate word after the last word.
    ReceiptBackward: "an intermediate receipt comes after the last word",
    /// An id the network never gave.
    ReceiptUnknown: "a receipt names an unknown id",
    /// No id at all.
    ReceiptNameless: "a receipt names no id",
    /// The right id on a channel it does not belong to.
    ReceiptElsewhere: "a receipt comes on another channel",
    /// Decimal, upper case, leading zeros.
    ReceiptRespelled: "a receipt spells its id in another way",
    /// The last word is never said.
    ReceiptNever: "a receipt never comes",
    /// The OK was lost, so the network delivers again.
    MoRepeated: "an MO is delivered again though it was taken",
    /// A later segment overtakes an earlier one.
    SegmentsSwapped: "segments of an MO come in another order",
    /// A segment that never comes.
    SegmentMissing: "a segment of an MO never comes",
    /// A segment that comes when its text has gone on without it.
    SegmentLate: "a segment of an MO comes minutes late",
    /// Two texts of one phone under one reference.
    ReferenceReused: "a phone uses a reference for two texts at a time",
    /// Number 0, or above the total.
    SegmentMisnumbered: "a segment has an impossible number",
    /// No connection.
    Unreachable: "an application cannot be reached",
    /// 500.
    ServerError: "an application answers 500",
    /// 503 with `Retry-After`.
    RetryAfter: "an application asks to come back later",
    /// 410.
    Gone: "an application answers 410",
    /// No answer within the time allowed.
    TimedOut: "an application does not answer in time",
    /// It did what it was asked, and the gateway never hears of it.
    AnswerUnheard: "an application works and its answer is lost",
    /// The connection ends before an answer.
    Broken: "a connection to an application breaks",
    /// 200 and a part of the answer, then a reset.
    ResetAfter200: "an application answers 200 and resets",
    /// A body beyond the bound.
    TooLarge: "an application answers too much",
    /// Seconds until an answer.
    Slow: "an application answers slowly",
    /// A stretch in which everything is slow.
    SlowForLong: "an application is slow for a while",
    /// A stretch in which everything fails.
    DownForLong: "an application is down for a while",
    /// 200 with no sense in it.
    LieGarbage: "an answer is garbage",
    /// 200 with a page for people.
    LiePage: "an answer is an HTML page",
    /// 200 with half a JSON object.
    LieCut: "an answer is cut JSON",
    /// 200 that speaks of other phones and sessions.
    LieOthers: "an answer names other phones and sessions",
    /// 200 with members of wrong types.
    LieTypes: "an answer has wrong types",
    /// 200 with a thousand brackets.
    LieDeep: "an answer is nested beyond reason",
    /// A client asks once more with its key.
    SendRepeated: "a client repeats a send",
    /// A client uses its key for another request.
    KeyReused: "a client uses a key for another request",
    /// Up to a minute.
    ClockForward: "the clock steps forward by seconds",
    /// Up to a minute.
    ClockBack: "the clock steps back by seconds",
    /// An hour.
    HourForward: "the clock steps forward by an hour",
    /// An hour.
    HourBack: "the clock steps back by an hour",
    /// A day.
    DayForward: "the clock steps forward by a day",
    /// A day.
    DayBack: "the clock steps back by a day",
    /// No space left.
    StoreFull: "the store is full for a while",
    /// Commits fail, reads work.
    StoreFailing: "commits fail for a while",
    /// Reads fail.
    StoreUnreadable: "reads fail for a while",
    /// A commit that was asked for and not made.
    CommitRefused: "a commit is refused",
    /// Between two turns.
    Killed: "the node is killed",
    /// Nothing of it is durable.
    DiedBeforeCommit: "the node dies in a commit that is not durable",
    /// All of it is durable, no effect ran.
    DiedAfterCommit: "the node dies between a durable commit and its effects",
    /// Some effects ran.
    DiedAmongEffects: "the node dies among the effects of a commit",
    /// While it reads what is unfinished.
    DiedInScan: "the node dies while it reads unfinished work",
    /// While it commits what it found.
    DiedInRecovery: "the node dies in the commit of its recovery",
    /// An orderly stop.
    Stopped: "the node is stopped in good order",
    /// An application leaves the configuration.
    ApplicationRemoved: "an application is removed for a while",
}

/// Counts by fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    counts: Vec<u64>,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally { counts: vec![0; Fault::ALL.len()] }
    }
}

impl Tally {
    pub(crate) fn count(&mut self, fault: Fault) {
        self.counts[fault as usize] += 1;
    }

    /// Adds the counts of another world.
    pub fn add(&mut self, other: &Tally) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
    }

    /// How often a fault happened.
    pub fn of(&self, fault: Fault) -> u64 {
        self.counts[fault as usize]
    }

    /// The faults that never happened.
    pub fn missing(&self) -> Vec<Fault> {
        Fault::ALL.iter().copied().filter(|fault| self.of(*fault) == 0).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in Fault::ALL {
            writeln!(f, "{:>10}  {}", self.of(*fault), fault.words())?;
        }
        Ok(())
    }
}
