//! Two machines that talk to each other in memory, on a clock that only moves when told.

use smpp::pdu::BindRequest;
use smpp::{Bind, BindEvent, BindMode, EsmeOptions, Handle, Latin1, Limits, ShortMessage, SmscOptions};

/// Bytes written as hexadecimal digits and 'quoted' text, spaces where they please.
pub(crate) fn bytes(spelled: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, piece) in spelled.split('\'').enumerate() {
        if index % 2 == 1 {
            bytes.extend_from_slice(piece.as_bytes());
            continue;
        }
        let digits: Vec<u32> =
            piece.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).expect("hex")).collect();
        assert_eq!(digits.len() % 2, 0, "half an octet in {piece}");
        bytes.extend(digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8));
    }
    bytes
}

/// A PDU from everything but its length.
pub(crate) fn pdu(spelled: &str) -> Vec<u8> {
    let rest = bytes(spelled);
    [&(rest.len() as u32 + 4).to_be_bytes(), &rest[..]].concat()
}

pub(crate) fn latin1(text: &str) -> Latin1 {
    Latin1::from_text(text).expect("Latin 1")
}

pub(crate) fn message(text: &str) -> ShortMessage {
    ShortMessage { short_message: text.as_bytes().to_vec(), ..ShortMessage::default() }
}

pub(crate) fn esme(mode: BindMode, limits: Limits, now_ms: u64) -> Bind {
    let options = EsmeOptions::new(mode, latin1("hookswitch"), latin1("secret"));
    Bind::esme(EsmeOptions { limits, ..options }, now_ms).expect("short names")
}

pub(crate) fn smsc(limits: Limits, now_ms: u64) -> Bind {
    Bind::smsc(SmscOptions { system_id: latin1("operator"), limits }, now_ms).expect("a short name")
}

pub(crate) fn output(bind: &mut Bind) -> Vec<u8> {
    let mut out = Vec::new();
    bind.take_output(&mut out);
    out
}

pub(crate) fn events(bind: &mut Bind) -> Vec<BindEvent> {
    std::iter::from_fn(|| bind.poll_event()).collect()
}

/// An ESME that is bound, its output and events emptied.
pub(crate) fn bound_esme(limits: Limits) -> Bind {
    let mut bind = esme(BindMode::Transceiver, limits, 0);
    output(&mut bind);
    bind.receive(&pdu("80000009 00000000 00000001 'operator' 00"), 0);
    assert_eq!(events(&mut bind).len(), 1);
    assert!(bind.is_bound());
    bind
}

/// An SMSC that is bound, its output and events emptied.
pub(crate) fn bound_smsc(limits: Limits) -> Bind {
    let mut bind = smsc(limits, 0);
    bind.receive(&pdu("00000009 00000000 00000001 'hookswitch' 00 'secret' 00 00 34 00 00 00"), 0);
    assert_eq!(events(&mut bind).len(), 1);
    bind.accept_bind(0).expect("asked");
    output(&mut bind);
    bind
}

/// The handles of messages that came.
pub(crate) fn handles(events: &[BindEvent]) -> Vec<Handle> {
    events
        .iter()
        .filter_map(|event| match event {
            BindEvent::Delivered { handle, .. } | BindEvent::SubmitAsked { handle, .. } => Some(*handle),
            _ => None,
        })
        .collect()
}

pub(crate) struct Pair {
    pub(crate) esme: Bind,
    pub(crate) smsc: Bind,
    pub(crate) now: u64,
    /// Nothing arrives any more, and nobody is told.
    pub(crate) broken: bool,
    pub(crate) esme_events: Vec<BindEvent>,
    pub(crate) smsc_events: Vec<BindEvent>,
    to_esme: Vec<u8>,
    to_smsc: Vec<u8>,
}

impl Pair {
    /// A connection on which the bind has been asked for.
    pub(crate) fn new(mode: BindMode, limits: Limits) -> Pair {
        let mut pair = Pair {
            esme: esme(mode, limits, 0),
            smsc: smsc(limits, 0),
            now: 0,
            broken: false,
            esme_events: Vec::new(),
            smsc_events: Vec::new(),
            to_esme: Vec::new(),
            to_smsc: Vec::new(),
        };
        pair.drive();
        pair
    }

    /// A bind made, its events forgotten.
    pub(crate) fn bound(mode: BindMode, limits: Limits) -> Pair {
        let mut pair = Pair::new(mode, limits);
        pair.smsc.accept_bind(pair.now).expect("asked");
        pair.drive();
        assert!(pair.esme.is_bound() && pair.smsc.is_bound());
        pair.esme_events.clear();
        pair.smsc_events.clear();
        pair
    }

    /// Carries bytes to and fro until nobody has anything to say.
    pub(crate) fn drive(&mut self) {
        loop {
            self.esme_events.extend(events(&mut self.esme));
            self.smsc_events.extend(events(&mut self.smsc));
            self.to_smsc.append(&mut output(&mut self.esme));
            self.to_esme.append(&mut output(&mut self.smsc));
            if self.broken {
                self.to_smsc.clear();
                self.to_esme.clear();
            }
            let moved = [
                carry(&mut self.to_smsc, &mut self.smsc, self.now),
                carry(&mut self.to_esme, &mut self.esme, self.now),
            ];
            if moved == [false, false] {
                return;
            }
        }
    }

    /// Lets time pass, stopping at every deadline on the way.
    pub(crate) fn pass(&mut self, span_ms: u64) {
        let end = self.now + span_ms;
        loop {
            let deadlines = [self.esme.next_deadline(), self.smsc.next_deadline()];
            let next = deadlines.into_iter().flatten().min().filter(|at| *at <= end);
            self.now = next.unwrap_or(end).max(self.now);
            self.esme.timeout(self.now);
            self.smsc.timeout(self.now);
            self.drive();
            if next.is_none() {
                return;
            }
        }
    }

    pub(crate) fn take_esme_events(&mut self) -> Vec<BindEvent> {
        std::mem::take(&mut self.esme_events)
    }

    pub(crate) fn take_smsc_events(&mut self) -> Vec<BindEvent> {
        std::mem::take(&mut self.smsc_events)
    }
}

fn carry(bytes: &mut Vec<u8>, to: &mut Bind, now: u64) -> bool {
    if bytes.is_empty() || !to.wants_bytes() {
        return false;
    }
    to.receive(&std::mem::take(bytes), now);
    true
}

/// The request as the golden bind PDU has it.
pub(crate) fn golden_bind() -> BindRequest {
    BindRequest {
        mode: BindMode::Transmitter,
        system_id: latin1("SMPP3TEST"),
        password: latin1("secret08"),
        system_type: latin1("SUBMIT1"),
        interface_version: 0,
        addr_ton: 1,
        addr_npi: 1,
        address_range: Latin1::default(),
    }
}
