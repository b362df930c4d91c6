//! A card that a test and a link have in common.

use std::sync::{Arc, Mutex, MutexGuard};

use symbolon::transport::link::{After, Link, LinkError, Protocol};

use crate::applet::Card;

#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Card>>);

impl Shared {
    pub(crate) fn new(card: Card) -> Self {
        Self(Arc::new(Mutex::new(card)))
    }

    pub(crate) fn card(&self) -> MutexGuard<'_, Card> {
        self.0.lock().unwrap()
    }
}

impl Link for Shared {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        self.card().exchange(command)
    }

    fn atr(&self) -> &[u8] {
        &[0x3B, 0x80, 0x01, 0x81]
    }

    fn protocol(&self) -> Protocol {
        if self.card().t0 {
            Protocol::T0
        } else {
            Protocol::T1
        }
    }

    fn exclusively(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Link) -> After,
    ) -> Result<(), LinkError> {
        work(self);
        Ok(())
    }
}
