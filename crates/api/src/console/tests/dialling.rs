//! The phone of the demo while it dials a code.

use std::sync::Arc;

use domain::address::Address;
use domain::directory::Ussd;
use domain::message::{Direction, MessageState};

use super::*;
use crate::phones::DialogState;

/// The usual directory, and a channel that carries USSD.
fn dialled() -> Directory {
    let mut directory = directory();
    let code = Address::parse("*120*1#").unwrap();
    let mut channel = (*directory.channels["backup"]).clone();
    channel.id = "ussd".into();
    channel.addresses = vec![code.clone()];
    channel.ussd = Some(Ussd { reply_ms: 20_000, sorry: "Sorry".into() });
    directory.channel_of.insert(code.key(), channel.id.clone());
    directory.channels.insert(channel.id.clone(), Arc::new(channel));
    directory
}

const DIALS: &str = "/?phone=%2B447700900123&to=*120*1%23";

#[tokio::test]
async fn a_handset_that_dials_shows_its_dialog_and_no_texts() {
    let world = World::new(true, OURS, dialled());
    tell_exchange(&world.archive, 0, PHONE, "weather bergen", "Bergen: rain");
    world.handsets.arrive(PHONE, "8282", "Bergen: rain", at(700));
    world.handsets.arrive(PHONE, "*120*1#", "1 Fruit <b>", at(800));
    let mut entered = message(900, Direction::Mo, PHONE, "*120*1#");
    entered.to = Address::parse("*120*1#").unwrap();
    let mut ended = message(950, Direction::Mo, PHONE, "");
    ended.to = entered.to.clone();
    for turn in [entered, ended] {
        world.archive.add(turn, MessageState::Received, Vec::new());
    }
    let browser = Browser::of(&world);
    assert!(browser.page(DIALS).await.contains("Dial *120*1#, then answer"));
    world.handsets.show("1 Fruit <b>", DialogState::Asking);
    for path in [DIALS, "/console/phone/exchange?phone=%2B447700900123&to=*120*1%23"] {
        let page = browser.page(path).await;
        for shown in ["data-state=\"asking\"", "Your turn", "phone-hang-up", "1 Fruit &lt;b&gt;", "The dialog ended"] {
            assert!(page.contains(shown), "{path}: {shown}");
        }
        assert!(!page.contains("Bergen: rain</"), "{path}: texts are not part of a dialog");
    }
    world.handsets.show("Bye", DialogState::Ended("The service ended the dialog"));
    let page = browser.page(DIALS).await;
    assert!(page.contains("The service ended the dialog") && !page.contains("phone-hang-up"));
    // Texting, the same handset shows its texts and no dialog.
    let page = browser.page("/?phone=%2B447700900123&to=8282").await;
    assert!(page.contains("Bergen: rain") && !page.contains("1 Fruit") && !page.contains("data-state=\"ended\""));
}

#[tokio::test]
async fn what_is_typed_is_entered_and_hanging_up_needs_the_form_token() {
    let world = World::new(true, OURS, dialled());
    world.handsets.show("1 or 2?", DialogState::Asking);
    let browser = Browser::of(&world);
    let token = browser.form_token(DIALS).await;
    let form = |token: &str, more: &str| format!("csrf={token}&phone=%2B447700900123&to=*120*1%23{more}");
    let sent = browser.post("/console/phone", Some(OURS), &form(&token, "&text=+1+")).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    let entered = world.handsets.sent.lock().unwrap().clone();
    assert_eq!(entered, [(PHONE.to_owned(), "*120*1#".to_owned(), "entered 1".to_owned())]);
    let refused = browser.post("/console/phone/hang-up", Some(OURS), &form("0000", "")).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(browser.page(DIALS).await.contains("1 or 2?"));
    let hung_up = browser.post("/console/phone/hang-up", Some(OURS), &form(&token, "")).await;
    assert_eq!(hung_up.status(), StatusCode::SEE_OTHER);
    assert!(browser.page(DIALS).await.contains("You hung up"));
    // Where there is no phone there is nothing to hang up.
    let serving = World::serving(OURS);
    let browser = Browser::signed_in(&serving).await;
    let token = browser.form_token("/console/overview").await;
    let nothing = browser.post("/console/phone/hang-up", Some(OURS), &form(&token, "")).await;
    assert_eq!(nothing.status(), StatusCode::NOT_FOUND);
}
