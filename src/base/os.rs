//! The few things that only the operating system can do, and the only place in `base` where `unsafe` stands.

#![expect(
    unsafe_code,
    reason = "memory locking, process flags, locale and environment have no safe interface in std"
)]

use std::ffi::OsStr;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr::NonNull;

/// Size of a memory page in bytes on every platform that Debian 12 runs desktops on; a
/// larger real page only makes the kernel round up.
const PAGE: usize = 4096;

/// Whole pages of memory that are never swapped out, never part of a core dump, and
/// wiped before they go back.
///
/// Locking works on pages, so a region that shared its page with other data would be
/// unlocked by its neighbour's end. Hence pages of its own.
pub(super) struct LockedPages {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the pages belong to this value alone; there is no interior mutability.
unsafe impl Send for LockedPages {}
// SAFETY: as above; shared access only reads.
unsafe impl Sync for LockedPages {}

impl LockedPages {
    /// Takes room for at least `bytes` bytes, all zero. Where the limit on locked memory is
    /// reached the pages are used unlocked: a PIN that can be typed beats one that cannot.
    pub(super) fn new(bytes: usize) -> Self {
        let len = bytes.max(1).next_multiple_of(PAGE);
        // SAFETY: an anonymous private mapping touches no existing memory.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        let start = if start == libc::MAP_FAILED {
            None
        } else {
            NonNull::new(start.cast::<u8>())
        };
        let Some(start) = start else {
            // What every allocation in Rust does when memory is out.
            std::alloc::handle_alloc_error(std::alloc::Layout::new::<[u8; PAGE]>());
        };
        // SAFETY: the range was mapped just above and belongs to us.
        unsafe {
            libc::mlock(start.as_ptr().cast(), len);
            libc::madvise(start.as_ptr().cast(), len, libc::MADV_DONTDUMP);
        }
        Self { start, len }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        // SAFETY: `len` bytes were mapped, zeroed by the kernel, and live as long as `self`.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `&mut self` makes the access unique.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Drop for LockedPages {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(self.as_mut_slice());
        // SAFETY: the range was mapped by `new` and is not used after this.
        unsafe {
            libc::munmap(self.start.as_ptr().cast(), self.len);
        }
    }
}

/// Makes this process unreadable for debuggers and core dumps of the same user
/// (`prctl(2)`, `PR_SET_DUMPABLE`). Called first thing in every program.
pub fn forbid_core_dumps() {
    // SAFETY: plain system calls without pointers that outlive them.
    unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
        let none = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
    }
}

/// Takes over a file descriptor that the program was started with.
///
/// To be called once for each number, from `main`, before any file is opened: later the
/// number could belong to one of ours.
///
/// # Errors
///
/// `EBADF` if no such descriptor was handed over.
pub fn take_inherited_fd(number: i32) -> io::Result<OwnedFd> {
    // SAFETY: F_GETFD takes no pointer and any number.
    if unsafe { libc::fcntl(number, libc::F_GETFD) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is open, and by the contract above nobody else here owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Sets an environment variable of this process.
///
/// To be called from `main` before any thread is started and before GTK is initialised.
pub fn set_env_before_threads(name: &str, value: impl AsRef<OsStr>) {
    // SAFETY: the callers are the `main` functions, before any second thread exists.
    unsafe { std::env::set_var(name, value) }
}

/// Has all threads take their memory from two heaps instead of one for each (`mallopt(3)`).
///
/// Each reader has a thread, and none of them does much: a heap each is memory that lies idle.
/// To be called from `main` before any thread is started.
#[cfg(target_env = "gnu")]
pub fn share_heaps() {
    // SAFETY: takes two numbers; no other thread allocates yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

/// Other C libraries have one heap as it is.
#[cfg(not(target_env = "gnu"))]
pub fn share_heaps() {}

/// Takes the locale of the user (`setlocale(LC_ALL, "")`), which gettext and dates follow.
///
/// To be called from `main` before any thread is started.
pub fn take_locale() {
    // SAFETY: called before any second thread exists; the empty string is a literal.
    unsafe {
        libc::setlocale(libc::LC_ALL, c"".as_ptr());
    }
}
