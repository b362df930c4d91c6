//! Answers to reset, and what people are told of them.

use symbolon::explain;
use symbolon::iso7816::atr::Atr;

use crate::oracle;

pub(crate) fn run(bytes: &[u8]) {
    let parsed = Atr::parse(bytes);
    if let Some(atr) = &parsed {
        assert!(atr.historical.len() <= 15);
        assert!((1..=16).contains(&atr.protocols.len()));
        assert!(atr.protocols.iter().all(|&protocol| protocol <= 15));
        if let Some(text) = atr.text() {
            oracle::clean(text);
            assert!(text.len() >= 4);
        }
        // Cut by one byte it is another one or none, never a longer one.
        if let Some((_, head)) = bytes.split_last() {
            let shorter = Atr::parse(head);
            assert!(shorter.is_none_or(|shorter| shorter.historical == atr.historical));
        }
    }
    for (name, value) in explain::atr::words(bytes) {
        oracle::sentence(&name);
        oracle::sentence(&value);
    }
}
