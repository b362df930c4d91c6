//! The exchanges that are kept: the newest ones, a bounded number of them.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::backend::TraceEntry;

/// So many exchanges are kept. A whole reading takes about twenty.
pub(super) const CAPACITY: usize = 2_000;

/// The newest exchanges.
#[derive(Debug, Default)]
pub(super) struct Ring {
    entries: VecDeque<Arc<TraceEntry>>,
}

impl Ring {
    /// Keeps an exchange; the oldest one goes if there is no more room.
    pub(super) fn push(&mut self, entry: Arc<TraceEntry>) {
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// All, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<TraceEntry>> {
        self.entries.iter()
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Whether nothing is kept.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All as text for a file.
    pub(super) fn to_text(&self) -> String {
        let lines = self.entries.iter().map(|entry| entry.to_lines() + "\n");
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use super::{CAPACITY, Ring};
    use crate::backend::{Shown, TraceEntry};
    use crate::token::ReaderId;

    #[test]
    fn only_the_newest_exchanges_are_kept() {
        let mut ring = Ring::default();
        for number in 0..CAPACITY as u64 + 3 {
            ring.push(Arc::new(TraceEntry {
                number,
                reader: ReaderId(1),
                at: SystemTime::UNIX_EPOCH,
                took: Duration::ZERO,
                name: "SELECT".to_owned(),
                command: Shown::Bytes(vec![]),
                response: Shown::Bytes(vec![]),
                sw: None,
            }));
        }
        let numbers: Vec<_> = ring.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers.len(), CAPACITY);
        assert_eq!(numbers.first(), Some(&3));
        assert_eq!(ring.to_text().lines().count(), 2 * CAPACITY);
        ring.clear();
        assert!(ring.is_empty());
    }
}
