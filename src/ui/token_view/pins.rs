//! The page of PINs: a group for each application, a row for each PIN with its tries, its rules
//! and what can be done to it.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use super::rows::{Frame, Section, headed, label, line, row, worded_button};
use super::{Subject, Wires};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::token::{
    Application, ApplicationKind, ApplicationState, Factory, Operation, OperationKind, Pin,
    PinReference, Reason, Tries, TriesLeft,
};
use crate::ui::a11y::A11yExt as _;
use crate::ui::token_view::TokenViewOutput;
use crate::ui::widgets::{Chip, ChipKind, Fold, Lead, TriesDots};

/// Width of a menu button in pixels.
const MENU_WIDTH: i32 = 34;

/// A group: an application and its PINs.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Group {
    title: String,
    /// Why there is less here than there should be.
    trouble: Option<String>,
    pins: Vec<PinLine>,
}

/// A row.
#[derive(Clone, Debug, Eq, PartialEq)]
struct PinLine {
    application: ApplicationKind,
    pin: PinReference,
    title: String,
    /// Its name among all PINs: "OpenPGP PIN".
    whole: String,
    chip: Option<Chip>,
    tries: Tries,
    caption: String,
    spoken: String,
    /// The one thing that is most likely wanted.
    likely: Option<OperationKind>,
    menu: Vec<Choice>,
    /// Whether the place of the menu stays free, since others have one.
    gap: bool,
}

/// An entry of the menu.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Choice {
    kind: OperationKind,
    text: String,
    /// For those who do not see whose menu it is: "Change OpenPGP PIN".
    spoken: String,
    /// Why it cannot be done.
    reason: Option<String>,
}

/// The groups of a token.
fn groups(applications: &[Application]) -> Vec<Group> {
    let with_something = applications.iter().filter_map(|application| {
        let pins: Vec<PinLine> = application
            .pins
            .iter()
            .map(|pin| pin_line(application, pin))
            .collect();
        let trouble = trouble(application);
        (trouble.is_some() || !pins.is_empty()).then_some(Group {
            title: explain::token::application(applications, application),
            trouble,
            pins,
        })
    });
    let mut groups: Vec<Group> = with_something.collect();
    keep_in_column(&mut groups);
    groups
}

/// The verbs stand in one column, whether there is a menu behind them or not.
fn keep_in_column(groups: &mut [Group]) {
    let has_menu = |line: &PinLine| !is_useless(&line.menu, line.likely);
    let lines = || groups.iter().flat_map(|group| &group.pins);
    if lines().any(has_menu) {
        for line in groups.iter_mut().flat_map(|group| &mut group.pins) {
            line.gap = !has_menu(line);
        }
    }
}

/// What is wrong with an application as a whole, in sentences.
pub(super) fn trouble(application: &Application) -> Option<String> {
    let words = match &application.state {
        ApplicationState::Readable => return None,
        ApplicationState::Terminated => explain::failure::terminated(application.kind),
        ApplicationState::Unreadable(why) => explain::failure::unreadable(application.kind, why),
    };
    Some(format!("{}. {}", words.title, words.body))
}

fn pin_line(application: &Application, pin: &Pin) -> PinLine {
    let chip = match pin.factory {
        Factory::Unchanged(_) => Some(Chip::new(
            ChipKind::Warning,
            explain::pins::factory_chip(pin.role),
        )),
        Factory::Changed | Factory::Unknown(_) => None,
    };
    let whole = explain::pins::long_name(application.kind, pin);
    let choice = |operation: &Operation| {
        let verb = explain::pins::operation(operation.kind);
        Choice {
            kind: operation.kind,
            // TRANSLATORS: {verb} is a verb on a button such as "Change…", {pin} "OpenPGP PIN".
            spoken: gettext_f("{verb} {pin}", &[("verb", &verb), ("pin", &whole)]),
            text: verb,
            reason: operation.impossible.map(explain::pins::reason),
        }
    };
    PinLine {
        application: application.kind,
        pin: pin.reference,
        title: explain::pins::name(pin),
        menu: pin.operations.iter().map(choice).collect(),
        whole,
        chip,
        tries: pin.tries,
        caption: explain::pins::caption(application, pin),
        spoken: explain::pins::row(application.kind, pin),
        likely: likely(pin),
        gap: false,
    }
}

/// What is most likely wanted of a PIN as things stand; nothing if nothing helps.
fn likely(pin: &Pin) -> Option<OperationKind> {
    use OperationKind::{Change, Set, Unblock, Verify};
    let order: &[OperationKind] = match pin.tries.left {
        TriesLeft::Blocked => &[Unblock, Set],
        TriesLeft::NotSet => &[Set],
        TriesLeft::Known(_) | TriesLeft::Unlocked | TriesLeft::Unknown | TriesLeft::Unread => {
            &[Change, Set, Verify]
        }
    };
    let possible = |kind: &OperationKind| {
        let operation = pin.operation(*kind);
        operation.is_some_and(|operation| operation.impossible.is_none())
    };
    order.iter().copied().find(possible)
}

/// Whether there is nothing in a menu but what stands beside it and what no such card can do.
fn is_useless(menu: &[Choice], likely: Option<OperationKind>) -> bool {
    let unsupported = explain::pins::reason(Reason::Unsupported);
    menu.iter().all(|choice| {
        Some(choice.kind) == likely || choice.reason.as_deref() == Some(unsupported.as_str())
    })
}

/// The page.
#[derive(Debug)]
pub(super) struct PinsPage {
    pub(super) frame: Frame,
    groups: Vec<(Group, Section<PinLine>)>,
    groups_box: gtk::Box,
    nothing: adw::StatusPage,
    note: gtk::Label,
    wires: Wires,
}

impl PinsPage {
    /// An empty page.
    pub(super) fn new(wires: Wires) -> Self {
        let frame = Frame::new();
        let groups_box = gtk::Box::new(gtk::Orientation::Vertical, 24);
        frame.append(&groups_box);
        let nothing = super::rows::nothing(
            "input-dialpad-symbolic",
            &gettext("No PINs"),
            &gettext("Nothing on this token asks for a PIN."),
        );
        frame.append(&nothing);
        let note = label(
            &gettext(
                "Symbolon keeps no PIN. It reads the tries left before it asks, where the card tells them, and never uses the last one unasked.",
            ),
            &["caption", "dim-label"],
        );
        note.set_justify(gtk::Justification::Center);
        note.set_xalign(0.5);
        frame.append(&note);
        Self {
            frame,
            groups: Vec::new(),
            groups_box,
            nothing,
            note,
            wires,
        }
    }

    /// Shows the PINs of a token.
    pub(super) fn show(&mut self, subject: &Subject) {
        let groups = groups(&subject.token.applications);
        self.note.set_visible(!groups.is_empty());
        self.nothing
            .set_visible(groups.is_empty() && subject.token.complete);
        self.frame.set_reading(!subject.token.complete);
        for (_, section) in self.groups.drain(groups.len().min(self.groups.len())..) {
            self.groups_box.remove(section.widget());
        }
        for (index, group) in groups.into_iter().enumerate() {
            if self.groups.get(index).is_none() {
                let section = Section::new("");
                self.groups_box.append(section.widget());
                self.groups.push((group.clone(), section));
            }
            if let Some((shown, section)) = self.groups.get_mut(index) {
                section.set_heading(&group.title, group.trouble.as_deref());
                section.show(&group.pins, |line| build(line, &self.wires));
                section.widget().set_visible(true);
                *shown = group;
            }
        }
    }

    /// Forgets the token.
    pub(super) fn clear(&mut self) {
        for (_, section) in self.groups.drain(..) {
            self.groups_box.remove(section.widget());
        }
        self.frame.to_top();
    }
}

fn build(model: &PinLine, wires: &Wires) -> gtk::Widget {
    let head = headed(&label(&model.title, &["heading"]), model.chip.as_ref());
    let dots = TriesDots::new(model.tries);
    let text = gtk::Box::new(gtk::Orientation::Vertical, 4);
    text.set_valign(gtk::Align::Center);
    text.append(&head);
    text.append(dots.widget());
    text.append(&label(&model.caption, &["caption", "dim-label"]));

    let side = gtk::Box::new(gtk::Orientation::Horizontal, 6);
    side.set_valign(gtk::Align::Center);
    if let Some(kind) = model.likely {
        let spoken = model.menu.iter().find(|choice| choice.kind == kind);
        let spoken = spoken.map_or(model.spoken.as_str(), |choice| choice.spoken.as_str());
        let button = worded_button(&explain::pins::operation(kind), spoken);
        button.connect_clicked(chosen(model, kind, wires));
        side.append(&button);
    }
    let menu = menu_button(model, wires);
    if let Some(menu) = &menu {
        side.append(menu);
    }
    if model.gap {
        let free = gtk::Box::builder().width_request(MENU_WIDTH).build();
        side.append(&free);
    }
    let lead = Lead::Part(dots.widget().clone().upcast());
    let fold = Fold::new(&text, &side, lead);
    let line = line();
    line.append(&fold);
    let row = row(&line, &model.spoken);
    if let Some(menu) = menu {
        row.add_controller(menu_keys(&menu));
    }
    row.upcast()
}

fn chosen(model: &PinLine, kind: OperationKind, wires: &Wires) -> impl Fn(&gtk::Button) + 'static {
    let (application, pin, output) = (model.application, model.pin, wires.output.clone());
    move |_| {
        output.emit(TokenViewOutput::PinChosen {
            application,
            pin,
            operation: kind,
        });
    }
}

/// The menu key and Shift+F10 open the menu of the row that has the focus.
pub(super) fn menu_keys(menu: &gtk::MenuButton) -> gtk::ShortcutController {
    let keys = gtk::ShortcutController::new();
    let menu = menu.downgrade();
    let open = gtk::CallbackAction::new(move |_, _| {
        if let Some(menu) = menu.upgrade() {
            menu.popup();
        }
        gtk::glib::Propagation::Stop
    });
    let trigger = gtk::ShortcutTrigger::parse_string("Menu|<Shift>F10");
    keys.add_shortcut(gtk::Shortcut::new(trigger, Some(open)));
    keys
}

fn menu_button(model: &PinLine, wires: &Wires) -> Option<gtk::MenuButton> {
    if is_useless(&model.menu, model.likely) {
        return None;
    }
    let entries = gtk::Box::new(gtk::Orientation::Vertical, 0);
    let popover = gtk::Popover::builder()
        .child(&entries)
        .css_classes(["menu", "choices"])
        .build();
    for choice in &model.menu {
        let entry = entry(choice);
        let act = chosen(model, choice.kind, wires);
        let popover = popover.downgrade();
        entry.connect_clicked(move |button| {
            if let Some(popover) = popover.upgrade() {
                popover.popdown();
            }
            act(button);
        });
        entries.append(&entry);
    }
    let tip = gettext("More actions");
    let button = gtk::MenuButton::builder()
        .icon_name("view-more-symbolic")
        .tooltip_text(&tip)
        .popover(&popover)
        .valign(gtk::Align::Center)
        .css_classes(["flat"])
        .build();
    // TRANSLATORS: A menu. {pin} is for example "OpenPGP PIN".
    button.set_a11y_label(&gettext_f(
        "More actions for {pin}",
        &[("pin", &model.whole)],
    ));
    Some(button)
}

/// What is impossible stays in the menu, greyed, and says why.
fn entry(choice: &Choice) -> gtk::Button {
    let text = gtk::Box::new(gtk::Orientation::Vertical, 0);
    text.set_valign(gtk::Align::Center);
    text.append(&label(&choice.text, &[]));
    let button = gtk::Button::builder()
        .child(&text)
        .css_classes(["flat"])
        .build();
    button.set_a11y_label(&choice.spoken);
    if let Some(reason) = &choice.reason {
        let why = label(reason, &["caption"]);
        why.set_max_width_chars(28);
        text.append(&why);
        button.set_sensitive(false);
        button.set_tooltip_text(Some(reason));
        button.set_a11y_description(reason);
    }
    button
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use crate::token::{Alphabet, PinRole, PinRule, Unreadable};

    fn pin(left: TriesLeft, operations: &[(OperationKind, Option<Reason>)]) -> Pin {
        Pin {
            reference: PinReference(0x80),
            role: PinRole::User,
            label: None,
            tries: Tries { left, max: Some(3) },
            rule: PinRule {
                min: 6,
                max: 8,
                alphabet: Alphabet::Digits,
            },
            factory: Factory::Unchanged("123456"),
            uses: Vec::new(),
            operations: operations
                .iter()
                .map(|&(kind, impossible)| Operation {
                    kind,
                    needs: vec![PinReference(0x81)],
                    impossible,
                })
                .collect(),
            facts: Vec::new(),
        }
    }

    #[test]
    fn the_likely_verb_is_one_that_works() {
        use OperationKind::{Change, Set, Unblock, Verify};
        let usual = [(Verify, None), (Change, None), (Unblock, None)];
        assert_eq!(likely(&pin(TriesLeft::Known(3), &usual)), Some(Change));
        let blocked = [(Change, Some(Reason::Blocked)), (Unblock, None)];
        assert_eq!(likely(&pin(TriesLeft::Blocked, &blocked)), Some(Unblock));
        let lost = [
            (Change, Some(Reason::Blocked)),
            (Unblock, Some(Reason::NothingUnblocks)),
        ];
        assert_eq!(likely(&pin(TriesLeft::Blocked, &lost)), None);
        let unset = [(Change, Some(Reason::NotSet)), (Set, None)];
        assert_eq!(likely(&pin(TriesLeft::NotSet, &unset)), Some(Set));
    }

    #[test]
    fn what_is_impossible_stays_and_says_why() {
        let mut application = Application::new(ApplicationKind::Piv, &[]);
        application.pins.push(pin(
            TriesLeft::Known(2),
            &[
                (OperationKind::Change, None),
                (OperationKind::Unblock, Some(Reason::NothingUnblocks)),
            ],
        ));
        let groups = groups(&[application]);
        let line = groups.first().unwrap().pins.first().unwrap();
        assert_eq!(line.menu.len(), 2);
        assert!(line.menu.last().unwrap().reason.is_some());
        assert_eq!(line.menu.first().unwrap().spoken, "Change… PIV PIN");
        assert_eq!(line.spoken, "PIV PIN, Factory PIN, 2 of 3 tries left");
        assert!(!is_useless(&line.menu, line.likely));
        assert!(is_useless(&line.menu[..1], line.likely));
    }

    #[test]
    fn verbs_stand_in_one_column() {
        let mut application = Application::new(ApplicationKind::Piv, &[]);
        let change = (OperationKind::Change, None);
        let verify = (OperationKind::Verify, None);
        application.pins = vec![pin(TriesLeft::Known(3), &[change])];
        let gaps = |application: &Application| -> Vec<bool> {
            let groups = groups(std::slice::from_ref(application));
            let lines = groups.iter().flat_map(|group| &group.pins);
            lines.map(|line| line.gap).collect()
        };
        assert_eq!(gaps(&application), [false]);
        let with_menu = pin(TriesLeft::Known(3), &[verify, change]);
        application.pins.push(with_menu);
        assert_eq!(gaps(&application), [true, false]);
    }

    #[test]
    fn an_unreadable_application_is_a_group_with_its_reason() {
        let mut openpgp = Application::new(ApplicationKind::OpenPgp, &[]);
        openpgp.state = ApplicationState::Unreadable(Unreadable {
            detail: "GET DATA answered 6F00".into(),
        });
        let piv = Application::new(ApplicationKind::Piv, &[]);
        let groups = groups(&[piv, openpgp]);
        assert_eq!(groups.len(), 1);
        let trouble = groups.first().unwrap().trouble.as_deref().unwrap();
        assert!(trouble.starts_with("OpenPGP cannot be read. "), "{trouble}");
    }
}
