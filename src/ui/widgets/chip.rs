//! Chips: a few words on a coloured pill. They inform; they are never buttons.

use relm4::gtk;
use relm4::gtk::prelude::*;

use super::Fold;
use crate::base::i18n::gettext_f;
use crate::explain;
use crate::pki::certificate::Standing;

/// The most chips together; the rest is counted.
const MOST: usize = 4;

/// What a chip says, as data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chip {
    /// The words.
    pub text: String,
    /// How it looks.
    pub kind: ChipKind,
}

/// How a chip looks. The colour repeats what the words say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChipKind {
    /// Grey.
    Plain,
    /// Green.
    Success,
    /// Yellow.
    Warning,
    /// Red.
    Error,
}

impl Chip {
    /// A chip.
    #[must_use]
    pub fn new(kind: ChipKind, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            kind,
        }
    }

    /// Where a certificate stands that is valid from `not_before` on.
    #[must_use]
    pub fn standing(standing: Standing, not_before: i64) -> Self {
        let kind = match standing {
            Standing::Valid { .. } => ChipKind::Success,
            Standing::Soon { .. } | Standing::NotYet { .. } => ChipKind::Warning,
            Standing::Expired { .. } => ChipKind::Error,
        };
        let words = explain::certificates::standing_chip(standing, not_before);
        Self::new(kind, words)
    }
}

impl ChipKind {
    fn class(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Success => Some("success"),
            Self::Warning => Some("warning"),
            Self::Error => Some("error"),
        }
    }
}

/// The widget of one chip.
#[must_use]
pub fn chip(chip: &Chip) -> gtk::Label {
    let label = gtk::Label::builder()
        .label(&chip.text)
        .halign(gtk::Align::Start)
        .valign(gtk::Align::Center)
        .css_classes(["chip"])
        .build();
    if let Some(class) = chip.kind.class() {
        label.add_css_class(class);
    }
    label
}

/// A line of chips, at most four and the number of the others. What does not fit on the line
/// goes below it.
#[must_use]
pub fn chips(all: &[Chip]) -> gtk::Box {
    let line = gtk::Box::new(gtk::Orientation::Horizontal, 0);
    let widgets = line_of(all).into_iter().map(|one| chip(&one).upcast());
    let folded = widgets.reduce(|before: gtk::Widget, next| Fold::tight(&before, &next).upcast());
    if let Some(folded) = folded {
        line.append(&folded);
    }
    line.set_visible(!all.is_empty());
    line
}

/// The chips that fit: those that warn stay, the last of the others become "+2".
fn line_of(all: &[Chip]) -> Vec<Chip> {
    let mut kept: Vec<(usize, &Chip)> = all.iter().enumerate().collect();
    if kept.len() <= MOST {
        return all.to_vec();
    }
    kept.sort_by_key(|(place, chip)| (chip.kind == ChipKind::Plain, *place));
    kept.truncate(MOST);
    kept.sort_by_key(|(place, _)| *place);
    let mut shown: Vec<Chip> = kept.into_iter().map(|(_, chip)| chip.clone()).collect();
    let count = (all.len() - MOST).to_string();
    // TRANSLATORS: Stands behind a few words on pills: so many more of them.
    let more = gettext_f("+{count}", &[("count", &count)]);
    shown.push(Chip::new(ChipKind::Plain, more));
    shown
}

#[cfg(test)]
mod tests {
    use super::{Chip, ChipKind, line_of};

    #[test]
    fn the_fifth_chip_is_counted_and_warnings_stay() {
        let chip = |text: &str, kind| Chip::new(kind, text);
        let all = [
            chip("PIV", ChipKind::Plain),
            chip("OpenPGP", ChipKind::Plain),
            chip("FIDO", ChipKind::Plain),
            chip("OATH", ChipKind::Plain),
            chip("PIN", ChipKind::Plain),
            chip("3 warnings", ChipKind::Warning),
        ];
        let texts: Vec<String> = line_of(&all).into_iter().map(|chip| chip.text).collect();
        assert_eq!(texts, ["PIV", "OpenPGP", "FIDO", "3 warnings", "+2"]);
        assert_eq!(line_of(&all[..4]).len(), 4);
    }
}
