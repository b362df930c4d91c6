//! The conversation with the agent: one line after the other, and questions in between.
//!
//! The order of lines is what keeps both sides together, so nothing here answers twice or reads a
//! line that belongs to somebody else. Two habits of agents are met on the way
//! (facts/integrations.md, section 1, "TRAPS"): after a passphrase has passed the check, GnuPG 2.2
//! ends the inquiry twice; and it takes one line of data only.

use std::io;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::time::Duration;

use super::code::Code;
use super::description::Phrases;
use super::escape;
use super::lines::{Line, Lines, Replies};
use super::memory::Memory;
use super::prompt::{Agent, Answer, Check, Front, Kind, Label, MAX_PASSPHRASE, Prompt};
use super::state::{Options, Question, lines};
use crate::base::paths;
use crate::base::secret::Secret;
use crate::token::Text;

/// Commands in the order in which `HELP` names them.
pub const COMMANDS: [&str; 29] = [
    "NOP",
    "CANCEL",
    "OPTION",
    "BYE",
    "AUTH",
    "RESET",
    "END",
    "HELP",
    "SETDESC",
    "SETPROMPT",
    "SETKEYINFO",
    "SETREPEAT",
    "SETREPEATERROR",
    "SETREPEATOK",
    "SETERROR",
    "SETOK",
    "SETNOTOK",
    "SETCANCEL",
    "GETPIN",
    "CONFIRM",
    "MESSAGE",
    "SETQUALITYBAR",
    "SETQUALITYBAR_TT",
    "SETGENPIN",
    "SETGENPIN_TT",
    "GETINFO",
    "SETTITLE",
    "SETTIMEOUT",
    "CLEARPASSPHRASE",
];

/// The most bytes of an answer to an inquiry.
const LONGEST_ANSWER: usize = 4096;

/// How long data may come behind an end that can be a stray one, where an answer without data says
/// nothing.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// The same where no data is the good answer, which a person waits for.
const CHECK_LIMIT: Duration = Duration::from_secs(1);

/// Where passphrases are kept for those who want that.
pub trait Keyring {
    /// The one of this key, if there is one.
    fn look_up(&mut self, key: &str) -> Option<Secret>;
    /// Keeps one.
    fn keep(&mut self, key: &str, passphrase: Secret);
    /// Removes it. Returns whether the keyring could be asked.
    fn forget(&mut self, key: &str) -> bool;
}

/// How a program that is a pinentry is set up.
#[derive(Debug, Default)]
pub struct Setup {
    /// What the command line said already.
    pub options: Options,
    /// Where it is kept what cards were seen; nothing keeps it nowhere.
    pub memory: Option<PathBuf>,
}

/// The conversation.
pub struct Server<'a> {
    channel: Channel,
    front: &'a mut dyn Front,
    keyring: &'a mut dyn Keyring,
    options: Options,
    question: Question,
    phrases: Option<Phrases>,
    memory: Option<PathBuf>,
    /// Whether the keyring has had its turn: what was wrong once is not offered again.
    asked_keyring: bool,
    /// What is to be kept for a key, once nothing speaks against it.
    unproved: Option<(String, Secret)>,
}

/// Both ends, and what happened on them.
struct Channel {
    lines: Lines,
    replies: Replies,
    /// Whether a second end of an inquiry may still come.
    stray_end: bool,
}

/// Whether the conversation goes on.
enum Next {
    More,
    End,
}

impl<'a> Server<'a> {
    /// A conversation over these lines.
    #[must_use]
    pub fn new(
        lines: Lines,
        replies: Replies,
        front: &'a mut dyn Front,
        keyring: &'a mut dyn Keyring,
        setup: Setup,
    ) -> Self {
        Self {
            channel: Channel {
                lines,
                replies,
                stray_end: false,
            },
            front,
            keyring,
            options: setup.options,
            question: Question::default(),
            phrases: None,
            memory: setup.memory,
            asked_keyring: false,
            unproved: None,
        }
    }

    /// Talks until the agent says good-bye or is gone.
    ///
    /// # Errors
    ///
    /// The agent can no longer be heard or told anything.
    pub fn run(mut self) -> io::Result<()> {
        let ended = self.talk();
        // The agent has said nothing against it: it was right.
        if let Some((key, passphrase)) = self.unproved.take() {
            self.keyring.keep(&key, passphrase);
        }
        ended
    }

    fn talk(&mut self) -> io::Result<()> {
        self.channel.replies.line("OK Pleased to meet you")?;
        loop {
            let line = match self.channel.lines.next_line()? {
                Line::Whole(line) => line,
                Line::TooLong => {
                    self.channel.replies.refuse(Code::LineTooLong)?;
                    continue;
                }
                Line::End => return Ok(()),
            };
            if let Next::End = self.command(&line)? {
                return Ok(());
            }
        }
    }

    fn command(&mut self, line: &Secret) -> io::Result<Next> {
        let line = line.expose();
        let (command, argument) = words(line);
        match command.as_slice() {
            b"" if !line.is_empty() => {
                // Blanks before a command: agents send none, and are told so by other pinentries.
                self.channel.replies.refuse(Code::Syntax)?;
                return Ok(Next::More);
            }
            // Nothing, and comments. What is left of an inquiry that nobody waits for any more.
            b"" | b"END" | b"CAN" | b"D" => return Ok(Next::More),
            name if name.starts_with(b"#") => return Ok(Next::More),
            _ => self.channel.stray_end = false,
        }
        match command.as_slice() {
            b"BYE" => {
                self.channel.replies.line("OK closing connection")?;
                return Ok(Next::End);
            }
            b"GETPIN" => return self.get_pin(),
            b"CONFIRM" => {
                let one = argument
                    .split(u8::is_ascii_whitespace)
                    .any(|word| word == b"--one-button");
                return self.confirm(if one { Kind::Message } else { Kind::Confirm });
            }
            b"MESSAGE" => return self.confirm(Kind::Message),
            b"GETINFO" => self.info(argument)?,
            b"HELP" => self.help()?,
            b"NOP" => self.channel.replies.ok()?,
            b"RESET" => {
                self.question = Question::default();
                self.channel.replies.ok()?;
            }
            b"CANCEL" | b"AUTH" => self.channel.replies.refuse(Code::NotImplemented)?,
            b"OPTION" => match self.option(argument) {
                Ok(()) => self.channel.replies.ok()?,
                Err(code) => self.channel.replies.refuse(code)?,
            },
            b"CLEARPASSPHRASE" => match self.clear(argument) {
                Ok(()) => self.channel.replies.ok()?,
                Err(code) => self.channel.replies.refuse(code)?,
            },
            name => match self.set(name, argument) {
                Ok(()) => self.channel.replies.ok()?,
                Err(code) => self.channel.replies.refuse(code)?,
            },
        }
        Ok(Next::More)
    }

    /// The commands that say something about the next question.
    fn set(&mut self, command: &[u8], argument: &[u8]) -> Result<(), Code> {
        let argument = escape::decoded(argument);
        let text = || (!argument.is_empty()).then(|| Text::from_utf8(&argument));
        let label = || (!argument.is_empty()).then(|| Label::marked(&argument));
        // Names of fields have no letters of their own.
        let name =
            || (!argument.is_empty()).then(|| Label::plain(Text::from_utf8(&argument).as_str()));
        let question = &mut self.question;
        match command {
            b"SETDESC" => question.description = argument,
            b"SETPROMPT" => question.prompt = name(),
            b"SETTITLE" => question.title = text(),
            b"SETERROR" => {
                question.error = Some(lines(&argument));
                // What was typed before was wrong.
                self.unproved = None;
            }
            b"SETOK" => question.ok = label(),
            b"SETNOTOK" => question.not_ok = label(),
            b"SETCANCEL" => question.cancel = label(),
            b"SETREPEAT" => question.repeat = Some(name()),
            b"SETREPEATERROR" => question.repeat_error = text(),
            b"SETREPEATOK" => question.repeat_ok = text(),
            b"SETQUALITYBAR" => question.quality = Some(name()),
            b"SETQUALITYBAR_TT" => question.quality_tooltip = text(),
            b"SETGENPIN" => question.generate = Some(label()),
            b"SETGENPIN_TT" => question.generate_tooltip = text(),
            b"SETKEYINFO" => {
                question.key = match argument.as_slice() {
                    b"" | b"--clear" => None,
                    _ => Some(argument),
                }
            }
            b"SETTIMEOUT" => self.options.set_timeout(&argument),
            _ => return Err(Code::UnknownCommand),
        }
        Ok(())
    }

    /// `OPTION name`, `name=value`, `name = value`, and all of them after `--`.
    fn option(&mut self, argument: &[u8]) -> Result<(), Code> {
        let argument = argument.strip_prefix(b"--").unwrap_or(argument);
        let end = argument
            .iter()
            .position(|byte| *byte == b'=' || byte.is_ascii_whitespace());
        let (name, rest) = argument.split_at(end.unwrap_or(argument.len()));
        let rest = rest.trim_ascii_start();
        let value = rest.strip_prefix(b"=").unwrap_or(rest).trim_ascii_start();
        if name.is_empty() || name.starts_with(b"-") {
            return Err(Code::Syntax);
        }
        if self.options.set(name, value) {
            Ok(())
        } else {
            Err(Code::UnknownOption)
        }
    }

    fn info(&self, what: &[u8]) -> io::Result<()> {
        let replies = &self.channel.replies;
        match what {
            b"version" => replies.data(env!("CARGO_PKG_VERSION").as_bytes())?,
            b"pid" => replies.data(std::process::id().to_string().as_bytes())?,
            b"flavor" => {
                // Only who says so is sent the facts of a card with their separators.
                replies.line("S FEATURES tabbing")?;
                replies.data(self.front.flavour().as_bytes())?;
            }
            b"ttyinfo" => replies.data(&self.options.tty_info())?,
            _ => return replies.refuse(Code::Parameter),
        }
        replies.ok()
    }

    fn help(&self) -> io::Result<()> {
        for command in COMMANDS {
            self.channel.replies.line(&format!("# {command}"))?;
        }
        self.channel.replies.ok()
    }

    fn clear(&mut self, key: &[u8]) -> Result<(), Code> {
        let key = escape::decoded(key);
        let Some(key) = key_name(&key) else {
            return Err(Code::Parameter);
        };
        if self.keyring.forget(key) {
            Ok(())
        } else {
            Err(Code::General)
        }
    }

    fn get_pin(&mut self) -> io::Result<Next> {
        let key = self.question.key.clone();
        let key = key.as_deref().and_then(key_name);
        let key = key.filter(|_| self.options.external_cache);
        // What is new has no place there before it has proved right.
        let fresh = self.question.repeat.is_none();
        let phrases = self.phrases.get_or_insert_with(Phrases::load);
        let mut prompt = self.question.pin(&self.options, phrases);
        // Agents name no key for a PIN; whatever they do, none is looked up or kept.
        let card = prompt.description.card().is_some() || prompt.description.tries.is_some();
        let key = key.filter(|_| fresh && !card);
        if let Some(saved) = self.saved(key) {
            self.question.answered();
            self.channel.replies.line("S PASSWORD_FROM_CACHE")?;
            return self.give(&saved);
        }
        if key.is_some()
            && paths::session_bus_answers()
            && let Kind::Pin(pin) = &mut prompt.kind
        {
            pin.keyring = Some(self.options.keyring_label());
        }
        // What is typed once more under the eyes of the dialog is not asked for again.
        let repeated = self.question.repeat.is_some();
        let answer = self.show(prompt);
        self.question.answered();
        match answer {
            Answer::Given { passphrase, keep } => {
                if repeated {
                    self.channel.replies.line("S PIN_REPEATED")?;
                }
                let next = self.give(&passphrase)?;
                let kept = key.filter(|_| keep);
                self.unproved = kept.map(|key| (key.to_owned(), passphrase));
                Ok(next)
            }
            Answer::Confirmed => self.give(&Secret::with_capacity(0)),
            other => self.without(&other),
        }
    }

    /// What the keyring has for `key`, on the first try only.
    fn saved(&mut self, key: Option<&str>) -> Option<Secret> {
        let again = self.question.error.is_some() || self.asked_keyring;
        let key = key.filter(|_| !again)?;
        self.asked_keyring = true;
        self.keyring
            .look_up(key)
            .filter(|saved| !saved.is_empty() && saved.len() <= MAX_PASSPHRASE)
    }

    fn give(&mut self, passphrase: &Secret) -> io::Result<Next> {
        if passphrase.len() > MAX_PASSPHRASE {
            self.channel.replies.refuse(Code::General)?;
            return Ok(Next::More);
        }
        // No data means an empty passphrase.
        if !passphrase.is_empty() {
            self.channel.replies.data(passphrase.expose())?;
        }
        self.channel.replies.ok()?;
        Ok(Next::More)
    }

    fn confirm(&mut self, kind: Kind) -> io::Result<Next> {
        let phrases = self.phrases.get_or_insert_with(Phrases::load);
        let one_button = matches!(kind, Kind::Message);
        let prompt = self.question.shown(kind, &self.options, phrases);
        let answer = self.show(prompt);
        self.question.error = None;
        match answer {
            Answer::Confirmed | Answer::Given { .. } => self.channel.replies.ok()?,
            // There was nothing to say no to.
            Answer::NotConfirmed | Answer::Cancelled if one_button => {
                self.channel.replies.ok()?;
            }
            other => return self.without(&other),
        }
        Ok(Next::More)
    }

    /// Says why there is no answer.
    fn without(&mut self, answer: &Answer) -> io::Result<Next> {
        let code = match answer {
            Answer::NotConfirmed => Code::NotConfirmed,
            Answer::TimedOut => Code::Timeout,
            Answer::Nowhere => Code::NoPinEntry,
            Answer::AgentGone => return Ok(Next::End),
            Answer::Closed => {
                self.channel.replies.line("S BUTTON_INFO close")?;
                Code::Cancelled
            }
            Answer::Cancelled | Answer::Confirmed | Answer::Given { .. } => Code::Cancelled,
        };
        self.channel.replies.refuse(code)?;
        Ok(Next::More)
    }

    fn show(&mut self, mut prompt: Prompt) -> Answer {
        if let Some(path) = self
            .memory
            .as_deref()
            .filter(|_| prompt.description.card().is_some())
        {
            let mut memory = Memory::load(path);
            prompt.known = memory.meet(&prompt.description);
            memory.save(path);
        }
        self.front.ask(prompt, &mut self.channel)
    }
}

/// A key's name, if the keyring can hold it: `n/`, `s/` or `u/` and printable characters.
fn key_name(key: &[u8]) -> Option<&str> {
    let name = std::str::from_utf8(key).ok()?;
    let printable = name.bytes().all(|byte| byte.is_ascii_graphic());
    (printable && !name.is_empty() && !name.starts_with('-')).then_some(name)
}

/// What became of an inquiry.
enum Inquired {
    /// The agent sent this, maybe nothing.
    Data(Secret),
    /// The agent cannot say, or does not.
    Nothing,
}

impl Channel {
    /// Asks the agent. `patience` is how long an end without data is looked at twice, if it may be the
    /// second end of the inquiry before.
    fn inquire(
        &mut self,
        keyword: &str,
        about: Option<&Secret>,
        patience: Duration,
    ) -> io::Result<Inquired> {
        self.drop_stray_end()?;
        if !self.replies.inquire(keyword, about)? {
            return Ok(Inquired::Nothing);
        }
        let mut data = Secret::with_capacity(512);
        // An answer of which a part is missing is none, but its end still comes.
        let mut whole = true;
        loop {
            let line = match self.lines.next_line()? {
                Line::Whole(line) => line,
                Line::TooLong => {
                    whole = false;
                    continue;
                }
                Line::End => return Err(io::ErrorKind::UnexpectedEof.into()),
            };
            let bytes = line.expose();
            if let Some(more) = bytes.strip_prefix(b"D ") {
                if data.len() + more.len() <= LONGEST_ANSWER {
                    escape::decode_into(more, &mut data);
                } else {
                    whole = false;
                }
                continue;
            }
            let (command, _) = words(bytes);
            match command.as_slice() {
                b"END" if whole => {
                    let stray = data.is_empty() && std::mem::take(&mut self.stray_end);
                    if stray && self.lines.ready(patience)? {
                        // The answer itself came behind it.
                        continue;
                    }
                    return Ok(Inquired::Data(data));
                }
                b"END" | b"CAN" => return Ok(Inquired::Nothing),
                b"D" => {}
                b"" if bytes.is_empty() => {}
                name if name.starts_with(b"#") => {}
                _ => {
                    // The agent has gone on to something else; that is answered after the dialog.
                    self.lines.give_back(line);
                    return Ok(Inquired::Nothing);
                }
            }
        }
    }

    /// Takes away the second end of the inquiry before, if it is there. If something else is, there
    /// is none: the agent would have sent it at once.
    fn drop_stray_end(&mut self) -> io::Result<()> {
        if !self.stray_end || !self.lines.ready(Duration::ZERO)? {
            return Ok(());
        }
        self.stray_end = false;
        match self.lines.next_line()? {
            Line::Whole(line) if words(line.expose()).0 == b"END" => {}
            Line::Whole(line) => self.lines.give_back(line),
            Line::TooLong | Line::End => {}
        }
        Ok(())
    }
}

/// The first word of a line in capitals, and what is behind it.
fn words(line: &[u8]) -> (Vec<u8>, &[u8]) {
    let end = line.iter().position(u8::is_ascii_whitespace);
    let (command, rest) = line.split_at(end.unwrap_or(line.len()));
    (command.to_ascii_uppercase(), rest.trim_ascii_start())
}

impl Agent for Channel {
    fn quality(&mut self, passphrase: &Secret) -> Option<i8> {
        match self.inquire("QUALITY", Some(passphrase), ANSWER_LIMIT) {
            Ok(Inquired::Data(data)) => {
                let text = std::str::from_utf8(data.expose()).ok()?;
                let value: i32 = text.trim().parse().ok()?;
                i8::try_from(value.clamp(-100, 100)).ok()
            }
            Ok(Inquired::Nothing) | Err(_) => None,
        }
    }

    fn check(&mut self, passphrase: &Secret) -> Check {
        match self.inquire("CHECKPIN", Some(passphrase), CHECK_LIMIT) {
            Ok(Inquired::Data(data)) if data.is_empty() => {
                self.stray_end = true;
                Check::Passed
            }
            Ok(Inquired::Data(data)) => {
                // The agent escapes its text once more than the protocol does.
                Check::Refused(lines(&escape::decoded(data.expose())))
            }
            Ok(Inquired::Nothing) | Err(_) => Check::Unanswered,
        }
    }

    fn generate(&mut self) -> Option<Secret> {
        match self.inquire("GENPIN", None, ANSWER_LIMIT) {
            Ok(Inquired::Data(data)) => {
                Some(data).filter(|made| !made.is_empty() && made.len() <= MAX_PASSPHRASE)
            }
            Ok(Inquired::Nothing) | Err(_) => None,
        }
    }

    fn gone(&self) -> BorrowedFd<'_> {
        self.replies.as_fd()
    }
}

/// How long the keyring may take: nobody sees yet that something is going on.
pub const KEYRING_LIMIT: Duration = Duration::from_secs(2);
