//! Tries left: filled and empty dots, and the words beside them.

use relm4::gtk;
use relm4::gtk::prelude::*;

use crate::explain;
use crate::token::{Tries, TriesLeft};
use crate::ui::a11y::A11yExt as _;

/// More dots than these nobody counts: then the words stand alone.
const MOST_DOTS: u8 = 10;

/// Dots and words. Cheap to clone: both handles show the same widget.
#[derive(Clone, Debug)]
pub struct TriesDots {
    root: gtk::Box,
    dots: gtk::LevelBar,
    words: gtk::Label,
}

/// How good or bad a counter is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TriesKind {
    /// All tries are there, or nothing is known to the contrary.
    Full,
    /// Some were used.
    Used,
    /// The last one, or none.
    Last,
    /// There is nothing to count.
    Absent,
}

impl TriesKind {
    /// How good or bad `tries` are.
    #[must_use]
    pub fn of(tries: Tries) -> Self {
        match tries.left {
            TriesLeft::Known(1) if tries.max == Some(1) => Self::Full,
            TriesLeft::Known(1) | TriesLeft::Blocked => Self::Last,
            TriesLeft::Known(left) if tries.max.is_some_and(|max| left < max) => Self::Used,
            TriesLeft::Known(_) => Self::Full,
            TriesLeft::NotSet | TriesLeft::Unlocked | TriesLeft::Unknown | TriesLeft::Unread => {
                Self::Absent
            }
        }
    }
}

/// Filled dots and all dots; nothing where dots would guess or cannot be counted.
fn dots(tries: Tries) -> Option<(u8, u8)> {
    let left = match tries.left {
        TriesLeft::Known(left) => left,
        TriesLeft::Blocked => 0,
        TriesLeft::NotSet | TriesLeft::Unlocked | TriesLeft::Unknown | TriesLeft::Unread => {
            return None;
        }
    };
    // A blocked PIN has an empty dot even where its full count is not known.
    let max = tries.max.unwrap_or(left).max(left).max(1);
    (max <= MOST_DOTS).then_some((left, max))
}

impl TriesDots {
    /// Shows `tries`.
    #[must_use]
    pub fn new(tries: Tries) -> Self {
        let dots = gtk::LevelBar::builder()
            .mode(gtk::LevelBarMode::Discrete)
            .valign(gtk::Align::Center)
            .halign(gtk::Align::Start)
            .css_classes(["tries"])
            .build();
        for offset in ["low", "high", "full"] {
            dots.remove_offset_value(Some(offset));
        }
        let words = gtk::Label::builder()
            .xalign(0.0)
            .wrap(true)
            .wrap_mode(gtk::pango::WrapMode::WordChar)
            .natural_wrap_mode(gtk::NaturalWrapMode::None)
            .css_classes(["numeric"])
            .build();
        let root = gtk::Box::new(gtk::Orientation::Horizontal, 6);
        root.append(&dots);
        root.append(&words);
        let this = Self { root, dots, words };
        this.set(tries);
        this
    }

    /// Shows other `tries`.
    pub fn set(&self, tries: Tries) {
        let text = explain::pins::tries(&tries);
        self.words.set_label(&text);
        self.dots.set_a11y_label(&text);
        self.dots.set_a11y_value(&text);
        self.dots.set_visible(false);
        if let Some((left, max)) = dots(tries) {
            self.dots.set_max_value(f64::from(max));
            self.dots.set_value(f64::from(left));
            self.dots.set_visible(true);
        }
        let kind = TriesKind::of(tries);
        for (class, on) in [
            ("warning", kind == TriesKind::Used),
            ("error", kind == TriesKind::Last),
        ] {
            toggle(&self.dots, class, on);
        }
        toggle(&self.words, "error", kind == TriesKind::Last);
        toggle(&self.words, "dim-label", kind == TriesKind::Absent);
    }

    /// The widget.
    #[must_use]
    pub fn widget(&self) -> &gtk::Box {
        &self.root
    }
}

fn toggle(widget: &impl IsA<gtk::Widget>, class: &str, on: bool) {
    if on {
        widget.add_css_class(class);
    } else {
        widget.remove_css_class(class);
    }
}

#[cfg(test)]
mod tests {
    use super::{TriesKind, dots};
    use crate::token::{Tries, TriesLeft};

    fn tries(left: TriesLeft, max: Option<u8>) -> Tries {
        Tries { left, max }
    }

    #[test]
    fn dots_never_guess() {
        let known = TriesLeft::Known;
        assert_eq!(dots(tries(known(2), Some(3))), Some((2, 3)));
        assert_eq!(dots(tries(TriesLeft::Blocked, Some(3))), Some((0, 3)));
        assert_eq!(dots(tries(TriesLeft::Blocked, None)), Some((0, 1)));
        assert_eq!(dots(tries(known(2), None)), Some((2, 2)));
        assert_eq!(dots(tries(TriesLeft::Unknown, Some(3))), None);
        assert_eq!(dots(tries(TriesLeft::NotSet, Some(3))), None);
        assert_eq!(dots(tries(known(15), Some(15))), None);
        assert_eq!(dots(tries(known(5), Some(3))), Some((5, 5)));
    }

    #[test]
    fn the_last_try_is_red_and_a_used_one_yellow() {
        let kind = |left, max| TriesKind::of(tries(left, max));
        assert_eq!(kind(TriesLeft::Known(3), Some(3)), TriesKind::Full);
        assert_eq!(kind(TriesLeft::Known(2), Some(3)), TriesKind::Used);
        assert_eq!(kind(TriesLeft::Known(1), Some(3)), TriesKind::Last);
        assert_eq!(kind(TriesLeft::Known(1), None), TriesKind::Last);
        assert_eq!(kind(TriesLeft::Blocked, None), TriesKind::Last);
        assert_eq!(kind(TriesLeft::Unknown, None), TriesKind::Absent);
    }
}
