//! What every backend must do, as one suite. A backend that passes may stand behind the port.
//!
//! It panics where a backend fails, with the place and the difference: call it from a test. It knows the port only,
//! and compares with a plain model of its own.

mod basics;
mod bounds;
mod concurrent;
mod random;
mod watching;

use std::future::Future;
use std::sync::Arc;

use crate::{Committed, Page, Revision, Store, Txn};

/// The store a case needs: fresh, empty, its own.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// How many revisions of history it keeps, at least; it may begin to compact what is older. The cases about
    /// compaction ask for few.
    pub keep_revisions: u64,
}

const PLENTY: Needs = Needs { keep_revisions: 1_000_000 };

/// Runs the whole suite. `make` is called for every case.
///
/// # Panics
/// If the backend does not do what the port promises.
pub async fn check<S, F, Fut>(make: F)
where
    S: Store,
    F: Fn(Needs) -> Fut,
    Fut: Future<Output = S>,
{
    let fresh = || async { Arc::new(make(PLENTY).await) };
    basics::a_new_store_is_empty(&*fresh().await).await;
    basics::a_put_is_read_back_with_its_revisions(&*fresh().await).await;
    basics::every_compare_holds_and_fails_as_it_says(&*fresh().await).await;
    basics::a_refused_transaction_changes_nothing_and_shows_what_is_there(&*fresh().await).await;
    basics::all_changes_of_a_transaction_share_one_revision(&*fresh().await).await;
    basics::a_transaction_that_changes_nothing_takes_no_revision(&*fresh().await).await;
    basics::a_deleted_key_begins_anew(&*fresh().await).await;
    basics::pages_walk_a_range_both_ways(&*fresh().await).await;
    basics::any_bytes_are_a_key(&*fresh().await).await;
    basics::a_closed_store_says_so(&*fresh().await).await;
    bounds::what_is_at_the_limit_is_taken_and_one_more_is_not(&*fresh().await).await;
    bounds::requests_that_contradict_themselves_are_refused(&*fresh().await).await;
    bounds::a_page_ends_at_its_limits(&*fresh().await).await;
    watching::a_watch_shows_the_past_and_goes_on(&*fresh().await).await;
    watching::a_watch_sees_its_prefix_only(&*fresh().await).await;
    watching::a_watch_may_begin_in_the_future(&*fresh().await).await;
    watching::a_watch_dropped_while_waiting_loses_nothing(&*fresh().await).await;
    watching::a_watch_ends_when_the_store_is_closed(&*fresh().await).await;
    watching::a_watch_from_a_page_continues_it(fresh().await).await;
    watching::watches_under_load_have_no_gap_and_no_duplicate(fresh().await).await;
    watching::compacted_history_is_reported(&make(Needs { keep_revisions: 10 }).await).await;
    watching::values_outlive_their_history(&make(Needs { keep_revisions: 10 }).await).await;
    concurrent::of_many_that_create_one_wins(fresh().await).await;
    concurrent::no_increment_is_lost(fresh().await).await;
    concurrent::pairs_are_never_seen_apart(fresh().await).await;
    for seed in 1..=4 {
        random::random_transactions_do_what_the_model_does(&*fresh().await, seed).await;
        let forgetful = make(Needs { keep_revisions: 5 }).await;
        random::random_transactions_do_what_the_model_does(&forgetful, seed).await;
    }
}

/// The transaction must be applied.
async fn apply(store: &dyn Store, txn: Txn) -> Revision {
    match store.txn(txn).await {
        Ok(Committed::Applied(revision)) => revision,
        other => panic!("the transaction should have been applied: {other:?}"),
    }
}

fn keys(page: &Page) -> Vec<String> {
    page.items.iter().map(|item| item.key.escape_ascii().to_string()).collect()
}
