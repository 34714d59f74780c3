//! What the configuration promises: good files mean what they say, bad ones are told apart by code and line.

mod bad;
mod documented;
mod good;
mod secrets;

use std::path::Path;

use super::problem::{ConfigError, Warning};
use super::settings::Settings;

/// The smallest file that is complete, in the parts that tests replace.
const SMALLEST: &str = "[operator]\ntoken = \"an-operator-token\"\n";

/// A file with one of everything.
const WHOLE: &str = r#"[operator]
token = "an-operator-token"

[callbacks]
allow = ["127.0.0.1/32"]

[[account]]
key = "acme"
tokens = ["a-long-enough-token"]

[[channel]]
id = "carrier"
kind = "smpp"
host = "127.0.0.1"
system_id = "hookswitch"
addresses = ["8282"]

[[application]]
id = "weather"
account = "acme"
contract = "service-layer"
url = "http://127.0.0.1:9000/gateway"
api_key = "a-long-enough-key"

[[route]]
application = "weather"
address = "8282"
keyword = "weather"
"#;

fn variable(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some("from-the-environment".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn parse(text: &str) -> Result<(Settings, Vec<Warning>), ConfigError> {
    super::parse(text, Path::new("conf/hookswitch.toml"), &variable)
}

#[track_caller]
fn good(text: &str) -> Settings {
    match parse(text) {
        Ok((settings, _)) => settings,
        Err(error) => panic!("{error}"),
    }
}

/// The codes and lines of the problems.
#[track_caller]
fn problems(text: &str) -> Vec<(&'static str, usize)> {
    let error = parse(text).map(|_| ()).expect_err("the file is bad");
    let shown =
        error.problems.iter().map(|problem| (problem.code.as_str(), problem.place.map_or(0, |place| place.line)));
    shown.collect()
}
