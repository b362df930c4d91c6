//! Questions on the terminal, where there is no display.
//!
//! It asks what the window asks. What it leaves out: a passphrase that the agent makes up would have
//! to be shown and stay on the screen, and one that is typed cannot be made visible.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser as _;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};
use unicode_width::UnicodeWidthStr as _;

use super::arguments::Arguments;
use super::choices::choices;
use super::prompt::{
    Agent, Answer, Check, Constraints, Front, Kind, Label, MAX_PASSPHRASE, PinPrompt, Place, Prompt,
};
use super::requester::End;
use super::screen;
use super::session::{self, Streams};
use super::words;
use crate::base::i18n::{self, gettext, gettext_f};
use crate::base::interrupt;
use crate::base::keyboard::{Ended, Key, MAX_LEN, Restore, Until};
use crate::base::paths;
use crate::base::secret::Secret;
use crate::base::terminal::{Terminal, says};
use crate::token::Text;

/// Ctrl+K: the passphrase is to be kept in the keyring, or not.
const KEEP: Key = Key::Control(0x0B);

/// The most bytes of a word that is typed to go on.
const LONGEST_WORD: usize = 40;

/// Asks on the terminal until the agent has no more questions.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    match Streams::take() {
        Ok(streams) => go_on(arguments, streams),
        Err(_) => ExitCode::FAILURE,
    }
}

/// As [`run`], for a program that has taken its streams.
#[must_use]
pub fn go_on(arguments: &Arguments, streams: Streams) -> ExitCode {
    session::converse(arguments, streams, &mut OnTerminal::default())
}

/// From the command line to the last question.
#[must_use]
pub fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => {
            i18n::open(&i18n::folder());
            run(&arguments)
        }
        Err(help_or_error) => session::told(&help_or_error),
    }
}

/// The terminal.
#[derive(Debug, Default)]
pub struct OnTerminal {
    restore: Restore,
    /// Whether signals find the terminal as it has to be left.
    listening: bool,
}

impl Front for OnTerminal {
    fn ask(&mut self, prompt: Prompt, agent: &mut dyn Agent) -> Answer {
        let asking = match prompt.requester.end() {
            End::Watched(end) => Some(end),
            End::Over => return Answer::Cancelled,
            End::Unknown => None,
        };
        let Ok(terminal) = open(&prompt.terminal, &self.restore) else {
            return Answer::Nowhere;
        };
        self.listen();
        let Ok(quiet) = terminal.quiet() else {
            return Answer::Nowhere;
        };
        let deadline = prompt
            .timeout
            .and_then(|timeout| Instant::now().checked_add(timeout));
        let mut asking = Asking {
            terminal,
            agent,
            deadline,
            asking,
        };
        let answer = match asking.ask(&prompt) {
            Ok(answer) | Err(answer) => answer,
        };
        asking.close(&answer);
        drop(quiet);
        touch(&prompt.terminal);
        answer
    }

    fn flavour(&self) -> &'static str {
        "symbolon:tty"
    }
}

impl OnTerminal {
    /// The agent ends questions that nobody has to answer any more by SIGINT.
    fn listen(&mut self) {
        if !self.listening {
            let restore = self.restore.clone();
            // Where it cannot be listened, signals still end the program.
            self.listening = interrupt::end_after(move || restore.for_good()).is_ok();
        }
    }
}

fn open(place: &Place, restore: &Restore) -> io::Result<Terminal> {
    let name = place.name.as_deref().unwrap_or(b"/dev/tty");
    Terminal::at(Path::new(OsStr::from_bytes(name)), restore.clone())
}

/// Tells programs that have to draw their screens anew.
fn touch(place: &Place) {
    let Some(file) = &place.touch else { return };
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_NOW,
    };
    let times = Timestamps {
        last_access: now,
        last_modification: now,
    };
    // What is not there needs no telling.
    let _ = utimensat(CWD, OsStr::from_bytes(file), &times, AtFlags::empty());
}

/// A question that is being asked. A step that ends with an `Err` ends the question with this
/// answer.
struct Asking<'a> {
    terminal: Terminal,
    agent: &'a mut dyn Agent,
    deadline: Option<Instant>,
    /// The end of the program that asks: GnuPG 2.2 goes on waiting for the answer to one that has
    /// ended, and the terminal belongs to whoever comes after it.
    asking: Option<OwnedFd>,
}

impl Asking<'_> {
    fn ask(&mut self, prompt: &Prompt) -> Result<Answer, Answer> {
        self.print(&screen::head(prompt))?;
        match &prompt.kind {
            Kind::Pin(pin) => self.pin(prompt, pin),
            Kind::Confirm => self.choose(prompt),
            Kind::Message => {
                let (ok, ..) = words::buttons(prompt);
                self.wait_for_enter(&ok)?;
                Ok(Answer::Confirmed)
            }
        }
    }

    /// A PIN or passphrase, once it is one that can be passed on.
    fn pin(&mut self, prompt: &Prompt, pin: &PinPrompt) -> Result<Answer, Answer> {
        match prompt.description.tries {
            Some(0) => {
                self.line(&words::blocked())?;
                self.wait_for_enter(&Label::marked(gettext("_Close").as_bytes()))?;
                return Err(Answer::Cancelled);
            }
            Some(1) => self.agree_to_last_try()?,
            Some(_) | None => {}
        }
        if let Some(rules) = &pin.constraints {
            for line in rules.short.iter().chain(&rules.long) {
                self.line(line.as_str())?;
            }
        }
        // The keyring is behind the session bus.
        let keyring = pin
            .keyring
            .as_ref()
            .filter(|_| paths::session_bus_answers());
        let mut keep = keyring.map(|_| false);
        if let Some(label) = keyring {
            let action = words::keep(label);
            let action = action.as_str();
            self.line(&gettext_f("Ctrl+K: {action}", &[("action", action)]))?;
        }
        let card = prompt.description.card().is_some();
        loop {
            let passphrase = self.secret(&words::field(pin.prompt.as_ref()), &mut keep)?;
            if self.acceptable(&passphrase, pin, card)? && self.repeated(&passphrase, pin)? {
                return Ok(Answer::Given {
                    passphrase,
                    keep: keep.unwrap_or_default(),
                });
            }
            // What was typed ahead was meant for something else.
            self.terminal.forget_typed();
        }
    }

    /// Whether it can be right; if not, says why.
    fn acceptable(
        &mut self,
        passphrase: &Secret,
        pin: &PinPrompt,
        card: bool,
    ) -> Result<bool, Answer> {
        if passphrase.len() > MAX_PASSPHRASE {
            self.line(&words::too_long())?;
            return Ok(false);
        }
        if passphrase.is_empty() {
            // A key may have an empty passphrase, a card has no empty PIN.
            if card {
                self.line(&gettext("A card has no empty PIN. No try was lost."))?;
            }
            return Ok(!card);
        }
        if pin.quality.is_some()
            && let Some(quality) = self.agent.quality(passphrase)
        {
            let quality = words::quality(quality);
            self.line(&gettext_f("Quality: {quality}", &[("quality", &quality)]))?;
        }
        match &pin.constraints {
            Some(rules) => self.passes(passphrase, rules),
            None => Ok(true),
        }
    }

    /// Whether the agent takes it; if not, says why.
    fn passes(&mut self, passphrase: &Secret, rules: &Constraints) -> Result<bool, Answer> {
        let Check::Refused(lines) = self.agent.check(passphrase) else {
            return Ok(true);
        };
        for line in rules.title.iter().chain(&lines) {
            self.line(line.as_str())?;
        }
        Ok(false)
    }

    /// Whether it was typed a second time, where that is wanted. An empty one need not be.
    fn repeated(&mut self, passphrase: &Secret, pin: &PinPrompt) -> Result<bool, Answer> {
        let Some(repeat) = pin.repeat.as_ref().filter(|_| !passphrase.is_empty()) else {
            return Ok(true);
        };
        let again = self.secret(&words::repeat(repeat.prompt.as_ref()), &mut None)?;
        let same = passphrase.same_as(&again);
        self.line(&if same {
            words::same(pin)
        } else {
            words::differ(pin)
        })?;
        Ok(same)
    }

    /// Goes on only with a word that nobody types by chance.
    fn agree_to_last_try(&mut self) -> Result<(), Answer> {
        self.line(&words::last_try())?;
        let yes = gettext("yes");
        let question = gettext_f(
            // TRANSLATORS: {yes} is the word that has to be typed to go on.
            "Type “{yes}” to use the last try:",
            &[("yes", &yes)],
        );
        self.print(&format!("{question} "))?;
        let mut word = Secret::with_capacity(MAX_LEN);
        let mut width = 0;
        loop {
            let key = self.key()?;
            // Whoever types is there.
            self.deadline = None;
            match key {
                Key::Enter => break,
                Key::Byte(_) if word.len() >= LONGEST_WORD => continue,
                _ => key.edit(&mut word),
            }
            // It has to be seen, and the terminal shows nothing by itself.
            let seen = Text::from_utf8(word.expose());
            let back = "\u{8} \u{8}".repeat(width);
            self.print(&format!("{back}{seen}"))?;
            width = seen.as_str().width();
        }
        self.print("\n")?;
        if says(word.expose(), &yes) {
            Ok(())
        } else {
            Err(Answer::Cancelled)
        }
    }

    /// What is typed up to Enter; nothing of it appears. Ctrl+K turns `keep`, where there is one.
    fn secret(&mut self, name: &str, keep: &mut Option<bool>) -> Result<Secret, Answer> {
        let field = format!("{name}: ");
        self.print(&field)?;
        let mut secret = Secret::with_capacity(MAX_LEN);
        loop {
            let key = self.key()?;
            // Whoever types is there.
            self.deadline = None;
            match (key, keep.as_mut()) {
                (Key::Enter, _) => break,
                (KEEP, Some(keep)) => {
                    *keep = !*keep;
                    let words = if *keep {
                        gettext("It will be saved in the keyring.")
                    } else {
                        gettext("It will not be saved in the keyring.")
                    };
                    self.print(&format!("\n{words}\n{field}"))?;
                }
                (Key::End, _) if secret.is_empty() => return Err(Answer::Cancelled),
                _ => key.edit(&mut secret),
            }
        }
        self.print("\n")?;
        Ok(secret)
    }

    /// One of the buttons.
    fn choose(&mut self, prompt: &Prompt) -> Result<Answer, Answer> {
        let mut choices = choices(prompt);
        let shown: Vec<String> = choices
            .iter()
            .map(|choice| format!("[{}] {}", choice.key, choice.label.as_str()))
            .collect();
        self.print(&format!("{}: ", shown.join("   ")))?;
        loop {
            let pressed = match self.key()? {
                Key::Byte(byte) => char::from(byte).to_ascii_lowercase(),
                Key::End => return Err(Answer::Cancelled),
                // Enter may be one too many of the line before.
                _ => continue,
            };
            let chosen = choices.iter().position(|choice| choice.key == pressed);
            if let Some(at) = chosen {
                let chosen = choices.swap_remove(at);
                self.line(chosen.label.as_str())?;
                return Ok(chosen.answer);
            }
        }
    }

    fn wait_for_enter(&mut self, label: &Label) -> Result<(), Answer> {
        // TRANSLATORS: The name of the key.
        let enter = gettext("Enter");
        self.print(&format!("[{enter}] {}: ", label.as_str()))?;
        loop {
            match self.key()? {
                Key::Enter => return self.print("\n"),
                Key::End => return Err(Answer::Cancelled),
                _ => {}
            }
        }
    }

    /// The next key but those that cancel.
    fn key(&mut self) -> Result<Key, Answer> {
        let until = Until {
            gone: Some(self.agent.gone()),
            deadline: self.deadline,
            interrupted: self.asking.as_ref().map(AsFd::as_fd),
        };
        match self.terminal.key(&until) {
            Ok(Ok(Key::Cancel | Key::Escape)) => Err(Answer::Cancelled),
            Ok(Ok(key)) => Ok(key),
            Ok(Err(Ended::Gone)) => Err(Answer::AgentGone),
            Ok(Err(Ended::Late)) => Err(Answer::TimedOut),
            Ok(Err(Ended::Interrupted)) => Err(Answer::Cancelled),
            Ok(Err(Ended::Closed)) | Err(_) => Err(Answer::Nowhere),
        }
    }

    fn line(&mut self, text: &str) -> Result<(), Answer> {
        self.print(&format!("{text}\n"))
    }

    fn print(&mut self, text: &str) -> Result<(), Answer> {
        self.terminal.print(text).map_err(|_| Answer::Nowhere)
    }

    /// Leaves the cursor where others go on.
    fn close(&mut self, answer: &Answer) {
        let words = match answer {
            Answer::TimedOut => gettext("Nobody has answered in time."),
            Answer::AgentGone => gettext("Nobody waits for an answer any more."),
            Answer::Cancelled => gettext("Cancelled"),
            _ => return,
        };
        // A terminal that went away needs no words.
        let _ = self.terminal.print(&format!("\n{words}\n"));
    }
}
