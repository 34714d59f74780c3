//! Commands that talk to a running gateway through its native API (`docs/reference/native-api.md`).

use base64::Engine as _;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::cli::Gateway;
use crate::words::say;

/// Most bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Our own trouble.
    #[error("the command could not be run: {0}")]
    Local(String),
    /// No gateway there.
    #[error("no gateway answers at {url}: {reason}; is it running, and is --gateway right?")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        reason: String,
    },
    /// The gateway said no.
    #[error("{code}{detail} (HTTP {status})")]
    Refused {
        /// The status.
        status: StatusCode,
        /// The code with a colon, or nothing.
        code: String,
        /// The sentence.
        detail: String,
    },
}

/// What to send.
pub(crate) struct Send {
    pub(crate) to: String,
    pub(crate) from: Option<String>,
    pub(crate) text: String,
    pub(crate) application: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

pub(crate) fn explain(gateway: &Gateway, to: &str, from: &str, text: &str) -> Result<(), ClientError> {
    let answer =
        call(gateway, Method::POST, "/v1/explain", Some(&json!({"to": to, "from": from, "text": text})), None)?;
    say(answer["summary"].as_str().unwrap_or("no summary"));
    for step in answer["steps"].as_array().into_iter().flatten() {
        let mark = if step["wins"].as_bool() == Some(true) { "→" } else { " " };
        let application = step["application"].as_str().unwrap_or("?");
        say(format!("{mark} {application}: {}", step["reason"].as_str().unwrap_or("?")));
    }
    Ok(())
}

pub(crate) fn send(gateway: &Gateway, send: &Send) -> Result<(), ClientError> {
    let mut body = json!({"to": send.to, "text": send.text});
    if let Some(from) = &send.from {
        body["from"] = json!(from);
    }
    if let Some(application) = &send.application {
        body["application"] = json!(application);
    }
    let answer = call(gateway, Method::POST, "/v1/messages", Some(&body), send.idempotency_key.as_deref())?;
    say(answer["id"].as_str().unwrap_or("accepted"));
    Ok(())
}

pub(crate) fn timeline(gateway: &Gateway, id: &str) -> Result<(), ClientError> {
    let answer = call(gateway, Method::GET, &format!("/v1/messages/{id}/timeline"), None, None)?;
    let entries = answer["_embedded"]["entries"].as_array().or_else(|| answer["entries"].as_array());
    for entry in entries.into_iter().flatten() {
        let at = entry["at"].as_str().unwrap_or("");
        let code = entry["code"].as_str().unwrap_or("");
        let words = entry["words"].as_str().unwrap_or("");
        say(format!("{at}  {code:<18} {words}"));
    }
    Ok(())
}

pub(crate) fn replay(gateway: &Gateway, id: &str) -> Result<(), ClientError> {
    call(gateway, Method::POST, &format!("/v1/callbacks/{id}/replay"), None, None)?;
    say(format!("{id} is owed again"));
    Ok(())
}

fn call(
    gateway: &Gateway,
    method: Method,
    path: &str,
    body: Option<&Value>,
    idempotency_key: Option<&str>,
) -> Result<Value, ClientError> {
    let url = format!("{}{path}", gateway.gateway.trim_end_matches('/'));
    let authorization = match gateway.token.contains(':') {
        true => format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(&gateway.token)),
        false => format!("Bearer {}", gateway.token),
    };
    let mut request = Request::builder()
        .method(method)
        .uri(&url)
        .header("authorization", authorization)
        .header("accept", "application/hal+json, application/problem+json");
    if let Some(key) = idempotency_key {
        request = request.header("idempotency-key", key);
    }
    let bytes = body.map(|b| Bytes::from(b.to_string())).unwrap_or_default();
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let request = request.body(Full::new(bytes)).map_err(|e| ClientError::Local(e.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| ClientError::Local(e.to_string()))?;
    let (status, bytes) = runtime.block_on(exchange(request)).map_err(|reason| {
        let url = gateway.gateway.clone();
        ClientError::Unreachable { url, reason }
    })?;
    let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if status.is_success() {
        return Ok(answer);
    }
    let code = answer["code"].as_str().map(|code| format!("{code}: ")).unwrap_or_default();
    let detail = answer["detail"].as_str().unwrap_or("the gateway refused").to_owned();
    Err(ClientError::Refused { status, code, detail })
}

async fn exchange(request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), String> {
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.map_err(|e| innermost(&e))?;
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await.map_err(|e| e.to_string())?;
    Ok((status, body.to_bytes()))
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
