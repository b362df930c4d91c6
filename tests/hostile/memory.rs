//! Counts what each thread has allocated, so that the most that a piece of work needed is known
//! whatever other threads do meanwhile.

#![allow(
    unsafe_code,
    reason = "an allocator is an unsafe trait; this one hands every call on as it came"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Bytes that this thread has allocated and not given back. Below zero where it gives back
    /// what another one allocated.
    static NOW: Cell<isize> = const { Cell::new(0) };
    /// The most that [`NOW`] was since the last look.
    static MOST: Cell<isize> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

fn count(bytes: isize) {
    // A thread that is ending has no counters any more, and nobody asks for them.
    let _ = NOW.try_with(|now| {
        now.set(now.get() + bytes);
        let _ = MOST.try_with(|most| most.set(most.get().max(now.get())));
    });
}

fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

// SAFETY: every function hands its arguments to the allocator of the system unchanged and returns
// what that returned; the counters are cells of the thread that allocate nothing themselves.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-signed(layout.size()));
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(signed(size) - signed(layout.size()));
        unsafe { System.realloc(place, layout, size) }
    }
}

/// What `work` gives, and the most bytes that it held at once on this thread beyond what was held
/// before.
pub(crate) fn most_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.get();
    MOST.set(before);
    let result = work();
    let most = MOST.get() - before;
    (result, usize::try_from(most).unwrap_or(0))
}

#[test]
fn the_most_is_seen_though_it_is_gone() {
    let ((), most) = most_of(|| {
        drop(std::hint::black_box(vec![1_u8; 1 << 20]));
        drop(std::hint::black_box(vec![1_u8; 3 << 20]));
    });
    assert!((3 << 20..4 << 20).contains(&most), "{most}");
}
