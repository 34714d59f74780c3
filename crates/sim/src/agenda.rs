//! What will happen when: ordered by time, and by the order in which it was put down.

use std::collections::BTreeMap;

use domain::callback::AttemptOutcome;
use domain::directory::Name;
use domain::id::CallbackId;
use engine::port::SubmitAnswer;

/// Something the world does to the node.
pub(crate) enum Happening {
    /// The network delivers a piece of an MO.
    DeliverMo(usize),
    /// The network delivers a receipt.
    DeliverReceipt(usize),
    /// The network's answer to an order arrives, unless the order is closed already.
    SubmitAnswered(usize, SubmitAnswer),
    /// An attempt ends, unless the node has crashed since.
    AttemptEnds { node: u32, callback: CallbackId, outcome: Box<AttemptOutcome> },
    /// A link breaks.
    LinkCut(Name, u16),
    /// A link binds.
    LinkUp(Name, u16),
    /// A client asks to send.
    Send(usize),
    /// The node is killed.
    Crash,
    /// The next commit ends the node; true: the commit is durable all the same.
    CrashInCommit(bool),
    /// The node is asked to stop.
    Drain,
    /// The node starts.
    Start,
    /// The store has no room, or has again.
    StoreFull(bool),
    /// Reads from the store fail, or work again.
    StoreUnreadable(bool),
    /// The wall clock steps by so many milliseconds.
    ClockSteps(i64),
    /// An application fails every attempt, or works again.
    ApplicationDown(Name, bool),
    /// The operator replays a callback that ended without answer, when there is one.
    Replay,
    /// An application closes its sessions.
    CloseSessions,
    /// The operator withdraws scheduled MTs.
    Cancel,
    /// An application disappears from the configuration, or is back.
    Configure(bool),
    /// Faults end.
    Heal,
}

#[derive(Default)]
pub(crate) struct Agenda {
    entries: BTreeMap<(u64, u64), Happening>,
    count: u64,
}

impl Agenda {
    pub(crate) fn at(&mut self, ms: u64, happening: Happening) {
        self.count += 1;
        self.entries.insert((ms, self.count), happening);
    }

    pub(crate) fn next_ms(&self) -> Option<u64> {
        self.entries.keys().next().map(|(ms, _)| *ms)
    }

    pub(crate) fn pop(&mut self, now_ms: u64) -> Option<Happening> {
        let entry = self.entries.first_entry()?;
        (entry.key().0 <= now_ms).then(|| entry.remove())
    }
}
