//! What the reader itself says: its name, and the features of its PIN pad.

use std::ffi::CString;

use symbolon::transport::pinpad::Controls;
use symbolon::transport::watch;

use crate::oracle;

pub(crate) fn run(bytes: &[u8]) {
    let controls = Controls::parse(bytes);
    let features = controls.features();
    assert_eq!(features.verify, controls.verify.is_some());
    assert_eq!(features.modify, controls.modify.is_some());
    if bytes.len() < 6 {
        assert_eq!(controls, Controls::default(), "a feature out of nothing");
    }
    // A code that was found stands in the list, behind its tag and length.
    for (tag, code) in [(0x06, controls.verify), (0x07, controls.modify)] {
        if let Some(code) = code {
            let [a, b, c, d] = code.to_be_bytes();
            let whole = [tag, 4, a, b, c, d];
            assert!(bytes.chunks_exact(6).any(|feature| feature == whole));
        }
    }
    let name = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    if let Ok(name) = CString::new(name) {
        oracle::clean(watch::reader_name(&name).as_str());
    }
}
