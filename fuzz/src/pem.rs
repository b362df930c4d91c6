//! The text form of certificates, files of authorities, and key files.

use symbolon::base::secret::Secret;
use symbolon::pki::certificate::Certificate;
use symbolon::pki::{chain, import, pem};

pub(crate) fn run(bytes: &[u8]) {
    let blocks = pem::certificates(bytes);
    assert!(blocks.iter().map(Vec::len).sum::<usize>() <= bytes.len());
    // What was read is read again after it was written.
    let written: String = blocks
        .iter()
        .map(|der| pem::encode("CERTIFICATE", der))
        .collect();
    assert_eq!(pem::certificates(written.as_bytes()), blocks);
    let parsed: Vec<Certificate> = blocks
        .iter()
        .take(16)
        .filter_map(|der| Certificate::parse(der).ok())
        .collect();
    // The first of the file, with all of it as its possible issuers.
    if let Some(leaf) = parsed.first() {
        let picture = chain::chain(leaf, &parsed);
        assert!((1..=chain::MAX_LINKS).contains(&picture.links.len()));
        for (at, link) in picture.links.iter().enumerate() {
            let before = picture.links.iter().take(at);
            let seen = before
                .filter(|other| other.certificate == link.certificate)
                .count();
            assert_eq!(seen, 0, "a certificate above itself");
        }
    }
    assert_eq!(
        pem::certificates(pem::encode("CERTIFICATE", bytes).as_bytes()),
        [bytes]
    );
    // Of whatever opens, the key and its certificate belong together.
    for password in [None, Some(Secret::new(b"x"))] {
        if let Ok(opened) = import::open(bytes, password.as_ref())
            && let Some(certificate) = opened.certificate
        {
            assert_eq!(certificate.public_key, opened.key.public);
        }
    }
}
