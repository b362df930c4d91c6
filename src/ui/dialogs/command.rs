//! The console: one command after another, as its bytes stand, and what the card answers.
//!
//! It explains first what that means, and opens only for who goes on. What is typed may hold a
//! PIN: it leaves as a [`Secret`], and the list of answers keeps the header of a command only.

use std::cell::Cell;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::frame::close_on_escape;
use crate::backend::{Done, Failure};
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::base::secret::Secret;
use crate::explain;
use crate::token::{Identity, Reader, Token};
use crate::ui::widgets::{FactRow, FactText, RowList};

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
    entry: adw::EntryRow,
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
                                    entry -> adw::EntryRow {
                                        connect_changed => CommandDialogInput::Edit,
                                        connect_entry_activated => CommandDialogInput::Submit,
                                    },
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
        let entry = adw::EntryRow::builder()
            .title(gettext("Command in hexadecimal"))
            .css_classes(["monospace"])
            .build();
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
        widgets.proceed.grab_focus();
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
        self.judged = judge(&self.entry.text());
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
        let text = self.entry.text();
        let ready = self.state == State::Open && judge(&text) == Judged::Good;
        let Some(bytes) = hex::decode(&text).filter(|_| ready) else {
            return;
        };
        self.pending = Some(header(&bytes));
        self.state = State::Sent;
        sender
            .output_sender()
            .emit(CommandDialogOutput::Submitted(Secret::take(bytes)));
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
        "Nothing checks them first, and nothing can be undone. A wrong PIN in them uses up a try; some commands can make a card useless for good.",
    )
}

fn judge(text: &str) -> Judged {
    if text.trim().is_empty() {
        return Judged::Nothing;
    }
    match hex::decode(text).map(|bytes| bytes.len()) {
        None => Judged::NotHex,
        Some(length) if length < SHORTEST => Judged::TooShort,
        Some(length) if length > LONGEST => Judged::TooLong,
        Some(_) => Judged::Good,
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
