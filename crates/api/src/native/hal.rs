//! The shape of answers: `application/hal+json`, links in `_links`, rows of collections in `_embedded`.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde::Serialize;

const HAL_JSON: HeaderValue = HeaderValue::from_static("application/hal+json");

/// A response of a resource.
pub(super) fn hal(status: StatusCode, resource: &impl Serialize) -> Response {
    let body = serde_json::to_vec(resource).expect("texts and numbers are always JSON");
    (status, [(CONTENT_TYPE, HAL_JSON)], body).into_response()
}

#[derive(Clone, Debug, Serialize)]
struct Link {
    href: String,
}

/// Links by relation.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Links(BTreeMap<&'static str, Link>);

impl Links {
    /// With the link to the resource itself.
    pub(super) fn to_self(href: impl Into<String>) -> Links {
        Links::default().and("self", href)
    }

    /// And one more.
    pub(super) fn and(mut self, relation: &'static str, href: impl Into<String>) -> Links {
        self.0.insert(relation, Link { href: href.into() });
        self
    }
}

/// Rows and links.
#[derive(Serialize)]
pub(super) struct Collection<T: Serialize> {
    #[serde(rename = "_embedded")]
    embedded: BTreeMap<&'static str, Vec<T>>,
    #[serde(rename = "_links")]
    links: Links,
}

impl<T: Serialize> Collection<T> {
    /// Rows under their name.
    pub(super) fn new(name: &'static str, rows: Vec<T>, links: Links) -> Collection<T> {
        Collection { embedded: BTreeMap::from([(name, rows)]), links }
    }
}

/// For `serialize_with`: a time as text would do the same, without the copy.
pub(super) fn shown<T: std::fmt::Display, S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// As [`shown`], `null` for none.
pub(super) fn shown_or_null<T: std::fmt::Display, S: serde::Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}
