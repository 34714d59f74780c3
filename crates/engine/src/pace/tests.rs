//! Windows, rates, pauses and order.
use super::*;
use crate::live::LimitedBy;

use std::collections::{BTreeSet, VecDeque};

use domain::address::Address;
use domain::directory::{InDoubt, SegmentMark};
use domain::mint::Mint;
use domain::outgoing::SegmentState;
use domain::time::At;

const CARRIER: &str = "carrier";

fn channel(rate: u32) -> Channel {
    Channel {
        id: CARRIER.into(),
        kind: "smpp",
        addresses: Vec::new(),
        in_doubt: InDoubt::Resubmit,
        segment_mark: SegmentMark::Udh8,
        reports: true,
        rate,
        validity_ms: 60_000,
        dedupe_ms: 0,
        reassembly_ms: 0,
        ussd: None,
    }
}

struct World {
    pace: Pace,
    mint: Mint,
    now_ms: u64,
    name: Name,
}

impl World {
    fn new(rate: u32, windows: &[u32]) -> World {
        let mut pace = Pace::default();
        pace.configure(&Directory::new(Vec::new(), Vec::new(), vec![channel(rate)], Vec::new()));
        let name: Name = CARRIER.into();
        for (link, window) in windows.iter().enumerate() {
            pace.link_up(&name, link as u16, *window);
        }
        World { pace, mint: Mint::new(Stamp(0), 1), now_ms: 0, name }
    }

    fn send(&mut self, phone: u64, priority: u8) -> MessageId {
        let id = self.mint.message(At(0));
        self.pace.queue(&Outgoing {
            id,
            channel: self.name.clone(),
            account: None,
            application: None,
            phone: address(phone),
            service_address: Address::parse("8282").unwrap(),
            state: OutgoingState::Queued,
            due_at: At(0),
            valid_until: At::NEVER,
            priority,
            tells: false,
            segments: vec![SegmentState::Waiting],
            ussd: None,
            is_settled: false,
        });
        id
    }

    fn turns(&mut self) -> Vec<Turn> {
        let mut turns = Vec::new();
        self.pace.turns(self.now_ms, false, |_, turn| turns.push(turn));
        turns
    }

    /// What may start before the commit of a turn.
    fn early_turns(&mut self) -> usize {
        let mut turns = 0;
        self.pace.turns(self.now_ms, true, |_, _| turns += 1);
        turns
    }

    fn messages(&mut self) -> Vec<MessageId> {
        self.turns().into_iter().map(|turn| turn.message).collect()
    }

    fn taken(&mut self, message: MessageId) {
        self.pace.answered(&self.name, message).unwrap();
        self.pace.settled(&self.name, message, false);
    }

    fn throttled(&mut self, message: MessageId) {
        self.pace.answered(&self.name, message).unwrap();
        self.pace.throttled(&self.name, message, self.now_ms);
    }

    fn refused_for_now(&mut self, message: MessageId) {
        self.pace.answered(&self.name, message).unwrap();
        self.pace.postponed(&self.name, message, self.now_ms);
    }

    fn numbers(&self) -> ChannelNumbers {
        self.pace.numbers(self.now_ms).next().unwrap().1
    }
}

fn address(phone: u64) -> Address {
    Address::parse(&format!("4179{phone}")).unwrap()
}

#[test]
fn a_window_is_filled_before_the_commit_by_a_tenth_at_most_and_never_where_doubts_are_held() {
    for (in_doubt, early) in [(InDoubt::Resubmit, [10, 0]), (InDoubt::Hold, [0, 0])] {
        let mut world = World::new(0, &[100]);
        let spec = Channel { in_doubt, ..channel(0) };
        world.pace.configure(&Directory::new(Vec::new(), Vec::new(), vec![spec], Vec::new()));
        (0..300).for_each(|phone| {
            world.send(phone, 0);
        });
        let first = world.messages();
        assert_eq!(first.len(), 100);
        first[..30].iter().for_each(|id| _ = world.pace.answered(&world.name, *id));
        assert_eq!([world.early_turns(), world.early_turns()], early);
        first[..30].iter().for_each(|id| world.pace.settled(&world.name, *id, false));
        assert_eq!(world.turns().len(), 30 - early[0]);
    }
}

#[test]
fn the_windows_of_all_links_are_filled_and_never_exceeded() {
    let mut world = World::new(0, &[2, 3]);
    for phone in 0..10 {
        world.send(phone, 0);
    }
    let turns = world.turns();
    let on = |link: u16| turns.iter().filter(|turn| turn.link == link).count();
    assert_eq!((on(0), on(1)), (2, 3));
    assert_eq!(world.turns(), []);
    assert_eq!(world.numbers().limited_by, LimitedBy::Window);
    let freed = turns.iter().find(|turn| turn.link == 0).unwrap();
    world.taken(freed.message);
    let next = world.turns();
    assert_eq!((next.len(), next[0].link), (1, 0));
}

#[test]
fn one_segment_of_a_phone_is_under_way_at_a_time_in_order() {
    let mut world = World::new(0, &[10]);
    let messages: Vec<MessageId> = (0..3).map(|_| world.send(1, 0)).collect();
    assert_eq!(world.messages(), [messages[0]]);
    world.pace.answered(&world.name.clone(), messages[0]).unwrap();
    assert_eq!(world.messages(), [], "not before it is committed what the answer meant");
    world.pace.settled(&world.name.clone(), messages[0], true);
    assert_eq!(world.messages(), [messages[0]], "further segments of an MT come before the next MT");
    world.taken(messages[0]);
    for message in &messages[1..] {
        assert_eq!(world.messages(), [*message]);
        world.taken(*message);
    }
    assert!(world.pace.is_idle());
}

#[test]
fn a_pause_keeps_the_order_of_a_phone_and_other_phones_go_on_after_it() {
    let mut world = World::new(0, &[1]);
    let messages: Vec<MessageId> = (0..5).map(|_| world.send(1, 0)).collect();
    let other = world.send(2, 0);
    assert_eq!(world.messages(), [messages[0]]);
    world.throttled(messages[0]);
    assert_eq!(world.messages(), []);
    assert_eq!(world.numbers().limited_by, LimitedBy::Throttled);
    assert_eq!(world.pace.next_ms(0), Some(THROTTLE_PAUSE_MS));
    world.now_ms = THROTTLE_PAUSE_MS - 1;
    assert_eq!(world.messages(), []);
    world.now_ms = THROTTLE_PAUSE_MS;
    let mut seen = Vec::new();
    for _ in 0..6 {
        let turn = world.messages();
        assert_eq!(turn.len(), 1);
        seen.push(turn[0]);
        world.taken(turn[0]);
    }
    assert_eq!(seen[0], messages[0], "what was throttled goes first");
    assert_eq!(seen[1], other, "and the other phone has its turn");
    seen.retain(|message| *message != other);
    assert_eq!(seen, messages);
    assert_eq!(world.numbers().throttled, 1);
    assert!(world.pace.is_idle());
}

#[test]
fn how_often_a_segment_was_throttled_is_known_when_it_is_taken() {
    let mut world = World::new(0, &[1]);
    let message = world.send(1, 0);
    for round in 0..3 {
        assert_eq!(world.messages(), [message]);
        assert_eq!(world.pace.answered(&world.name.clone(), message), Some(round));
        world.pace.throttled(&world.name.clone(), message, world.now_ms);
        world.now_ms += THROTTLE_PAUSE_MS;
    }
    assert_eq!(world.messages(), [message]);
    world.pace.again(&world.name.clone(), message);
    assert_eq!(world.messages(), [message]);
    assert_eq!(world.pace.answered(&world.name.clone(), message), Some(3), "a broken link forgets nothing");
}

#[test]
fn a_phone_the_network_keeps_refusing_for_now_starves_nobody() {
    let mut world = World::new(0, &[1]);
    let bad = world.send(1, 0);
    let good: Vec<MessageId> = (2..5).map(|phone| world.send(phone, 0)).collect();
    let mut taken = Vec::new();
    for _ in 0..12 {
        for message in world.messages() {
            if message == bad {
                world.refused_for_now(bad);
            } else {
                taken.push(message);
                world.taken(message);
            }
        }
        world.now_ms += THROTTLE_PAUSE_MS;
    }
    assert_eq!(taken, good);
}

#[test]
fn a_phone_that_is_refused_for_now_rests_and_the_others_go_on_at_once() {
    let mut world = World::new(0, &[1]);
    let bad = [world.send(1, 0), world.send(1, 0)];
    let good: Vec<MessageId> = (2..50).map(|phone| world.send(phone, 0)).collect();
    assert_eq!(world.messages(), [bad[0]]);
    world.refused_for_now(bad[0]);
    for message in good {
        assert_eq!(world.messages(), [message], "without any pause");
        world.taken(message);
    }
    assert_eq!(world.messages(), [], "nothing of that phone overtakes it");
    assert_eq!(world.pace.next_ms(world.now_ms), Some(world.now_ms + THROTTLE_PAUSE_MS));
    world.now_ms += THROTTLE_PAUSE_MS;
    for message in bad {
        assert_eq!(world.messages(), [message]);
        world.taken(message);
    }
    assert!(world.pace.is_idle());
}

#[test]
fn a_network_that_refuses_everybody_for_now_is_not_hammered() {
    let mut world = World::new(0, &[50]);
    for phone in 0..1_000 {
        world.send(phone, 0);
    }
    let mut tries = 0;
    for _ in 0..20 {
        // As many turns as there are; a pause later once more.
        loop {
            let messages = world.messages();
            if messages.is_empty() {
                break;
            }
            tries += messages.len();
            messages.into_iter().for_each(|message| world.refused_for_now(message));
        }
        assert_eq!(world.numbers().limited_by, LimitedBy::Throttled);
        world.now_ms += THROTTLE_PAUSE_MS;
    }
    assert!(tries <= 20 * 50, "{tries} tries in 20 s");
    // One that is taken shows that it works again.
    let message = world.messages()[0];
    world.taken(message);
    assert_eq!(world.numbers().throttled, tries as u64);
}

#[test]
fn an_mt_that_is_dropped_while_its_phone_rests_leaves_nothing_behind() {
    let mut world = World::new(0, &[1]);
    let message = world.send(1, 0);
    assert_eq!(world.messages(), [message]);
    world.refused_for_now(message);
    world.pace.dropped(&world.name.clone(), &address(1).key(), message);
    world.now_ms += THROTTLE_PAUSE_MS;
    assert_eq!(world.messages(), []);
    assert!(world.pace.is_idle());
}

#[test]
fn the_rate_is_kept_and_a_pause_is_not_followed_by_a_burst() {
    let mut world = World::new(20, &[100]);
    let mut submitted = 0;
    for phone in 0..1_000 {
        world.send(phone, 0);
    }
    for ms in 10_000..15_000 {
        world.now_ms = ms;
        let turns = world.turns();
        assert!(turns.len() <= 2, "{} at once", turns.len());
        submitted += turns.len();
        turns.iter().for_each(|turn| world.taken(turn.message));
    }
    assert!((99..=102).contains(&submitted), "{submitted} in five seconds");
    assert_eq!(world.numbers().limited_by, LimitedBy::Rate);
    let next_ms = world.pace.next_ms(world.now_ms).unwrap();
    assert!(next_ms > world.now_ms && next_ms <= world.now_ms + 50, "{next_ms}");
    world.now_ms += 60_000;
    assert_eq!(world.turns().len(), 2, "nothing was saved up");
}

#[test]
fn a_rate_of_zero_is_no_limit_and_a_slow_rate_still_moves() {
    let mut world = World::new(0, &[1_000]);
    (0..500).for_each(|phone| _ = world.send(phone, 0));
    assert_eq!(world.turns().len(), 500);

    let mut world = World::new(1, &[10]);
    (0..3).for_each(|phone| _ = world.send(phone, 0));
    let mut at = Vec::new();
    for ms in (0..4_000).step_by(10) {
        world.now_ms = 100_000 + ms;
        at.extend(world.turns().iter().map(|_| ms));
    }
    assert_eq!(at, [0, 1_000, 2_000]);
}

#[test]
fn what_was_not_sent_goes_first_on_another_link() {
    let mut world = World::new(0, &[1, 1]);
    let messages: Vec<MessageId> = (0..4).map(|phone| world.send(phone, 0)).collect();
    let turns = world.turns();
    let on_first = turns.iter().find(|turn| turn.link == 0).unwrap().message;
    let on_second = turns.iter().find(|turn| turn.link == 1).unwrap().message;
    world.pace.link_down(&world.name.clone(), 0);
    world.pace.again(&world.name.clone(), on_first);
    assert_eq!(world.turns(), []);
    world.taken(on_second);
    assert_eq!(world.turns(), [Turn { message: on_first, link: 1 }]);
    world.taken(on_first);
    assert_eq!(world.messages(), [messages[2]]);
}

#[test]
fn a_link_that_comes_back_has_the_places_that_are_free() {
    let mut world = World::new(0, &[2]);
    let messages: Vec<MessageId> = (0..6).map(|phone| world.send(phone, 0)).collect();
    let name = world.name.clone();
    assert_eq!(world.messages(), messages[..2]);
    // One is answered, but what that means cannot be committed yet; the other is still open.
    world.pace.answered(&name, messages[0]).unwrap();
    world.pace.link_down(&name, 0);
    assert_eq!(world.numbers().limited_by, LimitedBy::NoLink);
    world.pace.link_up(&name, 0, 2);
    assert_eq!(world.messages(), []);
    world.pace.settled(&name, messages[0], false);
    assert_eq!(world.messages(), [messages[2]], "one place is taken by the order that is open");
    world.taken(messages[1]);
    world.taken(messages[2]);
    assert_eq!(world.messages(), messages[3..5], "and later none");
    assert_eq!(world.numbers().window_used, 2);
}

#[test]
fn an_answer_counts_once() {
    let mut world = World::new(0, &[2]);
    let messages: Vec<MessageId> = (0..3).map(|phone| world.send(phone, 0)).collect();
    let name = world.name.clone();
    assert_eq!(world.messages(), messages[..2]);
    assert_eq!(world.pace.answered(&name, messages[0]), Some(0));
    assert_eq!(world.pace.answered(&name, messages[0]), None);
    assert_eq!(world.pace.answered(&name, messages[2]), None, "no such order");
    world.pace.settled(&name, messages[0], false);
    assert_eq!(world.messages(), [messages[2]]);
    assert_eq!(world.messages(), []);
}

#[test]
fn urgent_mts_go_before_others_but_not_before_their_own_phone() {
    let mut world = World::new(0, &[1]);
    let normal = world.send(1, 0);
    let behind = world.send(1, 3);
    let low = world.send(2, 0);
    let urgent = world.send(3, 3);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let turn = world.messages();
        seen.push(turn[0]);
        world.taken(turn[0]);
    }
    assert_eq!(seen, [urgent, normal, behind, low]);
}

#[test]
fn an_mt_that_ends_while_it_waits_makes_room_for_the_next() {
    let mut world = World::new(0, &[1]);
    let messages: Vec<MessageId> = (0..3).map(|_| world.send(1, 0)).collect();
    let name = world.name.clone();
    world.pace.dropped(&name, &address(1).key(), messages[0]);
    assert_eq!(world.messages(), [messages[1]]);
    world.pace.dropped(&name, &address(1).key(), messages[1]);
    assert_eq!(world.numbers().queued, 2, "what is under way is left to its answer");
    world.pace.passed_over(&name, messages[1]);
    assert_eq!(world.numbers().submitted, 0);
    assert_eq!(world.messages(), [messages[2]]);
    world.taken(messages[2]);
    assert!(world.pace.is_idle());
}

#[test]
fn mts_of_a_channel_that_is_gone_wait_and_its_links_take_nothing() {
    let mut world = World::new(0, &[]);
    let message = world.send(1, 0);
    assert_eq!(world.turns(), []);
    assert_eq!(world.pace.next_ms(0), None, "nothing to wake up for");
    world.pace.link_up(&world.name.clone(), 0, 1);
    assert_eq!(world.messages(), [message]);
}

/// What the other side of [`Pace`] knows.
#[derive(Default)]
struct Model {
    /// Queued or under way, by phone, in order.
    phones: BTreeMap<u64, VecDeque<(MessageId, u8)>>,
    open: BTreeMap<MessageId, (u64, u16)>,
    answered: BTreeSet<MessageId>,
}

#[test]
fn no_place_of_a_window_is_ever_lost() {
    let windows = [3, 2];
    let mut world = World::new(0, &windows);
    let name = world.name.clone();
    let mut chance = Mint::new(Stamp(0), 99);
    let mut model = Model::default();
    let mut links: BTreeSet<u16> = [0, 1].into();
    for _ in 0..100_000 {
        let under_way: Vec<MessageId> = model.open.keys().copied().collect();
        let one = (!under_way.is_empty()).then(|| under_way[chance.up_to(under_way.len() as u64 - 1) as usize]);
        match (chance.up_to(11), one) {
            (0..=2, _) if model.phones.len() < 40 => {
                let phone = chance.up_to(39);
                let id = world.send(phone, chance.up_to(3) as u8);
                model.phones.entry(phone).or_default().push_back((id, chance.up_to(2) as u8));
            }
            (3, _) => {
                let link = chance.up_to(1) as u16;
                if links.remove(&link) {
                    world.pace.link_down(&name, link);
                } else {
                    links.insert(link);
                    world.pace.link_up(&name, link, windows[usize::from(link)]);
                }
            }
            (4, Some(message)) if !model.answered.contains(&message) => {
                world.pace.answered(&name, message).unwrap();
                world.pace.throttled(&name, message, world.now_ms);
                model.open.remove(&message);
            }
            (5, Some(message)) if !model.answered.contains(&message) => {
                world.pace.again(&name, message);
                model.open.remove(&message);
            }
            (6, _) => {
                let phone = chance.up_to(39);
                if let Some((id, _)) = model.phones.get(&phone).and_then(|queue| queue.back()).copied()
                    && !model.open.contains_key(&id)
                {
                    world.pace.dropped(&name, &address(phone).key(), id);
                    forget(&mut model, phone, id);
                }
            }
            (7, _) => world.now_ms += chance.up_to(1_500),
            (_, Some(message)) if model.answered.insert(message) => {
                world.pace.answered(&name, message).unwrap();
            }
            (_, Some(message)) => settle(&mut world, &mut model, message),
            _ => {}
        }
        for turn in world.turns() {
            let phone = model.phones.iter().find(|(_, queue)| queue[0].0 == turn.message).map(|(phone, _)| *phone);
            let phone = phone.expect("only the head of a phone is submitted");
            assert!(links.contains(&turn.link));
            assert!(model.open.values().all(|(other, _)| *other != phone), "one at a time");
            assert!(model.open.insert(turn.message, (phone, turn.link)).is_none());
        }
        for (link, window) in windows.iter().enumerate() {
            let used = model
                .open
                .iter()
                .filter(|(id, (_, on))| usize::from(*on) == link && links.contains(on) && !model.answered.contains(id));
            assert!(used.count() <= *window as usize);
        }
    }
    // Everything is answered: every place must be free again, and nothing remembered.
    for link in [0, 1] {
        world.pace.link_up(&name, link, windows[usize::from(link)]);
    }
    for _ in 0..10_000 {
        world.now_ms += THROTTLE_PAUSE_MS;
        for turn in world.turns() {
            let phone = *model.phones.iter().find(|(_, queue)| queue[0].0 == turn.message).unwrap().0;
            model.open.insert(turn.message, (phone, turn.link));
        }
        let Some(message) = model.open.keys().next().copied() else { break };
        if model.answered.insert(message) {
            world.pace.answered(&name, message).unwrap();
        }
        settle(&mut world, &mut model, message);
    }
    assert!(model.phones.is_empty() && model.open.is_empty());
    assert!(world.pace.is_idle());
    assert_eq!(world.numbers().window_used, 0);
}

/// What an answer meant is committed: the MT has more to submit, or it is done.
fn settle(world: &mut World, model: &mut Model, message: MessageId) {
    let (phone, _) = model.open.remove(&message).unwrap();
    model.answered.remove(&message);
    let left = &mut model.phones.get_mut(&phone).unwrap()[0].1;
    let more = *left > 0;
    *left = left.saturating_sub(1);
    world.pace.settled(&world.name.clone(), message, more);
    if !more {
        forget(model, phone, message);
    }
}

fn forget(model: &mut Model, phone: u64, message: MessageId) {
    let queue = model.phones.get_mut(&phone).unwrap();
    queue.retain(|(id, _)| *id != message);
    if queue.is_empty() {
        model.phones.remove(&phone);
    }
}
