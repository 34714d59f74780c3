//! Secrets: written out, taken from the environment (`env:NAME`) or from a file (`file:PATH`).
//! No sentence made here repeats a value.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use domain::secret::Secret;
use toml::Spanned;
use toml::de::DeValue;

use super::code::Code;
use super::defaults::{LIST_MAX, SECRET_BYTES_MAX, SECRET_CHARS_GOOD, SECRET_FILE_BYTES_MAX};
use super::section::{At, Section};

/// Where values outside of the file come from.
pub(crate) struct Sources<'a> {
    /// Looks an environment variable up.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// The folder from which relative paths are seen: that of the configuration file.
    pub(crate) folder: &'a Path,
}

impl Sources<'_> {
    /// A path of the file, seen from its folder.
    pub(crate) fn path(&self, written: &str) -> PathBuf {
        self.folder.join(written)
    }
}

impl<'a> Section<'a> {
    /// A secret.
    pub(crate) fn secret(&self, key: &str, sources: &Sources<'_>) -> Option<At<Secret>> {
        self.resolve(key, self.get(key)?, sources)
    }

    /// A list of secrets.
    pub(crate) fn secrets(&self, key: &str, sources: &Sources<'_>) -> Vec<At<Secret>> {
        let elements = self.list(key, LIST_MAX).unwrap_or_default();
        elements.into_iter().filter_map(|element| self.resolve(key, element, sources)).collect()
    }

    /// Warns about a secret that could be guessed.
    pub(crate) fn warn_of_weak(&self, key: &str, secret: &At<Secret>) {
        let chars = secret.value.expose().chars().count();
        if chars < SECRET_CHARS_GOOD {
            let sentence = format!(
                "a secret in `{key}` of {} has only {chars} characters; use at least {SECRET_CHARS_GOOD}, for example \
                 from `openssl rand -hex 16`",
                self.name
            );
            self.report.warning(Code::WeakSecret, &secret.span, sentence);
        }
    }

    fn resolve(&self, key: &str, value: &Spanned<DeValue<'_>>, sources: &Sources<'_>) -> Option<At<Secret>> {
        let Some(written) = value.get_ref().as_str() else {
            self.wrong_type(key, value);
            return None;
        };
        let resolved = match (written.strip_prefix("env:"), written.strip_prefix("file:")) {
            (Some(name), _) => from_variable(name, sources).map_err(|fault| (Code::SecretVariable, fault)),
            (_, Some(path)) => from_file(&sources.path(path)).map_err(|fault| (Code::SecretFile, fault)),
            _ => Ok(written.to_owned()),
        };
        let checked = resolved.and_then(|secret| match fault_of(&secret) {
            Some(fault) => Err((Code::BadText, fault.to_owned())),
            None => Ok(secret),
        });
        match checked {
            Ok(secret) => Some(At { value: Secret::new(secret), span: value.span() }),
            Err((code, fault)) => {
                self.problem(code, &value.span(), format!("the secret `{key}` of {} {fault}", self.name));
                None
            }
        }
    }
}

fn from_variable(name: &str, sources: &Sources<'_>) -> Result<String, String> {
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_name {
        return Err("names no environment variable after env:; write it like env:HOOKSWITCH_TOKEN".to_owned());
    }
    match (sources.variable)(name) {
        None => {
            Err(format!("is to come from the environment variable {name}, which is not set; set it before starting"))
        }
        Some(value) if value.is_empty() => {
            Err(format!("is to come from the environment variable {name}, which is empty; set it before starting"))
        }
        Some(value) => Ok(value),
    }
}

fn from_file(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(SECRET_FILE_BYTES_MAX + 1).read_to_string(&mut text));
    if let Err(error) = read {
        return Err(format!("is to come from the file {shown}, which cannot be read: {error}"));
    }
    if text.len() as u64 > SECRET_FILE_BYTES_MAX {
        return Err(format!("is to come from the file {shown}, which is larger than 64 KiB and hardly a secret"));
    }
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(format!("is to come from the file {shown}, which is empty; write the secret into it"));
    }
    Ok(secret.to_owned())
}

/// Why a text can't be a secret.
fn fault_of(secret: &str) -> Option<&'static str> {
    if secret.is_empty() {
        Some("is empty; write it out, or as env:NAME or file:PATH")
    } else if secret.len() > SECRET_BYTES_MAX {
        Some("is longer than 4096 bytes; shorten it")
    } else if secret.chars().any(char::is_control) {
        Some("contains a line break or another control character; take it out")
    } else {
        None
    }
}
