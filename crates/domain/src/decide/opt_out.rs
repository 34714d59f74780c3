//! `OptOutAsked`: an account puts a phone into its opt-out ledger, or takes it out again.

use crate::address::Address;
use crate::decide::draft::Draft;
use crate::decision::{Change, Decision, Outcome, Refusal};
use crate::directory::Name;
use crate::opt_out::OptOut;

pub(super) fn decide(
    mut draft: Draft<'_>,
    account: &Name,
    address_type: &Name,
    address: &Address,
    out: bool,
) -> Decision {
    let opt_out = OptOut {
        account: account.clone(),
        address_type: address_type.clone(),
        address: address.clone(),
        created_at: draft.now,
        message: None,
    };
    match (draft.view.opt_outs.get(&opt_out.key()), out) {
        (Some(_), true) => Decision::refused(Refusal::OptOutExists),
        (None, false) => Decision::refused(Refusal::NotFound),
        (None, true) => {
            draft.push(Change::PutOptOut(opt_out.clone()));
            draft.done(Outcome::OptOut(opt_out))
        }
        (Some(before), false) => {
            draft.push(Change::DropOptOut(before.key()));
            draft.done(Outcome::OptOut(before.clone()))
        }
    }
}
