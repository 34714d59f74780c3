//! Long MOs from the octets of the network to the texts that are stored: in any order, twice, with gaps, and with
//! references that clash or make no sense. Nothing is lost, nothing is mixed, and what waits is bounded.

use std::collections::BTreeSet;

use domain::address::Address;
use domain::decide::decide;
use domain::decision::{Change, Outcome};
use domain::directory::{Channel, Directory, InDoubt, SegmentMark};
use domain::event::Event;
use domain::id::Stamp;
use domain::limit::REASSEMBLIES_MAX;
use domain::mint::Mint;
use domain::text::reassembly::GAP_MARK;
use domain::view::View;
use proptest::prelude::*;
use smpp::pdu::Command;

use super::*;

const REASSEMBLY_MS: u64 = 60_000;

/// The decisions about what comes, and the texts that were stored by them.
struct World {
    view: View,
    mint: Mint,
    now: At,
    options: Options,
    /// Phone and text, sorted.
    texts: BTreeSet<(String, String)>,
    messages: usize,
}

impl World {
    fn new() -> World {
        let channel = Channel {
            id: Arc::from("c"),
            kind: "smpp",
            addresses: vec![Address::parse("8282").unwrap()],
            in_doubt: InDoubt::Hold,
            segment_mark: SegmentMark::Udh8,
            reports: true,
            rate: 0,
            validity_ms: 60_000,
            dedupe_ms: 3_600_000,
            reassembly_ms: REASSEMBLY_MS,
            ussd: None,
        };
        let directory = Directory::new(Vec::new(), Vec::new(), vec![channel], Vec::new());
        World {
            view: View::new(Arc::new(directory)),
            mint: Mint::new(Stamp(0), 7),
            now: At::from_ms(1_795_000_000_000),
            options: options(),
            texts: BTreeSet::new(),
            messages: 0,
        }
    }

    /// What a `deliver_sm` leads to once it has been written and read.
    fn deliver(&mut self, deliver: &Deliver) {
        let mut octets = Vec::new();
        deliver.encode(Command::DELIVER_SM, 1, 1 << 16, &mut octets).unwrap();
        let (deliver, _) = Deliver::decode(smpp::Form::Sm, &octets[16..]).unwrap();
        let event = event(&deliver, &self.options, self.now);
        self.decide(&event);
        for phone in self.view.phones.values() {
            assert!(phone.long_messages.len() <= REASSEMBLIES_MAX);
        }
    }

    fn decide(&mut self, event: &Event) {
        let decision = decide(&self.view, event, self.now, &mut self.mint);
        assert!(!matches!(decision.outcome, Outcome::Refused(_)), "{event:?}");
        for change in &decision.changes {
            if let Change::AddMessage { message, .. } = change {
                self.messages += 1;
                self.texts.insert((message.from.to_string(), message.text.clone()));
            }
        }
        self.view.apply(&decision.changes);
    }

    /// The wait for the rest is over.
    fn give_up_waiting(&mut self) {
        self.now = self.now.plus_ms(REASSEMBLY_MS);
        let phones: Vec<_> = self.view.phones.keys().cloned().collect();
        for phone in phones {
            self.decide(&Event::PhoneDue { phone });
        }
        assert!(self.view.phones.values().all(|phone| phone.long_messages.is_empty()), "nothing waits any more");
    }

    fn stored(&self, texts: &[(&str, &str)]) {
        let expected = texts.iter().map(|(phone, text)| ((*phone).to_owned(), (*text).to_owned())).collect();
        assert_eq!(self.texts, expected);
        assert_eq!(self.messages, texts.len());
    }
}

/// How a segment is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Udh8,
    Udh16,
    Sar,
}

/// A segment as the network delivers it.
fn segment(phone: &str, by: By, reference: u16, (number, total): (u8, u8), text: &str) -> Deliver {
    let [high, low] = reference.to_be_bytes();
    let mut octets = match by {
        By::Udh8 => vec![5, 0x00, 3, low, total, number],
        By::Udh16 => vec![6, 0x08, 4, high, low, total, number],
        By::Sar => Vec::new(),
    };
    octets.extend_from_slice(text.as_bytes());
    let mut deliver = Deliver { source: number_of(phone), ..deliver(u8::from(by != By::Sar) << 6, 0, &octets) };
    if by == By::Sar {
        put_sar(&mut deliver, reference, (number, total));
    }
    deliver
}

fn put_sar(deliver: &mut Deliver, reference: u16, (number, total): (u8, u8)) {
    deliver.tlvs.push_u16(Tag::SAR_MSG_REF_NUM, reference);
    deliver.tlvs.push_u8(Tag::SAR_TOTAL_SEGMENTS, total);
    deliver.tlvs.push_u8(Tag::SAR_SEGMENT_SEQNUM, number);
}

fn number_of(phone: &str) -> smpp::Address {
    smpp::Address { ton: 1, npi: 1, address: Latin1::from_bytes(phone.as_bytes()) }
}

/// Delivers segments of one phone, then waits; what is stored.
#[track_caller]
fn check(segments: &[(By, u16, (u8, u8), &str)], stored: &[&str]) {
    let mut world = World::new();
    for (by, reference, place, text) in segments {
        world.deliver(&segment("41791", *by, *reference, *place, text));
    }
    world.give_up_waiting();
    let stored: Vec<(&str, &str)> = stored.iter().map(|text| ("41791", *text)).collect();
    world.stored(&stored);
}

#[test]
fn what_becomes_of_segments() {
    use By::{Sar, Udh8, Udh16};
    for by in [Udh8, Udh16, Sar] {
        // In order, out of order, one of them twice.
        check(&[(by, 7, (1, 2), "one "), (by, 7, (2, 2), "two")], &["one two"]);
        check(&[(by, 7, (3, 3), "three"), (by, 7, (1, 3), "one "), (by, 7, (2, 3), "two ")], &["one two three"]);
        check(&[(by, 7, (2, 2), "two"), (by, 7, (2, 2), "two"), (by, 7, (1, 2), "one ")], &["one two"]);
        // Missing at the beginning, in the middle, at the end.
        check(&[(by, 7, (2, 2), "two")], &["[…]two"]);
        check(&[(by, 7, (1, 3), "one "), (by, 7, (3, 3), "three")], &["one […]three"]);
        check(&[(by, 7, (1, 4), "one")], &["one[…]"]);
        // The total changes midway: there is no telling which is right, so neither is mixed into the other.
        check(&[(by, 7, (1, 2), "one "), (by, 7, (2, 3), "two")], &["one […]", "[…]two[…]"]);
        check(&[(by, 7, (1, 2), "one "), (by, 7, (2, 3), "two"), (by, 7, (2, 2), "zwei")], &["one zwei", "[…]two[…]"]);
        // Segments that can't exist are texts of their own, at once.
        check(&[(by, 7, (0, 2), "zero"), (by, 7, (1, 2), "one "), (by, 7, (2, 2), "two")], &["zero", "one two"]);
        check(&[(by, 7, (3, 2), "three")], &["three"]);
        check(&[(by, 7, (1, 0), "none")], &["none"]);
        check(&[(by, 7, (0, 0), "none")], &["none"]);
        check(&[(by, 7, (1, 1), "alone")], &["alone"]);
        // The reference is used again while the first text is not whole.
        check(&[(by, 7, (1, 2), "one "), (by, 7, (1, 2), "uno "), (by, 7, (2, 2), "due")], &["one […]", "uno due"]);
        // Two texts of one phone at a time.
        check(
            &[(by, 7, (1, 2), "one "), (by, 8, (1, 2), "uno "), (by, 7, (2, 2), "two"), (by, 8, (2, 2), "due")],
            &["one two", "uno due"],
        );
    }
    // The same number in another carrier is another text.
    for (by, other) in [(Udh8, Udh16), (Udh8, Sar), (Udh16, Sar)] {
        check(&[(by, 7, (1, 2), "one "), (other, 7, (2, 2), "two")], &["one […]", "[…]two"]);
    }
    // 8 bits are 8 bits.
    check(&[(Udh8, 0x107, (1, 2), "one "), (Udh8, 0x207, (2, 2), "two")], &["one two"]);
    check(&[(Udh16, 0x107, (1, 2), "one "), (Udh16, 0x207, (2, 2), "two")], &["one […]", "[…]two"]);
}

#[test]
fn two_phones_with_one_reference_are_never_mixed() {
    for by in [By::Udh8, By::Udh16, By::Sar] {
        let mut world = World::new();
        for (phone, number, text) in
            [("41791", 1, "one "), ("41792", 2, "due"), ("41791", 2, "two"), ("41792", 1, "uno ")]
        {
            world.deliver(&segment(phone, by, 7, (number, 2), text));
        }
        world.stored(&[("41791", "one two"), ("41792", "uno due")]);
    }
}

#[test]
fn where_header_and_parameters_disagree_the_header_counts() {
    let mut world = World::new();
    for (number, text, parameters) in [(1, "one ", Some((9, (2, 3)))), (2, "two", None)] {
        let mut deliver = segment("41791", By::Udh8, 7, (number, 2), text);
        if let Some((reference, place)) = parameters {
            put_sar(&mut deliver, reference, place);
        }
        world.deliver(&deliver);
    }
    world.stored(&[("41791", "one two")]);
    // A header that numbers nothing leaves it to the parameters.
    let mut world = World::new();
    for (number, text) in [(2, "two"), (1, "one ")] {
        let octets = [b"\x03\x24\x01\x00".as_slice(), text.as_bytes()].concat();
        let mut deliver = Deliver { source: number_of("41791"), ..deliver(0x40, 0, &octets) };
        put_sar(&mut deliver, 7, (number, 2));
        world.deliver(&deliver);
    }
    world.stored(&[("41791", "one two")]);
}

#[test]
fn two_hundred_fifty_five_segments() {
    let word = |number: u8| format!("{number:03} ");
    let whole: String = (1..=255).map(word).collect();
    let mut world = World::new();
    for number in (1..=255).rev() {
        world.deliver(&segment("41791", By::Udh16, 7, (number, 255), &word(number)));
    }
    world.stored(&[("41791", &whole)]);
    let mut world = World::new();
    for number in (1..=255).filter(|number| *number != 100) {
        world.deliver(&segment("41791", By::Udh8, 7, (number, 255), &word(number)));
    }
    assert_eq!(world.messages, 0);
    world.give_up_waiting();
    world.stored(&[("41791", &whole.replace(&word(100), GAP_MARK))]);
}

#[test]
fn a_phone_that_never_finishes_anything_is_bounded_and_loses_nothing() {
    let mut world = World::new();
    for reference in 0..1000u16 {
        world.deliver(&segment("41791", By::Udh16, reference, (1, 255), &format!("{reference}")));
    }
    assert_eq!(world.messages, 1000 - REASSEMBLIES_MAX, "the oldest go on without the rest");
    world.give_up_waiting();
    assert_eq!((world.messages, world.texts.len()), (1000, 1000));
}

/// A long text of a phone.
#[derive(Clone, Debug)]
struct Long {
    phone: &'static str,
    by: By,
    reference: u16,
    pieces: Vec<String>,
    lost: Option<prop::sample::Index>,
}

fn longs() -> impl Strategy<Value = Long> {
    let phone = prop::sample::select(vec!["41791", "41792"]);
    let by = prop::sample::select(vec![By::Udh8, By::Udh16, By::Sar]);
    // Few, so that they clash.
    let reference = prop::sample::select(vec![7, 8, 0x107]);
    let pieces = prop::collection::vec("[a-z ]{1,12}", 2..6);
    let lost = prop::option::of(any::<prop::sample::Index>());
    (phone, by, reference, pieces, lost).prop_map(|(phone, by, reference, pieces, lost)| Long {
        phone,
        by,
        reference,
        pieces,
        lost,
    })
}

impl Long {
    /// What tells it from all others that wait.
    fn key(&self) -> (&'static str, By, u16, usize) {
        let reference = if self.by == By::Udh8 { self.reference & 0xFF } else { self.reference };
        (self.phone, self.by, reference, self.pieces.len())
    }

    fn is_lost(&self, piece: usize) -> bool {
        self.lost.is_some_and(|lost| lost.index(self.pieces.len()) == piece)
    }

    fn text(&self) -> String {
        let piece = |piece: usize| if self.is_lost(piece) { GAP_MARK } else { self.pieces[piece].as_str() };
        (0..self.pieces.len()).map(piece).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50_000))]

    #[test]
    fn whatever_the_order_the_texts_are_those_that_were_sent(
        mut longs in prop::collection::vec(longs(), 1..6),
        order in prop::collection::vec(any::<u16>(), 30),
        repeats in prop::collection::vec(any::<bool>(), 30),
        has_identities in any::<bool>(),
    ) {
        let mut keys = BTreeSet::new();
        // Each its own first word, so that equal texts are told apart.
        longs.retain(|long| keys.insert(long.key()));
        for (index, long) in longs.iter_mut().enumerate() {
            long.pieces[0].push_str(&index.to_string());
            long.pieces[1].push_str(&index.to_string());
        }
        let mut arrivals: Vec<(usize, usize)> = (0..longs.len())
            .flat_map(|long| (0..longs[long].pieces.len()).map(move |piece| (long, piece)))
            .filter(|(long, piece)| !longs[*long].is_lost(*piece))
            .collect();
        arrivals.sort_by_key(|(long, piece)| order[(long * 6 + piece) % order.len()]);
        let mut world = World::new();
        let mut to_come: Vec<usize> = longs.iter().map(|long| long.pieces.len()).collect();
        for (step, (index, piece)) in arrivals.into_iter().enumerate() {
            let long = &longs[index];
            let place = (piece as u8 + 1, long.pieces.len() as u8);
            let mut deliver = segment(long.phone, long.by, long.reference, place, &long.pieces[piece]);
            if has_identities {
                let identity = Latin1::from_bytes(format!("{index}-{piece}").as_bytes());
                deliver.tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, &identity).unwrap();
            }
            world.deliver(&deliver);
            to_come[index] -= 1;
            // Without an identity a segment that comes again behind the last one begins a text of its own.
            if repeats[step] && (has_identities || to_come[index] > 0) {
                world.deliver(&deliver);
            }
        }
        world.give_up_waiting();
        let sent: BTreeSet<(String, String)> =
            longs.iter().map(|long| (long.phone.to_owned(), long.text())).collect();
        prop_assert_eq!(&world.texts, &sent);
        prop_assert_eq!(world.messages, longs.len());
    }
}
