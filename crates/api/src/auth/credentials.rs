//! Credentials of a request and whom they prove. All tokens are compared, in time that does not depend on which of
//! them matches, so that neither a token nor the name of an account can be found by measuring.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::directory::{Directory, Name};
use domain::secret::Secret;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::Caller;

/// Longest token that is compared, in bytes; longer ones prove nothing.
pub(crate) const TOKEN_BYTES_MAX: usize = 512;

/// What a client presented.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// `Authorization: Bearer` (RFC 6750 §2.1).
    Bearer {
        /// The token.
        token: String,
    },
    /// `Authorization: Basic` (RFC 7617 §2).
    Basic {
        /// The account's key.
        key: String,
        /// The token.
        token: String,
    },
}

impl Credentials {
    /// Reads the `Authorization` header; `None` when there is none, more than one, or one we cannot read.
    pub fn of(headers: &HeaderMap) -> Option<Credentials> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Credentials::Bearer { token: rest.to_owned() });
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let pair = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
        let (key, token) = pair.split_once(':')?;
        Some(Credentials::Basic { key: key.to_owned(), token: token.to_owned() })
    }

    fn token(&self) -> &str {
        match self {
            Credentials::Bearer { token } | Credentials::Basic { token, .. } => token,
        }
    }
}

/// Whom the credentials prove; `None` when nobody. The operator is proven by a Bearer token only.
pub fn authenticate(directory: &Directory, operator: &Secret, presented: &Credentials) -> Option<Caller> {
    let token = presented.token();
    if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let (is_bearer, wanted) = match presented {
        Credentials::Bearer { .. } => (true, None),
        Credentials::Basic { key, .. } => (false, Some(key.as_str())),
    };
    let is_operator = operator.matches(token) & is_bearer;
    let mut found: Option<&Name> = None;
    for account in directory.accounts.values() {
        let named = wanted.is_none_or(|key| Secret::new(key).matches(&account.key));
        for secret in &account.tokens {
            if secret.matches(token) & named & !secret.is_empty() {
                found = Some(&account.key);
            }
        }
    }
    if is_operator { Some(Caller::Operator) } else { found.map(|key| Caller::Account(key.clone())) }
}

/// The application a Service Layer `api_key` belongs to; all keys are compared.
pub(crate) fn application_of(directory: &Directory, api_key: &str) -> Option<Name> {
    if api_key.is_empty() || api_key.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let mut found: Option<&Name> = None;
    for application in directory.applications.values() {
        if application.api_key.matches(api_key) & !application.api_key.is_empty() {
            found = Some(&application.id);
        }
    }
    found.cloned()
}

#[cfg(test)]
mod tests;
