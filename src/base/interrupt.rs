//! Ctrl+C, and the other ways to ask a program to end: heard once, by everything that waits.
//!
//! The first signal cancels what is going on, so that a card is let go of in order; the second
//! ends the program there and then.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The ear for signals.
#[derive(Debug)]
pub struct Interrupt {
    heard: Arc<AtomicBool>,
    /// Becomes readable with the first signal, and stays so: nobody reads from it.
    wake: UnixStream,
}

impl Interrupt {
    /// Starts to listen. `tell` is called once, on a thread of its own, with the first signal; the
    /// second ends the program with the exit status `code`.
    ///
    /// # Errors
    ///
    /// The system gives no more descriptors or threads.
    pub fn listen(code: i32, tell: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let heard = Arc::new(AtomicBool::new(false));
        let (wake, mut bell) = UnixStream::pair()?;
        let signals = [SIGINT, SIGTERM, SIGHUP];
        for signal in signals {
            // In this order: the flag is still down when the first signal is looked at.
            flag::register_conditional_shutdown(signal, code, Arc::clone(&heard))?;
            flag::register(signal, Arc::clone(&heard))?;
        }
        let mut waiting = Signals::new(signals)?;
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                if waiting.forever().next().is_some() {
                    // The one who waits on the other end may be gone already.
                    let _ = bell.write_all(&[0]);
                    tell();
                }
            })?;
        Ok(Self { heard, wake })
    }

    /// Whether a signal came.
    pub fn heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    /// Readable as soon as a signal came.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

/// Starts to listen for what asks the program to end, and ends it with that signal as soon as it
/// came. `tidy` is called before, on a thread of its own.
///
/// # Errors
///
/// The system gives no more descriptors or threads.
pub fn end_after(tidy: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut waiting = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if let Some(signal) = waiting.forever().next() {
                tidy();
                // Whoever waits for this program is told why it ended.
                let _ = emulate_default_handler(signal);
            }
        })?;
    Ok(())
}
