//! A place whose content has no say in how large the window is.
//!
//! Whenever something in a window changes, GTK asks all of it how large it would like to be:
//! before the styles are known, after that, and for widths by heights, which it finds by trying.
//! A page that scrolls takes what it gets, so it is asked once, when its room is known. That was
//! a fifth of the time until a token is on the screen.

use std::cell::{Cell, RefCell};

use relm4::gtk::glib::subclass::prelude::*;
use relm4::gtk::prelude::*;
use relm4::gtk::subclass::prelude::*;
use relm4::gtk::{self, glib};

mod imp {
    use super::*;

    #[derive(Debug, Default)]
    pub struct Calm {
        pub(super) child: RefCell<Option<gtk::Widget>>,
        /// Pixels of width that the content needed when it was last asked.
        least: Cell<i32>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Calm {
        const NAME: &'static str = "SymbolonCalm";
        type Type = super::Calm;
        type ParentType = gtk::Widget;
    }

    impl ObjectImpl for Calm {
        fn dispose(&self) {
            if let Some(child) = self.child.take() {
                child.unparent();
            }
        }
    }

    impl WidgetImpl for Calm {
        fn measure(&self, orientation: gtk::Orientation, _for_size: i32) -> (i32, i32, i32, i32) {
            match orientation {
                gtk::Orientation::Horizontal => (self.least.get(), self.least.get(), -1, -1),
                _ => (0, 0, -1, -1),
            }
        }

        fn size_allocate(&self, width: i32, height: i32, _baseline: i32) {
            let child = self.child.borrow();
            let Some(child) = child.as_ref() else { return };
            let (least, ..) = child.measure(gtk::Orientation::Horizontal, -1);
            if self.least.replace(least) != least && least > width {
                // It has to be said after all, but not while sizes are given out.
                let place = self.obj().clone();
                glib::idle_add_local_once(move || place.queue_resize());
            }
            let room = gtk::Allocation::new(0, 0, width.max(least), height);
            child.size_allocate(&room, -1);
        }
    }
}

glib::wrapper! {
    /// The container.
    pub struct Calm(ObjectSubclass<imp::Calm>)
        @extends gtk::Widget,
        @implements gtk::Buildable, gtk::ConstraintTarget;
}

impl Calm {
    /// Around `child`, which takes all the room that there is.
    #[must_use]
    pub fn around(child: &impl IsA<gtk::Widget>) -> Self {
        let calm: Self = glib::Object::new();
        calm.set_hexpand(true);
        calm.set_vexpand(true);
        calm.set_overflow(gtk::Overflow::Hidden);
        child.set_parent(&calm);
        calm.imp().child.replace(Some(child.clone().upcast()));
        calm
    }
}
