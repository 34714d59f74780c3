//! The sample application of the demo: an HTTP server of its own that speaks the Service Layer contract, as a customer
//! would write it. It shows a reply, a session, its end, and a text processed again.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use tokio::net::TcpListener;

/// The service address of the demo.
pub(crate) const SERVICE_ADDRESS: &str = "8282";

/// Starts it on a free port of the loopback interface; it ends with the process.
pub(crate) async fn start() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/gateway", post(callback));
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
    let sum: u32 = city.to_lowercase().bytes().map(u32::from).sum();
    let sky = ["sunny", "cloudy", "light rain", "windy", "clear"][(sum % 5) as usize];
    let shown: String = city.chars().take(40).collect();
    format!("{shown}: {sky}, {} C. Another city, or bye?", 8 + sum % 18)
}
