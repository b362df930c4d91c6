//! Where simulated cards take their challenges and keys from.

use std::collections::VecDeque;

use rsa::rand_core::{Rng as _, UnwrapErr};

/// Bytes to be surprised by: those that a test laid down first, then the system's.
#[derive(Debug, Default)]
pub struct Random {
    scripted: VecDeque<u8>,
}

impl Random {
    /// Lays down the next bytes, for published vectors.
    pub fn script(&mut self, bytes: &[u8]) {
        self.scripted.extend(bytes);
    }

    /// So many bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.system().fill_bytes(&mut bytes);
        for (byte, scripted) in bytes
            .iter_mut()
            .zip(self.scripted.drain(..count.min(self.scripted.len())))
        {
            *byte = scripted;
        }
        bytes
    }

    /// An array of bytes.
    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        array.copy_from_slice(&self.bytes(N));
        array
    }

    /// The system's generator, for crates that want one.
    pub(super) fn system(&self) -> UnwrapErr<getrandom::SysRng> {
        UnwrapErr(getrandom::SysRng)
    }
}
