//! The operator's side: an SMSC that repeats what was not acknowledged, takes or refuses submits and sends receipts.
//! What it knows is the second witness of the checkers. What its phones send is in `phones.rs`.

use std::collections::{BTreeMap, BTreeSet};

use domain::address::{Address, AddressKey};
use domain::directory::Name;
use domain::event::Event;
use domain::id::MessageId;
use domain::report::{Report, ReportStatus};
use domain::time::At;
use engine::port::SubmitAnswer;
use smpp::receipt::{canonical_id, id_candidates};

use crate::chance::Chance;
use crate::phones::Piece;
use crate::tally::Fault;

/// Where the network's numbering starts: neither reading of such an id is the other reading of another.
const FIRST_ID: u64 = 1_000_000_001;
/// Where the ids start that it never gives to a segment.
const FIRST_STRANGE_ID: u64 = 7_000_000_001;

/// One life of a link: what was delivered in it is answered in it or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life(u64);

pub(crate) struct Receipt {
    pub(crate) channel: Name,
    pub(crate) phone: Address,
    pub(crate) ids: Vec<String>,
    pub(crate) status: ReportStatus,
    /// The id it is about, as the network numbers.
    pub(crate) about: u64,
    /// What is odd about it.
    pub(crate) fault: Option<Fault>,
    pub(crate) received_at: At,
    pub(crate) is_waiting: bool,
    pub(crate) is_acknowledged: bool,
    /// On which link and in which of its lives it was delivered last.
    pub(crate) on: Option<(u16, Life)>,
}

impl Receipt {
    /// True when it leads to no segment, so that it has to be parked.
    pub(crate) fn is_strange(&self) -> bool {
        matches!(self.fault, Some(Fault::ReceiptUnknown | Fault::ReceiptNameless | Fault::ReceiptElsewhere))
    }
}

/// A segment the network took.
pub(crate) struct Taken {
    /// What it will say in the end, when it says anything.
    pub(crate) last_word: Option<ReportStatus>,
    /// The gateway has acknowledged the last word.
    pub(crate) is_told: bool,
    /// The order it was taken with.
    pub(crate) order: usize,
    /// The gateway was told the id.
    pub(crate) is_known: bool,
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

pub(crate) struct Network {
    pub(crate) chance: Chance,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) taken: BTreeMap<u64, Taken>,
    pub(crate) orders: Vec<Order>,
    /// Links that are up, each with its present life.
    pub(crate) links_up: BTreeMap<(Name, u16), Life>,
    /// Channels that throttle everything.
    pub(crate) storms: BTreeSet<Name>,
    /// Until when a link pauses because it was asked to, in milliseconds.
    pub(crate) paused_until_ms: BTreeMap<(Name, u16), u64>,
    /// Until when a phone is left in peace because the network refused a segment for now, in milliseconds.
    pub(crate) resting_until_ms: BTreeMap<(Name, AddressKey), u64>,
    /// Segments refused for now in a row, by link.
    pub(crate) refusals: BTreeMap<(Name, u16), u32>,
    /// MTs whose submit was answered after it had been given up.
    pub(crate) late: BTreeSet<MessageId>,
    /// Segments that may have been written on a channel that holds doubts: never to be seen again.
    pub(crate) written_once: BTreeSet<(MessageId, u8)>,
    lives: u64,
    strangers: u64,
}

impl Network {
    pub(crate) fn new(chance: Chance, pieces: Vec<Piece>) -> Network {
        Network {
            chance,
            pieces,
            receipts: Vec::new(),
            taken: BTreeMap::new(),
            orders: Vec::new(),
            links_up: BTreeMap::new(),
            storms: BTreeSet::new(),
            paused_until_ms: BTreeMap::new(),
            resting_until_ms: BTreeMap::new(),
            refusals: BTreeMap::new(),
            late: BTreeSet::new(),
            written_once: BTreeSet::new(),
            lives: 0,
            strangers: 0,
        }
    }

    /// Everything that waited for the node that is gone.
    pub(crate) fn forget_node(&mut self) {
        self.orders.iter_mut().for_each(|order| order.is_open = false);
        self.links_up.clear();
        self.paused_until_ms.clear();
        self.resting_until_ms.clear();
        self.refusals.clear();
        self.late.clear();
    }

    /// Begins a life of a link; false when it is up already.
    pub(crate) fn bind(&mut self, channel: Name, link: u16) -> bool {
        if self.links_up.contains_key(&(channel.clone(), link)) {
            return false;
        }
        self.lives += 1;
        self.links_up.insert((channel, link), Life(self.lives));
        true
    }

    /// A link of a channel on which something can be delivered now.
    pub(crate) fn link_of(&mut self, channel: &Name) -> Option<(u16, Life)> {
        let up: Vec<_> =
            self.links_up.iter().filter(|((id, _), _)| id == channel).map(|((_, l), g)| (*l, *g)).collect();
        if up.is_empty() { None } else { Some(*self.chance.pick(&up)) }
    }

    /// True while the link has not been cut since something was delivered on it.
    pub(crate) fn is_alive(&self, channel: &Name, on: Option<(u16, Life)>) -> bool {
        on.is_some_and(|(link, life)| self.links_up.get(&(channel.clone(), link)) == Some(&life))
    }

    /// Takes the segment of the newest order; returns its number.
    pub(crate) fn take(&mut self, last_word: Option<ReportStatus>) -> u64 {
        let id = FIRST_ID + self.taken.len() as u64;
        self.taken.insert(id, Taken { last_word, is_told: false, order: self.orders.len() - 1, is_known: false });
        id
    }

    /// The gateway is told how a submit was answered, perhaps with the id.
    pub(crate) fn tell(&mut self, answer: &SubmitAnswer) {
        let SubmitAnswer::Taken { network_id, .. } = answer else { return };
        let id = u64::from_str_radix(network_id, 16).ok();
        if let Some(taken) = id.and_then(|id| self.taken.get_mut(&id)) {
            taken.is_known = true;
        }
    }

    /// Writes a receipt; returns its place.
    pub(crate) fn receipt(
        &mut self,
        channel: &Name,
        phone: Address,
        about: u64,
        status: ReportStatus,
        fault: Option<Fault>,
    ) -> usize {
        let ids = if fault == Some(Fault::ReceiptNameless) { Vec::new() } else { spellings(&spelled(about)) };
        self.receipts.push(Receipt {
            channel: channel.clone(),
            phone,
            ids,
            status,
            about,
            fault,
            received_at: At(0),
            is_waiting: false,
            is_acknowledged: false,
            on: None,
        });
        self.receipts.len() - 1
    }

    /// Writes a receipt about a segment that was never taken; returns its place.
    pub(crate) fn strange_receipt(&mut self, is_nameless: bool) -> usize {
        self.strangers += 1;
        let about = FIRST_STRANGE_ID + self.strangers;
        let channel: Name = (*self.chance.pick(&["carrier", "spare"])).into();
        let fault = if is_nameless { Fault::ReceiptNameless } else { Fault::ReceiptUnknown };
        self.receipt(&channel, crate::phones::phone(1), about, ReportStatus::Delivered, Some(fault))
    }

    pub(crate) fn receipt_event(&mut self, place: usize, now: At) -> Event {
        let receipt = &mut self.receipts[place];
        receipt.received_at = now;
        let report = Report {
            ids: receipt.ids.clone(),
            status: receipt.status,
            detail: receipt.status.name().to_uppercase(),
            received_at: now,
        };
        Event::ReportArrived { channel: receipt.channel.clone(), phone: receipt.phone.clone(), report }
    }

    /// The open orders of a link.
    pub(crate) fn orders_on(&self, channel: &Name, link: u16) -> Vec<usize> {
        let is_on = |order: &Order| order.is_open && order.channel == *channel && order.link == link;
        self.orders.iter().enumerate().filter(|(_, order)| is_on(order)).map(|(place, _)| place).collect()
    }
}

/// The id as the network tells it when it takes a segment.
pub(crate) fn hex(id: u64) -> String {
    format!("{id:x}")
}

/// The id as it is written in receipts: one spelling in all of those about an id, another one in those about the next.
pub(crate) fn spelled(about: u64) -> String {
    let hex = hex(about);
    match about % 5 {
        0 => hex.to_uppercase(),
        1 => format!("00{hex}"),
        2 => about.to_string(),
        _ => hex,
    }
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
