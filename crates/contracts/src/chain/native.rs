//! `callbacks` as our own contract has it: a list of `{url, method, headers, body}` (`docs/build/chains.md §2`).

use super::draft::{self, Body, Draft};
use super::json::{Json, Members, entries};
use super::limit::FAN_OUT_MAX;
use super::refusal::{Complaint, Refusal};
use super::request::{Method, Request};
use super::{Asked, target};

#[cfg(test)]
mod tests;

/// What a list asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// In the order given, at most [`FAN_OUT_MAX`].
    pub asked: Vec<Asked>,
    /// How many more there were.
    pub left_out: usize,
}

/// Reads the value of `callbacks`, as JSON: a list, or a single request alone. Null asks for nothing.
pub fn read(callbacks: &str) -> List {
    let given = match Json::read(callbacks) {
        Some(Json::Null) => Vec::new(),
        Some(Json::Array(list)) => entries(list),
        Some(single) => vec![single],
        None => vec![Json::Broken],
    };
    let left_out = given.len().saturating_sub(FAN_OUT_MAX);
    let asked = given.into_iter().take(FAN_OUT_MAX).map(|entry| {
        let mut complaints = Vec::new();
        let request = request(entry, &mut complaints);
        Asked { request, complaints }
    });
    List { asked: asked.collect(), left_out }
}

fn request(entry: Json<'_>, complaints: &mut Vec<Complaint>) -> Result<Request, Refusal> {
    let no_object = Refusal::NoObject { member: "callbacks" };
    let Json::Object(entry) = entry else { return Err(no_object) };
    let entry = Members::read(entry).ok_or(no_object)?;
    draft::check_members(&entry, &["url", "method", "headers", "body"], complaints);
    let url = match entry.given("url") {
        None => return Err(Refusal::Missing { member: "callbacks.url" }),
        Some(Json::Text(url)) => url,
        Some(_) => return Err(Refusal::Kind { member: "callbacks.url", expected: "a text" }),
    };
    let method = match entry.given("method") {
        None => Method::Post,
        Some(method) => draft::method(method, "callbacks.method", complaints)?,
    };
    let target = target::of_url(&url, complaints)?;
    let headers = draft::headers(entry.given("headers"), "callbacks.headers", complaints)?;
    let body = match entry.given("body") {
        None => None,
        Some(Json::Text(body)) => Some(Body::text(body)?),
        Some(Json::Object(body) | Json::Array(body)) => Some(Body::json(body)?),
        Some(_) => return Err(Refusal::Kind { member: "callbacks.body", expected: "a text, an object or a list" }),
    };
    Ok(Draft { method, target, headers, body }.finish(complaints))
}
