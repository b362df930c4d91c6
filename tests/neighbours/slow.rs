//! A practice card that takes its time over every command, in a reader of the service.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use symbolon::simulator::vpcd::{self, Stop};
use symbolon::simulator::{Card, wardrobe};

use crate::support::pcscd::Slot;
use crate::support::process::wait_for;

/// How long the service may take to notice a card.
const NOTICE_LIMIT: Duration = Duration::from_secs(20);

/// The card, until this is dropped.
pub(crate) struct Served {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

/// A card and the time that each of its answers takes.
struct Slow(Box<dyn Card>, Duration);

impl Card for Slow {
    fn atr(&self) -> &[u8] {
        self.0.atr()
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        // Not to wait for something, but to be slow.
        thread::sleep(self.1);
        self.0.transmit(command)
    }
}

impl Served {
    /// Puts a token with a PIV application full of certificates into the reader.
    pub(crate) fn start(slot: &Slot, time: Duration) -> Self {
        let stop = Stop::new();
        let (port, plug) = (slot.port, stop.clone());
        let mut card = Slow(wardrobe::make("piv-used").unwrap(), time);
        let thread = thread::spawn(move || {
            vpcd::serve(&mut card, port, &plug).unwrap();
        });
        wait_for("the reader to notice its card", NOTICE_LIMIT, || {
            assert!(!thread.is_finished(), "the card fell out");
            slot.holds_card().then_some(())
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            // The test has failed or does not care for the end.
            let _ = thread.join();
        }
    }
}
