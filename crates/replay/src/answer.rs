//! Answers of applications, in each contract: whatever comes back, what is sent on is fit for a phone and bounded, and
//! what was understood is understood again when it is written plainly.

use contracts::service_layer::answer::COMPLAINTS_MAX;
use contracts::understand;
use domain::answer::{Answer, Instruction};
use domain::callback::CallbackKind;
use domain::directory::Contract;
use domain::limit::{REPLIES_MAX, REPLY_CHARS_MAX};
use serde_json::json;

use crate::input::Input;

/// A new contract gets a row here, and does not compile until it has one in [`written`].
const CONTRACTS: &[Contract] = &[Contract::ServiceLayer, Contract::Vumi];

/// What was understood of an answer, written plainly; none where the contract can't say it.
fn written(contract: Contract, answer: &Answer) -> Option<String> {
    match contract {
        Contract::ServiceLayer => service_layer(answer),
        // Whatever it says, nothing is asked.
        Contract::Vumi => {
            assert_eq!(*answer, Answer::default());
            None
        }
    }
}

/// The contract, the kind of callback that was answered, the content type, and the body.
pub fn check(octets: &[u8]) {
    let mut input = Input::new(octets);
    let contract = input.one_of(CONTRACTS);
    let kind = input.one_of(&CallbackKind::ALL);
    let content_type = input.text();
    let content_type = (!content_type.is_empty()).then_some(content_type.as_str());
    let body = input.rest();
    let answer = understand(contract, kind, content_type, body);
    assert_eq!(understand(contract, kind, content_type, body), answer);
    assert!(answer.complaints.len() <= COMPLAINTS_MAX);
    assert!(answer.complaints.iter().all(|complaint| complaint.len() <= 1024 && !complaint.is_empty()));
    assert!(answer.instructions.len() <= REPLIES_MAX);
    // Text that a JSON object asks for is sent as asked, whatever it looks like.
    let is_plain = !body.contains(&b'{');
    for instruction in &answer.instructions {
        match instruction {
            Instruction::Reply { text } | Instruction::Reprocess { text } => {
                fit_for_a_phone(text);
                let start = text.trim_start().get(..14).unwrap_or_default();
                assert!(!is_plain || !start.eq_ignore_ascii_case("<!doctype html"), "a page for a browser");
            }
            Instruction::CloseSession => {}
        }
    }
    if let Some(plain) = written(contract, &answer) {
        let again = understand(contract, kind, Some("application/json"), plain.as_bytes());
        assert_eq!(again, Answer { complaints: vec![], ..answer }, "{plain}");
    }
}

fn fit_for_a_phone(text: &str) {
    assert!(!text.trim().is_empty());
    assert!(text.chars().count() <= REPLY_CHARS_MAX);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
}

/// `docs/reference/service-layer.md §4`
fn service_layer(answer: &Answer) -> Option<String> {
    let mut object = json!({ "body": null });
    for instruction in &answer.instructions {
        match instruction {
            Instruction::Reply { text } => object["body"] = json!(text),
            Instruction::CloseSession => object["close_session"] = json!(true),
            Instruction::Reprocess { text } => object["reprocess"] = json!(text),
        }
    }
    Some(object.to_string())
}
