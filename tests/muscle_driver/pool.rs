//! Keys that were made once, since that takes long, and what a card does with them.

use std::sync::Arc;

use getrandom::SysRng;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BoxedUint, RsaPrivateKey};

/// By their size.
pub(crate) const POOL: [(u16, [&[u8]; 3]); 2] = [
    (
        1024,
        [
            include_bytes!("../../data/practice/pool-rsa1024-1.key"),
            include_bytes!("../../data/practice/pool-rsa1024-2.key"),
            include_bytes!("../../data/practice/pool-rsa1024-3.key"),
        ],
    ),
    (
        2048,
        [
            include_bytes!("../../data/practice/pool-rsa2048-1.key"),
            include_bytes!("../../data/practice/pool-rsa2048-2.key"),
            include_bytes!("../../data/practice/pool-rsa2048-3.key"),
        ],
    ),
];

pub(crate) fn pool(bits: u16, number: usize) -> RsaPrivateKey {
    let of_size = POOL.iter().find(|(size, _)| *size == bits);
    // Other sizes are asked for in logs only.
    let (_, keys) = of_size.unwrap_or(&POOL[0]);
    RsaPrivateKey::from_pkcs8_der(keys[number]).unwrap()
}

/// The key of the pool whose first prime is in a blob.
pub(crate) fn found(blob: &[u8]) -> Option<Arc<RsaPrivateKey>> {
    let bits = u16::from_be_bytes([blob[2], blob[3]]);
    let len = usize::from(u16::from_be_bytes([blob[4], blob[5]]));
    let prime = &blob[6..6 + len];
    let mut all = (0..3).map(|number| pool(bits, number));
    let key = all.find(|key| key.primes()[0].to_be_bytes_trimmed_vartime()[..] == *prime);
    key.map(Arc::new)
}

/// A public key as the card hands it out.
pub(crate) fn blob(kind: u8, pair: &RsaPrivateKey) -> Vec<u8> {
    let modulus = pair.n_bytes();
    let mut blob = vec![0x00, kind];
    blob.extend((8 * modulus.len() as u16).to_be_bytes());
    blob.extend((modulus.len() as u16).to_be_bytes());
    blob.extend(modulus);
    blob.extend([0, 3]);
    blob.extend(pair.e_bytes());
    blob
}

pub(crate) fn private_operation(key: &RsaPrivateKey, block: &[u8]) -> Vec<u8> {
    let number = BoxedUint::from_be_slice(block, key.n_bits_precision()).unwrap();
    let result = rsa::hazmat::rsa_decrypt::<SysRng>(None, key, &number).unwrap();
    let bytes = result.to_be_bytes();
    bytes[bytes.len() - key.size()..].to_vec()
}
