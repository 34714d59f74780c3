//! Networks that refuse everything for a while, and networks that report everything at once.

use std::collections::{BTreeMap, HashSet};
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::gateway::Gateway;
use crate::support::raw::{Peer, listen};
use crate::support::scripted::Scripted;
use crate::support::{World, eventually, options};
use channels::smpp::Options;
use domain::report::ReportStatus;
use smpp::pdu::{Command, Frame, frame};
use smpp::{Deliver, Latin1, Status, Tag};

const PHONES: usize = 200;
const TEXTS: usize = 20;
/// What the channel is configured to send a second.
const RATE: u32 = 1000;
const WINDOW: u16 = 20;
/// After so many texts were taken a storm begins.
const STORMS: [usize; 2] = [1000, 2500];
const STORM: Duration = Duration::from_millis(2300);

#[test]
fn a_throttling_storm_is_waited_out_without_loss_or_reordering() {
    let storms = Arc::<Mutex<Vec<Instant>>>::default();
    let ends = storms.clone();
    let (mut taken, mut refused) = (0, 0u32);
    let operator = Scripted::start(move |_| {
        let mut ends = ends.lock().unwrap();
        if STORMS.get(ends.len()) == Some(&taken) {
            ends.push(Instant::now() + STORM);
        }
        if ends.last().is_some_and(|end| Instant::now() < *end) {
            refused += 1;
            return if refused.is_multiple_of(3) { Status::RMSGQFUL } else { Status::RTHROTTLED };
        }
        taken += 1;
        Status::ROK
    });
    let gateway = Gateway::start(Options { window: WINDOW, ..options(operator.port) }, RATE);
    for text in 0..TEXTS {
        for phone in 0..PHONES {
            gateway.send(&format!("41790{phone:06}"), &text.to_string());
        }
    }
    eventually("all are taken", || match operator.count(|seen| seen.status.is_ok()) {
        all if all >= PHONES * TEXTS => Ok(()),
        some => Err(format!("{some}")),
    });
    let seen = operator.seen();
    let mut by_phone: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for seen in seen.iter().filter(|seen| seen.status.is_ok()) {
        by_phone.entry(&seen.phone).or_default().push(&seen.text);
    }
    let expected: Vec<String> = (0..TEXTS).map(|text| text.to_string()).collect();
    assert_eq!(by_phone.len(), PHONES);
    for (phone, texts) in by_phone {
        assert_eq!(texts, expected, "{phone}: each once, in order");
    }
    // It backs off: in a pause of a second nothing is tried, and after it no more than the window.
    let bursts_max = STORMS.len() * (STORM.as_secs() as usize + 1);
    let refused = seen.iter().filter(|seen| !seen.status.is_ok()).count();
    assert!(refused <= usize::from(WINDOW) * bursts_max, "{refused} submits into the storms");
    println!("{} taken, {refused} submits refused in {} storms", PHONES * TEXTS, STORMS.len());
    let taken: Vec<Instant> = seen.iter().filter(|seen| seen.status.is_ok()).map(|seen| seen.at).collect();
    for (end, next) in storms.lock().unwrap().iter().zip(STORMS.map(|before| taken[before])) {
        let in_a_second = taken.iter().filter(|at| **at >= next && **at < next + Duration::from_secs(1)).count();
        println!("goes on {:?} after a storm, with {in_a_second} in the first second", next - *end);
        assert!(next - *end <= Duration::from_secs(3), "{:?}", next - *end);
        assert!(in_a_second * 10 >= RATE as usize * 9, "{in_a_second} in the first second");
    }
}

const RECEIPTS: u32 = 100_000;

/// A receipt in one of the forms of the field.
fn receipt(number: u32) -> Deliver {
    let text =
        format!("id:{number:08X} sub:001 dlvrd:001 submit date:2611220801 done date:2611220802 stat:DELIVRD err:000");
    let mut receipt = Deliver {
        source: smpp::Address { ton: 1, npi: 1, address: Latin1::from(b"41791234567") },
        destination: smpp::Address { ton: 0, npi: 1, address: Latin1::from(b"8282") },
        esm_class: 0x04,
        ..Deliver::default()
    };
    if !number.is_multiple_of(3) {
        receipt.short_message = text.into_bytes();
    }
    if !number.is_multiple_of(2) || receipt.short_message.is_empty() {
        let id = Latin1::from_bytes(format!("{number:08X}").as_bytes());
        receipt.tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, &id).unwrap();
        receipt.tlvs.push_u8(Tag::MESSAGE_STATE, 2);
    }
    if number.is_multiple_of(10) {
        // Not yet, and only in parameters.
        receipt.esm_class = 0x20;
        receipt.short_message.clear();
        receipt.tlvs = smpp::Tlvs::default();
        receipt
            .tlvs
            .push_text(Tag::RECEIPTED_MESSAGE_ID, &Latin1::from_bytes(format!("{number:08X}").as_bytes()))
            .unwrap();
        receipt.tlvs.push_u8(Tag::MESSAGE_STATE, 1);
    }
    receipt
}

#[test]
fn a_hundred_thousand_receipts_at_once_are_all_told_and_answered_once() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(options(port));
    let peer = Peer::bound(&listener);
    let mut writer = peer.into_stream();
    let mut reader = writer.try_clone().unwrap();
    let started = Instant::now();
    // All are written as fast as they are read, while the answers come.
    let writing = std::thread::spawn(move || {
        let mut octets = Vec::new();
        for number in 1..=RECEIPTS {
            receipt(number).encode(Command::DELIVER_SM, number, 1 << 16, &mut octets).unwrap();
            if octets.len() > 256 * 1024 || number == RECEIPTS {
                writer.write_all(&octets).unwrap();
                octets.clear();
            }
        }
        writer
    });
    let mut answered = HashSet::new();
    let mut inbox = Vec::new();
    let mut octets = vec![0; 64 * 1024];
    while answered.len() < RECEIPTS as usize {
        let bytes = reader.read(&mut octets).unwrap();
        assert!(bytes > 0, "closed after {}", answered.len());
        inbox.extend_from_slice(&octets[..bytes]);
        let mut taken = 0;
        while let Frame::Pdu { header, bytes, .. } = frame(&inbox[taken..], 1 << 16) {
            taken += bytes;
            assert_eq!((header.command, header.status), (Command::DELIVER_SM.response(), Status::ROK));
            assert!(answered.insert(header.sequence), "{} was answered twice", header.sequence);
        }
        inbox.drain(..taken);
    }
    println!("{RECEIPTS} receipts in {:?}", started.elapsed());
    let record = world.engine.record();
    assert_eq!(record.reports.len(), RECEIPTS as usize);
    for ((_, report), number) in record.reports.iter().zip(1u32..) {
        assert_eq!(report.ids[0], format!("{number:x}"), "in the order in which they came");
        let expected = if number.is_multiple_of(10) { ReportStatus::Pending } else { ReportStatus::Delivered };
        assert_eq!(report.status, expected, "{number}");
    }
    drop(record);
    drop((writing.join().unwrap(), reader, listener));
    world.stop(&channel);
}
