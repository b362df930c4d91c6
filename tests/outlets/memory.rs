//! The most bytes that a piece of work holds at once, counted where they are allocated.

#![allow(
    unsafe_code,
    reason = "an allocator is an unsafe trait; this one hands every call on as it came"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Bytes that this thread holds, and the most that they were.
    static HELD: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

fn count(more: usize, less: usize) {
    let change = isize::try_from(more).unwrap_or(isize::MAX) - isize::try_from(less).unwrap_or(0);
    // A thread that is ending has no counter any more, and nobody asks for it.
    let _ = HELD.try_with(|held| {
        let (now, most) = held.get();
        held.set((now + change, most.max(now + change)));
    });
}

// SAFETY: every function hands its arguments to the allocator of the system unchanged and returns what that returned;
// the counter is a cell of the thread that allocates nothing itself.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(0, layout.size());
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        unsafe { System.realloc(place, layout, size) }
    }
}

/// What `work` gives, and the most bytes that it held at once on this thread.
pub(crate) fn most_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let (before, _) = HELD.get();
    HELD.set((before, before));
    let result = work();
    let (_, most) = HELD.get();
    (result, usize::try_from(most - before).unwrap_or(0))
}

#[test]
fn the_most_is_seen_though_it_is_gone() {
    let ((), most) = most_of(|| {
        drop(std::hint::black_box(vec![1_u8; 1 << 20]));
        drop(std::hint::black_box(vec![1_u8; 3 << 20]));
    });
    assert!((3 << 20..4 << 20).contains(&most), "{most}");
}
