//! What a PIN has opened, as text: private objects that were not shown before.

use super::output::Style;
use super::page;
use crate::base::i18n::gettext;
use crate::token::{Application, ApplicationState, DataObject, Token};

/// What `after` has of an application that `before` had not; nothing if that is nothing.
pub(super) fn page(before: &Application, after: &Token, style: Style, now: i64) -> Option<String> {
    let after = after.application(before.kind)?;
    let mut opened = Application {
        facts: Vec::new(),
        state: ApplicationState::Readable,
        ..after.clone()
    };
    opened.keys.retain(|key| !before.keys.contains(key));
    opened
        .public_keys
        .retain(|key| !before.public_keys.contains(key));
    let was = |der: &[u8]| before.certificates.iter().any(|known| known.der == der);
    opened.certificates.retain(|found| !was(&found.der));
    let is_new = |found: &DataObject| found.content.is_some() && !before.data.contains(found);
    opened.data.retain(is_new);
    let text = page::objects(&opened, style, now);
    (!text.is_empty()).then(|| format!("\n{}\n{text}", gettext("Shown after the PIN")))
}
