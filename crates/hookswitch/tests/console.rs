//! The console as a person sees it, in a real browser: the phone of the demo with everything that happens to a text, live
//! and without a reload; signing in, searching and explaining on a gateway that serves.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::process::Command;

use serde_json::json;
use world::application::Application;
use world::browser::Browser;
use world::network::{Network, Text};
use world::process::{Gateway, Place, free_port, messages, settings, wait_for};
use world::program::Program;

/// What would run if the console took a text for a part of the page.
const HOSTILE: &str = "<img src=x onerror=alert(1)>";

fn contains(texts: &[String], wanted: &str) -> bool {
    texts.iter().any(|text| text.contains(wanted))
}

/// The codes of the timeline, in the order of the page.
fn codes(browser: &Browser) -> Vec<String> {
    let codes =
        browser.script("return [...document.querySelectorAll('#timeline [data-code]')].map(e => e.dataset.code)");
    codes.as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

fn shows_as_text_only(browser: &Browser) {
    assert_eq!(browser.dialog(), None, "the text of a phone was run as a script");
    let images = browser.script("return document.querySelectorAll('img').length");
    assert_eq!(images, json!(0), "the text of a phone became a part of the page");
}

#[test]
fn a_text_typed_on_the_phone_is_followed_live() {
    let place = Place::new("console-demo");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hookswitch"));
    command.args(["demo", "--listen", "127.0.0.1:0"]).env("TMPDIR", place.path());
    let mut demo = Program::start("the demo", command);
    let url = demo.wait_for_line("the URL of the console", |line| {
        line.trim().strip_prefix("Console and phone").map(|url| url.trim().to_owned())
    });
    let browser = Browser::start(&place.path().join("profile"));
    browser.open(&url);
    browser.picture("phone-empty");
    assert!(browser.fits());
    // A reload would forget it.
    browser.script("window.notReloaded = true");
    browser.write("#phone-text", "weather Zurich");
    browser.click("#phone-send");
    wait_for("the text on the phone", || contains(&browser.texts("#bubbles .sent"), "weather Zurich"));
    wait_for("the reply on the phone", || contains(&browser.texts("#bubbles .received"), "Zurich: "));
    let expected =
        ["received", "routed", "callback_made", "attempt", "answered", "replied", "queued", "submitted", "reported"];
    wait_for("the whole timeline", || {
        let codes = codes(&browser);
        expected.iter().all(|wanted| codes.iter().any(|code| code == wanted))
    });
    let codes = codes(&browser);
    let places: Vec<usize> = expected.iter().map(|w| codes.iter().position(|code| code == w).unwrap()).collect();
    assert!(places.is_sorted(), "{codes:?}");
    assert!(contains(&browser.texts("#timeline"), "Zurich: "), "the answer of the application is shown");
    wait_for("the reply to be delivered", || contains(&browser.texts("#timeline"), "Delivered"));
    browser.picture("phone-replied");

    browser.write("#phone-text", HOSTILE);
    browser.click("#phone-send");
    wait_for("the hostile text on the phone", || browser.texts("#bubbles .sent").last().is_some_and(|t| t == HOSTILE));
    // The sample application sends it back.
    wait_for("the hostile reply", || {
        browser.texts("#bubbles .received").last().is_some_and(|text| text.starts_with(HOSTILE))
    });
    wait_for("its timeline", || contains(&browser.texts("#timeline"), HOSTILE));
    shows_as_text_only(&browser);
    assert_eq!(browser.script("return window.notReloaded"), json!(true), "the page was loaded anew");
    browser.picture("phone-hostile");
    // The text that came first, again: with one click.
    browser.click("#bubbles .sent a");
    wait_for("the first text's timeline", || contains(&browser.texts("#timeline"), "weather Zurich"));

    let pages = ["overview", "messages", "callbacks", "channels", "applications", "routes"];
    for (width, height) in [(1280, 900), (500, 900)] {
        browser.resize(width, height);
        for page in pages {
            browser.open(&format!("{url}console/{page}"));
            assert!(!browser.texts("h1").is_empty(), "{page}");
            assert!(browser.fits(), "{page} is wider than {width}");
            shows_as_text_only(&browser);
            browser.picture(&format!("{page}-{width}"));
        }
        browser.open(&url);
        assert!(browser.fits(), "the phone is wider than {width}");
        browser.picture(&format!("phone-{width}"));
    }
    assert_eq!(browser.errors(), Vec::<String>::new());
    drop(browser);
    assert!(demo.end_with("INT").0.success());
}

#[test]
fn an_operator_signs_in_searches_and_asks_where_a_text_would_go() {
    let place = Place::new("console-serve");
    let application = Application::start(|asked| format!("re {}", asked.field("body")));
    let network = Network::start();
    let http = free_port();
    let news = r#"
[[route]]
application = "weather"
address = "8282"
keyword = "news"
match = "exact"
"#;
    let config = settings(&place, http, network.port, &application.address.to_string(), news);
    let gateway = Gateway::start(&config, http);
    for (number, text) in ["needle in the hay", "nothing", HOSTILE].iter().enumerate() {
        let phone = format!("4179000040{number}");
        network.send(Text { id: format!("mo-{number}"), phone, text: (*text).to_owned() });
    }
    wait_for("all texts to be answered", || messages(http, "direction=mo&state=answered").len() == 3);

    let browser = Browser::start(&place.path().join("profile"));
    let url = format!("http://127.0.0.1:{http}");
    browser.open(&format!("{url}/console/messages"));
    assert!(browser.url().contains("/console/sign-in"), "{}", browser.url());
    browser.picture("sign-in");
    browser.write("[name=token]", "a wrong token");
    browser.click("button[type=submit]");
    wait_for("the refusal", || contains(&browser.texts("[role=alert]"), "not the operator's token"));
    assert!(!contains(&browser.texts("body"), "needle"));
    browser.picture("sign-in-refused");
    // An account's token opens the API, not the console.
    browser.write("[name=token]", "acme-token-of-tests");
    browser.click("button[type=submit]");
    wait_for("the refusal", || contains(&browser.texts("[role=alert]"), "not the operator's token"));
    browser.write("[name=token]", "operator-token-of-tests");
    browser.click("button[type=submit]");
    wait_for("the page that was asked for", || browser.url().ends_with("/console/messages"));
    wait_for("the messages", || browser.texts("table.list tbody tr").len() == 6);
    shows_as_text_only(&browser);
    browser.picture("messages");

    browser.write("[name=text]", "NEEDLE");
    browser.click("form.filter button[type=submit]");
    wait_for("what was searched", || browser.url().contains("text=NEEDLE"));
    let rows = browser.texts("table.list tbody tr");
    assert_eq!(rows.len(), 2, "the text and its reply: {rows:?}");
    assert!(rows.iter().all(|row| row.contains("needle in the hay")), "{rows:?}");
    // The newest is first; the text came before its reply.
    browser.click("table.list tbody tr:last-child a");
    wait_for("its timeline", || codes(&browser).iter().any(|code| code == "answered"));
    assert!(contains(&browser.texts("#timeline"), "needle in the hay"));
    browser.picture("message");
    browser.open(&format!("{url}/console/messages?text=no+such+text"));
    assert!(contains(&browser.texts("main"), "No message matches"));

    browser.open(&format!("{url}/console/routes"));
    let explain = |text: &str| {
        browser.clear("[name=text]");
        browser.write("[name=text]", text);
        browser.click("form.filter button[type=submit]");
        wait_for("the explanation", || {
            let asked = browser.script("return new URLSearchParams(location.search).get('text')");
            asked == text && contains(&browser.texts("#answer li.wins"), "Wins: ")
        });
        browser.texts("#answer li").join("\n")
    };
    let told = explain("news");
    assert!(told.contains("keyword “news”"), "{told}");
    browser.picture("explained");
    let told = explain("news from Basel");
    assert!(told.contains("everything to its address") && told.contains("Loses: "), "{told}");
    explain(HOSTILE);
    shows_as_text_only(&browser);

    // Signed out means out.
    browser.click("form[action='/console/sign-out'] button");
    wait_for("the way out", || browser.url().contains("/console/sign-in"));
    browser.open(&format!("{url}/console/messages"));
    assert!(browser.url().contains("/console/sign-in"), "{}", browser.url());
    let refused: Vec<String> = browser.errors().into_iter().filter(|error| !error.contains("401")).collect();
    assert_eq!(refused, Vec::<String>::new());
    drop(browser);
    assert!(gateway.terminate().success());
}
