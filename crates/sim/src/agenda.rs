//! What will happen when: ordered by time, and by the order in which it was put down.

use std::collections::BTreeMap;

use domain::callback::AttemptOutcome;
use domain::directory::Name;
use domain::id::CallbackId;
use engine::port::SubmitAnswer;

use crate::disk::Trouble;
use crate::network::Life;

/// Something the world does to the node.
pub(crate) enum Happening {
    /// The network delivers a piece of an MO.
    DeliverMo(usize),
    /// The network delivers a receipt.
    DeliverReceipt(usize),
    /// The network delivers a receipt about a segment it never took.
    StrangeReceipt { is_nameless: bool },
    /// The network's answer to an order arrives, unless the order is closed already.
    SubmitAnswered(usize, SubmitAnswer),
    /// The network's answer to an order comes after it was given up, unless its link has been cut since.
    AnsweredLate(usize, Life, SubmitAnswer),
    /// An attempt ends, unless the node has crashed since.
    AttemptEnds { node: u32, callback: CallbackId, outcome: Box<AttemptOutcome> },
    /// A link breaks.
    LinkCut(Name, u16),
    /// A link binds.
    LinkUp(Name, u16),
    /// A channel throttles everything, or no longer.
    Storm(Name, bool),
    /// A client asks to send.
    Send(usize),
    /// A client asks for something else under a key it has used.
    ReuseKey(usize),
    /// The node is killed.
    Crash,
    /// A commit ends the node, after so many others; true: the commit is durable all the same.
    CrashInCommit(u64, bool),
    /// The node is killed among the effects of its next turn that has any.
    CrashAmongEffects,
    /// The node is killed, and the next one dies in its recovery.
    CrashTwice(DeathInRecovery),
    /// The node is asked to stop.
    Drain,
    /// The node starts.
    Start,
    /// The store has a trouble, or no longer.
    Store(Trouble, bool),
    /// The wall clock steps by so many milliseconds.
    ClockSteps(i64),
    /// An application fails every attempt, or works again.
    ApplicationDown(Name, bool),
    /// An application takes seconds for every answer, or no longer.
    ApplicationSlow(Name, bool),
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

/// Where a node dies that has just been started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeathInRecovery {
    /// While it reads what is unfinished, after so many records.
    Scan(u64),
    /// In its first commit; true: the commit is durable all the same.
    Commit(bool),
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
