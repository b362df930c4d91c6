//! Readers, what is in them, and the service behind them: rows of the panel, and the pages
//! that stand where there is no token to show.

use super::{dotted, failure, practice, token as token_words};
use crate::base::i18n::{gettext, gettext_f};
use crate::token::{Reader, ServiceState, SlotState, Text, Token};

/// A row of the reader panel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// First line: whose token it is, or what the reader holds.
    pub title: String,
    /// Second line: the model, or the reader.
    pub subtitle: String,
    /// Everything in one sentence, as a screen reader says it.
    pub sentence: String,
}

/// What is known about a card that is in a reader.
#[derive(Clone, Copy, Debug)]
pub enum Reading<'a> {
    /// It is being read and nothing can be shown yet.
    Started,
    /// It was read, in part at least.
    Read {
        /// The token.
        token: &'a Token,
        /// Whether something on it wants attention.
        wants_attention: bool,
    },
    /// It could not be read at all.
    Refused,
}

/// A page in place of a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// Name of the icon.
    pub icon: &'static str,
    /// Without full stop.
    pub title: String,
    /// Full sentences.
    pub body: String,
}

impl Page {
    fn new(icon: &'static str, title: String, body: String) -> Self {
        Self { icon, title, body }
    }

    fn of(icon: &'static str, words: failure::Explanation) -> Self {
        Self::new(icon, words.title, words.body)
    }

    /// Title and body as running text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}. {}", self.title, self.body)
    }
}

/// The names under which readers are shown, in the order of `readers`: without the numbers
/// that the service appends, and with "(1)", "(2)" where two would be the same.
#[must_use]
pub fn names(readers: &[Reader]) -> Vec<String> {
    let plain: Vec<String> = readers
        .iter()
        .map(|reader| {
            if reader.practice {
                practice::reader(reader.name.as_str())
            } else {
                without_numbers(reader.name.as_str()).to_owned()
            }
        })
        .collect();
    plain
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let same = |others: &[String]| others.iter().filter(|other| *other == name).count();
            if same(&plain) < 2 {
                return name.clone();
            }
            let number = same(plain.get(..=index).unwrap_or_default());
            format!("{name} ({number})")
        })
        .collect()
}

/// A reader's name without the two hexadecimal numbers (reader and slot) that the service puts
/// behind it: "Yubico YubiKey OTP+FIDO+CCID 00 00".
fn without_numbers(name: &str) -> &str {
    let is_number =
        |word: &str| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut rest = name.trim_end();
    for _ in 0..2 {
        match rest.rsplit_once(' ') {
            Some((before, word)) if is_number(word) => rest = before.trim_end(),
            Some(_) | None => return name,
        }
    }
    rest
}

/// The row of a reader. `name` is its name from [`names`]; `reading` counts only while a card
/// is present.
#[must_use]
pub fn row(reader: &Reader, name: &str, reading: Reading<'_>) -> Row {
    let subtitle = if reader.practice {
        gettext("Practice card")
    } else {
        name.to_owned()
    };
    let (title, subtitle) = match &reader.slot {
        SlotState::Empty => (
            // TRANSLATORS: Said of a reader.
            gettext("Empty"),
            name.to_owned(),
        ),
        SlotState::Present { .. } => return present(reader, subtitle, reading),
        SlotState::Held { by } => (
            failure::held(by.as_ref()).title,
            gettext_f("Card in {reader}", &[("reader", name)]),
        ),
        SlotState::Mute => (gettext("No answer"), subtitle),
        SlotState::Unavailable => (
            // TRANSLATORS: Said of a reader.
            gettext("Out of reach"),
            name.to_owned(),
        ),
    };
    let sentence = format!("{title}, {subtitle}");
    Row {
        title,
        subtitle,
        sentence,
    }
}

fn present(reader: &Reader, subtitle: String, reading: Reading<'_>) -> Row {
    let (title, subtitle, attention) = match reading {
        Reading::Started => (gettext("Reading…"), subtitle, false),
        Reading::Refused => (gettext("Cannot be read"), subtitle, true),
        Reading::Read {
            token,
            wants_attention,
        } => {
            let model = token.model.as_ref().filter(|model| !model.is_empty());
            let subtitle = match model {
                // Every practice card is marked as one, and still told apart from the others.
                Some(model) if reader.practice => dotted(&[model.to_string(), subtitle]),
                Some(model) => model.to_string(),
                None => subtitle,
            };
            (token_words::title(token), subtitle, wants_attention)
        }
    };
    let sentence = if attention {
        gettext_f(
            // TRANSLATORS: A row as a screen reader says it: "Thomas Mustermann, YubiKey 5C
            // NFC, needs attention".
            "{title}, {subtitle}, needs attention",
            &[("title", &title), ("subtitle", &subtitle)],
        )
    } else {
        format!("{title}, {subtitle}")
    };
    Row {
        title,
        subtitle,
        sentence,
    }
}

/// The page for a service that does not answer; nothing if it does.
#[must_use]
pub fn service(state: ServiceState) -> Option<Page> {
    match state {
        ServiceState::Running => None,
        ServiceState::Starting => Some(Page::new(
            "auth-smartcard-symbolic",
            gettext("Looking for readers…"),
            gettext("Symbolon asks the smart card service what is there."),
        )),
        ServiceState::NotInstalled => Some(Page::new(
            "computer-fail-symbolic",
            gettext("Smart card service not installed"),
            gettext(
                "Symbolon talks to cards through a program named pcscd. It is in the packages of every distribution.",
            ),
        )),
        ServiceState::Stopped => Some(Page::of(
            "media-playback-stop-symbolic",
            failure::service_stopped(),
        )),
        ServiceState::Refused => Some(Page::of(
            "changes-prevent-symbolic",
            failure::service_refuses(),
        )),
        ServiceState::Silent => Some(Page::of(
            "computer-fail-symbolic",
            failure::service_silent(),
        )),
    }
}

/// The service runs, and there is no reader.
#[must_use]
pub fn no_reader() -> Page {
    Page::new(
        "auth-smartcard-symbolic",
        gettext("No reader connected"),
        gettext("Connect a reader or a token: it appears by itself. Practice cards need neither."),
    )
}

/// A reader without a card.
#[must_use]
pub fn empty(name: &str) -> Page {
    Page::new(
        "auth-sim-missing-symbolic",
        gettext("Put in a card"),
        gettext_f(
            "Symbolon watches {reader} and shows the card by itself.",
            &[("reader", name)],
        ),
    )
}

/// A practice reader whose card was pulled.
#[must_use]
pub fn practice_pulled() -> Page {
    Page::new(
        "auth-sim-missing-symbolic",
        gettext("The practice card is pulled"),
        gettext("Put it back to go on with it as it was."),
    )
}

/// A card that another program keeps.
#[must_use]
pub fn held(by: Option<&Text>) -> Page {
    Page::of("changes-prevent-symbolic", failure::held(by))
}

/// A card that does not answer to reset.
#[must_use]
pub fn mute() -> Page {
    Page::of("dialog-error-symbolic", failure::mute())
}

/// A reader that the service lists and cannot reach.
#[must_use]
pub fn unavailable(name: &str) -> Page {
    Page::new(
        "dialog-error-symbolic",
        gettext("The reader is out of reach"),
        gettext_f(
            "The smart card service knows {reader}, but gets no answer from it. Unplug it and connect it again.",
            &[("reader", name)],
        ),
    )
}

/// A card that no driver knows.
#[must_use]
pub fn unknown_card() -> Page {
    Page::new(
        "dialog-question-symbolic",
        gettext("Unknown card"),
        gettext("No application that Symbolon knows answers. The report helps to add it."),
    )
}

/// A card with a card manager, and nothing else that is known here.
#[must_use]
pub fn empty_java_card() -> Page {
    Page::new(
        "auth-smartcard-symbolic",
        gettext("Java card"),
        gettext(
            "Its card manager answers, and no applet for PINs and keys. With such an applet on it the card can become a token.",
        ),
    )
}

/// A card without anything that is read here.
#[must_use]
pub fn without_driver(token: &Token) -> Page {
    if token.is_empty_java_card() {
        empty_java_card()
    } else {
        unknown_card()
    }
}

/// A card that is being read for the first time.
#[must_use]
pub fn reading(name: &str) -> Page {
    Page::new(
        "auth-smartcard-symbolic",
        gettext("Reading…"),
        gettext_f("The card in {reader} is being read.", &[("reader", name)]),
    )
}

/// A card of which nothing could be read.
#[must_use]
pub fn unreadable(error: &crate::card::CardError) -> Page {
    Page::of("dialog-error-symbolic", failure::card_error(error))
}

/// The page of a slot without a token to show; nothing while a card is present.
#[must_use]
pub fn slot(slot: &SlotState, practice: bool, name: &str) -> Option<Page> {
    match slot {
        SlotState::Empty if practice => Some(practice_pulled()),
        SlotState::Empty => Some(empty(name)),
        SlotState::Present { .. } => None,
        SlotState::Held { by } => Some(held(by.as_ref())),
        SlotState::Mute => Some(mute()),
        SlotState::Unavailable => Some(unavailable(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Identity, ReaderId};

    fn reader(name: &str, slot: SlotState) -> Reader {
        Reader {
            id: ReaderId(1),
            name: name.into(),
            practice: false,
            pinpad: false,
            slot,
        }
    }

    fn present() -> SlotState {
        SlotState::Present {
            identity: Identity {
                reader: ReaderId(1),
                insertion: 1,
            },
        }
    }

    #[test]
    fn readers_of_one_model_are_told_apart() {
        let readers = [
            "SCR 3310 00 00",
            "OMNIKEY 01 00",
            "SCR 3310 02 00",
            "Odd 00",
        ]
        .map(|name| reader(name, SlotState::Empty));
        assert_eq!(
            names(&readers),
            ["SCR 3310 (1)", "OMNIKEY", "SCR 3310 (2)", "Odd 00"]
        );
    }

    #[test]
    fn a_row_says_what_is_there() {
        let words = |slot| {
            let reader = reader("SCR 3310 00 00", slot);
            let row = row(&reader, "SCR 3310", Reading::Started);
            (row.title, row.subtitle)
        };
        let pair = |title: &str, subtitle: &str| (title.to_owned(), subtitle.to_owned());
        assert_eq!(words(SlotState::Empty), pair("Empty", "SCR 3310"));
        assert_eq!(words(present()), pair("Reading…", "SCR 3310"));
        assert_eq!(
            words(SlotState::Held {
                by: Some("scdaemon".into())
            }),
            pair("In use by scdaemon", "Card in SCR 3310")
        );
        assert_eq!(words(SlotState::Mute), pair("No answer", "SCR 3310"));
    }

    #[test]
    fn a_row_is_one_sentence() {
        let token = Token {
            label: Some("Thomas Mustermann".into()),
            model: Some("YubiKey 5C NFC".into()),
            ..Token::default()
        };
        let reading = Reading::Read {
            token: &token,
            wants_attention: true,
        };
        let mut reader = reader("Yubico 00 00", present());
        assert_eq!(
            row(&reader, "Yubico", reading).sentence,
            "Thomas Mustermann, YubiKey 5C NFC, needs attention"
        );
        reader.practice = true;
        assert_eq!(
            row(&reader, "Yubico", reading).subtitle,
            "YubiKey 5C NFC · Practice card"
        );
    }

    #[test]
    fn every_state_of_the_service_has_its_own_page() {
        let page = |state| service(state).map(|page| page.title);
        assert_eq!(page(ServiceState::Running), None);
        assert_eq!(
            page(ServiceState::Stopped).as_deref(),
            Some("Smart card service is not running")
        );
        assert_eq!(
            page(ServiceState::Refused).as_deref(),
            Some("Access to smart cards is not allowed")
        );
        assert_eq!(
            page(ServiceState::NotInstalled).as_deref(),
            Some("Smart card service not installed")
        );
    }
}
