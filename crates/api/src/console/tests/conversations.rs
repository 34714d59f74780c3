//! Applications of the Vumi contract: their keys, shown when asked for, and the making of new ones.

use std::sync::Arc;

use domain::directory::{Contract, Vumi};
use domain::secret::Secret;

use super::*;

/// The usual directory, and a conversation that is pushed its messages and streams its events.
fn with_conversation() -> Directory {
    let mut directory = directory();
    let mut application = (**directory.applications.values().next().unwrap()).clone();
    (application.id, application.contract, application.url) = ("conv".into(), Contract::Vumi, "".into());
    application.vumi = Some(Arc::new(Vumi {
        tokens: vec![Secret::new("first-token"), Secret::new("second \"token\"")],
        push_message_url: Some("https://user:word@app.example.org/messages".into()),
        push_event_url: None,
        ignore_messages: false,
        ignore_events: false,
        content_length_limit: Some(160),
        metric_store: "pings".into(),
    }));
    directory.applications.insert(application.id.clone(), Arc::new(application));
    directory
}

const PAGE: &str = "/console/applications/conv";

#[tokio::test]
async fn the_keys_are_there_and_tokens_are_shown_when_asked_for() {
    let world = World::new(false, OURS, with_conversation());
    world.live.update(|live| live.applications.entry("conv".into()).or_default().readers = 3);
    let browser = Browser::signed_in(&world).await;
    let list = browser.page("/console/applications").await;
    assert!(list.contains("href=\"/console/applications/conv\"") && !list.contains("user:word"));
    let page = browser.page(PAGE).await;
    for shown in ["value=\"acme\"", "value=\"conv\"", "https://app.example.org/messages", "events.json", ">3<", "160"] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("first-token") && !page.contains("user:word") && !page.contains("second"));
    let asked = format!("{PAGE}/keys");
    let foreign = browser.post(&asked, Some(OURS), "csrf=wrong").await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let token = browser.form_token(PAGE).await;
    let shown = browser.post(&asked, Some(OURS), &format!("csrf={token}")).await;
    assert_eq!((shown.status(), &shown.headers()[CACHE_CONTROL]), (StatusCode::OK, &"no-store".parse().unwrap()));
    let shown = text(shown).await;
    assert!(shown.contains("value=\"first-token\"") && shown.contains("value=\"second &quot;token&quot;\""));
    let missing = browser.get("/console/applications/nothing").await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    let stranger = Browser::of(&world);
    assert_eq!(stranger.get(PAGE).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(stranger.post(&asked, Some(OURS), "").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_new_one_gets_keys_nobody_has_and_its_lines() {
    let world = World::new(false, OURS, with_conversation());
    let browser = Browser::signed_in(&world).await;
    let path = "/console/new-application";
    let token = browser.form_token(path).await;
    let make = async |form: &str| browser.post(path, Some(OURS), &format!("csrf={token}&account=acme&{form}")).await;
    let good = "id=menu&address=8282&push_message_url=https%3A%2F%2Fapp.example.org%2Fm";
    let (first, second) = (text(make(good).await).await, text(make(good).await).await);
    let key = |page: &str| {
        let (_, rest) = page.split_once("id=\"token\" readonly value=\"").expect("a token");
        rest.split_once('"').unwrap().0.to_owned()
    };
    assert_ne!(key(&first), key(&second));
    assert!(key(&first).len() >= 32, "{}", key(&first));
    let lines = format!(
        "[[application]]\nid = &quot;menu&quot;\naccount = &quot;acme&quot;\ncontract = &quot;vumi&quot;\napi_tokens = [&quot;{}&quot;]\n\
         push_message_url = &quot;https://app.example.org/m&quot;\n\n[[route]]\napplication = &quot;menu&quot;\naddress = &quot;8282&quot;\n",
        key(&first)
    );
    assert!(first.contains(&lines), "{first}");
    let made = text(make("").await).await;
    assert!(made.contains("contract = &quot;vumi&quot;") && !made.contains("[[route]]"), "an id is made");
    for bad in [
        "account=nobody",
        "id=conv",
        "id=a%22b",
        "id=a%0Ab",
        "address=nothing",
        "push_message_url=javascript:alert(1)",
        "push_event_url=https://x%22%0Aurl",
    ] {
        let form = if bad.starts_with("account") {
            format!("csrf={token}&{bad}")
        } else {
            format!("csrf={token}&account=acme&{bad}")
        };
        let refused = browser.post(path, Some(OURS), &form).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
}
