//! The crash matrix: one thing is carried out again and again, each time the process dies at another place, and what
//! comes of it in the end must be what comes of it undisturbed.
//!
//! Whoever stands between what is tested and the world (a store, a fake cloud) passes a [`Failpoints`] before and after
//! all that it does. [`matrix`] carries the thing out once to count the places, then once for each of them.
//!
//! **Absent on purpose:** what is carried out, and what it means to be dead: the caller goes on with what is left.

use std::fmt::Debug;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::{FutureExt as _, StreamExt as _};

/// The order of what happens at once differs from run to run, so some runs have a few more places.
const MORE: u64 = 3;

/// The process has died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dead;

type LastWill = Box<dyn FnOnce() + Send>;

/// Places at which a process may die; it dies at one of them, or at none.
#[derive(Default)]
pub struct Failpoints {
    /// Counted from 1; 0 for none.
    fatal: u64,
    passed: AtomicU64,
    dead: AtomicBool,
    place: Mutex<Option<String>>,
    will: Mutex<Option<LastWill>>,
}

impl Failpoints {
    /// It lives: the places are counted.
    pub fn none() -> Arc<Self> {
        Arc::default()
    }

    /// It dies at this place, counted from 1.
    pub fn at(place: u64) -> Arc<Self> {
        Arc::new(Self { fatal: place, ..Self::default() })
    }

    /// What happens at the moment it dies: a real process is killed.
    pub fn will(&self, will: impl FnOnce() + Send + 'static) {
        *self.will.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(will));
    }

    /// Comes to a place. Whoever is dead has not come there.
    pub fn pass(&self, what: impl FnOnce() -> String) -> Result<(), Dead> {
        if self.is_dead() {
            return Err(Dead);
        }
        let place = self.passed.fetch_add(1, Ordering::SeqCst) + 1;
        if place != self.fatal {
            return Ok(());
        }
        self.dead.store(true, Ordering::SeqCst);
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(what());
        if let Some(will) = self.will.lock().unwrap_or_else(PoisonError::into_inner).take() {
            will();
        }
        Err(Dead)
    }

    /// How many places it came to.
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }

    /// Whether it died.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Where it died, in words.
    pub fn place(&self) -> String {
        let place = self.place.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match place {
            Some(what) => format!("place {}: {what}", self.fatal),
            None if self.fatal == 0 => "undisturbed".to_owned(),
            None => format!("place {}: never reached", self.fatal),
        }
    }
}

impl Debug for Failpoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place())
    }
}

/// Carries something out once for each place, `at_once` at the same time, and demands the end that it has undisturbed.
/// `attempt` carries it out until it dies, goes on as a process that begins after it does, and gives the end.
/// Returns how often it died.
///
/// # Panics
/// When an end is another one, or when there is nothing to die at: a matrix without places proves nothing.
pub async fn matrix<E, F>(what: &str, at_once: usize, attempt: impl Fn(Arc<Failpoints>) -> F) -> u64
where
    E: PartialEq + Debug,
    F: Future<Output = E>,
{
    let undisturbed = Failpoints::none();
    let expected = attempt(undisturbed.clone()).await;
    let places = undisturbed.passed();
    assert!(places > 0, "{what}: there is no place to die at");
    let attempts = (1..=places + MORE).map(|place| {
        let points = Failpoints::at(place);
        let ended = AssertUnwindSafe(attempt(points.clone())).catch_unwind();
        async move { (points, ended.await) }
    });
    let mut ended = futures::stream::iter(attempts).buffer_unordered(at_once);
    let mut died = 0;
    while let Some((points, end)) = ended.next().await {
        match end {
            Ok(end) => assert_eq!(end, expected, "{what}, died at {points:?}"),
            Err(panic) => {
                #[expect(clippy::print_stderr, reason = "a failed test says where")]
                {
                    eprintln!("{what}, died at {points:?}");
                }
                std::panic::resume_unwind(panic);
            }
        }
        died += u64::from(points.is_dead());
    }
    assert!(died >= places, "{what}: died at {died} of {places} places");
    died
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a number twice; begun again, it does not look whether the first is there.
    async fn forgetful(points: Arc<Failpoints>, careful: bool) -> Vec<u32> {
        let mut written = Vec::new();
        let mut write = |number: u32, points: &Failpoints| {
            points.pass(|| format!("before {number}"))?;
            written.push(number);
            points.pass(|| format!("after {number}"))
        };
        let first = write(1, &points).and_then(|()| write(2, &points));
        if first.is_err() {
            let alive = Failpoints::none();
            for number in [1, 2] {
                if !(careful && written.contains(&number)) {
                    written.push(number);
                }
            }
            drop(alive);
        }
        written
    }

    #[tokio::test]
    async fn every_place_is_died_at() {
        assert_eq!(matrix("careful", 2, |points| forgetful(points, true)).await, 4);
    }

    #[tokio::test]
    #[should_panic(expected = "after 1")]
    async fn what_is_done_twice_is_found() {
        matrix("careless", 1, |points| forgetful(points, false)).await;
    }

    #[tokio::test]
    #[should_panic(expected = "no place to die at")]
    async fn a_matrix_without_places_fails() {
        matrix("nothing", 1, |_| async {}).await;
    }

    #[test]
    fn the_dead_go_nowhere_and_their_will_is_done_once() {
        let points = Failpoints::at(2);
        let done = Arc::new(AtomicU64::new(0));
        let counted = done.clone();
        points.will(move || _ = counted.fetch_add(1, Ordering::SeqCst));
        assert_eq!(points.pass(|| "a".into()), Ok(()));
        assert_eq!(points.pass(|| "b".into()), Err(Dead));
        assert_eq!(points.pass(|| "c".into()), Err(Dead));
        assert_eq!((points.passed(), done.load(Ordering::SeqCst)), (2, 1));
        assert_eq!(points.place(), "place 2: b");
    }
}
