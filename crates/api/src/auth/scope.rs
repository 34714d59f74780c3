//! What a caller may see. Made of a proven [`Caller`] only; whoever reads for somebody needs one.

use domain::callback::Callback;
use domain::directory::{Application, Directory, Name};
use domain::message::Message;
use engine::page::{CallbackQuery, MessageQuery, SessionQuery};

use super::Caller;

/// The part of the gateway a caller may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    extent: Extent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Extent {
    Everything,
    Account { key: Name, applications: Vec<Name> },
}

impl Scope {
    /// What this caller may see under this configuration.
    pub fn of(caller: &Caller, directory: &Directory) -> Scope {
        let extent = match caller {
            Caller::Operator => Extent::Everything,
            Caller::Account(key) => {
                let own = directory.applications.values().filter(|a| a.account == *key);
                Extent::Account { key: key.clone(), applications: own.map(|a| a.id.clone()).collect() }
            }
        };
        Scope { extent }
    }

    /// True for the operator.
    pub fn is_operator(&self) -> bool {
        self.extent == Extent::Everything
    }

    /// Whether something of this tenant may be seen; `None` is what belongs to nobody.
    pub fn sees_account(&self, account: Option<&Name>) -> bool {
        match &self.extent {
            Extent::Everything => true,
            Extent::Account { key, .. } => account == Some(key),
        }
    }

    /// Whether an application of this id may be seen.
    pub fn sees_application_id(&self, id: &str) -> bool {
        match &self.extent {
            Extent::Everything => true,
            Extent::Account { applications, .. } => applications.iter().any(|own| &**own == id),
        }
    }

    /// Whether this application may be seen.
    pub fn sees_application(&self, application: &Application) -> bool {
        self.sees_account(Some(&application.account))
    }

    /// Whether this message may be seen.
    pub fn sees_message(&self, message: &Message) -> bool {
        self.sees_account(message.account.as_ref())
    }

    /// Whether this callback may be seen.
    pub fn sees_callback(&self, callback: &Callback) -> bool {
        self.sees_application_id(&callback.application)
    }

    /// Narrows a query to what may be seen; whatever it said of the tenant is overruled.
    pub fn narrow_messages(&self, query: MessageQuery) -> MessageQuery {
        match &self.extent {
            Extent::Everything => query,
            Extent::Account { key, .. } => MessageQuery { account: Some(key.clone()), ..query },
        }
    }

    /// Narrows a query to what may be seen.
    pub fn narrow_callbacks(&self, query: CallbackQuery) -> CallbackQuery {
        CallbackQuery { applications: self.narrow(query.applications), ..query }
    }

    /// Narrows a query to what may be seen.
    pub fn narrow_sessions(&self, query: SessionQuery) -> SessionQuery {
        SessionQuery { applications: self.narrow(query.applications), ..query }
    }

    /// Those of the wanted applications that may be seen; none wanted = all of them.
    fn narrow(&self, wanted: Option<Vec<Name>>) -> Option<Vec<Name>> {
        match (&self.extent, wanted) {
            (Extent::Everything, wanted) => wanted,
            (Extent::Account { applications, .. }, None) => Some(applications.clone()),
            (Extent::Account { applications, .. }, Some(wanted)) => {
                Some(wanted.into_iter().filter(|id| applications.contains(id)).collect())
            }
        }
    }
}
