//! What a conversation has to look like, told from its lines alone: which of them are answered, in which order, and
//! what belongs to a question in between. Written from the manual of libassuan ("Client requests", "Server
//! responses"), and shared with the fuzzing of the same bytes.

use symbolon::base::secret::Secret;
use symbolon::pinentry::description::Part;
use symbolon::pinentry::prompt::{
    Agent, Answer, Check, Front, Kind, Label, MAX_PASSPHRASE, Prompt,
};
use symbolon::pinentry::server::Keyring;
use symbolon::token::Text;

/// The longest line of the protocol, without its end.
const LONGEST: usize = 1000;

/// What every question is answered with that is answered at all.
pub(crate) const PASSPHRASE: &[u8] = b"correct horse 77%99\xC3\xA4+\r\n\"";

/// What the agent has to be sent. Data, status and comments go before the reply that they belong to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shape {
    /// `OK` or `ERR`.
    Reply,
    /// `INQUIRE`.
    Inquire,
}

/// What has to come out of `sent` if dialogs do what `plan` says (see [`Scripted`]).
pub(crate) fn expected(sent: &[u8], plan: &[u8]) -> Vec<Shape> {
    let mut lines: Vec<&[u8]> = sent.split(|&byte| byte == b'\n').collect();
    // What is behind the last end is no line.
    lines.pop();
    let lines = lines.iter();
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut model = Model {
        lines: lines.collect(),
        at: 0,
        plan: plan.to_vec(),
        next: 0,
        stray_end: false,
        // The greeting.
        shapes: vec![Shape::Reply],
    };
    while model.command() {}
    model.shapes
}

struct Model<'a> {
    lines: Vec<&'a [u8]>,
    at: usize,
    plan: Vec<u8>,
    next: usize,
    /// Whether a question was just answered by an end alone, which some agents send twice.
    stray_end: bool,
    shapes: Vec<Shape>,
}

impl Model<'_> {
    /// One line outside of a question. Returns whether there may be another one.
    fn command(&mut self) -> bool {
        let Some(line) = self.lines.get(self.at) else {
            return false;
        };
        self.at += 1;
        let command = word(line);
        let silent = line.is_empty()
            || command.starts_with(b"#")
            || [&b"END"[..], b"CAN", b"D"].contains(&&*command);
        if silent && line.len() <= LONGEST {
            return true;
        }
        let command = if line.len() > LONGEST {
            Vec::new()
        } else {
            command
        };
        self.stray_end = false;
        if matches!(&*command, b"GETPIN" | b"CONFIRM" | b"MESSAGE") && !self.dialog() {
            return false;
        }
        self.shapes.push(Shape::Reply);
        command != b"BYE"
    }

    /// A dialog. Returns whether the agent is still there.
    fn dialog(&mut self) -> bool {
        loop {
            let act = self.plan.get(self.next).copied();
            self.next += 1;
            match act {
                Some(b'q' | b'g') => self.inquiry(false),
                Some(b'c') => self.inquiry(true),
                Some(b'a') => return false,
                _ => return true,
            }
        }
    }

    /// A question to the agent; `ends_alone` if no data is an answer.
    fn inquiry(&mut self, ends_alone: bool) {
        if std::mem::take(&mut self.stray_end)
            && self.lines.get(self.at).is_some_and(|line| is_end(line))
        {
            self.at += 1;
        }
        self.shapes.push(Shape::Inquire);
        let (mut data, mut spoiled) = (false, false);
        while let Some(line) = self.lines.get(self.at) {
            let command = word(line);
            if line.len() > LONGEST {
                spoiled = true;
            } else if line.starts_with(b"D ") {
                data |= line.len() > 2;
            } else if is_end(line) {
                self.at += 1;
                self.stray_end = ends_alone && !data && !spoiled;
                return;
            } else if command == b"CAN" {
                self.at += 1;
                return;
            } else if !(line.is_empty() || command.starts_with(b"#") || command == b"D") {
                // It is answered after the dialog.
                return;
            }
            self.at += 1;
        }
    }
}

fn is_end(line: &[u8]) -> bool {
    word(line) == b"END"
}

/// The first word in capitals.
fn word(line: &[u8]) -> Vec<u8> {
    let end = line.iter().position(u8::is_ascii_whitespace);
    let word = line.get(..end.unwrap_or(line.len()));
    word.unwrap_or_default().to_ascii_uppercase()
}

/// What came out.
///
/// # Panics
///
/// A line is none of the protocol.
pub(crate) fn shapes(replies: &[u8]) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let replies = replies
        .strip_suffix(b"\n")
        .expect("a last line with its end");
    for line in replies.split(|&byte| byte == b'\n') {
        let shown = String::from_utf8_lossy(line);
        assert!(line.len() <= LONGEST, "a line that is too long: {shown}");
        assert!(!line.contains(&b'\r'), "{shown}");
        match &*word(line) {
            b"OK" | b"ERR" => shapes.push(Shape::Reply),
            b"INQUIRE" => shapes.push(Shape::Inquire),
            b"D" | b"S" | b"#" => {}
            _ => panic!("no line of the protocol: {shown}"),
        }
    }
    shapes
}

/// Dialogs that do what a plan says, a byte for each act: `q`, `c` and `g` ask the agent how good a passphrase is,
/// whether it may be used, and for one; `p` gives [`PASSPHRASE`], `e` an empty one, `m` the longest, `l` one that is
/// longer; `y` says yes, `n` no, `x` closes the window, `t` waits too long, `w` has no place to ask at, `a` sees that the
/// agent is gone. Everything else, and the end of the plan, cancels.
pub(crate) struct Scripted<'a> {
    plan: std::slice::Iter<'a, u8>,
    /// Looks at every text that is shown.
    look: fn(&str),
    /// Everything that was shown.
    pub(crate) shown: usize,
}

impl<'a> Scripted<'a> {
    /// Acts by `plan`, and has every text looked at.
    pub(crate) fn new(plan: &'a [u8], look: fn(&str)) -> Self {
        Self {
            plan: plan.iter(),
            look,
            shown: 0,
        }
    }
}

impl Front for Scripted<'_> {
    fn ask(&mut self, prompt: Prompt, agent: &mut dyn Agent) -> Answer {
        self.shown += 1;
        texts(&prompt).into_iter().for_each(self.look);
        let given = |bytes: &[u8]| Answer::Given {
            passphrase: Secret::new(bytes),
            keep: true,
        };
        loop {
            match self.plan.next() {
                Some(b'q') => {
                    let quality = agent.quality(&Secret::new(PASSPHRASE));
                    assert!(quality.is_none_or(|quality| (-100..=100).contains(&quality)));
                }
                Some(b'c') => {
                    if let Check::Refused(why) = agent.check(&Secret::new(PASSPHRASE)) {
                        why.iter().for_each(|text| (self.look)(text.as_str()));
                    }
                }
                Some(b'g') => {
                    let made = agent.generate();
                    assert!(made.is_none_or(|made| made.len() <= MAX_PASSPHRASE));
                }
                Some(b'p') => return given(PASSPHRASE),
                Some(b'e') => return given(b""),
                Some(b'm') => return given(&[b'%'; MAX_PASSPHRASE]),
                Some(b'l') => return given(&[b'x'; MAX_PASSPHRASE + 1]),
                Some(b'y') => return Answer::Confirmed,
                Some(b'n') => return Answer::NotConfirmed,
                Some(b'x') => return Answer::Closed,
                Some(b't') => return Answer::TimedOut,
                Some(b'w') => return Answer::Nowhere,
                Some(b'a') => return Answer::AgentGone,
                _ => return Answer::Cancelled,
            }
        }
    }

    fn flavour(&self) -> &'static str {
        "scripted"
    }
}

/// Keeps nothing.
pub(crate) struct NoKeyring;

impl Keyring for NoKeyring {
    fn look_up(&mut self, _key: &str) -> Option<Secret> {
        None
    }

    fn keep(&mut self, key: &str, _passphrase: Secret) {
        assert!(!key.is_empty(), "kept under no name");
    }

    fn forget(&mut self, _key: &str) -> bool {
        false
    }
}

/// Everything of a question that a person can see.
pub(crate) fn texts(prompt: &Prompt) -> Vec<&str> {
    let mut texts = Texts(Vec::new());
    texts.text(prompt.title.as_ref());
    for part in &prompt.description.parts {
        match part {
            Part::Line(text) => texts.text(Some(text)),
            Part::Fact { name, value } => {
                texts.text(Some(name));
                texts.text(Some(value));
            }
            Part::Gap => {}
        }
    }
    texts.all(&prompt.error);
    let requester = &prompt.requester;
    for text in [&requester.program, &requester.started_by, &requester.host] {
        texts.text(text.as_ref());
    }
    for label in [&prompt.ok, &prompt.not_ok, &prompt.cancel] {
        texts.label(label.as_ref());
    }
    if let Kind::Pin(pin) = &prompt.kind {
        for label in [&pin.prompt, &pin.keyring] {
            texts.label(label.as_ref());
        }
        for text in [&pin.formatted, &pin.show, &pin.hide, &pin.caps_lock] {
            texts.text(text.as_ref());
        }
        for help in [&pin.quality, &pin.generate].into_iter().flatten() {
            texts.label(help.label.as_ref());
            texts.text(help.tooltip.as_ref());
        }
        if let Some(repeat) = &pin.repeat {
            texts.label(repeat.prompt.as_ref());
            texts.text(repeat.error.as_ref());
            texts.text(repeat.ok.as_ref());
        }
        if let Some(constraints) = &pin.constraints {
            texts.text(constraints.short.as_ref());
            texts.text(constraints.title.as_ref());
            texts.all(&constraints.long);
        }
    }
    texts.0
}

struct Texts<'a>(Vec<&'a str>);

impl<'a> Texts<'a> {
    fn text(&mut self, text: Option<&'a Text>) {
        self.0.extend(text.map(Text::as_str));
    }

    fn all(&mut self, texts: &'a [Text]) {
        self.0.extend(texts.iter().map(Text::as_str));
    }

    fn label(&mut self, label: Option<&'a Label>) {
        self.0.extend(
            label
                .iter()
                .flat_map(|label| [label.as_str(), label.with_mark()]),
        );
    }
}
