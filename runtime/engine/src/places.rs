//! Places: how many steps are at work at the same time, and that one slow platform does not have them all.
//!
//! **Absent on purpose:** which step comes next. Whoever asks first is first, among the steps of one platform.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use innominatus_model::Name;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::EngineError;

/// Tenant and platform.
type Whose = (Name, Name);

/// All places.
pub(crate) struct Places {
    all: Arc<Semaphore>,
    of_each: usize,
    platforms: Mutex<HashMap<Whose, Arc<Semaphore>>>,
}

/// One place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_the_platform: OwnedSemaphorePermit,
}

impl Places {
    /// So many, at least one. A platform has three quarters of them at most: however slow it is, others go on.
    pub(crate) fn new(all: usize) -> Self {
        let all = all.max(1);
        let of_each = (all * 3 / 4).max(1);
        Self { all: Arc::new(Semaphore::new(all)), of_each, platforms: Mutex::default() }
    }

    /// A place for a step of this platform, as soon as there is one.
    pub(crate) async fn take(&self, tenant: &Name, platform: &Name) -> Result<Place, EngineError> {
        let of_the_platform = self.of_the_platform(tenant, platform);
        // Whoever waits for its platform must not hold a place that others could use meanwhile.
        let of_the_platform = of_the_platform.acquire_owned().await.map_err(|_| EngineError::Stopping)?;
        let of_all = Arc::clone(&self.all).acquire_owned().await.map_err(|_| EngineError::Stopping)?;
        Ok(Place { _of_all: of_all, _of_the_platform: of_the_platform })
    }

    fn of_the_platform(&self, tenant: &Name, platform: &Name) -> Arc<Semaphore> {
        let mut platforms = self.platforms.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody uses are as good as new ones.
        platforms.retain(|_, places| Arc::strong_count(places) > 1);
        let whose = (tenant.clone(), platform.clone());
        Arc::clone(platforms.entry(whose).or_insert_with(|| Arc::new(Semaphore::new(self.of_each))))
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    #[tokio::test]
    async fn a_platform_leaves_places_for_others() {
        let places = Places::new(4);
        let (tenant, slow, other) = (name("default"), name("slow"), name("other"));
        let take = |platform| places.take(&tenant, platform).now_or_never().map(Result::unwrap);
        let mut held: Vec<Place> = (0..3).filter_map(|_| take(&slow)).collect();
        assert_eq!(held.len(), 3);
        assert!(take(&slow).is_none(), "three of four");
        let last = take(&other).unwrap();
        assert!(take(&other).is_none(), "four of four");
        drop(held.pop());
        assert!(take(&other).is_some());
        drop(last);
        held.extend(take(&slow));
        assert_eq!(held.len(), 3);
        // The platform of another tenant is another platform.
        assert!(places.take(&name("guests"), &slow).now_or_never().is_some());
    }

    #[tokio::test]
    async fn there_is_always_a_place() {
        for all in [0, 1] {
            let places = Places::new(all);
            let take = || places.take(&name("default"), &name("only")).now_or_never();
            let held = take().unwrap().unwrap();
            assert!(take().is_none());
            drop(held);
            assert!(take().is_some());
        }
    }
}
