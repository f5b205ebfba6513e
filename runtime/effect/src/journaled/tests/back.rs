//! Journals that are taken back: where an execution goes on from.

use super::*;

#[tokio::test]
async fn what_was_looked_at_after_the_last_write_is_asked_again() {
    let (cloud, notes) = house();
    let first = port(&cloud, &notes, vec![]);
    all(&first, vec![get(), post(), get(), Call::ClockNow]).await;
    first.flush().await.unwrap();
    let mut past = notes.past();
    assert_eq!(past.len(), 4);
    let again = crate::take_back(&mut past);
    assert_eq!(again, vec![Note::Again { position: 2 }]);
    notes.append(again).await.unwrap();
    assert_eq!(notes.past(), past);
    assert_eq!((past.len(), crate::take_back(&mut past)), (2, vec![]));

    // It looks differently now, and that is kept in the place of what was.
    let second = port(&cloud, &notes, notes.past());
    all(&second, vec![get(), post(), get(), get(), put()]).await;
    assert_eq!(
        cloud.done(),
        ["GET look", "POST create", "GET look", "clock.now-ms", "GET look", "GET look", "PUT put"]
    );
    assert_eq!(notes.past().len(), 5);
}

/// A write that went wrong in the middle, and what came after it.
async fn broken_off(calls: Vec<Call>) -> (Arc<Cloud>, Arc<Notes>, Vec<Past>) {
    let (cloud, notes) = house();
    cloud.answers.lock().unwrap().push_back(unknown());
    let first = port(&cloud, &notes, vec![]);
    all(&first, calls).await;
    first.flush().await.unwrap();
    let mut past = notes.past();
    let again = crate::take_back(&mut past);
    notes.append(again).await.unwrap();
    assert_eq!(notes.past(), past, "what is kept is what is gone on from");
    (cloud, notes, past)
}

#[tokio::test]
async fn an_open_write_that_may_be_sent_again_is_sent_again_with_its_key() {
    let (cloud, notes, past) = broken_off(vec![keyed(), get(), put(), get()]).await;
    assert_eq!((past.len(), &past[0].outcome), (1, &None));
    let second = port(&cloud, &notes, past);
    let outcomes = all(&second, vec![keyed(), get()]).await;
    assert!(!outcomes[0].is_unknown());
    assert!(second.unsettled().is_empty());
    let keys = cloud.keys();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn an_open_write_stays_open_where_something_after_it_may_not_be_sent_again() {
    let (cloud, notes, past) = broken_off(vec![keyed(), post(), get()]).await;
    assert_eq!(past.len(), 2);
    let second = port(&cloud, &notes, past);
    let outcomes = all(&second, vec![keyed(), post()]).await;
    assert!(outcomes[0].is_unknown());
    assert_eq!(cloud.keys().len(), 1);
    // So does one that is told to be open and may not be sent again itself.
    let (_, _, past) = broken_off(vec![post(), get()]).await;
    assert!(past[0].outcome.as_ref().unwrap().is_unknown());
}

fn checkpoint() -> Call {
    let state = innominatus_model::State { handle: Json::Null, outputs: vec![], artifacts: vec![] };
    Call::Checkpoint { state }
}

fn named(key: &str) -> Call {
    http(HttpMethod::Put, "put", Some(Slot::Header(key.into())))
}

#[tokio::test]
async fn what_was_made_is_not_forgotten_for_the_sake_of_what_may_always_be_sent_again() {
    let (_, _, past) = broken_off(vec![put(), keyed(), get()]).await;
    assert_eq!(past.len(), 2);
    assert!(past[0].outcome.as_ref().unwrap().is_unknown());
    let (_, _, past) = broken_off(vec![put(), put(), get()]).await;
    assert_eq!((past.len(), &past[0].outcome), (1, &None));
}

#[tokio::test]
async fn who_says_no_goes_on_after_what_was_made() {
    let not_sent = || Outcome::Http(Err(HttpError::NotSent("busy".into())));
    // What was called, what came of it, and how much of it stays.
    let cases: Vec<(Vec<Call>, Vec<Outcome>, Option<usize>)> = vec![
        (vec![get(), put(), get()], vec![], None),
        (vec![get(), post(), get(), put()], vec![], Some(2)),
        (vec![post()], vec![], Some(1)),
        (vec![keyed(), get()], vec![], Some(1)),
        // A key says no more than the method does.
        (vec![named("key"), get()], vec![], None),
        (vec![post(), post()], vec![status(201), status(409)], Some(1)),
        (vec![post(), post()], vec![status(201), not_sent()], Some(1)),
        (vec![post(), post(), get()], vec![status(429), status(303)], Some(2)),
        (vec![post(), get()], vec![status(429)], None),
        (vec![post(), get()], vec![status(307)], None),
        (vec![post(), get()], vec![unknown()], Some(1)),
        // A checkpoint tells of what was made before it, and of nothing after it.
        (vec![post(), checkpoint(), get()], vec![], None),
        (vec![checkpoint(), post(), get()], vec![], Some(2)),
    ];
    for (calls, answers, stays) in cases {
        let (cloud, notes) = house();
        cloud.answers.lock().unwrap().extend(answers.clone());
        let first = port(&cloud, &notes, vec![]);
        all(&first, calls.clone()).await;
        first.flush().await.unwrap();
        let whole = notes.past();
        let mut past = whole.clone();
        let again = crate::take_back_to_made(&mut past);
        assert_eq!(again.is_some(), stays.is_some(), "{calls:?} {answers:?}");
        let Some(length) = stays else { continue };
        notes.append(again.unwrap()).await.unwrap();
        assert_eq!(notes.past(), whole[..length], "{calls:?} {answers:?}");
        assert_eq!(past, whole[..length], "{calls:?} {answers:?}");
        assert_eq!(crate::take_back_to_made(&mut past), Some(vec![]));
    }
}

#[test]
fn nothing_is_asked_again_that_was_never_asked() {
    let notes = vec![Note::Again { position: 1 }];
    assert_eq!(past(notes).unwrap_err(), crate::Gap { expected: 0, found: 1 });
}
