//! Counts memory and tables over a whole store. (wasmtime's own limiter holds each memory to the limit by
//! itself, so sixteen memories would get sixteen times as much.)

use wasmtime::ResourceLimiter;

use crate::Limits;

/// The limiter of one store.
pub(crate) struct Limiter {
    memory: Gauge,
    table: Gauge,
    instances: usize,
    memories: usize,
    tables: usize,
    refused: Option<String>,
}

/// One sum with a cap.
struct Gauge {
    now: u64,
    peak: u64,
    cap: u64,
    /// The last thing granted, to give it back when the growth then fails.
    last: u64,
}

impl Gauge {
    fn new(cap: u64) -> Self {
        Self { now: 0, peak: 0, cap, last: 0 }
    }

    fn take(&mut self, current: usize, desired: usize) -> bool {
        let more = desired.saturating_sub(current) as u64;
        let total = self.now.saturating_add(more);
        if total > self.cap {
            self.last = 0;
            return false;
        }
        (self.now, self.peak, self.last) = (total, self.peak.max(total), more);
        true
    }

    fn give_back(&mut self) {
        self.now -= std::mem::take(&mut self.last);
    }
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: Gauge::new(limits.memory),
            table: Gauge::new(limits.table_elements),
            instances: limits.instances,
            memories: limits.memories,
            tables: limits.tables,
            refused: None,
        }
    }

    /// Most bytes of linear memory in use at one time.
    pub(crate) fn memory_peak(&self) -> u64 {
        self.memory.peak
    }

    /// What was refused first, if anything: a guest that traps afterwards most likely traps because of it.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    fn refuse(&mut self, what: &str, current: usize, desired: usize, used: u64, cap: u64) {
        self.refused.get_or_insert_with(|| {
            let more = desired.saturating_sub(current);
            format!("wanted {more} more {what} beside {used}, more than {cap} together")
        });
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _max: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let granted = self.memory.take(current, desired);
        if !granted {
            self.refuse("bytes of memory", current, desired, self.memory.now, self.memory.cap);
        }
        Ok(granted)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory.give_back();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _max: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let granted = self.table.take(current, desired);
        if !granted {
            self.refuse("table elements", current, desired, self.table.now, self.table.cap);
        }
        Ok(granted)
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.table.give_back();
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(memory: u64) -> Limiter {
        Limiter::new(&Limits { memory, ..Limits::default() })
    }

    #[test]
    fn all_memories_share_one_cap() {
        let mut limiter = limiter(100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(0, 41, None).unwrap(), "a second memory does not start from nothing");
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert_eq!(limiter.memory_peak(), 100);
        assert!(limiter.refused().unwrap().contains("41 more bytes"));
    }

    #[test]
    fn a_growth_that_failed_is_given_back_once() {
        let mut limiter = limiter(100);
        assert!(limiter.memory_growing(0, 100, None).unwrap());
        limiter.memory_grow_failed(wasmtime::format_err!("no")).unwrap();
        limiter.memory_grow_failed(wasmtime::format_err!("no")).unwrap();
        assert!(limiter.memory_growing(0, 100, None).unwrap());
        assert!(!limiter.memory_growing(100, 101, None).unwrap());
    }

    #[test]
    fn sums_do_not_wrap_around() {
        let mut limiter = limiter(u64::MAX);
        assert!(limiter.memory_growing(0, usize::MAX, None).unwrap());
        assert!(limiter.memory_growing(0, usize::MAX, None).unwrap() || limiter.refused().is_some());
    }
}
