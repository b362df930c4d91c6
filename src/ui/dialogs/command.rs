//! The console: one command after another, as its bytes stand, and what the card answers.
//!
//! It explains first what that means, and opens only for who goes on. What is typed may hold a
//! PIN: behind the header of a VERIFY and its like there are bullets only, to the eye and to
//! GTK, until the eye is opened. It leaves as a [`Secret`], and the list of answers keeps the
//! header of a command only.

use std::cell::Cell;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::frame::close_on_escape;
use crate::backend::{self, Done, Failure};
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::base::secret::Secret;
use crate::explain;
use crate::token::{Identity, Reader, Token};
use crate::ui::widgets::{FactRow, FactText, RowList, SecretRow};

/// The shortest command: CLA, INS, P1, P2 (ISO/IEC 7816-4:2020, 5.2).
const SHORTEST: usize = 4;
/// The longest: header, Lc and Le of extended length, 65,535 bytes of data.
const LONGEST: usize = 4 + 3 + 65_535 + 2;
/// So many answers are kept in the list.
const MOST_ANSWERS: usize = 100;

/// The dialog.
#[derive(Debug)]
pub struct CommandDialog {
    head: String,
    state: State,
    /// Whether the console is about to come in sight.
    arriving: Cell<bool>,
    entry: SecretRow,
    judged: Judged,
    answers: RowList<AnswerLine>,
    lines: Vec<AnswerLine>,
    /// What was sent and not answered yet.
    pending: Option<String>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// It says what may happen.
    Warning,
    /// It waits for a command.
    Open,
    /// It waits for the card.
    Sent,
}

/// What it is opened for.
#[derive(Debug)]
pub struct CommandDialogInit {
    /// Where the card is.
    pub reader: Reader,
    /// Which card.
    pub identity: Identity,
    /// What is on it.
    pub token: Arc<Token>,
}

/// What can happen to it.
#[derive(Debug)]
pub enum CommandDialogInput {
    /// The card answered, or not.
    Finished(Result<Done, Failure>),
    /// The person wants to go on.
    Continue,
    /// Something was typed.
    Edit,
    /// Send it.
    Submit,
}

/// What happened in it.
#[derive(Debug)]
pub enum CommandDialogOutput {
    /// The person wants these bytes sent. Comes once for each time the button is pressed.
    Submitted(Secret),
}

/// What is to be said of what was typed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Judged {
    Nothing,
    NotHex,
    TooShort,
    TooLong,
    Good,
}

/// A command and its answer.
#[derive(Clone, Debug, Eq, PartialEq)]
struct AnswerLine {
    /// Counts them: two that look the same are two.
    number: usize,
    command: String,
    answer: String,
    /// The data of the response.
    data: Option<String>,
}

#[relm4::component(pub)]
impl Component for CommandDialog {
    type Init = CommandDialogInit;
    type Input = CommandDialogInput;
    type Output = CommandDialogOutput;
    type CommandOutput = ();

    view! {
        #[root]
        adw::Window {
            set_modal: true,
            set_default_width: 520,
            set_default_height: 560,
            set_title: Some(&gettext("Send a command")),

            gtk::Box {
                set_orientation: gtk::Orientation::Vertical,

                adw::HeaderBar {
                    set_title_widget: Some(
                        &adw::WindowTitle::new(&gettext("Send a command"), &model.head),
                    ),
                    pack_end = &gtk::Spinner {
                        #[watch]
                        set_visible: model.state == State::Sent,
                        #[watch]
                        set_spinning: model.state == State::Sent,
                    },
                },

                adw::StatusPage {
                    set_vexpand: true,
                    set_icon_name: Some("dialog-warning-symbolic"),
                    set_title: &gettext("Bytes go to the card as they stand"),
                    set_description: Some(&warning()),
                    #[watch]
                    set_visible: model.state == State::Warning,

                    #[name = "proceed"]
                    gtk::Button {
                        set_label: &gettext("Go On"),
                        set_halign: gtk::Align::Center,
                        add_css_class: "pill",
                        connect_clicked => CommandDialogInput::Continue,
                    },
                },

                gtk::ScrolledWindow {
                    set_hscrollbar_policy: gtk::PolicyType::Never,
                    set_vexpand: true,
                    #[watch]
                    set_visible: model.state != State::Warning,

                    adw::Clamp {
                        set_maximum_size: 620,

                        gtk::Box {
                            set_orientation: gtk::Orientation::Vertical,
                            set_spacing: 24,
                            add_css_class: "dialog-page",

                            gtk::Box {
                                set_orientation: gtk::Orientation::Vertical,
                                set_spacing: 6,

                                adw::PreferencesGroup {
                                    #[local_ref]
                                    entry -> SecretRow {},
                                },
                                gtk::Box {
                                    set_spacing: 12,
                                    add_css_class: "dialog-head",

                                    gtk::Label {
                                        set_hexpand: true,
                                        set_xalign: 0.0,
                                        set_wrap: true,
                                        add_css_class: "caption",
                                        add_css_class: "dim-label",
                                        #[watch]
                                        set_label: &advice(model.judged).unwrap_or_default(),
                                    },
                                    gtk::Button {
                                        // TRANSLATORS: Sends a command to the card.
                                        set_label: &gettext("Send"),
                                        set_valign: gtk::Align::Start,
                                        add_css_class: "suggested-action",
                                        #[watch]
                                        set_sensitive: model.is_live(),
                                        connect_clicked => CommandDialogInput::Submit,
                                    },
                                },
                            },

                            adw::PreferencesGroup {
                                set_title: &gettext("Answers"),
                                #[watch]
                                set_visible: !model.lines.is_empty(),

                                #[local_ref]
                                answers -> gtk::ListBox {},
                            },
                        },
                    },
                },
            },
        }
    }

    fn init(
        init: CommandDialogInit,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        close_on_escape(&root);
        let title = explain::token::title(&init.token);
        let entry = SecretRow::new(&gettext("Command in hexadecimal"));
        entry.add_css_class("monospace");
        entry.show_up_to(open_part, u16::MAX);
        let input = sender.input_sender().clone();
        entry.connect_changed(move |_| input.emit(CommandDialogInput::Edit));
        let input = sender.input_sender().clone();
        entry.connect_activated(move || input.emit(CommandDialogInput::Submit));
        let model = Self {
            head: explain::dotted(&[title, init.reader.name.to_string()]),
            state: State::Warning,
            arriving: Cell::new(true),
            entry,
            judged: Judged::Nothing,
            answers: RowList::new(),
            lines: Vec::new(),
            pending: None,
        };
        let (entry, answers) = (&model.entry, model.answers.widget());
        let widgets = view_output!();
        // Only when it is on the screen: on GTK 4.8 a window that gets a focus before loses its
        // role for screen readers.
        let proceed = widgets.proceed.clone();
        root.connect_map(move |_| {
            proceed.grab_focus();
        });
        ComponentParts { model, widgets }
    }

    fn update(
        &mut self,
        input: CommandDialogInput,
        sender: ComponentSender<Self>,
        _root: &Self::Root,
    ) {
        match input {
            CommandDialogInput::Continue => self.state = State::Open,
            CommandDialogInput::Edit => {}
            CommandDialogInput::Submit => self.submit(&sender),
            CommandDialogInput::Finished(outcome) => self.finish(&outcome),
        }
        self.judged = self.entry.with(judge);
    }

    fn post_view() {
        // Once, when there is a place to type: later the cursor is the person's.
        if model.state == State::Open && model.arriving.replace(false) {
            model.entry.grab_focus();
        }
    }
}

impl CommandDialog {
    fn is_live(&self) -> bool {
        self.state == State::Open && self.judged == Judged::Good
    }

    fn submit(&mut self, sender: &ComponentSender<Self>) {
        let ready = self.state == State::Open && self.entry.with(judge) == Judged::Good;
        let bytes = self.entry.with(|typed| hex::decode_secret(text(typed)));
        let Some(bytes) = bytes.filter(|_| ready) else {
            return;
        };
        self.pending = Some(header(bytes.expose()));
        self.state = State::Sent;
        if backend::hands_over_pin(bytes.expose()) {
            self.entry.clear();
            self.entry.set_shown(false);
        }
        sender
            .output_sender()
            .emit(CommandDialogOutput::Submitted(bytes));
    }

    fn finish(&mut self, outcome: &Result<Done, Failure>) {
        let Some(command) = self.pending.take() else {
            return;
        };
        self.state = State::Open;
        self.lines
            .insert(0, line(self.lines.len(), command, outcome));
        self.lines.truncate(MOST_ANSWERS);
        self.answers.show(&self.lines, build);
    }
}

/// What one should know before one goes on.
fn warning() -> String {
    gettext(
        "Nothing checks them first, and nothing can be undone. A wrong PIN in them uses up a try; a right one leaves the card unlocked, for other programs too, until it is reset or removed; some commands can make a card useless for good.",
    )
}

/// What was typed. GTK gives whole characters only.
fn text(typed: &Secret) -> &str {
    std::str::from_utf8(typed.expose()).unwrap_or_default()
}

fn judge(typed: &Secret) -> Judged {
    let text = text(typed);
    if text.trim().is_empty() {
        return Judged::Nothing;
    }
    match hex::count(text) {
        None => Judged::NotHex,
        Some(length) if length < SHORTEST => Judged::TooShort,
        Some(length) if length > LONGEST => Judged::TooLong,
        Some(_) => Judged::Good,
    }
}

/// How many characters of what was typed so far may be seen: all, or those of header and length
/// where a PIN comes next.
fn open_part(text: &str) -> usize {
    let digit = |(at, character): (usize, char)| Some((at, character.to_digit(16)?));
    let mut digits = text.chars().enumerate().filter_map(digit);
    let mut header = [0; SHORTEST];
    for byte in &mut header {
        let (Some((_, high)), Some((_, low))) = (digits.next(), digits.next()) else {
            return usize::MAX;
        };
        *byte = u8::try_from(high << 4 | low).unwrap_or_default();
    }
    match digits.nth(2) {
        Some((at, _)) if backend::carries_pin(header) => at,
        _ => usize::MAX,
    }
}

/// What is missing, as a caption under the entry.
fn advice(judged: Judged) -> Option<String> {
    match judged {
        Judged::Nothing => Some(gettext(
            "For example 00 A4 04 00 05 A0 00 00 03 08. Spaces make no difference.",
        )),
        Judged::NotHex => Some(gettext("Two digits 0 to 9 or A to F make a byte.")),
        Judged::TooShort => Some(gettext("A command has at least four bytes.")),
        Judged::TooLong => Some(gettext("No command is that long.")),
        Judged::Good => None,
    }
}

/// The header of a command, and how much more there was: its data may be a PIN.
fn header(command: &[u8]) -> String {
    let shown = command.get(..SHORTEST).unwrap_or(command);
    let rest = command.len() - shown.len();
    let shown = hex::grouped(shown, 1);
    if rest == 0 {
        return shown;
    }
    // TRANSLATORS: {header} are the first bytes of a command, {rest} is "9 bytes".
    gettext_f(
        "{header} and {rest}",
        &[("header", &shown), ("rest", &explain::bytes(rest))],
    )
}

fn line(number: usize, command: String, outcome: &Result<Done, Failure>) -> AnswerLine {
    let (answer, data) = match outcome {
        Ok(Done::Answered(response)) => {
            let data = response.get(..response.len().saturating_sub(2));
            let data = data.filter(|data| !data.is_empty());
            let answer = explain::status::of_response(response);
            (
                answer.unwrap_or_else(|| gettext("An answer without a status word")),
                data.map(|data| hex::grouped(data, 1)),
            )
        }
        Ok(_) => (gettext("Done"), None),
        Err(failure) => {
            let words = explain::failure::failure(failure);
            (format!("{}. {}", words.title, words.body), None)
        }
    };
    AnswerLine {
        number,
        command,
        answer,
        data,
    }
}

fn build(line: &AnswerLine) -> gtk::Widget {
    let value = match &line.data {
        Some(data) => format!("{}\n{data}", line.answer),
        None => line.answer.clone(),
    };
    let mut fact = FactText::new(line.command.as_str(), value).monospace();
    fact.copy = line.data.clone();
    FactRow::new(&fact, |_| {}).upcast()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn only_whole_commands_are_sent() {
        let judge = |text: &str| judge(&Secret::new(text.as_bytes()));
        assert_eq!(judge(" "), Judged::Nothing);
        assert_eq!(judge("00 A4 04"), Judged::TooShort);
        assert_eq!(judge("00 A4 04 0"), Judged::NotHex);
        assert_eq!(judge("00 A4 04 0G"), Judged::NotHex);
        assert_eq!(judge("00a40400"), Judged::Good);
        assert_eq!(judge(&"00".repeat(LONGEST)), Judged::Good);
        assert_eq!(judge(&"00".repeat(LONGEST + 1)), Judged::TooLong);
        assert_eq!(advice(Judged::Good), None);
    }

    #[test]
    fn what_follows_the_header_of_a_verify_is_not_shown() {
        for (text, open) in [
            ("", usize::MAX),
            ("0020008", usize::MAX),
            ("0020008008", usize::MAX),
            ("0020008008313233", 10),
            ("00 20 00 80 08 31 32 33", 15),
            ("00:24:00:81:0C:31", 15),
            ("00DA00D30831", 10),
            ("00A4040005A000000308", usize::MAX),
            ("00CB3FFF035C017E", usize::MAX),
        ] {
            assert_eq!(open_part(text), open, "{text}");
        }
        assert!(!backend::hands_over_pin(&[0x00, 0x20, 0x00, 0x80, 0x00]));
        assert!(backend::hands_over_pin(&[
            0x00, 0x20, 0x00, 0x80, 0x01, 0x31
        ]));
    }

    #[test]
    fn the_list_keeps_no_data_of_a_command() {
        let verify = hex::decode("00200080083132333435363738").unwrap_or_default();
        assert_eq!(header(&verify), "00 20 00 80 and 9 bytes");
        assert_eq!(header(&verify[..4]), "00 20 00 80");
    }

    #[test]
    fn an_answer_is_told_in_words() {
        let of = |outcome| line(0, String::new(), &outcome);
        let answered = of(Ok(Done::Answered(vec![0x61, 0x6A, 0x82])));
        assert_eq!(answered.answer, "6A82 (file or application not found)");
        assert_eq!(answered.data.as_deref(), Some("61"));
        assert_eq!(of(Ok(Done::Answered(vec![0x90, 0x00]))).data, None);
        assert!(!of(Err(Failure::NoCard)).answer.is_empty());
    }
}
