//! The table of deliberate breaks: what is broken, how, and which test has to notice.

/// How many seeds the simulation gets for each break.
pub(super) const SEEDS: &str = "1000";

/// One way to break a promise.
#[derive(Debug)]
pub(super) struct Break {
    pub(super) name: &'static str,
    /// Which promise of `docs/concepts/guarantees.md`, and how it is broken.
    pub(super) promise: &'static str,
    pub(super) edits: &'static [Edit],
    pub(super) proof: Proof,
}

/// A text that is in a file exactly once, and what takes its place.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) path: &'static str,
    pub(super) text: &'static str,
    pub(super) instead: &'static str,
}

/// The test that has to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Proof {
    /// What cargo builds.
    pub(super) target: &'static [&'static str],
    /// The name of the test, or the beginning of it.
    pub(super) filter: &'static str,
    /// Where it is.
    pub(super) path: &'static str,
}

impl Proof {
    /// For the table.
    pub(super) fn shown(&self) -> String {
        format!("{} {}", self.target.join(" "), self.filter)
    }
}

const SIMULATION: Proof = Proof {
    target: &["-p", "sim", "--test", "seeds"],
    filter: "every_seed_keeps_the_promises",
    path: "crates/sim/tests/seeds.rs",
};

const POWER_CUT: Proof = Proof {
    target: &["-p", "hookswitch", "--test", "disk"],
    filter: "nothing_acknowledged_is_lost_by_cutting_the_power",
    path: "crates/hookswitch/tests/disk.rs",
};

const BATCH: &str = "crates/engine/src/runner/batch.rs";
const DISPATCH: &str = "crates/engine/src/runner/dispatch.rs";
const LANE: &str = "crates/engine/src/lane.rs";
const OPEN: &str = "crates/store/src/sqlite/open.rs";
const REPORT: &str = "crates/domain/src/decide/report.rs";
const SEND: &str = "crates/domain/src/decide/send.rs";
const COMMIT: &str = "let committed = self.ports.store.commit(now, &changes);";

pub(super) const BREAKS: &[Break] = &[
    Break {
        name: "acknowledge-before-commit",
        promise: "1: askers are told OK, then it is committed",
        edits: &[Edit {
            path: BATCH,
            text: COMMIT,
            instead: "for one in &mut decided {
                if let Some(ticket) = one.envelope.ticket.take() {
                    ticket(Ok(one.outcome.clone()));
                }
            }
            let committed = self.ports.store.commit(now, &changes);",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "synchronous-normal",
        promise: "1: a commit is in the log, and the log not yet on the disk",
        edits: &[
            Edit {
                path: OPEN,
                text: "connection.pragma_update(None, \"synchronous\", \"FULL\")?;",
                instead: "connection.pragma_update(None, \"synchronous\", \"NORMAL\")?;",
            },
            Edit { path: OPEN, text: "if level != 2 {", instead: "if level < 1 {" },
        ],
        proof: POWER_CUT,
    },
    Break {
        name: "failed-sync-is-passing",
        promise: "1: after a failed write the gateway goes on",
        edits: &[Edit {
            path: "crates/store/src/sqlite/failure.rs",
            text: "StoreError::Fatal(error.to_string())",
            instead: "StoreError::Unavailable(error.to_string())",
        }],
        proof: Proof {
            target: &["-p", "store", "--lib"],
            filter: "a_damaged_table_ends_all_writing",
            path: "crates/store/src/sqlite/tests.rs",
        },
    },
    Break {
        name: "work-is-forgotten-by-a-restart",
        promise: "2: a callback that was attempted before a crash counts as in progress for ever",
        edits: &[Edit {
            path: "crates/engine/src/runner/mod.rs",
            text: "Unfinished::Callback(callback) if callback.state != CallbackState::Pending =>",
            instead: "Unfinished::Callback(callback)
                if callback.state != CallbackState::Pending || callback.attempts > 0 =>",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "lane-order-off",
        promise: "3: the newest callback of a lane goes first",
        edits: &[Edit {
            path: "crates/engine/src/queue.rs",
            text: "        if queue.tail == NONE {
            queue.head = at;
        } else {
            self.nodes[queue.tail as usize].next = at;
        }
        queue.tail = at;",
            instead: "        self.nodes[at as usize].next = queue.head;
        queue.head = at;
        if queue.tail == NONE {
            queue.tail = at;
        }",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "order-hold-off",
        promise: "3: a failing callback holds its lane a thousand times as long",
        edits: &[Edit {
            path: LANE,
            text: "since.plus_ms(application.order_hold_ms)",
            instead: "since.plus_ms(1_000 * application.order_hold_ms)",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "reply-outside-the-transaction",
        promise: "4: the end of a callback is one commit, what its answer asks for another",
        edits: &[Edit {
            path: BATCH,
            text: COMMIT,
            instead: "let is_end = |change: &&Change| matches!(change, Change::EndCallback { .. });
            let (ends, rest): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(is_end);
            let both = [ends, rest].map(|part| part.into_iter().cloned().collect::<Vec<Change>>());
            let parts = both.iter().filter(|part| !part.is_empty());
            let committed = parts.map(|part| self.ports.store.commit(now, part)).collect::<Result<(), _>>();",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "duplicate-suppression-off",
        promise: "1, 2: an MO that the network repeats is another MO",
        edits: &[Edit {
            path: "crates/domain/src/decide/mo.rs",
            text: "let seen = &draft.phone()?.seen;",
            instead: "let seen = &draft.phone()?.seen[..0];",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "idempotency-off",
        promise: "5: a key is forgotten at once",
        edits: &[Edit {
            path: SEND,
            text: ".filter(|b| b.until > draft.now)",
            instead: ".filter(|b| b.until < draft.now)",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "key-reuse-unnoticed",
        promise: "5: another request under a key gets the answer of the first",
        edits: &[Edit {
            path: SEND,
            text: "if before.fingerprint != idempotency.fingerprint {",
            instead: "if before.fingerprint != idempotency.fingerprint && send.to.is_empty() {",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "no-mark-before-submit",
        promise: "5: on channels that hold doubts nothing says that a submit may have been written",
        edits: &[Edit {
            path: DISPATCH,
            text: "events.push(Event::SubmitStarting { message: turn.message, segment: order.segment });",
            instead: "",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "early-receipts-dropped",
        promise: "6: a receipt that matches nothing yet is thrown away",
        edits: &[Edit {
            path: REPORT,
            text: "if before.is_some_and(|b| b.report.status.is_final() && !report.status.is_final()) {",
            instead: "if before.is_none() {",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "early-receipts-not-applied",
        promise: "6: a receipt that waits for the answer to its submit waits for ever",
        edits: &[Edit {
            path: "crates/domain/src/decide/submit.rs",
            text: "let early = spellings.iter().find_map(",
            instead: "let early = spellings.iter().take(0).find_map(",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "last-word-changes",
        promise: "6: a report after the last word counts",
        edits: &[Edit {
            path: REPORT,
            text: "known.filter(|k| k.is_final() || *k >= report.status)",
            instead: "known.filter(|k| *k == report.status)",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "one-breaker-stops-all",
        promise: "7: behind an application whose breaker is open nobody starts",
        edits: &[Edit {
            path: LANE,
            text: "if app.breaker.permits(now_ms, free) == 0 {\n                    break;",
            instead: "if app.breaker.permits(now_ms, free) == 0 {\n                    return;",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "concurrency-ignored",
        promise: "7: an application gets as many attempts at a time as there are lanes",
        edits: &[Edit {
            path: LANE,
            text: "let free = application.concurrency.saturating_sub(app.in_flight);",
            instead: "let free = application.concurrency;",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "window-ignored",
        promise: "7: one segment more than the window is open on a link",
        edits: &[Edit {
            path: "crates/engine/src/pace/link.rs",
            text: "self.used < self.window && self.open < self.window + self.window / 10",
            instead: "self.used <= self.window && self.open <= self.window + self.window / 10",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "breaker-never-opens",
        promise: "7: a dead application is attempted as if it were alive",
        edits: &[Edit {
            path: "crates/engine/src/breaker.rs",
            text: "None if self.failures >= BREAKER_FAILURES => {",
            instead: "None if self.failures >= BREAKER_FAILURES && self.failures == u32::MAX => {",
        }],
        proof: Proof {
            target: &["-p", "engine", "--lib"],
            filter: "breaker::tests::it_opens_after_failures",
            path: "crates/engine/src/breaker.rs",
        },
    },
    Break {
        name: "finished-work-stays",
        promise: "8: an MT that has ended stays in memory",
        edits: &[Edit {
            path: "crates/engine/src/runner/effects.rs",
            text: "self.works.forget_mt(id.stamp);",
            instead: "let _ = id;",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "no-reason-in-the-timeline",
        promise: "9: a message is answered and nothing says so",
        edits: &[Edit {
            path: "crates/domain/src/decide/answer.rs",
            text: "entries.push(Entry::note(NoteCode::Answered, [words(answer)]));",
            instead: "drop(words(answer));",
        }],
        proof: SIMULATION,
    },
    Break {
        name: "dropped-ticket-is-an-ok",
        promise: "1: an event that nobody decided is acknowledged",
        edits: &[Edit {
            path: "crates/channels/src/smpp/acknowledgement.rs",
            text: "self.say(self.temporary.unwrap_or(Status::RX_T_APPN));",
            instead: "self.say(Status::ROK);",
        }],
        proof: Proof {
            target: &["-p", "channels", "--test", "network"],
            filter: "a_ticket_that_is_dropped_refuses_for_now",
            path: "crates/channels/tests/network/receiving.rs",
        },
    },
];
