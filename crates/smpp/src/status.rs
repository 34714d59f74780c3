//! Command statuses (SMPP 3.4 §5.1.3) and what a status means for the one who sent the request.
//! The waiting and repeating that follow from a verdict are the owner's.

use std::fmt;

/// A `command_status` as it was on the wire.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Status(pub u32);

macro_rules! statuses {
    ($($name:ident = $value:literal, $meaning:literal;)*) => {
        impl Status {
            $(#[doc = $meaning] pub const $name: Status = Status($value);)*

            /// The name SMPP 3.4 gives it, if it does.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(concat!("ESME_", stringify!($name))),)*
                    _ => None,
                }
            }
        }

        #[cfg(test)]
        const ALL: &[Status] = &[$(Status($value)),*];
    };
}

statuses! {
    ROK = 0x00, "No error.";
    RINVMSGLEN = 0x01, "Message length is invalid.";
    RINVCMDLEN = 0x02, "Command length is invalid.";
    RINVCMDID = 0x03, "Command id is invalid.";
    RINVBNDSTS = 0x04, "The bind doesn't allow this command, or there is none.";
    RALYBND = 0x05, "Already bound.";
    RINVPRTFLG = 0x06, "Invalid priority flag.";
    RINVREGDLVFLG = 0x07, "Invalid registered delivery flag.";
    RSYSERR = 0x08, "System error.";
    RINVSRCADR = 0x0A, "Invalid source address.";
    RINVDSTADR = 0x0B, "Invalid destination address.";
    RINVMSGID = 0x0C, "Invalid message id.";
    RBINDFAIL = 0x0D, "Bind failed.";
    RINVPASWD = 0x0E, "Invalid password.";
    RINVSYSID = 0x0F, "Invalid system id.";
    RCANCELFAIL = 0x11, "cancel_sm failed.";
    RREPLACEFAIL = 0x13, "replace_sm failed.";
    RMSGQFUL = 0x14, "Message queue full.";
    RINVSERTYP = 0x15, "Invalid service type.";
    RINVNUMDESTS = 0x33, "Invalid number of destinations.";
    RINVDLNAME = 0x34, "Invalid distribution list name.";
    RINVDESTFLAG = 0x40, "Invalid destination flag (submit_multi).";
    RINVSUBREP = 0x42, "Submit with replace isn't supported or not allowed.";
    RINVESMCLASS = 0x43, "Invalid esm_class.";
    RCNTSUBDL = 0x44, "Can't submit to the distribution list.";
    RSUBMITFAIL = 0x45, "submit_sm or submit_multi failed.";
    RINVSRCTON = 0x48, "Invalid source address TON.";
    RINVSRCNPI = 0x49, "Invalid source address NPI.";
    RINVDSTTON = 0x50, "Invalid destination address TON.";
    RINVDSTNPI = 0x51, "Invalid destination address NPI.";
    RINVSYSTYP = 0x53, "Invalid system type.";
    RINVREPFLAG = 0x54, "Invalid replace_if_present flag.";
    RINVNUMMSGS = 0x55, "Invalid number of messages.";
    RTHROTTLED = 0x58, "Too many messages a second.";
    RINVSCHED = 0x61, "Invalid scheduled delivery time.";
    RINVEXPIRY = 0x62, "Invalid validity period.";
    RINVDFTMSGID = 0x63, "Predefined message invalid or not found.";
    RX_T_APPN = 0x64, "Temporary error of the receiving ESME.";
    RX_P_APPN = 0x65, "Permanent error of the receiving ESME.";
    RX_R_APPN = 0x66, "Message rejected by the receiving ESME.";
    RQUERYFAIL = 0x67, "query_sm failed.";
    RINVOPTPARSTREAM = 0xC0, "Error in the optional part of the body (5.0: RINVTLVSTREAM).";
    ROPTPARNOTALLWD = 0xC1, "Optional parameter not allowed.";
    RINVPARLEN = 0xC2, "Invalid parameter length.";
    RMISSINGOPTPARAM = 0xC3, "Expected optional parameter is missing.";
    RINVOPTPARAMVAL = 0xC4, "Invalid optional parameter value.";
    RDELIVERYFAILURE = 0xFE, "Delivery failure (data_sm_resp).";
    RUNKNOWNERR = 0xFF, "Unknown error.";
}

/// What the answer to a submit means for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitVerdict {
    /// The network took it.
    Accepted,
    /// It is about the link, not the message: the network wants fewer, or takes nothing on this bind. The whole link
    /// should pause, in order, then send the same again.
    Throttled,
    /// It is about this message, which may pass later; others may pass at once.
    Temporary,
    /// This message will never pass.
    Permanent,
}

/// What a refused bind means for the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindVerdict {
    /// The bind was accepted.
    Bound,
    /// Trying again without a change of configuration is futile: tell a person, try rarely.
    RefusedForGood,
    /// Try again with the usual backoff.
    TryAgain,
}

impl Status {
    /// Whether it says success.
    pub fn is_ok(self) -> bool {
        self == Status::ROK
    }

    /// Whether it is in the range left to vendors (0x400 to 0x4FF).
    pub fn is_vendor(self) -> bool {
        (0x400..=0x4FF).contains(&self.0)
    }

    /// What this status of a `submit_sm_resp` means.
    pub fn submit_verdict(self) -> SubmitVerdict {
        match self {
            Status::ROK => SubmitVerdict::Accepted,
            Status::RTHROTTLED | Status::RMSGQFUL => SubmitVerdict::Throttled,
            // The bind is not what it should be: no message passes on it, all may on the next one.
            Status::RINVBNDSTS | Status::RALYBND | Status::RBINDFAIL => SubmitVerdict::Throttled,
            // RSUBMITFAIL and RUNKNOWNERR name no cause. A few futile attempts cost less than a lost message.
            Status::RSYSERR | Status::RX_T_APPN | Status::RSUBMITFAIL | Status::RUNKNOWNERR => SubmitVerdict::Temporary,
            // Vendor codes mostly say "no credit", "blocked", "no route": final unless a channel says otherwise.
            _ => SubmitVerdict::Permanent,
        }
    }

    /// What this status of a bind response means.
    pub fn bind_verdict(self) -> BindVerdict {
        match self {
            Status::ROK => BindVerdict::Bound,
            Status::RINVPASWD | Status::RINVSYSID | Status::RBINDFAIL | Status::RINVSYSTYP | Status::RINVCMDID => {
                BindVerdict::RefusedForGood
            }
            // RALYBND too: after a broken connection the peer may still hold the old bind for a while.
            _ => BindVerdict::TryAgain,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None if self.is_vendor() => write!(f, "vendor status 0x{:03X}", self.0),
            None => write!(f, "status 0x{:08X}", self.0),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(ALL.len(), 48, "SMPP 3.4 table 5-2");
        assert_eq!(Status::RTHROTTLED.to_string(), "ESME_RTHROTTLED");
        assert_eq!(Status(0x4A1).to_string(), "vendor status 0x4A1");
        assert_eq!(Status(0x100).to_string(), "status 0x00000100");
    }

    #[test]
    fn submit_verdicts() {
        let check = |status: Status, verdict| {
            assert_eq!(status.submit_verdict(), verdict, "{status}");
        };
        check(Status::ROK, SubmitVerdict::Accepted);
        check(Status::RTHROTTLED, SubmitVerdict::Throttled);
        check(Status::RMSGQFUL, SubmitVerdict::Throttled);
        check(Status::RSYSERR, SubmitVerdict::Temporary);
        check(Status::RX_T_APPN, SubmitVerdict::Temporary);
        check(Status::RSUBMITFAIL, SubmitVerdict::Temporary);
        check(Status::RUNKNOWNERR, SubmitVerdict::Temporary);
        check(Status::RINVBNDSTS, SubmitVerdict::Throttled);
        check(Status::RALYBND, SubmitVerdict::Throttled);
        check(Status::RBINDFAIL, SubmitVerdict::Throttled);
        check(Status::RINVDSTADR, SubmitVerdict::Permanent);
        check(Status::RX_P_APPN, SubmitVerdict::Permanent);
        check(Status(0x400), SubmitVerdict::Permanent);
    }

    #[test]
    fn bind_verdicts() {
        let check = |status: Status, verdict| {
            assert_eq!(status.bind_verdict(), verdict, "{status}");
        };
        check(Status::ROK, BindVerdict::Bound);
        check(Status::RINVPASWD, BindVerdict::RefusedForGood);
        check(Status::RINVSYSID, BindVerdict::RefusedForGood);
        check(Status::RBINDFAIL, BindVerdict::RefusedForGood);
        check(Status::RALYBND, BindVerdict::TryAgain);
        check(Status::RSYSERR, BindVerdict::TryAgain);
        check(Status::RTHROTTLED, BindVerdict::TryAgain);
        check(Status(0x401), BindVerdict::TryAgain);
    }
}
