//! The operator's side: phones that send, an SMSC that repeats what was not acknowledged, takes or refuses submits and
//! sends receipts. What it knows is the second witness of the checkers.

use std::collections::{BTreeMap, BTreeSet};

use domain::address::{Address, AddressKey};
use domain::directory::Name;
use domain::event::{Event, Mo, MoContent};
use domain::id::MessageId;
use domain::report::{Report, ReportStatus};
use domain::text::coding::Alphabet;
use domain::text::reassembly::{Carrier, Concatenation, Reference};
use domain::time::At;
use smpp::receipt::{canonical_id, id_candidates};

use crate::chance::Chance;
use crate::plan::Plan;
use crate::setup::address;

/// Where the network's numbering starts: neither reading of such an id is the other reading of another.
const FIRST_ID: u64 = 1_000_000_001;

/// One deliver_sm of an MO.
pub(crate) struct Piece {
    /// Found in no other piece.
    pub(crate) token: String,
    pub(crate) mo: Mo,
    /// When the phone sends it.
    pub(crate) at_ms: u64,
    /// Delivered, and no answer yet.
    pub(crate) is_waiting: bool,
    /// The gateway has answered OK at least once.
    pub(crate) is_acknowledged: bool,
}

pub(crate) struct Receipt {
    pub(crate) channel: Name,
    pub(crate) phone: Address,
    pub(crate) ids: Vec<String>,
    pub(crate) status: ReportStatus,
    /// The id it is about, as the network numbers.
    pub(crate) about: u64,
    pub(crate) is_waiting: bool,
    pub(crate) is_acknowledged: bool,
}

/// A segment the network took.
pub(crate) struct Taken {
    /// What it will say in the end, when it says anything.
    pub(crate) last_word: Option<ReportStatus>,
    /// The gateway has acknowledged the last word.
    pub(crate) is_told: bool,
}

/// A submit without an answer.
pub(crate) struct Order {
    pub(crate) channel: Name,
    pub(crate) link: u16,
    pub(crate) message: MessageId,
    pub(crate) segment: u8,
    pub(crate) phone: AddressKey,
    pub(crate) is_open: bool,
}

#[derive(Default)]
pub(crate) struct Network {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) taken: BTreeMap<u64, Taken>,
    pub(crate) orders: Vec<Order>,
    pub(crate) links_up: BTreeSet<(Name, u16)>,
    /// Segments that may have been written on a channel that holds doubts: never to be seen again.
    pub(crate) written_once: BTreeSet<(MessageId, u8)>,
}

impl Network {
    /// Writes the MOs of a world.
    pub(crate) fn script(&mut self, plan: &Plan, chance: &mut Chance) {
        for number in 0..plan.mos {
            let phone = phone(chance.between(1, plan.phones));
            let (channel, to) =
                *chance.pick(&[("carrier", "8282"), ("carrier", "8282"), ("carrier", "9292"), ("spare", "7777")]);
            let word = *chance.pick(&["weather", "news", "join", "help", "hello"]);
            let at_ms = chance.between(500, plan.chaos_ms);
            let total = if chance.percent(20) { chance.between(2, 3) } else { 1 };
            for piece in 0..total {
                let token = format!("m{number}.{piece} ");
                let text = if piece == 0 { format!("{word} {token}") } else { token.clone() };
                let content = content(text, number, piece as u8, total as u8);
                let network_id = Some(format!("mo-{number}-{piece}"));
                let (channel, from, to) = (channel.into(), phone.clone(), address(to));
                self.pieces.push(Piece {
                    token,
                    mo: Mo { channel, network_id, from, to, content, complaints: Vec::new() },
                    at_ms: at_ms + chance.between(0, 2_000),
                    is_waiting: false,
                    is_acknowledged: false,
                });
            }
        }
    }

    /// Everything that waited for the node that is gone.
    pub(crate) fn forget_node(&mut self) {
        self.orders.iter_mut().for_each(|order| order.is_open = false);
        self.links_up.clear();
    }

    /// Takes a segment; returns its number.
    pub(crate) fn take(&mut self, last_word: Option<ReportStatus>) -> u64 {
        let id = FIRST_ID + self.taken.len() as u64;
        self.taken.insert(id, Taken { last_word, is_told: false });
        id
    }

    /// Writes a receipt; returns its place.
    pub(crate) fn receipt(&mut self, channel: &Name, phone: Address, about: u64, status: ReportStatus) -> usize {
        let hex = hex(about);
        // One spelling in all receipts about an id, another one in those about the next.
        let spelled = match about % 5 {
            0 => hex.to_uppercase(),
            1 => format!("00{hex}"),
            2 => about.to_string(),
            _ => hex,
        };
        let ids = spellings(&spelled);
        let channel = channel.clone();
        self.receipts.push(Receipt { channel, phone, ids, status, about, is_waiting: false, is_acknowledged: false });
        self.receipts.len() - 1
    }

    pub(crate) fn receipt_event(&self, place: usize, now: At) -> Event {
        let receipt = &self.receipts[place];
        let report = Report {
            ids: receipt.ids.clone(),
            status: receipt.status,
            detail: receipt.status.name().to_uppercase(),
            received_at: now,
        };
        Event::ReportArrived { channel: receipt.channel.clone(), phone: receipt.phone.clone(), report }
    }
}

pub(crate) fn phone(number: u64) -> Address {
    address(&format!("+4179100000{number}"))
}

/// The id as the network tells it when it takes a segment.
pub(crate) fn hex(id: u64) -> String {
    format!("{id:x}")
}

/// Every spelling of an id, the canonical one first, as the SMPP adapter hands them over.
pub(crate) fn spellings(id: &str) -> Vec<String> {
    let mut all = vec![canonical_id(id)];
    for candidate in id_candidates(id) {
        if !all.contains(&candidate) {
            all.push(candidate);
        }
    }
    all
}

/// The letters used here have the same codes in GSM 03.38 and in ASCII.
fn content(text: String, number: u64, piece: u8, total: u8) -> MoContent {
    if total == 1 {
        return MoContent::Whole { text, encoding: "GSM-7" };
    }
    let reference = Reference { carrier: Carrier::Udh8, value: number as u16 };
    let mut bytes = text.into_bytes();
    bytes.resize(150, b'x');
    bytes.push(b' ');
    MoContent::Segment { place: Concatenation { reference, total, number: piece + 1 }, bytes, alphabet: Alphabet::GSM7 }
}
