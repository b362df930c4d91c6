//! What the window says by itself; the rest is what every question says.

use crate::base::i18n::ngettext_f;

pub(super) use crate::pinentry::words::{
    GOOD, blocked, buttons, counter, differ, elsewhere, field, jump, keep, last_try, quality,
    remote, repeat, requester, same, title, too_long,
};

/// How long the dialog stays.
pub(super) fn closes_in(seconds: u64) -> String {
    let count = u32::try_from(seconds).unwrap_or(u32::MAX);
    ngettext_f(
        "Closes in {count} second",
        "Closes in {count} seconds",
        count,
        &[("count", &seconds.to_string())],
    )
}
