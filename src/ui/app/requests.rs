//! r
#[derive(Debug, Default)]
pub(super) struct Requests {}
