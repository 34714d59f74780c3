//! `callback` as SMSSync has it: `options` and perhaps `data` (`docs/reference/smssync.md §8`).

use super::Asked;
use super::draft::{self, Body, Draft};
use super::json::{Json, Members};
use super::refusal::{Complaint, Refusal, shown};
use super::request::Request;
use super::target::Parts;

#[cfg(test)]
mod tests;

const OPTIONS: [&str; 7] = ["host", "port", "method", "headers", "path", "scheme", "protocol"];

/// Reads the value of `callback`, as JSON.
pub fn read(callback: &str) -> Asked {
    let mut complaints = Vec::new();
    let request = match Json::read(callback) {
        Some(value) => request(value, &mut complaints),
        None => Err(Refusal::NoObject { member: "callback" }),
    };
    Asked { request, complaints }
}

fn request(callback: Json<'_>, complaints: &mut Vec<Complaint>) -> Result<Request, Refusal> {
    let callback = object(callback, "callback")?;
    draft::check_members(&callback, &["options", "data"], complaints);
    let options = callback.given("options").ok_or(Refusal::Missing { member: "callback.options" })?;
    let options = object(options, "callback.options")?;
    draft::check_members(&options, &OPTIONS, complaints);
    let method = options.given("method").ok_or(Refusal::Missing { member: "callback.options.method" })?;
    let method = draft::method(method, "callback.options.method", complaints)?;
    let host = text(&options, "host", "callback.options.host")?;
    let host = host.ok_or(Refusal::Missing { member: "callback.options.host" })?;
    let port = match options.given("port") {
        None => String::new(),
        Some(Json::Text(port)) => port,
        Some(Json::Number(port)) => port.to_owned(),
        Some(_) => return Err(Refusal::Kind { member: "callback.options.port", expected: "a number or a text" }),
    };
    let path = text(&options, "path", "callback.options.path")?.unwrap_or_default();
    let parts = Parts { host: host.trim(), port: &port, is_tls: is_tls(&options)?, path: &path };
    let target = parts.target(complaints)?;
    let headers = draft::headers(options.given("headers"), "callback.options.headers", complaints)?;
    let body = match callback.given("data") {
        None => None,
        Some(Json::Text(data)) => Some(Body::text(data)?),
        Some(Json::Object(data)) => Some(Body::json(data)?),
        Some(_) => return Err(Refusal::Kind { member: "callback.data", expected: "a text or an object" }),
    };
    Ok(Draft { method, target, headers, body }.finish(complaints))
}

fn object<'a>(value: Json<'a>, member: &'static str) -> Result<Members<'a>, Refusal> {
    match value {
        Json::Object(text) => Members::read(text).ok_or(Refusal::NoObject { member }),
        _ => Err(Refusal::NoObject { member }),
    }
}

fn text(options: &Members<'_>, name: &str, member: &'static str) -> Result<Option<String>, Refusal> {
    match options.given(name) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::Kind { member, expected: "a text" }),
    }
}

/// `scheme`, or `protocol` as programs for Node write it, with or without its colon.
fn is_tls(options: &Members<'_>) -> Result<Option<bool>, Refusal> {
    let scheme = match text(options, "scheme", "callback.options.scheme")? {
        Some(scheme) => Some(scheme),
        None => text(options, "protocol", "callback.options.protocol")?,
    };
    let Some(given) = scheme else { return Ok(None) };
    match given.trim().trim_end_matches(':').to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "http" => Ok(Some(false)),
        "https" => Ok(Some(true)),
        _ => Err(Refusal::Scheme { given: shown(&given) }),
    }
}
