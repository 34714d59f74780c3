//! What applications say that lie: HTTP 200 with a body that is not what it should be, and what the contract makes of
//! it all the same (`docs/reference/service-layer.md §4`).

use crate::application::Given;
use crate::chance::Chance;
use crate::tally::Fault;

/// A body and what may come of it.
pub(crate) struct Lie {
    pub(crate) fault: Fault,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    pub(crate) given: Given,
}

/// One of the lies; the token makes its body unlike any other.
pub(crate) fn tell(token: &str, chance: &mut Chance) -> Lie {
    let fault = *chance.pick(&[
        Fault::LieGarbage,
        Fault::LiePage,
        Fault::LieCut,
        Fault::LieOthers,
        Fault::LieTypes,
        Fault::LieDeep,
    ]);
    let json = "application/json";
    let (content_type, body) = match fault {
        Fault::LieGarbage => (json, format!("}}}}R{token};;\u{fffd}%%")),
        Fault::LiePage => ("text/html", format!("<html><body>R{token}</body></html>")),
        Fault::LieCut => (json, format!("{{\"body\":\"R{token}\",\"close_ses")),
        Fault::LieOthers => (
            json,
            format!(
                "{{\"to\":\"+41791000009\",\"session\":\"another\",\"application\":\"news\",\"body\":\"R{token}.\",\
                 \"message_id\":17,\"account\":\"globex\"}}"
            ),
        ),
        Fault::LieTypes => {
            (json, format!("{{\"body\":[\"R{token}\"],\"close_session\":\"perhaps\",\"reprocess\":{{\"a\":7}}}}"))
        }
        _ => (json, format!("{{\"body\":{}\"R{token}\"{}}}", "[".repeat(1_000), "]".repeat(1_000))),
    };
    // What is plainly no JSON is a text for the phone; a page, wrong types and depth are not.
    let reply = match fault {
        Fault::LieGarbage | Fault::LieCut => Some(body.clone()),
        Fault::LieOthers => Some(format!("R{token}.")),
        _ => None,
    };
    Lie { fault, content_type, body, given: Given { reply, reprocess: None } }
}
