//! The Service Layer API as old clients see it.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use axum::body::Body;
use domain::event::{Asker, Event};
use domain::id::SegmentNumber;
use domain::message::MessageState;
use domain::outgoing::{Outgoing, OutgoingState, SegmentState};
use domain::report::ReportStatus;
use engine::inlet::NotTaken;
use http::{Request, StatusCode};
use world::{NOW, Reply, World, address, message_id, mt};

async fn post(world: &World, method: &str, form: &str) -> Reply {
    let request = Request::builder().method("POST").uri(format!("/api/{method}"));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    world.ask(request.body(Body::from(form.to_owned())).unwrap()).await
}

fn number(counter: u16, index: u8) -> i64 {
    SegmentNumber::new(message_id(counter).stamp, index).0
}

#[tokio::test]
async fn a_send_answers_with_the_numbers_of_all_segments() {
    let world = World::new();
    let long = "a".repeat(161);
    let form = format!("api_key=weather-key&phone_numbers=41791234567,nonsense,41791234568&body={long}");
    let reply = post(&world, "send_message", &form).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/json");
    let expected = [number(1, 0), number(1, 1), -1, number(2, 0), number(2, 1)].map(|n| n.to_string()).join(",");
    assert_eq!(reply.body, format!(r#"{{"message_ids":"{expected}"}}"#));
    let Some(Event::SendAsked(asked)) = world.stored.events.lock().unwrap().pop() else { panic!("no send") };
    assert_eq!((&*asked.account, asked.application.as_deref(), asked.tells), ("acme", Some("weather"), true));

    let by_get = world.get("", "/api/send_message?api_key=weather-key&phone_number=41791234567&body=hi").await;
    assert_eq!(by_get.body, format!(r#"{{"message_ids":"{}"}}"#, number(3, 0)));
    let none = post(&world, "send_message", "api_key=weather-key&phone_number=nonsense&body=hi").await;
    assert_eq!(none.body, r#"{"message_ids":"-1"}"#);
}

#[tokio::test]
async fn noes_are_plain_text() {
    let world = World::new();
    let check = async |method: &str, form: &str, words: &str| {
        let reply = post(&world, method, form).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{method} {form}");
        assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
        assert!(reply.body.contains(words), "{}", reply.body);
    };
    check("send_message", "phone_number=41791234567&body=hi", "api_key").await;
    check("send_message", "api_key=wrong&phone_number=41791234567&body=hi", "api_key is missing or wrong").await;
    check("send_message", "api_key=acme-token&phone_number=41791234567&body=hi", "api_key is missing or wrong").await;
    check("send_message", "api_key=weather-key&phone_number=41791234567", "body").await;
    check("cancel_messages", "message_ids=1", "api_key is missing or wrong").await;
    check("blacklist", "api_key=weather-key", "not available").await;
    check("send_message", &"x".repeat(api::BODY_BYTES_MAX + 1), "larger than").await;
    assert!(world.stored.events.lock().unwrap().is_empty());

    let busy = World::refusing(Some(NotTaken::Busy));
    let reply = post(&busy, "send_message", "api_key=weather-key&phone_number=41791234567&body=hi").await;
    assert_eq!((reply.status, reply.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"));
}

#[tokio::test]
async fn statuses_are_told_of_ones_own_messages_only() {
    let world = World::new();
    let mut delivered = mt(1, "acme", "weather");
    delivered.state = MessageState::Delivered;
    let mut half = mt(2, "acme", "weather");
    (half.state, half.message.segments) = (MessageState::Submitted, 2);
    let network_id = String::from("7");
    world.stored.outgoing.lock().unwrap().insert(
        message_id(2).stamp,
        Outgoing {
            id: message_id(2),
            account: Some("acme".into()),
            channel: "carrier".into(),
            application: Some("weather".into()),
            service_address: address("8282"),
            phone: address("41791234567"),
            state: OutgoingState::Submitted,
            due_at: NOW,
            valid_until: NOW,
            priority: 0,
            tells: true,
            segments: vec![
                SegmentState::Reported { network_id: network_id.clone(), status: ReportStatus::Failed },
                SegmentState::Submitted { network_id },
            ],
            ussd: None,
            is_settled: false,
        },
    );
    for row in [delivered, half, mt(3, "other", "lab")] {
        world.stored.add(row);
    }
    let own = [number(1, 0), number(2, 0), number(2, 1)];
    let told = format!(r#"{{"{}":1,"{}":2,"{}":0}}"#, own[0], own[1], own[2]);
    let list = own.map(|n| n.to_string()).join(",");
    let all = format!("{list},{},{},{},5,-1", number(3, 0), number(9, 0), number(1, 1));
    assert_eq!(post(&world, "delivery_status", &format!("api_key=weather-key&message_ids={all}")).await.body, told);
    assert_eq!(post(&world, "delivery_status", &format!("message_ids={list}")).await.body, told, "as old clients ask");
    let mixed = post(&world, "delivery_status", &format!("message_ids={all}")).await;
    assert_eq!(mixed.status, StatusCode::INTERNAL_SERVER_ERROR, "without a key: not across applications");
    let foreign = post(&world, "delivery_status", &format!("api_key=lab-key&message_ids={list}")).await;
    assert_eq!((foreign.status, foreign.body.as_str()), (StatusCode::OK, "{}"));
}

#[tokio::test]
async fn cancelling_counts_messages_of_the_key() {
    let world = World::new();
    for (counter, account, application) in [(1, "acme", "weather"), (2, "other", "lab")] {
        world.stored.add(mt(counter, account, application));
    }
    let form = format!("api_key=weather-key&message_ids={},{},{}", number(1, 0), number(1, 1), number(2, 0));
    assert_eq!(post(&world, "cancel_messages", &form).await.body, r#"{"canceled_count":1}"#);
    let Some(Event::CancelAsked { asker, messages }) = world.stored.events.lock().unwrap().pop() else { panic!() };
    assert_eq!((asker, messages.len()), (Asker::Application("weather".into()), 2));
}

#[tokio::test]
async fn sessions_are_closed_for_the_keys_application() {
    let world = World::new();
    let reply = post(&world, "close_sessions", "api_key=weather-key&phone_numbers=%2B41791234567").await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, ""));
    let Some(Event::CloseSessionsAsked { application, phones }) = world.stored.events.lock().unwrap().pop() else {
        panic!("no event")
    };
    assert_eq!((&*application, phones), ("weather", vec![address("41791234567").key()]));
}
