//! `MoArrived` with a whole text: to whom it goes, what is said at once, which session opens, what is a duplicate.

use super::setup::{DEDUPE_MS, SESSION_MS, Setup, address, route};
use super::world::{World, mo, reply};
use crate::answer::Instruction;
use crate::callback::{CallbackEvent, CallbackKind};
use crate::decision::Outcome;
use crate::directory::{KeywordMatch, Name, Route};
use crate::event::{Event, Mo, MoContent};
use crate::id::MessageId;
use crate::limit::{SEEN_MAX, SESSIONS_MAX, TEXT_BYTES_MAX};
use crate::message::{Direction, MessageState};
use crate::ussd::TransportType;

use MessageState::{Received, Unrouted};

fn usual() -> World {
    Setup::usual().world()
}

#[test]
fn a_text_goes_where_session_keyword_or_address_say() {
    let check = |to: &str, text: &str, state: MessageState, application: Option<&str>, timeline: &[&str]| {
        let mut world = usual();
        let message = world.mo("+41791", to, text);
        world.shows(message, state, timeline);
        let message = world.message(message);
        assert_eq!(message.application.as_deref(), application);
        assert_eq!(message.account.as_deref(), application.map(|a| if a == "news" { "press" } else { "acme" }));
        assert_eq!((message.direction, message.text.as_str()), (Direction::Mo, text));
    };
    let opened = ["received", "routed by keyword", "session_opened", "owes weather incoming_message"];
    check("8282", "weather zurich", Received, Some("weather"), &opened);
    check("8282", "WEATHER", Received, Some("weather"), &opened);
    check("8282", "weatherman", Unrouted, None, &["received", "unrouted"]);
    let helped = ["received", "routed by keyword", "auto_replied", "owes weather incoming_message"];
    check("8282", "Help!", Received, Some("weather"), &helped);
    check("8282", "help me", Unrouted, None, &["received", "unrouted"]);
    let news = ["received", "routed by keyword", "owes news incoming_message"];
    check("8282", "news today", Received, Some("news"), &news);
    check("8282", "", Unrouted, None, &["received", "unrouted"]);
    let everything = ["received", "routed by address", "owes news incoming_message"];
    check("9292", "weather zurich", Received, Some("news"), &everything);
    check("9292", "", Received, Some("news"), &everything);
    check("4711", "weather", Unrouted, None, &["received", "unrouted"]);
}

#[test]
fn the_application_is_told_what_came() {
    let mut world = usual();
    let message = world.mo("+41 79 1", "8282", "weather zurich");
    let told = CallbackEvent::IncomingMessage {
        message,
        phone: address("+41 79 1"),
        service_address: address("8282"),
        text: "weather zurich".to_owned(),
        sent_at: world.now,
        auto_subscribe: false,
        auto_responded: false,
        channel: "carrier".into(),
        transport: TransportType::Sms,
        session_event: None,
    };
    let callback = world.incoming(message);
    assert_eq!(*world.told(callback), told);
    let callback = world.callback(callback);
    assert_eq!((callback.attempts, callback.due_at, callback.hops), (0, world.now, 0));
    assert_eq!(world.message(message).created_at, world.now);
}

#[test]
fn the_timeline_says_how_it_came_and_why_it_went_there() {
    let mut world = usual();
    let odd = Mo { complaints: vec!["data coding 0xF7 read as Latin-1".into()], ..mo("+41791", "8282", "news") };
    let message = world.arrive(odd);
    world.shows(message, Received, &["received", "complaint", "routed by keyword", "owes news incoming_message"]);
    world.says(message, "received on channel carrier from +41791 to 8282, GSM-7, 1 segment");
    world.says(message, "odd: data coding 0xF7 read as Latin-1");
    world.says(message, "given to news: keyword \"news\" (starts with) on 8282");
    let message = world.mo("+41791", "8282", "zzz");
    world.says(message, "nobody takes it: no session and no route on 8282 takes this text");
}

#[test]
fn an_open_session_comes_before_every_keyword_of_its_address() {
    let mut world = usual();
    let first = world.mo("+41791", "8282", "weather");
    let second = world.mo("+41 79-1", "8282", "news");
    let third = world.mo("+41791", "9292", "news");
    let other_phone = world.mo("+41792", "8282", "news");
    assert_eq!(world.sessions("+41791"), ["weather"]);
    world.shows(second, Received, &["received", "routed by session", "owes weather incoming_message"]);
    for (message, application) in [(first, "weather"), (second, "weather"), (third, "news"), (other_phone, "news")] {
        assert_eq!(world.message(message).application.as_deref(), Some(application));
    }
}

#[test]
fn a_message_within_the_session_extends_it() {
    let mut world = usual();
    let opened = world.mo("+41791", "8282", "weather");
    for _ in 0..3 {
        world.pass(SESSION_MS - 1);
        assert_eq!(world.phone_due("+41791").outcome, Outcome::Done);
        let next = world.mo("+41791", "8282", "and tomorrow?");
        world.shows(next, Received, &["received", "routed by session", "owes weather incoming_message"]);
    }
    let session = &world.phone("+41791").unwrap().sessions[0];
    assert_eq!((session.opened_by, session.expires_at), (opened, world.now.plus_ms(SESSION_MS)));
}

#[test]
fn a_message_extends_the_session_that_it_belongs_to_and_no_other() {
    let second = Route { session: true, ..route("weather", "9393", "go") };
    let mut world = Setup::usual().route(second).world();
    world.mo("+41791", "8282", "weather");
    world.mo("+41791", "9393", "go");
    world.pass(1_000);
    world.mo("+41791", "8282", "and tomorrow?");
    let lives_until: Vec<_> = world.phone("+41791").unwrap().sessions.iter().map(|s| s.expires_at).collect();
    assert_eq!(lives_until, [world.now.plus_ms(SESSION_MS), world.now.plus_ms(SESSION_MS - 1_000)]);
}

#[test]
fn a_session_whose_time_is_over_takes_nothing_even_before_anybody_closed_it() {
    let mut world = usual();
    let first = world.mo("+41791", "8282", "weather");
    world.pass(SESSION_MS);
    let news = world.mo("+41791", "8282", "news");
    world.shows(news, Received, &["received", "routed by keyword", "owes news incoming_message"]);
    assert_eq!(world.owed_all(CallbackKind::SessionClosed), []);
    let second = world.mo("+41791", "8282", "weather");
    assert_eq!(world.sessions("+41791"), ["weather"], "one at a time");
    world.says(first, "session with weather closed: its time was over");
    world.owed(first, CallbackKind::SessionClosed);
    assert_eq!(world.phone("+41791").unwrap().sessions[0].opened_by, second);
}

#[test]
fn a_session_without_its_application_takes_nothing() {
    let mut world = usual();
    let first = world.mo("+41791", "8282", "weather");
    world.configure(Setup::usual().without_application("weather").directory());
    let next = world.mo("+41791", "8282", "news");
    world.shows(next, Received, &["received", "routed by keyword", "owes news incoming_message"]);
    world.pass(SESSION_MS);
    world.phone_due("+41791");
    assert_eq!(world.sessions("+41791"), [""; 0]);
    world.says(first, "session with weather closed: no message came in time");
    assert_eq!(world.owed_all(CallbackKind::SessionClosed), [], "nobody is left to be told");
}

#[test]
fn a_phone_has_so_many_sessions_and_the_oldest_makes_room() {
    let mut setup = Setup::usual();
    for i in 0..=SESSIONS_MAX {
        setup = setup.route(Route { session: true, ..route("idle", &format!("9{i:04}"), "go") });
    }
    let mut world = setup.world();
    let opened: Vec<MessageId> = (0..=SESSIONS_MAX)
        .map(|i| {
            world.pass(1);
            world.mo("+41791", &format!("9{i:04}"), "go")
        })
        .collect();
    let phone = world.phone("+41791").unwrap();
    assert_eq!(phone.sessions.len(), SESSIONS_MAX);
    assert_eq!(phone.sessions[0].opened_by, opened[1]);
    world.says(opened[0], "session with idle closed: the phone has too many");
    let told = world.told(world.owed(opened[0], CallbackKind::SessionClosed));
    let closed = CallbackEvent::SessionClosed { phone: address("+41791"), service_address: address("90000") };
    assert_eq!(*told, closed);
}

#[test]
fn the_text_of_a_keyword_goes_out_at_once_and_the_application_knows() {
    let mut world = usual();
    let decision = world.decide(&Event::MoArrived(mo("+41791", "8282", "help")));
    let [mt] = super::world::added(&decision, Direction::Mt)[..] else { panic!("one MT: {decision:?}") };
    let Outcome::Accepted { message } = decision.outcome else { panic!("accepted") };
    world.shows(mt, MessageState::Queued, &["by_keyword", "segmented", "queued"]);
    let sent = world.message(mt);
    assert_eq!((sent.text.as_str(), sent.parent), ("Send WEATHER and a town.", Some(message)));
    assert_eq!((sent.from.as_str(), sent.to.as_str(), &*sent.channel), ("8282", "+41791", "carrier"));
    let told = world.told(world.incoming(message));
    assert!(matches!(told, CallbackEvent::IncomingMessage { auto_responded: true, .. }), "{told:?}");
    assert!(!world.outgoing(mt).tells, "nobody asked for reports");
}

#[test]
fn a_keywords_text_that_cannot_be_sent_did_not_respond() {
    let long: Name = "x".repeat(256 * 153).into();
    let wordy = Route { auto_reply: Some(long), matching: KeywordMatch::Exact, ..route("idle", "8282", "essay") };
    let mut world = Setup::usual().route(wordy).world();
    let message = world.mo("+41791", "8282", "essay");
    world.shows(message, Received, &["received", "routed by keyword", "reply_refused", "owes idle incoming_message"]);
    let told = world.told(world.incoming(message));
    assert!(matches!(told, CallbackEvent::IncomingMessage { auto_responded: false, .. }), "{told:?}");
}

#[test]
fn a_text_is_kept_up_to_its_limit_and_never_cut_within_a_character() {
    let mut world = usual();
    let long = "é".repeat(TEXT_BYTES_MAX);
    let message = world.mo("+41791", "9292", &format!("a{long}"));
    assert_eq!(world.message(message).text.len(), TEXT_BYTES_MAX - 1);
}

fn with_id(phone: &str, text: &str, id: &str) -> Mo {
    Mo { network_id: Some(id.to_owned()), ..mo(phone, "8282", text) }
}

#[test]
fn what_the_network_delivers_twice_is_one_message() {
    let mut world = usual();
    let first = world.arrive(with_id("+41791", "news", "77"));
    world.pass(DEDUPE_MS - 1);
    let decision = world.decide(&Event::MoArrived(with_id("+41791", "news", "77")));
    assert_eq!(decision.outcome, Outcome::Accepted { message: first }, "acknowledged like the first");
    world.shows(first, Received, &["received", "routed by keyword", "owes news incoming_message", "duplicate"]);
    world.says(first, "the network delivered the message with its id 77 again");
    assert_eq!(world.ledger.messages.len(), 1);
    world.pass(1);
    let later = world.arrive(with_id("+41791", "news", "77"));
    assert_ne!(later, first, "networks give their ids again");
    assert_eq!(world.ledger.messages.len(), 2);
}

#[test]
fn genuine_repetitions_are_messages_of_their_own() {
    let check = |first: Mo, second: Mo, same: bool| {
        let mut world = usual();
        let (one, two) = (world.arrive(first.clone()), world.arrive(second.clone()));
        assert_eq!(one == two, same, "{first:?} and {second:?}");
    };
    let a = with_id("+41791", "news", "a");
    check(a.clone(), a.clone(), true);
    check(a.clone(), with_id("+41 79-1", "other words", "a"), true);
    check(mo("+41791", "8282", "news"), mo("+41791", "8282", "news"), false);
    check(a.clone(), with_id("+41791", "news", "b"), false);
    check(a.clone(), mo("+41791", "8282", "news"), false);
    check(a.clone(), with_id("+41792", "news", "a"), false);
    check(a.clone(), Mo { channel: "spare".into(), ..a.clone() }, false);
    check(
        Mo { channel: "a".into(), ..with_id("+41791", "x", "bc") },
        Mo { channel: "ab".into(), ..with_id("+41791", "x", "c") },
        false,
    );
}

#[test]
fn duplicates_are_not_looked_for_where_the_channel_does_not_ask() {
    let mut world = Setup::usual().channel("carrier", |c| c.dedupe_ms = 0).world();
    let first = world.arrive(with_id("+41791", "news", "77"));
    let second = world.arrive(with_id("+41791", "news", "77"));
    assert_ne!(first, second);
    assert!(world.phone("+41791").is_none(), "there is nothing to remember");
}

#[test]
fn so_many_network_ids_of_a_phone_are_remembered_and_the_oldest_is_forgotten_first() {
    let mut world = usual();
    let ids: Vec<String> = (0..=SEEN_MAX).map(|i| i.to_string()).collect();
    let messages: Vec<MessageId> = ids.iter().map(|id| world.arrive(with_id("+41791", "news", id))).collect();
    assert_eq!(world.phone("+41791").unwrap().seen.len(), SEEN_MAX);
    assert_eq!(world.arrive(with_id("+41791", "news", &ids[1])), messages[1]);
    assert_eq!(world.arrive(with_id("+41791", "news", &ids[SEEN_MAX])), messages[SEEN_MAX]);
    assert_ne!(world.arrive(with_id("+41791", "news", &ids[0])), messages[0]);
}

#[test]
fn an_id_whose_time_is_over_is_forgotten_when_the_next_one_comes() {
    let mut world = usual();
    world.arrive(with_id("+41791", "news", "1"));
    world.pass(DEDUPE_MS);
    world.arrive(with_id("+41791", "news", "2"));
    assert_eq!(world.phone("+41791").unwrap().seen.len(), 1, "nothing is due again at this very moment");
}

#[test]
fn a_duplicate_of_an_answered_message_is_noted_and_changes_nothing_else() {
    let mut world = usual();
    let first = world.arrive(with_id("+41791", "weather", "77"));
    world.answer(world.incoming(first), &[reply("Rain."), Instruction::CloseSession]);
    let again = world.arrive(with_id("+41791", "weather", "77"));
    assert_eq!(again, first);
    assert_eq!(world.state(first), MessageState::Answered);
    assert_eq!(world.sessions("+41791"), [""; 0]);
    assert_eq!(world.owed_all(CallbackKind::IncomingMessage), []);
}

#[test]
fn a_route_to_everything_takes_texts_in_any_content() {
    let mut world = usual();
    let blank = MoContent::Whole { text: " \n".into(), encoding: "UCS-2" };
    let message = world.arrive(Mo { content: blank, ..mo("Bank", "9292", "") });
    world.shows(message, Received, &["received", "routed by address", "owes news incoming_message"]);
    world.says(message, "from Bank to 9292, UCS-2, 1 segment");
}
