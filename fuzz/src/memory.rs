//! Memory that one input may take.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes that an input may take beyond what was taken before it: 32 MiB.
pub const MOST: usize = 32 << 20;

/// The system's allocator, counting.
struct Counting;

static TAKEN: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: everything is handed to the system's allocator as it came; only sizes are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: as for this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        TAKEN.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as for this function.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn take(size: usize) {
    let taken = TAKEN.fetch_add(size, Ordering::Relaxed).wrapping_add(size);
    PEAK.fetch_max(taken, Ordering::Relaxed);
}

/// Does `work` and looks at the most that was taken meanwhile, in all threads.
///
/// # Panics
///
/// If that was more than [`MOST`].
pub fn bounded(work: impl FnOnce()) {
    let before = TAKEN.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    work();
    let most = PEAK.load(Ordering::Relaxed).saturating_sub(before);
    assert!(most <= MOST, "one input took {most} bytes of memory");
}
