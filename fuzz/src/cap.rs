//! Java Card packages, in an archive or without one, and what is said of them beside a card.

use symbolon::globalplatform::cap::{
    CapError, CapFile, CardSide, ComponentKind, JavaCardVersion, PresentKind, known,
};

use crate::oracle;

/// What no card could hold is never unfolded, in bytes.
const MOST: usize = 72 * 1024;

pub(crate) fn run(bytes: &[u8]) {
    let cap = match CapFile::read(bytes) {
        Ok(cap) => cap,
        Err(CapError::UnsafeName { name }) => return oracle::clean(name.as_str()),
        Err(_) => return,
    };
    if let Some(name) = cap.name() {
        oracle::clean(name.as_str());
    }
    for with_descriptor in [false, true] {
        let load_file = cap.load_file(with_descriptor);
        assert_eq!(load_file.len(), cap.size(with_descriptor));
        assert!(load_file.len() <= MOST, "more than a card could hold");
        // What is loaded begins with its header, and is a package: the same one.
        assert_eq!(load_file.first(), Some(&ComponentKind::Header.tag()));
        let again = CapFile::read(&load_file).expect("a package that can be read again");
        assert_eq!(again.load_file(with_descriptor), load_file);
        assert_eq!(again.package(), cap.package());
        assert_eq!(again.applets(), cap.applets());
        assert_eq!(again.imports(), cap.imports());
        assert_eq!(again.sha256(with_descriptor), cap.sha256(with_descriptor));
    }
    beside_cards(&cap);
}

/// Something is said of the room, once, whatever the card is.
fn beside_cards(cap: &CapFile) {
    let present = cap
        .applets()
        .iter()
        .map(|applet| (applet.aid.clone(), PresentKind::Instance))
        .chain([(cap.package().clone(), PresentKind::Package)]);
    let full = CardSide {
        free_memory: Some(0),
        java_card: Some(JavaCardVersion {
            major: 2,
            minor: 1,
            patch: 1,
        }),
        present: present.collect(),
    };
    let unknown = cap.check(&CardSide::default());
    let known = cap.check(&full);
    assert!(!unknown.is_empty());
    // The package and each of its applets are in the way.
    assert!(known.len() > cap.applets().len());
    for applet in cap.applets() {
        let _ = known::applet(&applet.aid);
    }
}
