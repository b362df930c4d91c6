//! The part for an applet that takes nothing but its first set-up: tries, memory, and who may create what.

use relm4::adw::prelude::*;
use relm4::{ComponentSender, adw, gtk};

use super::{Detail, SetupInput, SetupWizard};
use crate::base::i18n::gettext;
use crate::explain::applet::{self as words, Number};
use crate::plan::AppletSetUp;
use crate::plan::applet::{Creatable, Creator, MAX_MEMORY, MAX_TRIES, MIN_MEMORY};
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::group;

/// One decision.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AppletEdit {
    /// A number.
    Number(Number, u16),
    /// Who may create something.
    MayCreate(Creatable, Creator),
}

impl AppletEdit {
    /// Takes it over.
    pub(super) fn apply(self, set_up: &mut AppletSetUp) {
        match self {
            Self::Number(Number::Memory, bytes) => set_up.memory = bytes,
            Self::Number(number, tries) => {
                let place = match number {
                    Number::Pin => &mut set_up.user_tries.0,
                    Number::PinPuk => &mut set_up.user_tries.1,
                    Number::SoPin => &mut set_up.officer_tries.0,
                    Number::SoPinPuk => &mut set_up.officer_tries.1,
                    Number::Memory => return,
                };
                *place = u8::try_from(tries).unwrap_or(MAX_TRIES).min(MAX_TRIES);
            }
            Self::MayCreate(what, creator) => {
                let mut places = Creatable::ALL.into_iter().zip(&mut set_up.may_create);
                if let Some((_, place)) = places.find(|(known, _)| *known == what) {
                    *place = creator.rule();
                }
            }
        }
    }
}

/// From where to where a number goes.
fn bounds(number: Number) -> (u16, u16) {
    match number {
        Number::Memory => (MIN_MEMORY, MAX_MEMORY),
        _ => (1, MAX_TRIES.into()),
    }
}

/// The rows.
#[derive(Debug)]
pub(super) struct AppletForm {
    pub(super) root: adw::PreferencesGroup,
    whole: adw::ExpanderRow,
}

impl AppletForm {
    pub(super) fn new(sender: &ComponentSender<SetupWizard>) -> Self {
        let title = gettext("Applet");
        let whole = adw::ExpanderRow::builder().title(&title).build();
        let usual = AppletSetUp::default();
        for number in Number::ALL {
            whole.add_row(&number_row(number, number.of(&usual), sender));
        }
        for (what, rule) in Creatable::ALL.into_iter().zip(usual.may_create) {
            whole.add_row(&creator_row(what, Creator::of(rule), sender));
        }
        let root = group("");
        root.set_description(Some(&gtk::glib::markup_escape_text(&words::for_good())));
        root.add(&whole);
        root.set_visible(false);
        Self { root, whole }
    }

    /// Says how it is beside what the guides give; nothing for other cards.
    pub(super) fn show(&self, set_up: Option<&AppletSetUp>) {
        self.root.set_visible(set_up.is_some());
        if let Some(set_up) = set_up {
            let beside = words::beside_guides(set_up);
            self.whole
                .set_subtitle(&gtk::glib::markup_escape_text(&beside));
            self.whole
                .set_a11y_label(&format!("{}, {beside}", gettext("Applet")));
        }
    }
}

fn number_row(number: Number, value: u16, sender: &ComponentSender<SetupWizard>) -> adw::ActionRow {
    let (title, about) = words::number(number);
    let (min, max) = bounds(number);
    let step = if number == Number::Memory { 256.0 } else { 1.0 };
    let spin = gtk::SpinButton::with_range(min.into(), max.into(), step);
    spin.set_value(value.into());
    spin.set_valign(gtk::Align::Center);
    spin.set_numeric(true);
    // Its name is that of the row.
    spin.set_a11y_description(&about);
    let input = sender.input_sender().clone();
    // What is typed counts at once: nobody has to leave the entry first.
    spin.connect_changed(move |spin| {
        if let Ok(value) = spin.text().trim().parse::<u16>()
            && (min..=max).contains(&value)
        {
            let edit = AppletEdit::Number(number, value);
            input.emit(SetupInput::Detail(Detail::Applet(edit)));
        }
    });
    let row = adw::ActionRow::builder()
        .title(gtk::glib::markup_escape_text(&title))
        .subtitle(gtk::glib::markup_escape_text(&about))
        .subtitle_lines(0)
        .title_lines(0)
        .activatable_widget(&spin)
        .build();
    row.add_suffix(&spin);
    row
}

fn creator_row(
    what: Creatable,
    chosen: Option<Creator>,
    sender: &ComponentSender<SetupWizard>,
) -> adw::ComboRow {
    let (title, about) = words::creatable(what);
    let choices = Creator::ALL.map(words::creator);
    let choices = gtk::StringList::new(&choices.each_ref().map(String::as_str));
    let row = adw::ComboRow::builder()
        .title(gtk::glib::markup_escape_text(&title))
        .subtitle(gtk::glib::markup_escape_text(&about))
        .subtitle_lines(0)
        .title_lines(0)
        .model(&choices)
        .build();
    let mut places = (0_u32..).zip(Creator::ALL);
    if let Some((place, _)) = places.find(|(_, who)| Some(*who) == chosen) {
        row.set_selected(place);
    }
    let input = sender.input_sender().clone();
    row.connect_selected_notify(move |row| {
        let place = usize::try_from(row.selected()).ok();
        if let Some(&who) = place.and_then(|place| Creator::ALL.get(place)) {
            let edit = AppletEdit::MayCreate(what, who);
            input.emit(SetupInput::Detail(Detail::Applet(edit)));
        }
    });
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_has_its_place() {
        let mut set_up = AppletSetUp::default();
        for (number, value) in Number::ALL.into_iter().zip([3, 10, 6, 8, 8192]) {
            AppletEdit::Number(number, value).apply(&mut set_up);
            assert_eq!(number.of(&set_up), value, "{number:?}");
        }
        assert_eq!((set_up.user_tries, set_up.officer_tries), ((3, 10), (6, 8)));
        let chosen = [Creator::Pin, Creator::Either, Creator::Nobody];
        for (what, who) in Creatable::ALL.into_iter().zip(chosen) {
            AppletEdit::MayCreate(what, who).apply(&mut set_up);
        }
        assert_eq!(set_up.may_create, [0x02, 0x03, 0xFF]);
        for number in Number::ALL {
            let (min, max) = bounds(number);
            assert!((min..=max).contains(&number.of(&AppletSetUp::default())));
        }
    }
}
