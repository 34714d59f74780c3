//! The opt-outs of an account: paths → addresses, and the answers (`docs/reference/vumi.md §10`). The ledger is
//! elsewhere; here are its words.

use domain::address::Address;
use domain::time::At;

use super::response::{Response, phrase};
use crate::vumi::date;
use crate::vumi::json::Object;

/// Longest address type, in characters.
const ADDRESS_TYPE_CHARS_MAX: usize = 32;

/// An address of a type, as in the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `msisdn` and the like: lower-case letters, digits and underscores.
    pub address_type: String,
    /// The address.
    pub address: Address,
}

impl Target {
    /// Reads the last two parts of the path, percent-decoded; none for what is no type or no address
    /// ([`bad_request`]).
    pub fn read(address_type: &str, address: &str) -> Option<Target> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_type = (1..=ADDRESS_TYPE_CHARS_MAX).contains(&address_type.len()) && address_type.bytes().all(is_plain);
        let address = Address::parse(address).ok().filter(|_| is_type)?;
        Some(Target { address_type: address_type.to_owned(), address })
    }
}

/// An opt-out as it is told.
#[derive(Clone, Copy, Debug)]
pub struct OptOut<'a> {
    /// The account's key.
    pub account: &'a str,
    /// The id of the MO by which the phone opted out, when it did so by a message; shown as it is.
    pub message: Option<&'a str>,
    /// Since when.
    pub created_at: At,
    /// As in [`Target`].
    pub address_type: &'a str,
    /// As in [`Target`].
    pub address: &'a str,
}

/// The opt-out that was asked for, was made, or was deleted.
pub fn told(opt_out: &OptOut<'_>) -> Response {
    answer(200, "OK", |object| {
        object.with("opt_out", |out| {
            let mut record = Object::begin(out);
            record.text("user_account", opt_out.account);
            record.text_or_null("message", opt_out.message);
            record.text("created_at", &date::shown(opt_out.created_at));
            record.text("address_type", opt_out.address_type);
            record.text("address", opt_out.address);
            record.end();
        });
    })
}

/// How many there are.
pub fn count(count: u64) -> Response {
    answer(200, "OK", |object| object.raw("opt_out_count", &count.to_string()))
}

/// `GET`: the address did not opt out.
pub fn not_found() -> Response {
    answer(404, "Opt out not found.", |_| {})
}

/// `PUT`: the address opted out before.
pub fn already_exists() -> Response {
    answer(409, "Opt out already exists.", |_| {})
}

/// `DELETE`: the address did not opt out.
pub fn nothing_to_delete() -> Response {
    answer(404, "There's nothing to delete.", |_| {})
}

/// The path names no type or no address.
pub fn bad_request() -> Response {
    answer(400, "Bad request", |_| {})
}

/// Nobody: the opt-outs of an account want a Bearer token.
pub fn unauthorized() -> Response {
    Response { header: Some(("WWW-Authenticate", "Bearer")), ..answer(401, "Owner ID not valid.", |_| {}) }
}

fn answer(status: u16, reason: &str, write: impl FnOnce(&mut Object<'_>)) -> Response {
    let mut body = Vec::with_capacity(192);
    let mut object = Object::begin(&mut body);
    object.with("status", |out| {
        let mut own = Object::begin(out);
        own.raw("code", &status.to_string());
        own.text("reason", reason);
        own.end();
    });
    write(&mut object);
    object.end();
    Response::json(status, phrase(status), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(response: &Response, status: u16, golden: &str) {
        assert_eq!(std::str::from_utf8(&response.body).unwrap(), golden);
        assert_eq!((response.status, response.content_type), (status, "application/json; charset=utf-8"));
    }

    #[test]
    fn every_answer_has_its_bytes() {
        let opt_out = OptOut {
            account: "fxxxeee",
            message: None,
            created_at: At(1_447_187_583_742_409),
            address_type: "msisdn",
            address: "+12345",
        };
        check(
            &told(&opt_out),
            200,
            r#"{"status":{"code":200,"reason":"OK"},"opt_out":{"user_account":"fxxxeee","message":null,"created_at":"2015-11-10 20:33:03.742409","address_type":"msisdn","address":"+12345"}}"#,
        );
        check(
            &told(&OptOut { message: Some("01a1"), address: "zoë", address_type: "gtalk_id", ..opt_out }),
            200,
            r#"{"status":{"code":200,"reason":"OK"},"opt_out":{"user_account":"fxxxeee","message":"01a1","created_at":"2015-11-10 20:33:03.742409","address_type":"gtalk_id","address":"zo\u00eb"}}"#,
        );
        check(&count(215), 200, r#"{"status":{"code":200,"reason":"OK"},"opt_out_count":215}"#);
        check(&not_found(), 404, r#"{"status":{"code":404,"reason":"Opt out not found."}}"#);
        check(&already_exists(), 409, r#"{"status":{"code":409,"reason":"Opt out already exists."}}"#);
        check(&nothing_to_delete(), 404, r#"{"status":{"code":404,"reason":"There's nothing to delete."}}"#);
        check(&bad_request(), 400, r#"{"status":{"code":400,"reason":"Bad request"}}"#);
        check(&unauthorized(), 401, r#"{"status":{"code":401,"reason":"Owner ID not valid."}}"#);
        assert_eq!(unauthorized().header, Some(("WWW-Authenticate", "Bearer")));
    }

    #[test]
    fn targets() {
        let target = Target::read("msisdn", "+271235678").unwrap();
        assert_eq!((&*target.address_type, target.address.as_str()), ("msisdn", "+271235678"));
        assert!(Target::read("gtalk_id", "somebody@example.org").is_some());
        for bad in ["", "MSISDN", "a b", "a:b", "é", &"a".repeat(33)] {
            assert!(Target::read(bad, "+1").is_none(), "{bad}");
        }
        for bad in ["", " ", "+", "1\n2", &"1".repeat(65)] {
            assert!(Target::read("msisdn", bad).is_none(), "{bad:?}");
        }
    }
}
