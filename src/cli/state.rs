//! What is known at a moment: the events of the backend, added up.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::exit::{Exit, Trouble};
use crate::backend::{CardError, Done, Event, Failure, RequestId};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::plan::journal::Unfinished;
use crate::token::{Identity, Reader, ReaderId, ServiceState, SlotState, Text, Token};

/// Everything that the events said so far.
#[derive(Debug, Default)]
pub(super) struct State {
    service: Option<ServiceState>,
    readers: Vec<Reader>,
    settled: bool,
    seen: HashMap<Identity, Seen>,
    finished: HashMap<RequestId, Result<Done, Failure>>,
    unfinished: HashMap<Identity, Arc<Unfinished>>,
}

/// What came of the reading of a card.
#[derive(Clone, Debug)]
pub(super) enum Seen {
    /// All of it.
    Token(Arc<Token>),
    /// Nothing.
    Unreadable(CardError),
}

/// A reader with its number in the table of readers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbered<'a> {
    /// From 1.
    pub(super) number: usize,
    /// The reader.
    pub(super) reader: &'a Reader,
}

impl State {
    /// Adds what an event says.
    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::ServiceChanged(service) => self.service = Some(service),
            Event::ReaderAdded(reader) | Event::ReaderChanged(reader) => self.put(reader),
            Event::ReaderRemoved(id) => self.readers.retain(|known| known.id != id),
            Event::Settled => self.settled = true,
            Event::ReadingStarted(identity) => {
                self.seen.remove(&identity);
                self.unfinished.remove(&identity);
            }
            Event::TokenRead { identity, token } => {
                if token.complete {
                    self.seen.insert(identity, Seen::Token(token));
                }
            }
            Event::TokenUnreadable { identity, error } => {
                self.seen.insert(identity, Seen::Unreadable(error));
            }
            Event::Finished { id, outcome } => {
                self.finished.insert(id, outcome);
            }
            Event::PlanUnfinished {
                identity,
                unfinished,
            } => {
                self.unfinished.insert(identity, unfinished);
            }
            Event::Traced(_) | Event::Progressed { .. } => {}
        }
    }

    fn put(&mut self, reader: Reader) {
        match self.readers.iter_mut().find(|known| known.id == reader.id) {
            Some(known) => *known = reader,
            None => self.readers.push(reader),
        }
        // Real readers first, each kind in the order in which it came: numbers then stay the
        // same from one run to the next.
        self.readers
            .sort_by(|one, other| match one.practice.cmp(&other.practice) {
                Ordering::Equal => one.id.cmp(&other.id),
                order => order,
            });
    }

    /// Whether the first look at all readers is over.
    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    /// The smart card service.
    pub(super) fn service(&self) -> ServiceState {
        self.service.unwrap_or(ServiceState::Starting)
    }

    /// All readers.
    pub(super) fn readers(&self) -> impl Iterator<Item = Numbered<'_>> {
        let numbered = self.readers.iter().zip(1..);
        numbered.map(|(reader, number)| Numbered { number, reader })
    }

    /// The plan that was broken off on a card, if there is one.
    pub(super) fn unfinished(&self, identity: Identity) -> Option<Arc<Unfinished>> {
        self.unfinished.get(&identity).cloned()
    }

    /// A reader that may have gone meanwhile.
    pub(super) fn reader(&self, id: ReaderId) -> Option<Numbered<'_>> {
        self.readers().find(|known| known.reader.id == id)
    }

    /// What came of the card in a reader; nothing while it is being read.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: there is no card that could be read.
    pub(super) fn contents(&self, id: ReaderId) -> Result<Option<(Identity, Seen)>, Trouble> {
        let Some(known) = self.reader(id) else {
            return Err(Trouble::of(&Failure::NoReader));
        };
        let reader = known.reader;
        if let SlotState::Present { identity } = &reader.slot {
            return Ok(self
                .seen
                .get(identity)
                .map(|seen| (*identity, seen.clone())));
        }
        match explain::readers::slot(&reader.slot, reader.practice, reader.name.as_str()) {
            Some(page) => Err(Trouble::new(Exit::NoCard, page.title, page.body)),
            None => Err(Trouble::of(&Failure::NoCard)),
        }
    }

    /// How a request ended, told once; nothing while it has not.
    pub(super) fn take_finished(&mut self, id: RequestId) -> Option<Result<Done, Failure>> {
        self.finished.remove(&id)
    }

    /// The reader that a person names: by its number in the table, its name, or a part of the
    /// name that no other reader has.
    ///
    /// # Errors
    ///
    /// [`Trouble`]: there is none, or more than one.
    pub(super) fn named(&self, wanted: &str) -> Result<Numbered<'_>, Trouble> {
        let number = wanted.parse::<usize>();
        // Names are compared as they are shown.
        let wanted = Text::from(wanted);
        let wanted = wanted.as_str();
        if let Some(known) = self.readers().find(|known| Ok(known.number) == number) {
            return Ok(known);
        }
        if let Some(known) = self
            .readers()
            .find(|known| known.reader.name.as_str() == wanted)
        {
            return Ok(known);
        }
        let part = wanted.to_lowercase();
        let mut found = self
            .readers()
            .filter(|known| known.reader.name.as_str().to_lowercase().contains(&part));
        match (found.next(), found.next()) {
            (Some(known), None) => Ok(known),
            (Some(_), Some(_)) => Err(Trouble::usage(
                gettext_f(
                    "More than one reader is called like “{name}”",
                    &[("name", wanted)],
                ),
                which_reader(),
            )),
            (None, _) => Err(Trouble::new(
                Exit::NoCard,
                gettext_f("There is no reader “{name}”", &[("name", wanted)]),
                which_reader(),
            )),
        }
    }

    /// The readers that are meant when none is named: those with something in them, and of these
    /// the practice readers alone if `practice`.
    pub(super) fn meant(&self, practice: bool) -> Vec<Numbered<'_>> {
        self.readers()
            .filter(|known| known.reader.practice || !practice)
            .filter(|known| known.reader.slot != SlotState::Empty)
            .collect()
    }

    /// Why there is no reader with anything in it.
    pub(super) fn nothing_there(&self) -> Trouble {
        if self.readers.is_empty() {
            return Trouble::of_service(self.service()).unwrap_or_else(|| {
                let page = explain::readers::no_reader();
                Trouble::new(Exit::NoCard, page.title, page.body)
            });
        }
        Trouble::of(&Failure::NoCard)
    }
}

/// What to do where it is not clear which reader is meant.
pub(super) fn which_reader() -> String {
    gettext("Say which one with --reader; “symbolonctl readers” lists them.")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::State;
    use crate::backend::{CardError, Event, LinkError};
    use crate::cli::exit::Exit;
    use crate::token::{Identity, Reader, ReaderId, ServiceState, SlotState, Token};

    fn identity(reader: u32) -> Identity {
        Identity {
            reader: ReaderId(reader),
            insertion: 1,
        }
    }

    fn reader(id: u32, name: &str, practice: bool, slot: SlotState) -> Event {
        Event::ReaderAdded(Reader {
            id: ReaderId(id),
            name: name.into(),
            practice,
            pinpad: false,
            slot,
        })
    }

    fn present(id: u32) -> SlotState {
        SlotState::Present {
            identity: identity(id),
        }
    }

    fn state(events: impl IntoIterator<Item = Event>) -> State {
        let mut state = State::default();
        events.into_iter().for_each(|event| state.apply(event));
        state
    }

    #[test]
    fn practice_readers_come_after_the_real_ones() {
        let state = state([
            reader(1, "Practice reader 1", true, present(1)),
            reader(2, "Gemalto PC Twin Reader 00 00", false, SlotState::Empty),
            reader(3, "Gemalto PC Twin Reader 01 00", false, present(3)),
        ]);
        let order: Vec<_> = state
            .readers()
            .map(|known| (known.number, known.reader.id.0))
            .collect();
        assert_eq!(order, [(1, 2), (2, 3), (3, 1)]);
        let meant = |practice| -> Vec<u32> {
            state
                .meant(practice)
                .iter()
                .map(|known| known.reader.id.0)
                .collect()
        };
        assert_eq!(meant(false), [3, 1]);
        assert_eq!(meant(true), [1]);
    }

    #[test]
    fn a_reader_is_named_by_number_name_or_part() {
        let state = state([
            reader(1, "Gemalto PC Twin Reader 00 00", false, SlotState::Empty),
            reader(2, "Gemalto PC Twin Reader 01 00", false, SlotState::Empty),
            reader(
                3,
                "Yubico YubiKey OTP+FIDO+CCID 02 00",
                false,
                SlotState::Empty,
            ),
        ]);
        let named = |text| state.named(text).map(|known| known.reader.id.0);
        assert_eq!(named("2").unwrap(), 2);
        assert_eq!(named("yubikey").unwrap(), 3);
        assert_eq!(named("Gemalto PC Twin Reader 01 00").unwrap(), 2);
        assert_eq!(named("gemalto").unwrap_err().exit, Exit::Usage);
        assert_eq!(named("4").unwrap_err().exit, Exit::NoCard);
        assert_eq!(named("").unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn a_token_counts_when_all_of_it_is_read() {
        let mut state = state([reader(1, "R", false, present(1))]);
        let part = |complete| Event::TokenRead {
            identity: identity(1),
            token: Arc::new(Token {
                complete,
                ..Token::default()
            }),
        };
        state.apply(Event::ReadingStarted(identity(1)));
        state.apply(part(false));
        assert!(state.contents(ReaderId(1)).unwrap().is_none());
        state.apply(part(true));
        assert!(state.contents(ReaderId(1)).unwrap().is_some());
        // Another card in the same reader is not the one that was read.
        state.apply(reader(
            1,
            "R",
            false,
            SlotState::Present {
                identity: Identity {
                    insertion: 2,
                    ..identity(1)
                },
            },
        ));
        assert!(state.contents(ReaderId(1)).unwrap().is_none());
    }

    #[test]
    fn a_card_that_is_pulled_while_it_is_read_ends_the_wait() {
        let mut state = state([
            reader(1, "R", false, present(1)),
            Event::ReadingStarted(identity(1)),
            Event::TokenUnreadable {
                identity: identity(1),
                error: CardError::Link(LinkError::Removed),
            },
        ]);
        assert!(state.contents(ReaderId(1)).unwrap().is_some());
        state.apply(reader(1, "R", false, SlotState::Empty));
        assert_eq!(state.contents(ReaderId(1)).unwrap_err().exit, Exit::NoCard);
        state.apply(Event::ReaderRemoved(ReaderId(1)));
        assert_eq!(state.contents(ReaderId(1)).unwrap_err().exit, Exit::NoCard);
    }

    #[test]
    fn an_empty_list_of_readers_has_its_reason() {
        let trouble = |service| state([Event::ServiceChanged(service)]).nothing_there().exit;
        assert_eq!(trouble(ServiceState::Running), Exit::NoCard);
        assert_eq!(trouble(ServiceState::Stopped), Exit::NoService);
        assert_eq!(trouble(ServiceState::Refused), Exit::NoService);
        assert_eq!(trouble(ServiceState::NotInstalled), Exit::NoService);
    }
}
