//! Configuration files: any text is a configuration or is refused with places in it, no secret is told, and a remark
//! changes nothing.

use std::path::Path;

use callbacks::guard::{Guard, Verdict};

use crate::config::{ConfigError, Settings, parse};

/// What every environment variable holds.
const SECRET: &str = "canary-4f1c9a-do-not-tell";

/// The text of a file.
pub fn check(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    // Files on the disk of whoever runs this are not part of the input.
    if text.contains("file:") {
        return;
    }
    let read = |text: &str| parse(text, Path::new("conf/hookswitch.toml"), &|_| Some(SECRET.to_owned()));
    let first = read(&text);
    let marked = read(&format!("\u{feff}{text}"));
    let remarked = read(&format!("{text}\n# a remark\n"));
    match first {
        Ok((settings, warnings)) => {
            understood(&settings);
            let told = format!("{settings:?}{}", warnings.iter().map(ToString::to_string).collect::<String>());
            assert!(!told.contains(SECRET));
            for again in [marked, remarked] {
                let (again, _) = again.expect("it was good before");
                assert_eq!(format!("{again:?}"), format!("{settings:?}"));
            }
        }
        Err(error) => {
            refused(&error, &text);
            // A byte order mark in front of a byte order mark is text.
            assert!(marked.is_err() || text.starts_with('\u{feff}'));
        }
    }
}

fn refused(error: &ConfigError, text: &str) {
    assert!(!error.problems.is_empty());
    let lines = text.matches('\n').count() + 1;
    for problem in &error.problems {
        assert!(!problem.sentence.is_empty());
        assert!(!problem.sentence.chars().any(|c| c.is_control() && c != '\n'), "{:?}", problem.sentence);
        if let Some(place) = problem.place {
            assert!((1..=lines).contains(&place.line), "line {} of {lines}", place.line);
            let line = text.split('\n').nth(place.line - 1).unwrap_or_default();
            assert!((1..=line.chars().count() + 1).contains(&place.column));
        }
    }
    let told = error.to_string();
    assert!(!told.contains(SECRET));
}

fn understood(settings: &Settings) {
    let directory = &settings.directory;
    assert!(settings.operator_token.is_some());
    let guard = Guard::from_entries(settings.callbacks.allow.iter().map(String::as_str)).expect("they were checked");
    for application in directory.applications.values() {
        assert!(directory.accounts.contains_key(&application.account));
        assert!(!application.api_key.is_empty());
        let verdict = guard.judge(&application.url);
        assert!(matches!(verdict, Verdict::Allowed | Verdict::DependsOnName(_)), "{verdict:?}");
        assert!(application.concurrency > 0 && application.timeout_ms > 0);
    }
    for route in &directory.routes {
        assert!(directory.applications.contains_key(&route.application));
        assert!(directory.channel_for(&route.address).is_some());
    }
    let channels = settings.smpp_channels.len() + settings.simulator_channels.len();
    assert_eq!(channels, directory.channels.len());
}
