//! The codes of configuration problems and warnings. Each has a page under `docs/operate/codes/`.

use std::fmt;

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    /// The configuration file cannot be read.
    FileUnreadable,
    /// The file is no TOML.
    Syntax,
    /// A key or table nobody knows.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value of the wrong type.
    WrongType,
    /// A number that is too small or too large.
    OutOfBounds,
    /// A word that is none of the possible ones.
    UnknownWord,
    /// Two of a kind with one id.
    DuplicateId,
    /// An id with characters that ids don't have.
    BadName,
    /// No network address to listen on or connect to.
    BadEndpoint,
    /// No URL that callbacks or links may have.
    BadUrl,
    /// An environment variable that should hold a secret does not.
    SecretVariable,
    /// A file that should hold a secret does not.
    SecretFile,
    /// There is no operator token.
    NoOperatorToken,
    /// An account that is not configured.
    UnknownAccount,
    /// An application that is not configured.
    UnknownApplication,
    /// A route on an address that no channel serves.
    UnservedAddress,
    /// Two routes of which only the first can win.
    RouteClash,
    /// A service address that two channels serve.
    AddressServedTwice,
    /// A text that is no service address.
    BadAddress,
    /// Something that is planned but not there.
    NotYet,
    /// No network or port that callbacks could be allowed to reach; the outbound guard's own code.
    BadNetwork,
    /// A list that is empty or too long.
    BadList,
    /// A text that is empty, too long or has characters it can't have.
    BadText,
    /// Keys that don't go together.
    Conflict,
    /// A certificate or key file that cannot be read.
    NamedFileUnreadable,
    /// No store we know.
    BadStore,
    /// One secret that opens two doors.
    SharedSecret,
    /// Warning: a secret that is easily guessed.
    WeakSecret,
    /// Warning: an application that no route leads to.
    NoRoute,
    /// Warning: callbacks that the outbound guard will refuse.
    GuardedUrl,
    /// Warning: a channel without addresses.
    NoAddresses,
}

impl Code {
    /// As shown to people.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Code::FileUnreadable => "HS-1001",
            Code::Syntax => "HS-1002",
            Code::UnknownKey => "HS-1003",
            Code::MissingKey => "HS-1004",
            Code::WrongType => "HS-1005",
            Code::OutOfBounds => "HS-1006",
            Code::UnknownWord => "HS-1007",
            Code::DuplicateId => "HS-1008",
            Code::BadName => "HS-1009",
            Code::BadEndpoint => "HS-1010",
            Code::BadUrl => "HS-1011",
            Code::SecretVariable => "HS-1012",
            Code::SecretFile => "HS-1013",
            Code::NoOperatorToken => "HS-1014",
            Code::UnknownAccount => "HS-1015",
            Code::UnknownApplication => "HS-1016",
            Code::UnservedAddress => "HS-1017",
            Code::RouteClash => "HS-1018",
            Code::AddressServedTwice => "HS-1019",
            Code::BadAddress => "HS-1020",
            Code::NotYet => "HS-1021",
            Code::BadNetwork => "HS-3003",
            Code::BadList => "HS-1022",
            Code::BadText => "HS-1023",
            Code::Conflict => "HS-1024",
            Code::NamedFileUnreadable => "HS-1025",
            Code::BadStore => "HS-1026",
            Code::SharedSecret => "HS-1027",
            Code::WeakSecret => "HS-1040",
            Code::NoRoute => "HS-1041",
            Code::GuardedUrl => "HS-1042",
            Code::NoAddresses => "HS-1043",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
