//! What the agent has said so far: options, which last as long as the conversation, and what belongs
//! to the next question.

use std::time::Duration;

use super::description::{Description, Phrases};
use super::escape;
use super::memory::Known;
use super::prompt::{Alert, Constraints, Help, Kind, Label, PinPrompt, Place, Prompt, Repeat};
use super::requester::Requester;
use crate::token::Text;

/// How long a prompt waits when the agent says nothing about it, as other pinentries do.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest wait that is kept to; longer ones are no use to anybody.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Options.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether the keyboard is to be kept from other programs.
    pub grab: bool,
    /// The terminal of the person.
    pub tty_name: Option<Vec<u8>>,
    /// What kind of terminal it is (`TERM`).
    pub tty_type: Option<Vec<u8>>,
    /// How the terminal rings.
    pub alert: Alert,
    /// The display.
    pub display: Option<Vec<u8>>,
    /// The owner as it was sent.
    pub owner: Option<Vec<u8>>,
    /// A file whose time is to be set when the terminal was drawn on.
    pub touch_file: Option<Vec<u8>>,
    /// Whether the keyring may be used.
    pub external_cache: bool,
    /// Whether passphrases are shown in groups, and what is said about that.
    pub formatted: bool,
    formatted_hint: Option<Text>,
    enforce: bool,
    constraints: Constraints,
    ok: Option<Label>,
    cancel: Option<Label>,
    prompt: Option<Label>,
    keyring: Option<Label>,
    show: Option<Text>,
    hide: Option<Text>,
    caps_lock: Option<Text>,
    invisible: Option<char>,
    /// How long a prompt waits; nothing means for ever.
    pub timeout: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            grab: false,
            tty_name: None,
            tty_type: None,
            alert: Alert::None,
            display: None,
            owner: None,
            touch_file: None,
            external_cache: false,
            formatted: false,
            formatted_hint: None,
            enforce: false,
            constraints: Constraints::default(),
            ok: None,
            cancel: None,
            prompt: None,
            keyring: None,
            show: None,
            hide: None,
            caps_lock: None,
            invisible: None,
            timeout: Some(DEFAULT_TIMEOUT),
        }
    }
}

impl Options {
    /// Takes an option and its value, which is empty where there is none. Returns whether there is
    /// such an option.
    ///
    /// GnuPG 2.2 ends the whole request when one of `grab`, `no-grab`, `ttyname`, `ttytype`,
    /// `lc-ctype` or `lc-messages` is refused, so these are taken whatever they say.
    pub fn set(&mut self, name: &[u8], value: &[u8]) -> bool {
        let raw = || (!value.is_empty()).then(|| value.to_vec());
        let label = || (!value.is_empty()).then(|| Label::marked(value));
        let text = || (!value.is_empty()).then(|| Text::from_utf8(value));
        let decoded = || (!value.is_empty()).then(|| Text::from_utf8(&escape::decoded(value)));
        match name {
            b"grab" if value.is_empty() => self.grab = true,
            b"no-grab" if value.is_empty() => self.grab = false,
            b"ttyname" => self.tty_name = raw(),
            b"ttytype" => self.tty_type = raw(),
            b"ttyalert" => {
                self.alert = match value {
                    b"" | b"none" => Alert::None,
                    _ => Alert::Bell,
                }
            }
            b"display" => self.display = raw(),
            b"owner" => self.owner = raw(),
            b"touch-file" => self.touch_file = raw(),
            b"allow-external-password-cache" => self.external_cache = true,
            b"formatted-passphrase" => self.formatted = true,
            b"formatted-passphrase-hint" => self.formatted_hint = decoded(),
            b"constraints-enforce" => self.enforce = true,
            b"constraints-hint-short" => self.constraints.short = decoded(),
            b"constraints-hint-long" => self.constraints.long = lines(&escape::decoded(value)),
            b"constraints-error-title" => self.constraints.title = decoded(),
            b"default-ok" => self.ok = label(),
            b"default-cancel" => self.cancel = label(),
            b"default-prompt" => self.prompt = label(),
            b"default-pwmngr" => self.keyring = label(),
            b"default-tt-visi" => self.show = text(),
            b"default-tt-hide" => self.hide = text(),
            b"default-capshint" => self.caps_lock = text(),
            b"invisible-char" => {
                self.invisible = Text::from_utf8(value)
                    .as_str()
                    .chars()
                    .next()
                    .filter(|character| !character.is_whitespace());
            }
            // The language is that of the environment; there are no buttons for yes and no beside
            // those that a question brings; nothing is asked before a passphrase is shown; there
            // is no Emacs; GTK has no windows of other programs to stand above; and nobody waits
            // here for a debugger.
            b"lc-ctype"
            | b"lc-messages"
            | b"default-yes"
            | b"default-no"
            | b"default-cf-visi"
            | b"allow-emacs-prompt"
            | b"parent-wid"
            | b"debug-wait"
            | b"pinentry-user-data" => {}
            _ => return false,
        }
        true
    }

    /// Sets how long prompts wait, in seconds: 0 means for ever. What is no number is 0, as `atoi`
    /// has it for other pinentries.
    pub fn set_timeout(&mut self, seconds: &[u8]) {
        let seconds = std::str::from_utf8(seconds).unwrap_or_default().trim();
        let digits = seconds.strip_prefix('+').unwrap_or(seconds);
        self.timeout = if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            None
        } else {
            let wanted = digits.parse().map_or(LONGEST_TIMEOUT, Duration::from_secs);
            (!wanted.is_zero()).then(|| wanted.min(LONGEST_TIMEOUT))
        };
    }

    /// What the box for the keyring is called; empty where the agent does not say.
    #[must_use]
    pub fn keyring_label(&self) -> Label {
        self.keyring.clone().unwrap_or_default()
    }

    /// What `GETINFO ttyinfo` says: name, type and display, what the system knows of the terminal,
    /// user and group of this process, Emacs.
    #[must_use]
    pub fn tty_info(&self) -> Vec<u8> {
        let dash = |value: &Option<Vec<u8>>| value.clone().unwrap_or_else(|| b"-".to_vec());
        let known = match &self.tty_name {
            None => "-".to_owned(),
            Some(name) => {
                use std::os::unix::ffi::OsStrExt as _;
                rustix::fs::stat(std::ffi::OsStr::from_bytes(name)).map_or_else(
                    |_| "?".to_owned(),
                    |stat| format!("{:o}/{}/{}", stat.st_mode, stat.st_uid, stat.st_gid),
                )
            }
        };
        let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
        let end = format!(" {known} {}/{} -", user.as_raw(), group.as_raw());
        let display = dash(&self.display);
        let parts = [
            &dash(&self.tty_name)[..],
            b" ",
            &dash(&self.tty_type),
            b" ",
            &display,
        ];
        [&parts.concat()[..], end.as_bytes()].concat()
    }
}

/// What belongs to the next question.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The title.
    pub title: Option<Text>,
    /// What it is about, as it came.
    pub description: Vec<u8>,
    /// The name of the field.
    pub prompt: Option<Label>,
    /// What was wrong before.
    pub error: Option<Vec<Text>>,
    /// Buttons.
    pub ok: Option<Label>,
    /// See [`Question::ok`].
    pub not_ok: Option<Label>,
    /// See [`Question::ok`].
    pub cancel: Option<Label>,
    /// The key that the passphrase is for, as the keyring knows it.
    pub key: Option<Vec<u8>>,
    /// Whether and how it is to be typed twice.
    pub repeat: Option<Option<Label>>,
    /// Said while the two differ.
    pub repeat_error: Option<Text>,
    /// Said when they do not.
    pub repeat_ok: Option<Text>,
    /// The bar that tells how good it is.
    pub quality: Option<Option<Label>>,
    /// A sentence about it.
    pub quality_tooltip: Option<Text>,
    /// The button that makes one up.
    pub generate: Option<Option<Label>>,
    /// A sentence about it.
    pub generate_tooltip: Option<Text>,
}

impl Question {
    /// Forgets what goes with the answer: the next question has errors and fields of its own, while
    /// it may be about the same.
    pub fn answered(&mut self) {
        self.error = None;
        self.repeat = None;
        self.quality = None;
    }

    /// The question as it is shown, for a PIN or passphrase, without a box for the keyring.
    #[must_use]
    pub fn pin(&self, options: &Options, phrases: &Phrases) -> Prompt {
        let help = |label: &Option<Option<Label>>, tooltip: &Option<Text>| {
            label.as_ref().map(|label| Help {
                label: label.clone(),
                tooltip: tooltip.clone(),
            })
        };
        let pin = PinPrompt {
            prompt: self.prompt.clone().or_else(|| options.prompt.clone()),
            repeat: self.repeat.as_ref().map(|label| Repeat {
                prompt: label.clone(),
                error: self.repeat_error.clone(),
                ok: self.repeat_ok.clone(),
            }),
            quality: help(&self.quality, &self.quality_tooltip),
            // One that is made up has to be repeated by nobody, and makes sense for a new one only.
            generate: help(&self.generate, &self.generate_tooltip)
                .filter(|_| self.repeat.is_some()),
            constraints: options
                .enforce
                .then(|| options.constraints.clone())
                .filter(|_| self.repeat.is_some()),
            formatted: options
                .formatted
                .then(|| options.formatted_hint.clone().unwrap_or_default()),
            show: options.show.clone(),
            hide: options.hide.clone(),
            caps_lock: options.caps_lock.clone(),
            keyring: None,
            invisible: options.invisible,
        };
        self.shown(Kind::Pin(Box::new(pin)), options, phrases)
    }

    /// The question as it is shown.
    #[must_use]
    pub fn shown(&self, kind: Kind, options: &Options, phrases: &Phrases) -> Prompt {
        Prompt {
            kind,
            title: self.title.clone(),
            description: Description::new(&self.description, phrases),
            error: self.error.clone().unwrap_or_default(),
            requester: options
                .owner
                .as_deref()
                .map(Requester::from_owner)
                .unwrap_or_default(),
            ok: self.ok.clone().or_else(|| options.ok.clone()),
            not_ok: self.not_ok.clone(),
            cancel: self.cancel.clone().or_else(|| options.cancel.clone()),
            destroys: self
                .ok
                .as_ref()
                .is_some_and(|ok| phrases.destroys(ok.as_str())),
            timeout: options.timeout,
            grab: options.grab,
            alert: options.alert,
            known: Known::default(),
            terminal: Place {
                name: options.tty_name.clone(),
                touch: options.touch_file.clone(),
            },
        }
    }
}

/// The lines of a text, without empty ones at its end.
#[must_use]
pub fn lines(bytes: &[u8]) -> Vec<Text> {
    let mut lines: Vec<Text> = bytes
        .split(|&byte| byte == b'\n')
        .map(Text::from_utf8)
        .collect();
    while lines.last().is_some_and(Text::is_empty) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DEFAULT_TIMEOUT, LONGEST_TIMEOUT, Options};

    #[test]
    fn any_timeout_is_one_that_can_be_kept() {
        let timeout = |text: &str| {
            let mut options = Options::default();
            options.set_timeout(text.as_bytes());
            options.timeout
        };
        assert_eq!(Options::default().timeout, Some(DEFAULT_TIMEOUT));
        assert_eq!(timeout("25"), Some(Duration::from_secs(25)));
        for none in ["0", "-1", "", "x"] {
            assert_eq!(timeout(none), None, "{none}");
        }
        for long in ["1000000000000", "99999999999999999999999999"] {
            assert_eq!(timeout(long), Some(LONGEST_TIMEOUT));
        }
    }

    #[test]
    fn options_are_known_or_not() {
        let mut options = Options::default();
        assert!(options.set(b"grab", b"") && options.grab);
        assert!(!options.set(b"grab", b"1"));
        assert!(options.set(b"no-grab", b"") && !options.grab);
        assert!(options.set(b"pinentry-user-data", b"a b c"));
        assert!(!options.set(b"bogus", b"") && !options.set(b"", b""));
        assert!(options.set(b"ttyname", b"/no/such/tty"));
        assert!(options.tty_info().starts_with(b"/no/such/tty - - ? "));
    }
}
