//! The parameters of a method, wherever the client put them.

use super::BadParameters;

/// Most parameters of one request.
pub const PARAMETERS_MAX: usize = 64;

/// Names and values from the form body and the query. The body comes first: of two parameters of one name the first
/// with a value counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Reads body and query, both URL-encoded; bytes that are not UTF-8 are replaced. The content type is not asked,
    /// for old clients declare anything.
    pub fn read(query: Option<&str>, body: &[u8]) -> Result<Parameters, BadParameters> {
        let query = query.unwrap_or_default().as_bytes();
        let mut pairs = Vec::new();
        for (name, value) in form_urlencoded::parse(body).chain(form_urlencoded::parse(query)) {
            if pairs.len() >= PARAMETERS_MAX {
                return Err(BadParameters::TooMany);
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Parameters { pairs })
    }

    /// The value, when it is there and not blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        values.find(|value| !value.trim().is_empty())
    }

    /// The value, or the refusal that names it.
    pub fn required(&self, name: &'static str) -> Result<&str, BadParameters> {
        self.get(name).ok_or(BadParameters::Missing { name })
    }
}
