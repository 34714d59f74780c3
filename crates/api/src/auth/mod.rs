//! Who calls, and what that caller may see. Credentials are checked here and nowhere else; a [`Scope`] is the only key
//! to what is stored.

mod credentials;
mod extract;
mod scope;

pub use credentials::{Credentials, authenticate};
pub(crate) use credentials::{TOKEN_BYTES_MAX, application_of};
pub use scope::Scope;

use domain::directory::Name;
use domain::event::Asker;

/// Who calls, proven by a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Who runs the gateway.
    Operator,
    /// A tenant, by its key.
    Account(Name),
}

impl Caller {
    /// The same as the engine knows it.
    pub fn asker(&self) -> Asker {
        match self {
            Caller::Operator => Asker::Operator,
            Caller::Account(key) => Asker::Account(key.clone()),
        }
    }
}
