//! The validity of a certificate as a picture: from its first to its last moment, and where
//! today lies. Where there is room, with the days in words.

use std::cell::{Cell, RefCell};

use relm4::adw;
use relm4::gtk::glib::subclass::prelude::*;
use relm4::gtk::prelude::*;
use relm4::gtk::subclass::prelude::*;
use relm4::gtk::{self, cairo, gdk, glib, graphene, pango};

use crate::base::i18n::pgettext;
use crate::explain;
use crate::pki::certificate::Standing;
use crate::ui::a11y::A11yExt as _;

/// Height of the widget in pixels.
const HEIGHT: i32 = 16;
/// Thickness of the bar.
const THICKNESS: f64 = 6.0;
/// Radius of the dot for today.
const DOT: f64 = 5.0;
/// Size of the days, as a part of that of text.
const SMALL: f64 = 0.82;
/// Pixels between the two days.
const BETWEEN: f64 = 12.0;

/// What the bar shows; moments in seconds since 1970.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Span {
    /// First moment of validity.
    pub start: i64,
    /// Last moment of validity.
    pub end: i64,
    /// Now.
    pub now: i64,
}

/// In which colour it is drawn.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum BarKind {
    /// Valid for long.
    #[default]
    Good,
    /// Not valid for long any more, or not yet.
    Soon,
    /// Past its end.
    Expired,
}

impl BarKind {
    /// The colour of a certificate that stands there.
    #[must_use]
    pub fn of(standing: Standing) -> Self {
        match standing {
            Standing::Valid { .. } => Self::Good,
            Standing::Soon { .. } | Standing::NotYet { .. } => Self::Soon,
            Standing::Expired { .. } => Self::Expired,
        }
    }

    /// The named colour of the style sheet.
    fn colour(self) -> &'static str {
        match self {
            Self::Good => "accent_color",
            Self::Soon => "warning_color",
            Self::Expired => "error_color",
        }
    }
}

/// The places on the bar, as parts of its length from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Places {
    /// Where validity begins.
    pub start: f64,
    /// Where it ends.
    pub end: f64,
    /// Where today is.
    pub now: f64,
}

impl Span {
    /// The axis reaches from the earliest to the latest of the three moments.
    #[must_use]
    pub fn places(&self) -> Places {
        let first = self.start.min(self.now).min(self.end);
        let last = self.end.max(self.now).max(self.start);
        // Seconds as floating point: exact for 285 million years, and only for drawing.
        #[expect(clippy::cast_precision_loss, reason = "for drawing only")]
        let part = |moment: i64| {
            let whole = last.saturating_sub(first);
            if whole == 0 {
                0.0
            } else {
                moment.saturating_sub(first) as f64 / whole as f64
            }
        };
        Places {
            start: part(self.start),
            end: part(self.end).max(part(self.start)),
            now: part(self.now),
        }
    }
}

mod imp {
    use super::*;

    #[derive(Debug, Default)]
    pub struct ValidityBar {
        pub(super) span: Cell<Span>,
        pub(super) kind: Cell<BarKind>,
        /// Whether the days stand above and below the bar.
        pub(super) named: Cell<bool>,
        handlers: RefCell<Vec<glib::SignalHandlerId>>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ValidityBar {
        const NAME: &'static str = "SymbolonValidityBar";
        type Type = super::ValidityBar;
        type ParentType = gtk::Widget;

        fn class_init(class: &mut Self::Class) {
            class.set_accessible_role(gtk::AccessibleRole::Img);
        }
    }

    impl ObjectImpl for ValidityBar {}

    impl WidgetImpl for ValidityBar {
        fn measure(&self, orientation: gtk::Orientation, _for_size: i32) -> (i32, i32, i32, i32) {
            match orientation {
                gtk::Orientation::Vertical => {
                    let height = HEIGHT + 2 * self.obj().line_height();
                    (height, height, -1, -1)
                }
                _ => (48, 160, -1, -1),
            }
        }

        fn realize(&self) {
            self.parent_realize();
            // The colours are looked up while drawing, so another style means another drawing.
            let style = adw::StyleManager::default();
            let bar = self.obj().downgrade();
            let redraw = move || {
                if let Some(bar) = bar.upgrade() {
                    bar.queue_draw();
                }
            };
            let again = redraw.clone();
            self.handlers.replace(vec![
                style.connect_dark_notify(move |_| redraw()),
                style.connect_high_contrast_notify(move |_| again()),
            ]);
        }

        fn unrealize(&self) {
            let style = adw::StyleManager::default();
            for handler in self.handlers.take() {
                style.disconnect(handler);
            }
            self.parent_unrealize();
        }

        fn snapshot(&self, snapshot: &gtk::Snapshot) {
            let bar = self.obj();
            let (width, height) = (bar.width(), bar.height());
            if width <= 0 || height <= 0 {
                return;
            }
            #[expect(clippy::cast_precision_loss, reason = "pixels")]
            let bounds = graphene::Rect::new(0.0, 0.0, width as f32, height as f32);
            let paint = snapshot.append_cairo(&bounds);
            let drawn = bar.draw(&paint, f64::from(width), f64::from(height));
            if let Err(error) = drawn {
                tracing::debug!(%error, "validity bar not drawn");
            }
            if self.named.get() {
                bar.write(snapshot, f64::from(width), f64::from(height));
            }
        }
    }
}

glib::wrapper! {
    /// The bar. Its words are its accessible name.
    pub struct ValidityBar(ObjectSubclass<imp::ValidityBar>)
        @extends gtk::Widget,
        @implements gtk::Buildable, gtk::ConstraintTarget;
}

impl ValidityBar {
    /// A bar for `span`; `words` say the same for those who do not see it.
    #[must_use]
    pub fn new(span: Span, kind: BarKind, words: &str) -> Self {
        let bar: Self = glib::Object::new();
        bar.imp().span.set(span);
        bar.imp().kind.set(kind);
        bar.set_hexpand(true);
        bar.set_valign(gtk::Align::Center);
        bar.set_a11y_label(words);
        bar
    }

    /// The same with the days above and below it.
    #[must_use]
    pub fn named(span: Span, kind: BarKind, words: &str) -> Self {
        let bar = Self::new(span, kind, words);
        bar.imp().named.set(true);
        bar
    }

    /// Height of a line of small text; nothing if there is none.
    fn line_height(&self) -> i32 {
        if self.imp().named.get() {
            self.small_text("0").pixel_size().1
        } else {
            0
        }
    }

    fn small_text(&self, text: &str) -> pango::Layout {
        let layout = self.create_pango_layout(Some(text));
        let attributes = pango::AttrList::new();
        attributes.insert(pango::AttrFloat::new_scale(SMALL));
        layout.set_attributes(Some(&attributes));
        layout
    }

    /// Today above its dot, the first and the last day below theirs.
    fn write(&self, snapshot: &gtk::Snapshot, width: f64, height: f64) {
        let (span, places) = (self.imp().span.get(), self.imp().span.get().places());
        // TRANSLATORS: Above the place of today on a line of time.
        let today = self.small_text(&pgettext("on a line of time", "today"));
        let start = self.small_text(&explain::dates::day(span.start));
        let end = self.small_text(&explain::dates::day(span.end));
        let size = |layout: &pango::Layout| f64::from(layout.pixel_size().0);
        let mirrored = self.direction() == gtk::TextDirection::Rtl;
        let x = |part| Self::x(part, width, mirrored);
        let below = height - f64::from(self.line_height());
        let at = |layout: &pango::Layout, part: f64| {
            (x(part) - size(layout) / 2.0).clamp(0.0, (width - size(layout)).max(0.0))
        };
        let (mut first, mut last) = (at(&start, places.start), at(&end, places.end));
        // Two days that are close together on the line stand beside each other.
        let apart = if mirrored {
            first - last - size(&end)
        } else {
            last - first - size(&start)
        };
        if apart < BETWEEN {
            let (left, right) = if mirrored {
                (&mut last, &mut first)
            } else {
                (&mut first, &mut last)
            };
            let missing = BETWEEN - apart;
            *left = (*left - missing).max(0.0);
            let left_size = if mirrored { size(&end) } else { size(&start) };
            *right = right.max(*left + left_size + BETWEEN);
        }
        let style = self.style_context();
        snapshot.render_layout(&style, at(&today, places.now), 0.0, &today);
        snapshot.render_layout(&style, first, below, &start);
        snapshot.render_layout(&style, last, below, &end);
    }

    /// Where a part of the axis is, in pixels from the left.
    fn x(part: f64, width: f64, mirrored: bool) -> f64 {
        let part = if mirrored { 1.0 - part } else { part };
        (width - 2.0 * DOT).mul_add(part, DOT)
    }

    fn colour(&self, name: &str) -> gdk::RGBA {
        let style = self.style_context();
        style.lookup_color(name).unwrap_or_else(|| style.color())
    }

    fn draw(&self, paint: &cairo::Context, width: f64, height: f64) -> Result<(), cairo::Error> {
        let places = self.imp().span.get().places();
        let kind = self.imp().kind.get();
        let ink = self.colour(kind.colour());
        let track = self.style_context().color();
        let mirrored = self.direction() == gtk::TextDirection::Rtl;
        let x = |part: f64| Self::x(part, width, mirrored);
        let y = height / 2.0;
        let stroke = |from: f64, to: f64, colour: &gdk::RGBA, alpha: f64| {
            paint.set_source_rgba(
                f64::from(colour.red()),
                f64::from(colour.green()),
                f64::from(colour.blue()),
                f64::from(colour.alpha()) * alpha,
            );
            paint.move_to(x(from), y);
            paint.line_to(x(to), y);
            paint.stroke()
        };
        paint.set_line_cap(cairo::LineCap::Round);
        paint.set_line_width(THICKNESS);
        // Validity itself, then what of it has passed, then the gap between it and today.
        stroke(places.start, places.end, &track, 0.15)?;
        if places.now > places.start {
            stroke(places.start, places.now.min(places.end), &ink, 1.0)?;
        }
        if places.now > places.end || places.now < places.start {
            let (from, to) = if places.now > places.end {
                (places.end, places.now)
            } else {
                (places.now, places.start)
            };
            paint.set_line_width(2.0);
            paint.set_dash(&[2.0, 4.0], 0.0);
            stroke(from, to, &ink, 0.9)?;
            paint.set_dash(&[], 0.0);
        }
        self.dot(paint, x(places.now), y, &ink)
    }

    /// Today: a dot with a rim in the colour of the ground, so that it stands off the bar.
    fn dot(
        &self,
        paint: &cairo::Context,
        x: f64,
        y: f64,
        ink: &gdk::RGBA,
    ) -> Result<(), cairo::Error> {
        let ground = self.colour("card_bg_color");
        let under = self.colour("window_bg_color");
        for (colour, radius) in [(&under, DOT + 1.5), (&ground, DOT + 1.5), (ink, DOT)] {
            paint.set_source_rgba(
                f64::from(colour.red()),
                f64::from(colour.green()),
                f64::from(colour.blue()),
                f64::from(colour.alpha()),
            );
            paint.arc(x, y, radius, 0.0, std::f64::consts::TAU);
            paint.fill()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Places, Span};

    fn places(start: i64, end: i64, now: i64) -> Places {
        Span { start, end, now }.places()
    }

    #[test]
    fn the_axis_grows_to_hold_today() {
        let within = places(0, 100, 75);
        assert_eq!((within.start, within.end, within.now), (0.0, 1.0, 0.75));
        let expired = places(0, 100, 200);
        assert_eq!((expired.start, expired.end, expired.now), (0.0, 0.5, 1.0));
        let not_yet = places(100, 200, 0);
        assert_eq!((not_yet.start, not_yet.end, not_yet.now), (0.5, 1.0, 0.0));
    }

    #[test]
    fn wild_moments_stay_on_the_bar() {
        for (start, end, now) in [
            (0, 0, 0),
            (100, 0, 50),
            (i64::MIN, i64::MAX, 0),
            (0, i64::MAX, -1),
        ] {
            let places = places(start, end, now);
            for part in [places.start, places.end, places.now] {
                assert!((0.0..=1.0).contains(&part), "{places:?}");
            }
        }
    }
}
