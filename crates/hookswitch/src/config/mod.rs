//! The configuration file: TOML in, [`Settings`] out (`docs/operate/configuration.md`).
//!
//! All problems are found in one run, each with a code, a place and a sentence that says what to do. The way goes
//! `read/` (each value by itself, into a draft) → `check.rs` (what needs two tables) → `build.rs`. The keys are
//! described in `sheets.rs`, defaults and bounds in `defaults.rs`.
//!
//! Not here: starting anything, and problems that show only then (an address in use, a store that can't be opened).

mod build;
mod check;
mod code;
mod defaults;
mod hint;
mod keys;
mod problem;
mod read;
mod secret;
mod section;
mod settings;
mod sheets;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use toml::de::DeTable;

pub(crate) use problem::{ConfigError, Warning};
pub(crate) use settings::{AlphabetSetting, BindSetting, NumberingSetting, Settings, SmppChannelSetting, StoreSetting};

use code::Code;
use problem::Report;
use secret::Sources;

/// Reads and checks a configuration file. Relative paths in it are seen from its folder; `env:` secrets come from the
/// environment of this process.
pub(crate) fn load(path: &Path) -> Result<(Settings, Vec<Warning>), ConfigError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(defaults::FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    let sentence = match read {
        Err(error) => format!("the configuration file cannot be read: {error}; name it with --config FILE"),
        Ok(size) if size as u64 > defaults::FILE_BYTES_MAX => {
            "the configuration file is larger than 16 MiB; is it the right one?".to_owned()
        }
        Ok(_) => match String::from_utf8(bytes) {
            Ok(text) => return parse(&text, path, &|name| std::env::var(name).ok()),
            Err(_) => "the configuration file is not UTF-8 text; is it the right one?".to_owned(),
        },
    };
    Err(ConfigError::whole(path, Code::FileUnreadable, sentence))
}

/// Checks the text of a configuration file. `file` is named in problems, and its folder is where relative paths begin;
/// `variable` looks an environment variable up.
pub(crate) fn parse(
    text: &str,
    file: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(Settings, Vec<Warning>), ConfigError> {
    // Some editors begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let report = Report::new(text);
    let (document, faults) = DeTable::parse_recoverable(text);
    for fault in &faults {
        let span = fault.span().unwrap_or(text.len()..text.len());
        let sentence = format!("this is not TOML: {}", fault.message());
        report.problem(Code::Syntax, &span, sentence);
    }
    if !faults.is_empty() {
        // What was recovered of the document is guesswork.
        report.finish(file)?;
    }
    let sources = Sources { variable, folder: file.parent().unwrap_or(Path::new("")) };
    let draft = read::read(&document, &sources, &report);
    check::check(&draft, &report);
    let settings = build::build(draft);
    let warnings = report.finish(file)?;
    Ok((settings.expect("a draft without problems has no gaps"), warnings))
}
