//! A practice card in a reader of a real `pcscd`.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use symbolon::simulator::vpcd::{self, Served, Stop};
use symbolon::simulator::{Card, wardrobe};

use crate::support::pcscd::Slot;
use crate::support::process::wait_for;

/// How long pcscd may take to notice that a card came or went; it looks every 0.4 s.
const NOTICE_LIMIT: Duration = Duration::from_secs(20);

/// A card that is served by a thread until this is dropped.
pub(crate) struct ServedCard {
    stop: Stop,
    thread: Option<JoinHandle<(Box<dyn Card>, Served)>>,
    slot: Slot,
}

impl ServedCard {
    /// Puts the card in and waits until the reader has noticed.
    #[track_caller]
    pub(crate) fn new(card: impl Card + 'static, slot: &Slot) -> Self {
        let stop = Stop::new();
        let (port, plug) = (slot.port, stop.clone());
        let mut card: Box<dyn Card> = Box::new(card);
        let thread = thread::spawn(move || {
            let served = vpcd::serve(&mut *card, port, &plug).unwrap();
            (card, served)
        });
        wait_for("the reader to notice its card", NOTICE_LIMIT, || {
            assert!(!thread.is_finished(), "the card fell out");
            slot.holds_card().then_some(())
        });
        Self {
            stop,
            thread: Some(thread),
            slot: slot.clone(),
        }
    }

    /// Puts a card of the wardrobe in.
    #[track_caller]
    pub(crate) fn named(name: &str, slot: &Slot) -> Self {
        Self::new(wardrobe::make(name).unwrap(), slot)
    }

    /// Pulls the card and returns when the reader has noticed; the card and why serving ended.
    #[track_caller]
    pub(crate) fn pull(mut self) -> (Box<dyn Card>, Served) {
        self.stop.stop();
        let (card, served) = self.thread.take().unwrap().join().unwrap();
        wait_for("the reader to miss its card", NOTICE_LIMIT, || {
            (!self.slot.holds_card()).then_some(())
        });
        (card, served)
    }
}

impl Drop for ServedCard {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            // The test has failed or does not care for the end.
            let _ = thread.join();
        }
    }
}
