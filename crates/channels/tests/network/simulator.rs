//! The simulated operator and a channel talking to each other.

use std::collections::{HashMap, HashSet};

use crate::support::{PATIENCE, Say, World, accepted, eventually, options, order};
use channels::simulator::{OperatorOptions, Undelivered};
use channels::smpp::Options;
use domain::event::{Event, MoContent};
use engine::inlet::NotTaken;
use engine::port::{Channel, SubmitAnswer};

const MESSAGES: u64 = 500;

#[test]
fn five_hundred_messages_both_ways() {
    let world = World::taking();
    let operator = world.operator(OperatorOptions { receipt_delay_ms: 1, ..OperatorOptions::default() });
    let channel = world.channel(Options { window: 500, links: 2, ..options(operator.address().port()) });
    world.engine.wait_up(2);
    let mut watched = operator.subscribe();
    let sending = (0..MESSAGES).map(|number| {
        let operator = operator.clone();
        async move { operator.send_from_phone(&format!("4179{number:07}"), "8282", &format!("up {number}")).await }
    });
    let sending: Vec<_> = sending.map(|sending| world.runtime.spawn(sending)).collect();
    for number in 0..MESSAGES {
        let order = order(number, &format!("4178{number:05}55"), &format!("down {number}"));
        channel.submit(engine::port::SubmitOrder { link: (number % 2) as u16, ..order });
    }
    for sent in sending {
        world.runtime.block_on(sent).unwrap().unwrap();
    }
    for number in 0..MESSAGES {
        assert!(matches!(world.engine.wait_answer(number), SubmitAnswer::Taken { .. }));
    }
    let shown = world.runtime.block_on(async {
        let mut shown = HashSet::new();
        while (shown.len() as u64) < MESSAGES {
            shown.insert(tokio::time::timeout(PATIENCE, watched.recv()).await.unwrap().unwrap().text);
        }
        shown
    });
    assert_eq!(shown, (0..MESSAGES).map(|number| format!("down {number}")).collect());
    world.engine.wait("all reports", |record| (record.reports.len() as u64 == MESSAGES).then_some(()));
    let texts: HashSet<String> = world
        .engine
        .record()
        .mos
        .iter()
        .map(|mo| match &mo.content {
            MoContent::Whole { text, .. } => text.clone(),
            MoContent::Segment { .. } => panic!("{mo:?}"),
        })
        .collect();
    assert_eq!(texts, (0..MESSAGES).map(|number| format!("up {number}")).collect());
    assert_eq!(operator.counts().delivers, 2 * MESSAGES, "nothing was delivered twice");
    world.stop(&channel);
    world.runtime.block_on(operator.drain());
}

#[test]
fn what_is_refused_for_now_comes_again_under_the_same_identity() {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let world = World::new(move |event| {
        let Event::MoArrived(mo) = event else { return accepted() };
        let times = seen.entry(mo.network_id.clone().expect("an identity")).or_default();
        *times += 1;
        if *times < 3 { Say::Now(Err(NotTaken::Busy)) } else { accepted() }
    });
    let operator = world.operator(OperatorOptions { redeliver_ms: 5, ..OperatorOptions::default() });
    let channel = world.channel(options(operator.address().port()));
    world.runtime.block_on(operator.send_from_phone("41791234567", "8282", "again")).unwrap();
    assert_eq!(world.engine.record().mos.len(), 3);
    assert_eq!(operator.counts().refused_for_now, 2);
    world.stop(&channel);
}

#[test]
fn what_was_not_answered_comes_again_on_the_next_connection() {
    let mut first = true;
    let world = World::new(move |_| if std::mem::take(&mut first) { Say::Later } else { accepted() });
    let operator = world.operator(OperatorOptions::default());
    let channel = world.channel(options(operator.address().port()));
    let sending = {
        let operator = operator.clone();
        world.runtime.spawn(async move { operator.send_from_phone("41791234567", "8282", "again").await })
    };
    world.engine.wait("the first delivery", |record| (record.mos.len() == 1).then_some(()));
    operator.cut_connections();
    world.runtime.block_on(sending).unwrap().unwrap();
    let record = world.engine.record();
    assert_eq!(record.mos.len(), 2);
    assert_eq!(record.mos[0], record.mos[1]);
    drop(record);
    world.stop(&channel);
}

#[test]
fn what_is_refused_for_good_is_told() {
    let world = World::new(|_| Say::Now(Ok(domain::decision::Outcome::Refused(domain::decision::Refusal::EmptyText))));
    let operator = world.operator(OperatorOptions::default());
    let channel = world.channel(options(operator.address().port()));
    let send = |phone: &str, text: &str| world.runtime.block_on(operator.send_from_phone(phone, "8282", text));
    assert_eq!(send("41791234567", "hi"), Err(Undelivered::Refused(smpp::Status::RX_R_APPN)));
    assert!(matches!(send(" ", "hi"), Err(Undelivered::Address(_))));
    assert!(matches!(send("1", &"x".repeat(40_000)), Err(Undelivered::TooLong(_))));
    world.stop(&channel);
}

#[test]
fn too_many_submits_a_second_are_throttled() {
    let world = World::taking();
    let operator = world.operator(OperatorOptions { submits_per_second_max: 5, ..OperatorOptions::default() });
    let channel = world.channel(Options { window: 100, ..options(operator.address().port()) });
    world.engine.wait_up(1);
    for number in 0..60 {
        channel.submit(order(number, "41790001234", "hi"));
    }
    let answers = world.engine.wait("all answers", |record| {
        let answers = record.answers();
        (answers.len() == 60).then_some(answers)
    });
    let taken = answers.iter().filter(|(_, answer)| matches!(answer, SubmitAnswer::Taken { .. })).count();
    let throttled = answers.iter().filter(|(_, answer)| matches!(answer, SubmitAnswer::Throttled { .. })).count();
    assert!((5..=15).contains(&taken), "{taken}");
    assert_eq!(taken + throttled, 60);
    world.stop(&channel);
}

#[test]
fn a_drain_unbinds_and_stops_listening() {
    let world = World::taking();
    let operator = world.operator(OperatorOptions::default());
    let channel = world.channel(options(operator.address().port()));
    world.engine.wait_up(1);
    assert!(operator.has_receiver());
    world.runtime.block_on(async { tokio::time::timeout(PATIENCE, operator.drain()).await }).unwrap();
    assert!(!operator.has_receiver());
    eventually("the link is down", || match world.link(0) {
        Some(status) if status.detail.contains("HS-4002") => Ok(()),
        status => Err(format!("{status:?}")),
    });
    world.stop(&channel);
}
