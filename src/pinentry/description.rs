//! What a question is about, taken apart: sentences, the facts of a card, the tries that are left.
//!
//! The agent sends one text, in the language of its user. Rows of facts are marked by the unit
//! separator (0x1F) behind their name, if the pinentry has said that it knows it; the tries and two
//! remarks are known by their words, which are looked up in GnuPG's own translations.

use crate::base::i18n;
use crate::token::Text;

/// Stands between a fact's name and its value.
const SEPARATOR: u8 = 0x1F;
/// Stands before the first fact of a block (app-openpgp.c, `get_prompt_info`).
const BLOCK: u8 = 0x1E;

/// Where GnuPG's translations are found.
const DOMAINS: [&str; 2] = ["gnupg2", "gnupg"];

/// What a question is about.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Description {
    /// What it says, from above.
    pub parts: Vec<Part>,
    /// How many tries are left, if it says so.
    pub tries: Option<u32>,
    /// Whether the request came over a connection from elsewhere, and from where.
    pub remote: Option<Remote>,
    /// Whether the answer is to be typed on the reader.
    pub pin_pad: bool,
}

/// A part of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Part {
    /// A line of text.
    Line(Text),
    /// A fact about a card.
    Fact {
        /// What it is: "Holder".
        name: Text,
        /// The value.
        value: Text,
    },
    /// Room between two parts.
    Gap,
}

/// Where a forwarded request came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Remote {
    /// Another machine.
    Site,
    /// A web page, through the browser.
    Browser,
}

/// What GnuPG says in the user's language.
#[derive(Clone, Debug)]
pub struct Phrases {
    /// `Remaining attempts: %d`, in every wording that may come.
    attempts: Vec<String>,
    site: Vec<String>,
    browser: Vec<String>,
    pin_pad: Vec<String>,
    /// What buttons say that destroy something.
    deletes: Vec<String>,
}

impl Phrases {
    /// Whether the button of this name destroys something: gpg-agent asks before it deletes a secret
    /// key.
    #[must_use]
    pub fn destroys(&self, button: &str) -> bool {
        self.deletes.iter().any(|known| known == button)
    }

    /// In English, and as GnuPG's translations have it.
    #[must_use]
    pub fn load() -> Self {
        let all = |text: &str| {
            let translated = DOMAINS.map(|domain| i18n::foreign(domain, text));
            let mut all = vec![text.to_owned()];
            all.extend(translated);
            all.dedup();
            all
        };
        Self {
            attempts: all("Remaining attempts: %d"),
            site: all("Note: Request from a remote site."),
            browser: all("Note: Request from the web browser."),
            pin_pad: all("Use the reader's pinpad for input."),
            deletes: all("Delete key"),
        }
    }

    /// In English alone.
    #[must_use]
    pub fn english() -> Self {
        let one = |text: &str| vec![text.to_owned()];
        Self {
            attempts: one("Remaining attempts: %d"),
            site: one("Note: Request from a remote site."),
            browser: one("Note: Request from the web browser."),
            pin_pad: one("Use the reader's pinpad for input."),
            deletes: one("Delete key"),
        }
    }
}

impl Description {
    /// Takes `bytes` apart.
    #[must_use]
    pub fn new(bytes: &[u8], phrases: &Phrases) -> Self {
        let mut description = Self::default();
        for line in bytes.split(|&byte| byte == b'\n') {
            let line = line.strip_prefix(&[BLOCK]).unwrap_or(line);
            let text = std::str::from_utf8(line).unwrap_or_default().trim();
            if let Some(tries) = phrases.attempts.iter().find_map(|form| number(form, text)) {
                description.tries = Some(tries);
            } else if phrases.site.iter().any(|known| known == text) {
                description.remote = Some(Remote::Site);
            } else if phrases.browser.iter().any(|known| known == text) {
                description.remote = Some(Remote::Browser);
            } else {
                description.pin_pad |= phrases.pin_pad.iter().any(|known| known == text);
                description.push(line);
            }
        }
        while description.parts.last() == Some(&Part::Gap) {
            description.parts.pop();
        }
        description
    }

    fn push(&mut self, line: &[u8]) {
        let part = match line.iter().position(|&byte| byte == SEPARATOR) {
            Some(at) => {
                let (name, value) = line.split_at(at);
                let value = value.get(1..).unwrap_or_default();
                let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
                Part::Fact {
                    name: Text::from_utf8(name.trim_ascii()),
                    value: Text::from_utf8(value),
                }
            }
            None if line.trim_ascii().is_empty() => {
                // Neither at the top nor twice.
                if matches!(self.parts.last(), None | Some(Part::Gap)) {
                    return;
                }
                Part::Gap
            }
            None => Part::Line(Text::from_utf8(line.trim_ascii_end())),
        };
        self.parts.push(part);
    }

    /// The number of the card it is about: the first of its facts. scdaemon puts it there for every
    /// kind of card.
    #[must_use]
    pub fn card(&self) -> Option<&Text> {
        self.facts().next().map(|(_, value)| value)
    }

    /// How many signatures the card has made: the last of its three facts, if it is a number.
    #[must_use]
    pub fn counter(&self) -> Option<u32> {
        let (_, value) = self.facts().nth(2)?;
        value.as_str().trim().parse().ok()
    }

    fn facts(&self) -> impl Iterator<Item = (&Text, &Text)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Fact { name, value } => Some((name, value)),
            Part::Line(_) | Part::Gap => None,
        })
    }
}

/// The number that stands in `text` where `form` has `%d`.
fn number(form: &str, text: &str) -> Option<u32> {
    let (before, after) = form.split_once("%d")?;
    let digits = text.strip_prefix(before)?.strip_suffix(after)?;
    digits.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Description, Part, Phrases, Remote};

    fn description(text: &str) -> Description {
        Description::new(text.as_bytes(), &Phrases::english())
    }

    #[test]
    fn what_scdaemon_says_becomes_facts_and_tries() {
        let seen = description(
            "Please unlock the card\n\n\x1eNumber\x1f: 0006 12345678\nHolder\x1f: Alice Test\n\
             Counter\x1f: 42\n\nRemaining attempts: 1",
        );
        assert_eq!(seen.tries, Some(1));
        assert_eq!(seen.counter(), Some(42));
        assert_eq!(seen.card().map(|text| text.as_str()), Some("0006 12345678"));
        let facts = seen
            .parts
            .iter()
            .filter(|part| matches!(part, Part::Fact { .. }));
        assert_eq!(facts.count(), 3);
        assert!(seen.parts.contains(&Part::Fact {
            name: "Number".to_owned().into(),
            value: "0006 12345678".to_owned().into(),
        }));
        assert_ne!(seen.parts.last(), Some(&Part::Gap));
    }

    #[test]
    fn a_request_from_elsewhere_is_told_apart() {
        let seen = description("Note: Request from a remote site.\n\nPlease unlock the card");
        assert_eq!(seen.remote, Some(Remote::Site));
        assert_eq!(seen.parts.len(), 1);
        assert!(description("x\nUse the reader's pinpad for input.").pin_pad);
    }

    #[test]
    fn any_bytes_are_lines_that_can_be_shown() {
        let odd = b"\x1f\x1f:\xff\0<b>\n\n\n\x1b[31m\nRemaining attempts: many\n\n";
        let seen = Description::new(odd, &Phrases::english());
        assert_eq!(seen.tries, None);
        for part in &seen.parts {
            if let Part::Fact { name, value } = part {
                assert!(!name.as_str().contains('\x1f') && !value.as_str().contains('\0'));
            }
        }
        assert_eq!(description(""), Description::default());
    }
}
