//! What every store promises, one function for each promise, run on both backends; and that records survive their
//! stored form.

mod browsing;
mod generated;
mod keeping;
mod ledgers;
mod records;
pub(crate) mod sample;
mod series;
pub(crate) mod shelf;

use self::shelf::{InMemory, OnDisk};

/// Runs each promise on each backend as a test of its own.
macro_rules! promises {
    ($($module:ident: $($promise:ident)*;)*) => {
        mod memory {
            $($(#[test] fn $promise() { super::$module::$promise(&mut super::InMemory::fresh()); })*)*
        }
        mod sqlite {
            $($(#[test] fn $promise() { super::$module::$promise(&mut super::OnDisk::fresh()); })*)*
        }
    };
}

promises! {
    keeping:
        a_batch_is_committed_whole_or_not_at_all
        a_load_finds_what_was_committed_and_leaves_the_rest_absent
        small_records_change_and_end
        of_several_changes_in_a_batch_the_last_one_counts
        a_network_id_leads_to_its_message
        a_network_id_used_again_leads_to_the_newer_message
        unfinished_work_is_found_again_in_order
        texts_bodies_and_the_last_stamp_are_found_again
        a_stamp_kept_for_a_long_mo_is_not_given_again
        overdue_messages_are_found_in_steps
        outlived_rows_are_forgotten
        whole_days_are_dropped_but_not_unfinished_work
        a_callback_without_its_bytes_is_not_stored;
    browsing:
        a_timeline_is_in_the_order_of_commits
        messages_are_listed_newest_first_in_pages
        messages_are_found_by_what_is_asked
        callbacks_are_listed_newest_first_in_pages
        sessions_are_found
        parked_reports_are_listed_newest_first
        single_records_are_found;
    ledgers:
        opt_outs_come_and_go
        lines_keep_their_place_in_their_stream
        places_are_forgotten_in_time_unless_the_line_still_waits;
    series:
        fired_values_become_what_their_series_says
        series_are_listed_by_name_each_account_its_own
        every_resolution_says_what_the_points_say
        steps_are_forgotten_when_they_are_no_longer_kept
        sums_stay_finite
        dashboards_change_and_end;
}
