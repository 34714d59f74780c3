//! The sample application of the demo: an HTTP server of its own that speaks the Service Layer contract, as a customer
//! would write it. It shows a reply, a session, its end, a text processed again, and a USSD menu.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use tokio::net::TcpListener;

/// The service address of the demo.
pub(crate) const SERVICE_ADDRESS: &str = "8282";

/// The code of the demo's USSD menu.
pub(crate) const SERVICE_CODE: &str = "*120*1#";

/// Starts it on a free port of the loopback interface; it ends with the process.
pub(crate) async fn start() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/gateway", post(callback)).route("/menu", post(menu_callback));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// One callback: a form with `type` and what goes with it; the answer is text or JSON.
async fn callback(body: Bytes) -> String {
    let field =
        |name: &str| form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    match field("type").as_deref() {
        // The keyword's own text has gone out already.
        Some("incoming_message") if field("auto_responded").is_some() => String::new(),
        Some("incoming_message") => answer(field("body").unwrap_or_default().trim()),
        _ => String::new(),
    }
}

/// One callback about the menu. A form has no memory: where the phone stands follows from what it said, so every answer
/// has a number of its own.
async fn menu_callback(body: Bytes) -> String {
    let field =
        |name: &str| form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    match field("type").as_deref() {
        Some("incoming_message") => menu(field("body").unwrap_or_default().trim()),
        _ => String::new(),
    }
}

/// Three steps: what, where, and the answer, which closes the session and with it the dialog.
fn menu(text: &str) -> String {
    let ask = |text: &str| serde_json::json!({ "body": text }).to_string();
    let end = |text: &str| serde_json::json!({ "body": text, "close_session": true }).to_string();
    match text {
        // The phone hung up; there is nobody to answer.
        "" => String::new(),
        "1" => ask("Where?\n11 Zurich\n12 Bern\n13 Geneva"),
        "2" => end("For help text weather to 8282. Bye!"),
        "11" => end(&outlook("Zurich")),
        "12" => end(&outlook("Bern")),
        "13" => end(&outlook("Geneva")),
        text if text.starts_with('*') => ask("Weather by USSD\n1 Forecast\n2 Help"),
        _ => end("That is not on the menu. Dial again."),
    }
}

fn answer(text: &str) -> String {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default().to_lowercase();
    let rest = words.collect::<Vec<_>>().join(" ");
    match (first.as_str(), rest.as_str()) {
        ("weather", "") => "Which city? Answer with its name, or with bye.".to_owned(),
        ("weather", city) => forecast(city),
        ("bye", _) => r#"{"body":"Bye! Text weather whenever you like.","close_session":true}"#.to_owned(),
        ("again", rest) => {
            let reprocess = if rest.is_empty() { "weather Zurich" } else { rest };
            serde_json::json!({"body": "One moment…", "close_session": true, "reprocess": reprocess}).to_string()
        }
        // A session is open, so the keyword was not looked at: end the session and hand the text back.
        ("join", "") => r#"{"close_session":true,"reprocess":"join"}"#.to_owned(),
        ("silent", _) => String::new(),
        _ => forecast(text),
    }
}

/// A forecast that depends on nothing but the name, so that it is the same every time.
fn forecast(city: &str) -> String {
    format!("{}. Another city, or bye?", outlook(city))
}

fn outlook(city: &str) -> String {
    let sum: u32 = city.to_lowercase().bytes().map(u32::from).sum();
    let sky = ["sunny", "cloudy", "light rain", "windy", "clear"][(sum % 5) as usize];
    let shown: String = city.chars().take(40).collect();
    format!("{shown}: {sky}, {} C", 8 + sum % 18)
}
