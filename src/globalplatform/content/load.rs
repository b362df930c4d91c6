//! LOAD: a package in blocks.

use crate::globalplatform::Aid;
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le};

/// The most blocks: their number is one byte.
const MAX_BLOCKS: usize = 256;

/// The signature of a security domain over a package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signature {
    /// The security domain that checks it.
    pub domain: Aid,
    /// The signature.
    pub value: Vec<u8>,
}

/// A package that cannot be loaded in such blocks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{len} bytes do not fit into {MAX_BLOCKS} blocks of {block_len}")]
pub struct LoadError {
    /// Bytes to be loaded.
    pub len: usize,
    /// Bytes of a block.
    pub block_len: usize,
}

impl LoadError {
    /// The most bytes in such blocks.
    #[must_use]
    pub fn most(&self) -> usize {
        self.block_len.saturating_mul(MAX_BLOCKS)
    }
}

/// What is cut into blocks: signatures, then the package.
#[must_use]
pub fn stream(file: &[u8], signatures: &[Signature]) -> Vec<u8> {
    let mut out = Vec::with_capacity(file.len() + 4);
    for signature in signatures {
        let inner = [
            ber::encode(0x4F, signature.domain.bytes()),
            ber::encode(0xC3, &signature.value),
        ];
        ber::push(&mut out, 0xE2, &inner.concat());
    }
    ber::push(&mut out, 0xC4, file);
    out
}

/// LOAD for each block of `block_len` bytes (`SecureChannel::load_block_len`). Only the last one asks
/// for an answer: Cyberflex cards take it ill from the others.
///
/// # Errors
///
/// [`LoadError`] if the blocks are too many, or have no bytes.
pub fn load(
    file: &[u8],
    signatures: &[Signature],
    block_len: usize,
) -> Result<Vec<Command>, LoadError> {
    let stream = stream(file, signatures);
    let len = stream.len();
    let refused = LoadError { len, block_len };
    if block_len == 0 || len.div_ceil(block_len) > MAX_BLOCKS {
        return Err(refused);
    }
    let blocks = stream.chunks(block_len);
    let last = blocks.len() - 1;
    let commands = blocks.enumerate().map(|(at, block)| {
        let number = u8::try_from(at).map_err(|_| refused)?;
        let p1 = if at == last { 0x80 } else { 0x00 };
        let command = Command::new([0x80, 0xE8, p1, number]).data(block);
        Ok(if at == last {
            command.expecting(Le::ALL)
        } else {
            command
        })
    });
    commands.collect()
}
