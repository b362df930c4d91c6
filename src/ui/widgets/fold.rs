//! Two things beside each other where there is room, else one above the other.
//!
//! libadwaita 1.2 has no wrap box. Whether there is room is told by the [`Lead`], what of the
//! first thing should stay on one line: so it follows the width of the window, the size of text
//! and the length of words in every language.

use std::cell::{Cell, RefCell};

use relm4::gtk::glib::subclass::prelude::*;
use relm4::gtk::prelude::*;
use relm4::gtk::subclass::prelude::*;
use relm4::gtk::{self, glib};

/// Pixels between the two.
const GAP: i32 = 12;
/// Pixels between the two where the second belongs to the first line.
const TIGHT_GAP: i32 = 8;

/// Where the second thing goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Shape {
    Beside,
    Below,
}

/// Beside, if the lead keeps its line.
fn shape(width: i32, lead: i32, gap: i32, side: i32) -> Shape {
    if width < 0 || lead + gap + side <= width {
        Shape::Beside
    } else {
        Shape::Below
    }
}

/// What of the first thing should keep its line.
#[derive(Clone, Debug)]
pub enum Lead {
    /// This part of it.
    Part(gtk::Widget),
    /// So many characters of usual width.
    Chars(i32),
}

mod imp {
    use super::*;

    #[derive(Debug, Default)]
    pub struct Fold {
        pub(super) main: RefCell<Option<gtk::Widget>>,
        pub(super) side: RefCell<Option<gtk::Widget>>,
        pub(super) lead: RefCell<Option<Lead>>,
        /// Whether the second follows the first at once, and not at the far end.
        pub(super) tight: Cell<bool>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Fold {
        const NAME: &'static str = "SymbolonFold";
        type Type = super::Fold;
        type ParentType = gtk::Widget;
    }

    impl ObjectImpl for Fold {
        fn dispose(&self) {
            self.lead.take();
            for child in [self.main.take(), self.side.take()].into_iter().flatten() {
                child.unparent();
            }
        }
    }

    impl Fold {
        fn gap(&self) -> i32 {
            if self.tight.get() { TIGHT_GAP } else { GAP }
        }

        fn gap_below(&self) -> i32 {
            if self.tight.get() { TIGHT_GAP / 2 } else { GAP }
        }

        fn widths(&self, side: Option<&gtk::Widget>) -> (i32, i32) {
            let natural = |widget: &gtk::Widget| widget.measure(gtk::Orientation::Horizontal, -1).1;
            let lead = match self.lead.borrow().as_ref() {
                Some(Lead::Part(part)) => natural(part),
                Some(Lead::Chars(count)) => {
                    let metrics = self.obj().pango_context().metrics(None, None);
                    count * metrics.approximate_char_width() / gtk::pango::SCALE
                }
                None => 0,
            };
            (lead, side.map_or(0, natural))
        }
    }

    impl WidgetImpl for Fold {
        fn request_mode(&self) -> gtk::SizeRequestMode {
            gtk::SizeRequestMode::HeightForWidth
        }

        fn measure(&self, orientation: gtk::Orientation, for_size: i32) -> (i32, i32, i32, i32) {
            let (main, side) = (self.main.borrow(), self.side.borrow());
            let side = side.as_ref().filter(|side| side.is_visible());
            let Some(main) = main.as_ref() else {
                return (0, 0, -1, -1);
            };
            if orientation == gtk::Orientation::Horizontal {
                let (min, natural, ..) = main.measure(orientation, -1);
                let (side_min, side_natural, ..) =
                    side.map_or((0, 0, -1, -1), |side| side.measure(orientation, -1));
                let gap = if side.is_some() { self.gap() } else { 0 };
                return (min.max(side_min), natural + gap + side_natural, -1, -1);
            }
            let Some(side) = side else {
                let (min, natural, ..) = main.measure(orientation, for_size);
                return (min, natural, -1, -1);
            };
            let (lead, side_width) = self.widths(Some(side));
            let (min, natural) = match shape(for_size, lead, self.gap(), side_width) {
                Shape::Beside => {
                    let rest = if for_size < 0 {
                        -1
                    } else {
                        (for_size - self.gap() - side_width)
                            .max(main.measure(gtk::Orientation::Horizontal, -1).0)
                    };
                    let (min, natural, ..) = main.measure(orientation, rest);
                    let (side_min, side_natural, ..) = side.measure(orientation, -1);
                    (min.max(side_min), natural.max(side_natural))
                }
                Shape::Below => {
                    let (min, natural, ..) = main.measure(orientation, for_size);
                    // A text below that is told too small a height would run out of the line.
                    let width = side_width.min(for_size);
                    let (side_min, side_natural, ..) = side.measure(orientation, width);
                    (
                        min + self.gap_below() + side_min,
                        natural + self.gap_below() + side_natural,
                    )
                }
            };
            (min, natural, -1, -1)
        }

        fn size_allocate(&self, width: i32, height: i32, _baseline: i32) {
            let (main, side) = (self.main.borrow(), self.side.borrow());
            let side = side.as_ref().filter(|side| side.is_visible());
            let Some(main) = main.as_ref() else { return };
            let Some(side) = side else {
                place(main, 0, 0, width, height);
                return;
            };
            let mirrored = self.obj().direction() == gtk::TextDirection::Rtl;
            let (lead, side_width) = self.widths(Some(side));
            let side_width = side_width.min(width);
            let side_height = side.measure(gtk::Orientation::Vertical, side_width).1;
            match shape(width, lead, self.gap(), side_width) {
                Shape::Beside => {
                    let least = main.measure(gtk::Orientation::Horizontal, -1).0;
                    let mut rest = (width - self.gap() - side_width).max(least);
                    if self.tight.get() {
                        rest = rest.min(lead);
                    }
                    let side_at = if self.tight.get() {
                        rest + self.gap()
                    } else {
                        width - side_width
                    };
                    let (main_x, side_x) = if mirrored {
                        (width - rest, width - side_at - side_width)
                    } else {
                        (0, side_at)
                    };
                    place(main, main_x, 0, rest, height);
                    let side_height = side_height.min(height);
                    let y = (height - side_height) / 2;
                    place(side, side_x, y, side_width, side_height);
                }
                Shape::Below => {
                    let main_height = (height - self.gap_below() - side_height).max(0);
                    place(main, 0, 0, width, main_height);
                    let at_end = mirrored == self.tight.get();
                    let side_x = if at_end { width - side_width } else { 0 };
                    let y = main_height + self.gap_below();
                    place(side, side_x, y, side_width, side_height);
                }
            }
        }
    }

    fn place(widget: &gtk::Widget, x: i32, y: i32, width: i32, height: i32) {
        widget.size_allocate(&gtk::Allocation::new(x, y, width, height), -1);
    }
}

glib::wrapper! {
    /// The container.
    pub struct Fold(ObjectSubclass<imp::Fold>)
        @extends gtk::Widget,
        @implements gtk::Buildable, gtk::ConstraintTarget;
}

impl Fold {
    /// `main` takes what room there is; `side` goes below it when `lead` would have to break its
    /// line.
    #[must_use]
    pub fn new(main: &impl IsA<gtk::Widget>, side: &impl IsA<gtk::Widget>, lead: Lead) -> Self {
        let fold: Self = glib::Object::new();
        fold.set_hexpand(true);
        main.set_parent(&fold);
        side.set_parent(&fold);
        let imp = fold.imp();
        imp.main.replace(Some(main.clone().upcast()));
        imp.side.replace(Some(side.clone().upcast()));
        imp.lead.replace(Some(lead));
        fold
    }
}

impl Fold {
    /// `side` follows `main` at once, like a word that belongs to it; else it begins a line.
    #[must_use]
    pub fn tight(main: &impl IsA<gtk::Widget>, side: &impl IsA<gtk::Widget>) -> Self {
        let fold = Self::new(main, side, Lead::Part(main.clone().upcast()));
        fold.imp().tight.set(true);
        fold
    }
}

#[cfg(test)]
mod tests {
    use super::{GAP, Shape, shape};

    #[test]
    fn the_second_goes_below_when_the_first_would_break() {
        assert_eq!(shape(300, 150, GAP, 300 - GAP - 150), Shape::Beside);
        assert_eq!(shape(299, 150, GAP, 300 - GAP - 150), Shape::Below);
        assert_eq!(shape(-1, 150, GAP, 150), Shape::Beside);
    }
}
