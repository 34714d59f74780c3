//! What the world is told about a link: the state of its one or two binds as one status.

use std::sync::{Mutex, PoisonError};

use domain::directory::Name;
use engine::live::{LinkStatus, Live};
use smpp::BindMode;

use crate::clock::wall;

/// The states of a bind, as the outside sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Connecting,
    Bound,
    Refused,
    Down,
    Stopped,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            State::Connecting => "connecting",
            State::Bound => "bound",
            State::Refused => "refused",
            State::Down => "down",
            State::Stopped => "stopped",
        }
    }
}

/// One link's place in the live state.
pub(super) struct Board {
    live: Live,
    channel: Name,
    link: u16,
    sides: Mutex<Vec<(BindMode, State, String)>>,
}

impl Board {
    pub(super) fn new(live: Live, channel: Name, link: u16, modes: &[BindMode]) -> Board {
        let sides = modes.iter().map(|mode| (*mode, State::Connecting, String::new())).collect();
        Board { live, channel, link, sides: Mutex::new(sides) }
    }

    /// Tells the state of a side. The link is what its first side that isn't bound is.
    pub(super) fn set(&self, side: usize, state: State, detail: String) {
        let mut sides = self.sides.lock().unwrap_or_else(PoisonError::into_inner);
        let (mode, ..) = sides[side];
        sides[side] = (mode, state, detail);
        let shown = sides.iter().position(|(_, state, _)| *state != State::Bound).unwrap_or(0);
        let (mode, state, detail) = &sides[shown];
        let detail = match mode {
            BindMode::Transceiver => detail.clone(),
            BindMode::Transmitter | BindMode::Receiver => format!("{}: {detail}", mode_name(*mode)),
        };
        // Under the lock: of two sides that change at once, the later word stays.
        self.live.set_link(&self.channel, self.link, LinkStatus { state: state.name(), detail, since: wall() });
    }
}

/// The word for a kind of bind.
pub(super) const fn mode_name(mode: BindMode) -> &'static str {
    match mode {
        BindMode::Transmitter => "transmitter",
        BindMode::Receiver => "receiver",
        BindMode::Transceiver => "transceiver",
    }
}
