//! What phones send: texts whole and in segments, with everything that goes wrong with segments on their way.

use domain::address::Address;
use domain::event::{Mo, MoContent};
use domain::text::coding::Alphabet;
use domain::text::reassembly::{Carrier, Concatenation, Reference};

use crate::chance::Chance;
use crate::network::Life;
use crate::plan::Plan;
use crate::setup::{REASSEMBLY_MS, address};
use crate::tally::Fault;

/// One deliver_sm of an MO.
pub(crate) struct Piece {
    /// The number of its MO; twins share it.
    pub(crate) of: u64,
    /// Found in no other piece.
    pub(crate) token: String,
    pub(crate) mo: Mo,
    /// When the phone sends it; none: it is lost on its way.
    pub(crate) at_ms: Option<u64>,
    /// What is odd about it.
    pub(crate) fault: Option<Fault>,
    /// Delivered, and no answer yet.
    pub(crate) is_waiting: bool,
    /// It has been delivered before.
    pub(crate) has_come: bool,
    /// The gateway has answered OK at least once, and the network has heard it.
    pub(crate) is_acknowledged: bool,
    /// On which link and in which of its lives it was delivered last.
    pub(crate) on: Option<(u16, Life)>,
}

/// A text on its way to be cut into pieces.
struct Text<'a> {
    number: u64,
    name: String,
    word: &'a str,
    phone: Address,
    channel: &'a str,
    to: &'a str,
    at_ms: u64,
    total: u64,
    fault: Option<Fault>,
}

/// Writes all pieces of a world.
pub(crate) fn script(plan: &Plan, chance: &mut Chance) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for number in 0..plan.mos {
        let phone = phone(chance.between(1, plan.phones));
        let (channel, to) =
            *chance.pick(&[("carrier", "8282"), ("carrier", "8282"), ("carrier", "9292"), ("spare", "7777")]);
        let word = *chance.pick(&["weather", "news", "join", "help", "hello"]);
        let at_ms = chance.between(500, plan.chaos_ms);
        let total = if chance.percent(25) { chance.between(2, 3) } else { 1 };
        let is_odd = total > 1 && chance.percent(3 * plan.faults);
        let fault = *chance.pick(&[
            Fault::SegmentMissing,
            Fault::SegmentLate,
            Fault::SegmentMisnumbered,
            Fault::ReferenceReused,
        ]);
        let fault = Some(fault).filter(|_| is_odd);
        let text = Text { number, name: number.to_string(), word, phone, channel, to, at_ms, total, fault };
        if fault == Some(Fault::ReferenceReused) {
            let twin = Text { name: format!("{number}t"), phone: text.phone.clone(), ..text };
            cut(&twin, chance, &mut pieces);
        }
        cut(&text, chance, &mut pieces);
    }
    pieces
}

fn cut(text: &Text<'_>, chance: &mut Chance, pieces: &mut Vec<Piece>) {
    let odd_piece = chance.between(0, text.total - 1);
    for place in 0..text.total {
        let fault = text.fault.filter(|fault| place == odd_piece || *fault == Fault::ReferenceReused);
        let token = format!("m{}.{place} ", text.name);
        let words = if place == 0 { format!("{} {token}", text.word) } else { token.clone() };
        let mut at_ms = Some(text.at_ms + chance.between(0, 2_000));
        let mut segment = place as u8 + 1;
        match fault {
            Some(Fault::SegmentMissing) => at_ms = None,
            Some(Fault::SegmentLate) => {
                at_ms = at_ms.map(|at_ms| at_ms + REASSEMBLY_MS + chance.between(5_000, 60_000))
            }
            Some(Fault::SegmentMisnumbered) => segment = *chance.pick(&[0, text.total as u8 + 1, 255]),
            _ => {}
        }
        let mo = Mo {
            channel: text.channel.into(),
            network_id: Some(format!("mo-{}-{place}", text.name)),
            from: text.phone.clone(),
            to: address(text.to),
            content: content(words, text.number, segment, text.total as u8),
            complaints: Vec::new(),
            session_event: None,
            dialog: None,
        };
        pieces.push(Piece {
            of: text.number,
            token,
            mo,
            at_ms,
            fault,
            is_waiting: false,
            has_come: false,
            is_acknowledged: false,
            on: None,
        });
    }
}

pub(crate) fn phone(number: u64) -> Address {
    address(&format!("+4179100000{number}"))
}

/// The letters used here have the same codes in GSM 03.38 and in ASCII.
fn content(text: String, reference: u64, number: u8, total: u8) -> MoContent {
    if total == 1 {
        return MoContent::Whole { text, encoding: "GSM-7" };
    }
    let reference = Reference { carrier: Carrier::Udh8, value: reference as u16 };
    let mut bytes = text.into_bytes();
    bytes.resize(150, b'x');
    bytes.push(b' ');
    MoContent::Segment { place: Concatenation { reference, total, number }, bytes, alphabet: Alphabet::GSM7 }
}

/// What is remarkable when a piece is delivered for the first time.
pub(crate) fn remarks(pieces: &[Piece], place: usize) -> Vec<Fault> {
    let piece = &pieces[place];
    if piece.has_come {
        return Vec::new();
    }
    let mut remarks: Vec<Fault> = piece.fault.into_iter().collect();
    let mates = || pieces.iter().enumerate().filter(|(_, mate)| mate.of == piece.of);
    if mates().any(|(other, mate)| other > place && mate.has_come) && piece.fault.is_none() {
        remarks.push(Fault::SegmentsSwapped);
    }
    if mates().any(|(_, mate)| mate.at_ms.is_none()) && !mates().any(|(_, mate)| mate.has_come) {
        remarks.push(Fault::SegmentMissing);
    }
    remarks
}
