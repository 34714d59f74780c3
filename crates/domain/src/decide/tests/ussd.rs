//! USSD dialogs: three steps and an end, phones that wait too long or hang up, answers that come too late.

use super::setup::{Setup, address, route};
use super::world::{World, added, mo, reply, send};
use crate::answer::Instruction;
use crate::callback::{CallbackEvent, CallbackKind};
use crate::decision::Decision;
use crate::directory::{Contract, Route, Ussd, Vumi};
use crate::event::{Mo, Send};
use crate::id::MessageId;
use crate::message::{Direction, MessageState};
use crate::ussd::{SessionEvent, TransportType, UssdTurn};

const REPLY_MS: u64 = 20_000;
const PHONE: &str = "+41791";
const CODE: &str = "*120*1#";

/// `carrier` carries USSD; `weather` listens on a code there.
fn setup() -> Setup {
    let setup = Setup::usual().channel("carrier", |carrier| {
        carrier.addresses.push(address(CODE));
        carrier.ussd = Some(Ussd { reply_ms: REPLY_MS, sorry: "Sorry, please try again later.".into() });
    });
    setup.route(Route { keyword: None, ..route("weather", CODE, "") })
}

fn world() -> World {
    setup().world()
}

fn vumi_world() -> World {
    let setup = setup().application("weather", |weather| {
        weather.contract = Contract::Vumi;
        weather.vumi = Some(
            Vumi {
                tokens: Vec::new(),
                push_message_url: None,
                push_event_url: None,
                ignore_messages: false,
                ignore_events: false,
                content_length_limit: None,
                metric_store: "default".into(),
            }
            .into(),
        );
    });
    setup.world()
}

fn says(world: &mut World, event: SessionEvent, text: &str) -> MessageId {
    world.arrive(Mo { session_event: Some(event), dialog: Some(7), ..mo(PHONE, CODE, text) })
}

fn shown(world: &World, decision: &Decision) -> (String, UssdTurn) {
    let sent = added(decision, Direction::Mt);
    let [id] = sent[..] else { panic!("one text is shown: {sent:?}") };
    (world.message(id).text.clone(), world.outgoing(id).ussd.expect("it is a turn of the dialog"))
}

#[test]
fn a_menu_goes_on_until_the_answer_closes_the_session() {
    let mut world = world();
    for (event, text, menu) in
        [(SessionEvent::New, CODE, "1 weather 2 news"), (SessionEvent::Resume, "1", "Which town?")]
    {
        let message = says(&mut world, event, text);
        let callback = world.incoming(message);
        assert!(matches!(
            world.told(callback),
            CallbackEvent::IncomingMessage { transport: TransportType::Ussd, session_event, .. } if *session_event == Some(event)
        ));
        let decision = world.answer(callback, &[reply(menu)]);
        let turn = UssdTurn { dialog: Some(7), event: SessionEvent::Resume };
        assert_eq!(shown(&world, &decision), (menu.to_owned(), turn));
        world.pass(REPLY_MS + 1);
        world.phone_due(PHONE);
        assert_eq!(world.sessions(PHONE), ["weather"], "it is the phone's turn, which takes its time");
    }
    let message = says(&mut world, SessionEvent::Resume, "zurich");
    let callback = world.incoming(message);
    let decision = world.answer(callback, &[reply("21 °C"), Instruction::CloseSession]);
    let turn = UssdTurn { dialog: Some(7), event: SessionEvent::Close };
    assert_eq!(shown(&world, &decision), ("21 °C".to_owned(), turn));
    assert_eq!(world.phone(PHONE), None, "session and dialog are over");
}

#[test]
fn closing_without_a_word_ends_the_dialog_on_the_phone_too() {
    let mut world = world();
    let message = says(&mut world, SessionEvent::New, CODE);
    let callback = world.incoming(message);
    let decision = world.answer(callback, &[Instruction::CloseSession]);
    assert_eq!(shown(&world, &decision).1.event, SessionEvent::Close);
    assert_eq!(world.phone(PHONE), None);
}

#[test]
fn a_phone_that_waits_too_long_gets_the_sorry_text_and_the_late_answer_is_kept() {
    let mut world = world();
    let message = says(&mut world, SessionEvent::New, CODE);
    let callback = world.incoming(message);
    world.pass(REPLY_MS - 1);
    assert_eq!(world.phone_due(PHONE), Decision::nothing());
    world.pass(1);
    let decision = world.phone_due(PHONE);
    let turn = UssdTurn { dialog: Some(7), event: SessionEvent::Close };
    assert_eq!(shown(&world, &decision), ("Sorry, please try again later.".to_owned(), turn));
    world.says(message, "no answer within 20000 ms");
    let late = world.answer(callback, &[reply("1 weather 2 news")]);
    let [id] = added(&late, Direction::Mt)[..] else { panic!() };
    assert!(world.is_finished(id), "it is not sent");
    assert_eq!((world.state(id), &*world.message(id).text), (MessageState::Expired, "1 weather 2 news"));
    world.says(id, "the phone has no USSD dialog open");
}

#[test]
fn a_phone_that_hangs_up_ends_it_on_both_sides() {
    let mut world = world();
    says(&mut world, SessionEvent::New, CODE);
    let bye = says(&mut world, SessionEvent::Close, "");
    assert_eq!(world.phone(PHONE), None);
    assert_eq!(world.owed_all(CallbackKind::IncomingMessage).len(), 1, "an empty text says nothing in this contract");
    assert_eq!(world.owed_all(CallbackKind::SessionClosed).len(), 1);
    assert_eq!(world.state(bye), MessageState::Answered);

    let mut world = vumi_world();
    says(&mut world, SessionEvent::New, CODE);
    let bye = says(&mut world, SessionEvent::Close, "");
    let told = world.told(world.incoming(bye)).clone();
    let CallbackEvent::IncomingMessage { session_event, .. } = told else { panic!("{told:?}") };
    assert_eq!(session_event, Some(SessionEvent::Close), "Vumi has a word for it");
}

#[test]
fn an_answer_to_an_earlier_dialog_is_not_shown_in_the_next_one() {
    let mut world = world();
    let first = says(&mut world, SessionEvent::New, CODE);
    let stale = world.incoming(first);
    world.pass(1);
    let second = says(&mut world, SessionEvent::New, CODE);
    let late = world.answer(stale, &[reply("of the first"), Instruction::CloseSession]);
    let [id] = added(&late, Direction::Mt)[..] else { panic!() };
    assert!(world.is_finished(id));
    world.says(id, "the phone has said something else since");
    assert_eq!(world.sessions(PHONE), ["weather"], "the session of the second one stays");
    let callback = world.incoming(second);
    let decision = world.answer(callback, &[reply("of the second")]);
    assert_eq!(shown(&world, &decision).0, "of the second");
}

#[test]
fn what_no_screen_can_show_is_kept_and_the_phone_gets_the_sorry_text() {
    let check = |text: &str, fits: bool| {
        let mut world = world();
        let message = says(&mut world, SessionEvent::New, CODE);
        let callback = world.incoming(message);
        let decision = world.answer(callback, &[reply(text)]);
        let [id] = added(&decision, Direction::Mt)[..] else { panic!() };
        assert_eq!(!world.is_finished(id), fits, "{} characters", text.chars().count());
        world.pass(REPLY_MS);
        let sorry = world.phone_due(PHONE);
        assert_eq!(added(&sorry, Direction::Mt).len(), usize::from(!fits));
    };
    check(&"x".repeat(182), true);
    check(&"x".repeat(183), false);
    check(&"ж".repeat(80), true);
    check(&"ж".repeat(81), false);
}

#[test]
fn dialling_again_starts_anew() {
    let mut world = world();
    says(&mut world, SessionEvent::New, CODE);
    let again = says(&mut world, SessionEvent::New, CODE);
    assert_eq!(world.sessions(PHONE), ["weather"]);
    assert_eq!(world.phone(PHONE).unwrap().dialogs.len(), 1);
    world.says(again, "USSD dialog: new, number 7");
}

#[test]
fn a_code_nobody_serves_is_answered_with_the_sorry_text() {
    let mut world = world();
    let message = world.arrive(Mo { session_event: Some(SessionEvent::New), ..mo(PHONE, "8282", "?") });
    assert_eq!(world.state(message), MessageState::Unrouted);
    assert_eq!(world.phone(PHONE), None);
    let texts: Vec<&str> = world.ledger.messages.values().map(|m| &*m.text).collect();
    assert_eq!(texts, ["?", "Sorry, please try again later."]);
}

#[test]
fn a_vumi_reply_goes_on_or_closes_and_a_late_one_is_a_nack() {
    let mut world = vumi_world();
    let asks = says(&mut world, SessionEvent::New, CODE);
    let put = |mo: MessageId, text: &str, session_event| Send {
        from: Some(address(CODE)),
        in_reply_to: Some((mo, "carrier".into())),
        session_event,
        ..send(PHONE, text)
    };
    let menu = world.send(put(asks, "1 or 2?", None))[0].id;
    assert_eq!(world.outgoing(menu).ussd, Some(UssdTurn { dialog: Some(7), event: SessionEvent::Resume }));
    let asks = says(&mut world, SessionEvent::Resume, "1");
    let last = world.send(put(asks, "bye", Some(SessionEvent::Close)))[0].id;
    assert_eq!(world.outgoing(last).ussd, Some(UssdTurn { dialog: Some(7), event: SessionEvent::Close }));
    assert_eq!(world.phone(PHONE), None);
    let late = world.send(put(asks, "one more thing", None))[0].id;
    assert!(world.is_finished(late));
    let nack = world.told(world.owed(late, CallbackKind::Nack)).clone();
    assert!(matches!(nack, CallbackEvent::Nack { reason, .. } if reason.contains("no USSD dialog")));
    // What was shown is acknowledged by the network and not reported on.
    world.taken(last, 0, "1");
    assert!(world.is_finished(last));
    world.owed(last, CallbackKind::Ack);
}

#[test]
fn a_dialog_that_the_network_forgot_to_end_is_forgotten() {
    let mut world = world();
    let message = says(&mut world, SessionEvent::New, CODE);
    let callback = world.incoming(message);
    world.answer(callback, &[reply("menu")]);
    world.pass(crate::limit::DIALOG_MS);
    world.phone_due(PHONE);
    assert_eq!(world.phone(PHONE), None);
}
