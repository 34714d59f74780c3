//! USSD from end to end: a phone dials, SMPP carries it, an application answers over HTTP; and what the phone and the
//! timeline show when the application is too slow.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};

use channels::simulator::{DialogState, Ending, Operator, OperatorOptions};
use serde_json::Value;
use world::application::Application;
use world::browser::Browser;
use world::process::{Gateway, Place, free_port, messages, replace, settings, timeline, wait_for};
use world::program::Program;

const PHONE: &str = "41790000100";
const CODE: &str = "*120*1#";

/// A network, and a gateway that carries its USSD to an application.
struct World {
    _place: Place,
    _runtime: tokio::runtime::Runtime,
    operator: Operator,
    gateway: Option<Gateway>,
    http: u16,
}

impl World {
    fn start(name: &str, application: &Application, reply_ms: u32) -> World {
        let place = Place::new(name);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listening = Operator::listen("127.0.0.1:0", OperatorOptions::default());
        let operator = runtime.block_on(listening).unwrap();
        let http = free_port();
        let port = operator.address().port();
        let config = settings(&place, http, port, &application.address.to_string(), "");
        replace(&config, "addresses = [\"8282\"]", &format!("addresses = [\"{CODE}\"]\nussd = true"));
        replace(&config, "ussd = true", &format!("ussd = true\nussd_reply_ms = {reply_ms}\nussd_sorry = \"Too slow\""));
        replace(&config, "address = \"8282\"", &format!("address = \"{CODE}\""));
        let gateway = Gateway::start(&config, http);
        wait_for("the bind", || operator.has_receiver());
        World { _place: place, _runtime: runtime, operator, gateway: Some(gateway), http }
    }

    fn wait_screen(&self, state: DialogState, text: &str) {
        wait_for(&format!("{state:?} with {text:?}"), || {
            self.operator.screen(PHONE).is_some_and(|screen| screen.state == state && screen.text == text)
        });
    }

    /// What the phone said, and got, oldest first: text and state.
    fn messages(&self, direction: &str) -> Vec<(String, String)> {
        let word = |message: &Value, name: &str| message[name].as_str().unwrap().to_owned();
        let mut found = messages(self.http, &format!("direction={direction}"));
        found.reverse();
        found.iter().map(|message| (word(message, "text"), word(message, "state"))).collect()
    }

    fn codes(&self, text: &str) -> Vec<String> {
        let found = messages(self.http, "");
        let message = found.iter().find(|message| message["text"] == text).unwrap();
        timeline(self.http, message["id"].as_str().unwrap()).into_iter().map(|(code, _)| code).collect()
    }

    fn end(mut self) {
        assert!(self.gateway.take().unwrap().terminate().success());
    }
}

#[test]
fn a_menu_of_three_steps_from_the_phone_to_the_application_and_back() {
    let application = Application::start(|asked| match asked.field("body") {
        CODE => "Fruit?\n1 Apples\n2 Pears".to_owned(),
        "2" => "How many pears?".to_owned(),
        count => format!(r#"{{"body":"{count} pears are on their way.","close_session":true}}"#),
    });
    let world = World::start("ussd-menu", &application, 20_000);
    world.operator.dial(PHONE, CODE, CODE).unwrap();
    world.wait_screen(DialogState::Asking, "Fruit?\n1 Apples\n2 Pears");
    world.operator.answer(PHONE, "2").unwrap();
    world.wait_screen(DialogState::Asking, "How many pears?");
    world.operator.answer(PHONE, "12").unwrap();
    world.wait_screen(DialogState::Ended(Ending::LastWord), "12 pears are on their way.");
    assert_eq!(application.texts(), [CODE, "2", "12"]);
    wait_for("the session to be told as closed", || !application.asked_of("session_closed").is_empty());
    wait_for("all replies to be taken", || world.messages("mt").iter().all(|(_, state)| state == "submitted"));
    assert_eq!(world.messages("mt").len(), 3);
    assert!(world.codes("12").contains(&"dialog_turn".to_owned()));
    // A new dialog begins from the beginning, whatever was said in the one before.
    world.operator.dial(PHONE, CODE, CODE).unwrap();
    world.wait_screen(DialogState::Asking, "Fruit?\n1 Apples\n2 Pears");
    world.operator.hang_up(PHONE);
    wait_for("the end of the session", || application.asked_of("session_closed").len() == 2);
    world.wait_screen(DialogState::Ended(Ending::HungUp), "Fruit?\n1 Apples\n2 Pears");
    assert_eq!(world.operator.counts().submits, 4);
    world.end();
}

#[test]
fn a_slow_application_gives_the_phone_the_sorry_text_and_its_answer_is_kept_and_not_sent() {
    let gate = Arc::<(Mutex<bool>, Condvar)>::default();
    let opened = gate.clone();
    let application = Application::start(move |_| {
        let mut open = opened.0.lock().unwrap();
        while !*open {
            open = opened.1.wait(open).unwrap();
        }
        "This comes too late".to_owned()
    });
    let world = World::start("ussd-slow", &application, 500);
    world.operator.dial(PHONE, CODE, CODE).unwrap();
    wait_for("the callback", || application.texts() == [CODE]);
    world.wait_screen(DialogState::Ended(Ending::LastWord), "Too slow");
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    wait_for("the late answer to be kept", || {
        world.messages("mt").iter().any(|(text, _)| text == "This comes too late")
    });
    wait_for("the sorry text to be taken", || {
        world.messages("mt").contains(&("Too slow".to_owned(), "submitted".to_owned()))
    });
    let late = world.messages("mt").into_iter().find(|(text, _)| text == "This comes too late").unwrap();
    assert_eq!(late.1, "expired", "it was never queued");
    assert!(world.codes("This comes too late").contains(&"dialog_over".to_owned()));
    assert!(world.codes(CODE).contains(&"reply_late".to_owned()));
    assert_eq!(world.operator.counts().submits, 1, "the network saw the sorry text alone");
    world.wait_screen(DialogState::Ended(Ending::LastWord), "Too slow");
    world.end();
}

#[test]
fn a_code_is_dialled_on_the_phone_of_the_demo() {
    let place = Place::new("ussd-demo");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hookswitch"));
    command.args(["demo", "--listen", "127.0.0.1:0"]).env("TMPDIR", place.path());
    let mut demo = Program::start("the demo", command);
    let url = demo.wait_for_line("the URL of the console", |line| {
        line.trim().strip_prefix("Console and phone").map(|url| url.trim().to_owned())
    });
    let browser = Browser::start(&place.path().join("profile"));
    browser.open(&format!("{url}?to=8282"));
    let shows = |selector: &str, wanted: &str| browser.texts(selector).iter().any(|text| text.contains(wanted));
    let enter = |text: &str| {
        browser.clear("#phone-text");
        browser.write("#phone-text", text);
        browser.click("#phone-send");
    };
    // Another address is chosen without a reload, and the same phone dials from then on.
    browser.script("window.notReloaded = true");
    browser.click("#phone-to");
    browser.click("#phone-to option[value='*120*1#']");
    wait_for("the code to be offered", || shows("#phone-hints", CODE));
    browser.click("#phone-hints button");
    browser.click("#phone-send");
    wait_for("the menu", || shows("#phone-screen .dialog-text", "1 Forecast"));
    wait_for("its turn", || shows("#phone-screen", "Your turn"));
    browser.picture("ussd-menu");
    assert!(browser.fits());
    enter("1");
    wait_for("the second step", || shows("#phone-screen .dialog-text", "11 Zurich"));
    browser.picture("ussd-second");
    enter("11");
    wait_for("the last word", || shows("#phone-screen .dialog-text", "Zurich: "));
    wait_for("the end", || shows("#phone-screen", "The service ended the dialog"));
    wait_for("what happened", || shows("#timeline", "USSD dialog: resume"));
    browser.picture("ussd-ended");
    // Once more, and hung up.
    enter(CODE);
    wait_for("the menu again", || shows("#phone-screen .dialog-text", "1 Forecast"));
    browser.click("#phone-hang-up");
    wait_for("the end again", || shows("#phone-screen", "You hung up"));
    wait_for("the gateway to know", || shows("#bubbles", "The dialog ended"));
    assert_eq!(browser.script("return window.notReloaded"), Value::Bool(true), "the page was loaded anew");
    browser.resize(500, 900);
    assert!(browser.fits());
    browser.picture("ussd-narrow");
    assert_eq!(browser.errors(), Vec::<String>::new());
    drop(browser);
    assert!(demo.end_with("INT").0.success());
}
#[test]
fn an_answer_to_a_dialog_that_is_over_does_not_show_up_in_the_next_one() {
    let gate = Arc::<(Mutex<bool>, Condvar)>::default();
    let opened = gate.clone();
    let application = Application::start(move |asked| {
        let mut open = opened.0.lock().unwrap();
        while !*open {
            open = opened.1.wait(open).unwrap();
        }
        format!("for {}", asked.field("body"))
    });
    let world = World::start("ussd-again", &application, 20_000);
    world.operator.dial(PHONE, CODE, "*120*1*1#").unwrap();
    wait_for("the callback", || application.texts() == ["*120*1*1#"]);
    world.operator.dial(PHONE, CODE, "*120*1*2#").unwrap();
    wait_for("the second dialog", || world.messages("mo").iter().any(|(text, _)| text == "*120*1*2#"));
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    world.wait_screen(DialogState::Asking, "for *120*1*2#");
    let first = world.messages("mt").into_iter().find(|(text, _)| text == "for *120*1*1#").unwrap();
    assert_eq!(first.1, "expired");
    assert_eq!(world.operator.counts().submits, 1);
    world.end();
}
