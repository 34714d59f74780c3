//! The Service Layer API: parameters in body and query are one request, what is not one is refused in a sentence, and
//! what was understood is understood again when it is written plainly.

use contracts::service_layer::api::{
    CloseSessions, MESSAGE_IDS_MAX, MessageIds, PARAMETERS_MAX, Parameters, Recipient, SendMessage, sent_json,
};
use contracts::service_layer::{date, parse_boolean};
use domain::limit::{RECIPIENTS_MAX, TEXT_BYTES_MAX};
use form_urlencoded::Serializer;

use crate::input::Input;

/// Longest sentence for a refusal, in bytes.
const SENTENCE_BYTES_MAX: usize = 512;

/// The query, with its length before it, and the body.
pub fn check(octets: &[u8]) {
    let mut input = Input::new(octets);
    let query = input.text();
    let query = (!query.is_empty()).then_some(query.as_str());
    let body = input.rest();
    dates(&String::from_utf8_lossy(body));
    let parameters = match Parameters::read(query, body) {
        Ok(parameters) => parameters,
        Err(refusal) => return sentence(&refusal.to_string()),
    };
    one_form(query, body, &parameters);
    match SendMessage::read(&parameters) {
        Ok(send) => send_message(&send),
        Err(refusal) => sentence(&refusal.to_string()),
    }
    match MessageIds::read(&parameters) {
        Ok(ids) => message_ids(&ids),
        Err(refusal) => sentence(&refusal.to_string()),
    }
    match CloseSessions::read(&parameters) {
        Ok(close) => assert!(close.phones.len() <= RECIPIENTS_MAX),
        Err(refusal) => sentence(&refusal.to_string()),
    }
}

fn sentence(text: &str) {
    assert!(!text.is_empty() && text.len() <= SENTENCE_BYTES_MAX, "{} bytes", text.len());
    assert!(!text.chars().any(char::is_control));
}

/// Body and query as the one form that they mean.
fn one_form(query: Option<&str>, body: &[u8], parameters: &Parameters) {
    let query = query.unwrap_or_default().as_bytes();
    let mut form = Serializer::new(String::new());
    let pairs = form_urlencoded::parse(body).chain(form_urlencoded::parse(query));
    let count = form.extend_pairs(pairs).finish();
    let again = Parameters::read(None, count.as_bytes()).expect("as many as before");
    assert_eq!(&again, parameters);
    assert!(form_urlencoded::parse(count.as_bytes()).count() <= PARAMETERS_MAX);
}

fn send_message(send: &SendMessage) {
    assert!((1..=RECIPIENTS_MAX).contains(&send.recipients.len()));
    assert!(!send.text.trim().is_empty() && send.text.len() <= TEXT_BYTES_MAX);
    let mut form = Serializer::new(String::new());
    let phones: Vec<&str> = send
        .recipients
        .iter()
        .map(|recipient| match recipient {
            Recipient::Phone(phone) => {
                assert!(phone.is_number() && (3..=15).contains(&phone.key().as_str().len()));
                phone.as_str()
            }
            Recipient::Invalid => "none",
        })
        .collect();
    form.append_pair("phone_numbers", &phones.join(","));
    form.append_pair("body", &send.text).append_pair("api_key", send.api_key.expose());
    form.append_pair("action_expected", if send.action_expected { "yes" } else { "n" });
    if let Some(tag) = &send.tag {
        form.append_pair("tag", tag);
    }
    let parameters = Parameters::read(Some(&form.finish()), b"").expect("five of them");
    let again = SendMessage::read(&parameters).expect("it was understood before");
    assert_eq!(SendMessage { send_at: send.send_at, ..again }, *send);
}

fn message_ids(ids: &MessageIds) {
    assert!(ids.segments.len() <= MESSAGE_IDS_MAX);
    assert!(ids.segments.iter().all(|segment| segment.0 > 0));
    let json: serde_json::Value =
        serde_json::from_str(&sent_json(ids.segments.iter().map(|segment| segment.0))).expect("we write JSON");
    let listed = json["message_ids"].as_str().expect("a list in a string");
    let listed: Vec<i64> = listed.split(',').filter_map(|id| id.parse().ok()).collect();
    assert!(listed.iter().eq(ids.segments.iter().map(|segment| &segment.0)));
}

fn dates(text: &str) {
    if let Some(at) = date::parse(text) {
        assert_eq!(date::parse(&format!(" {text}\n")), Some(at));
        let seconds = at.0.div_euclid(1_000_000).to_string();
        if (9..=11).contains(&seconds.len()) && !seconds.starts_with('-') {
            assert_eq!(date::parse(&seconds).map(|again| again.0.div_euclid(1_000_000).to_string()), Some(seconds));
        }
    }
    if let Some(value) = parse_boolean(text) {
        assert_eq!(parse_boolean(&text.to_ascii_uppercase()), Some(value));
    }
}
