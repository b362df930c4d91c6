//! What the window knows, without a widget: events go in, rows and pages come out.

use std::sync::Arc;

use crate::backend::{CardError, Event};
use crate::explain;
use crate::plan::journal::Unfinished;
use crate::token::{Identity, Reader, ReaderId, ServiceState, SlotState, Text, Token};

/// Everything the window shows of readers and tokens.
#[derive(Debug)]
pub struct Model {
    service: ServiceState,
    /// Whether the first look at all readers is over: what is in them until then was there
    /// before the window and is no news.
    settled: bool,
    slots: Vec<Slot>,
    chosen: Option<Place>,
}

/// What can be chosen in the sidebar.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// The line that stands for all readers when there is none.
    NoReader,
    /// A reader.
    Reader(ReaderId),
    /// The bench, where many tokens are set up.
    Bench,
}

/// A reader and what is known of the card in it.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The reader.
    pub reader: Reader,
    /// The card.
    pub content: Content,
    /// The plan that was broken off on the card.
    pub unfinished: Option<Arc<Unfinished>>,
    /// Whether the card came while the window was open and nobody was told yet.
    news: bool,
}

/// What is known of a card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Content {
    /// Nothing yet; `slow` once this has lasted so long that the person should see it.
    Unread {
        /// Whether to show that it takes time.
        slow: bool,
    },
    /// The token, perhaps not all of it.
    Read(Arc<Token>),
    /// It could not be read.
    Unreadable(CardError),
}

/// What the content side shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// A token.
    Token {
        /// The reader it is in.
        reader: Reader,
        /// Which card.
        identity: Identity,
        /// The token.
        token: Arc<Token>,
        /// The plan that was broken off on it.
        unfinished: Option<Arc<Unfinished>>,
    },
    /// Something else, with its next step.
    Situation(Situation),
    /// The bench.
    Bench,
}

/// Why there is no token to show.
#[derive(Clone, Debug, PartialEq)]
pub enum Situation {
    /// Nothing is known yet.
    Starting,
    /// The service is not there, not running or refuses.
    Service(ServiceState),
    /// The service runs; there is no reader.
    NoReader,
    /// A reader without a card.
    Empty(Reader),
    /// Another program keeps the card.
    Held {
        /// The reader.
        reader: Reader,
        /// The program, where it is known.
        by: Option<Text>,
    },
    /// The card does not answer to reset.
    Mute(Reader),
    /// The service cannot reach the reader.
    Unavailable(Reader),
    /// A card that no driver knows.
    Unknown {
        /// The reader.
        reader: Reader,
        /// Which card.
        identity: Identity,
        /// What is known of it all the same.
        token: Arc<Token>,
        /// The plan that was broken off on it.
        unfinished: Option<Arc<Unfinished>>,
    },
    /// The card could not be read at all.
    Unreadable {
        /// The reader.
        reader: Reader,
        /// Why.
        error: CardError,
    },
    /// The card is being read.
    Reading {
        /// The reader.
        reader: Reader,
        /// Whether to show that it takes time.
        slow: bool,
    },
}

/// What the window has to do beyond showing the new state.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Notice {
    /// A card is being read for the first time: tell [`Model::slow`] when it takes long.
    Waiting(Identity),
    /// A token came into a reader that is not the one on show.
    Arrived(ReaderId),
    /// A token was read, once more perhaps.
    Read(Identity, Arc<Token>),
    /// A card is gone.
    Removed(Identity),
    /// A plan can be gone on with on a card.
    Unfinished(Identity, Arc<Unfinished>),
}

impl Default for Model {
    fn default() -> Self {
        Self {
            service: ServiceState::Starting,
            settled: false,
            slots: Vec::new(),
            chosen: None,
        }
    }
}

impl Model {
    /// Takes in what the backend reports. What belongs to requests is not for the model.
    pub fn apply(&mut self, event: Event) -> Vec<Notice> {
        match event {
            Event::ServiceChanged(state) => self.service_changed(state),
            Event::ReaderAdded(reader) | Event::ReaderChanged(reader) => self.reader_is(reader),
            Event::ReaderRemoved(reader) => self.reader_removed(reader),
            Event::ReadingStarted(identity) => self.reading_started(identity),
            Event::TokenRead { identity, token } => self.token_read(identity, token),
            Event::TokenUnreadable { identity, error } => {
                if let Some(slot) = self.slot_of(identity) {
                    slot.content = Content::Unreadable(error);
                    slot.news = false;
                }
                Vec::new()
            }
            Event::Settled => {
                self.settled = true;
                self.stay();
                Vec::new()
            }
            Event::PlanUnfinished {
                identity,
                unfinished,
            } => {
                self.plan_is(identity, Some(Arc::clone(&unfinished)));
                vec![Notice::Unfinished(identity, unfinished)]
            }
            Event::Traced(_) | Event::Progressed { .. } | Event::Finished { .. } => Vec::new(),
        }
    }

    /// This plan is left undone on a card, or none any more.
    pub fn plan_is(&mut self, identity: Identity, unfinished: Option<Arc<Unfinished>>) {
        if let Some(slot) = self.slot_of(identity) {
            slot.unfinished = unfinished;
        }
    }

    /// The reading of this card has lasted so long that it should be seen.
    pub fn slow(&mut self, identity: Identity) {
        if let Some(slot) = self.slot_of(identity)
            && let Content::Unread { slow } = &mut slot.content
        {
            *slow = true;
        }
    }

    /// The person chose.
    pub fn choose(&mut self, place: Place) {
        self.chosen = Some(place);
    }

    /// The service, as a whole.
    #[must_use]
    pub fn service(&self) -> ServiceState {
        self.service
    }

    /// The readers in the order of the sidebar: real ones as they came, then practice readers.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        let real = self.slots.iter().filter(|slot| !slot.reader.practice);
        real.chain(self.slots.iter().filter(|slot| slot.reader.practice))
    }

    /// Whether the line for "no reader" stands in the sidebar.
    #[must_use]
    pub fn lacks_readers(&self) -> bool {
        self.service != ServiceState::Starting && self.slots.iter().all(|s| s.reader.practice)
    }

    /// Every reader that can be chosen, from top to bottom.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let none = self.lacks_readers().then_some(Place::NoReader);
        let readers = self.slots().map(|slot| Place::Reader(slot.reader.id));
        none.into_iter().chain(readers).collect()
    }

    /// What is on show: what was chosen, else the first token, else what comes closest to one.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        let places = self.places();
        let there = |chosen: &Place| *chosen == Place::Bench || places.contains(chosen);
        if let Some(chosen) = self.chosen.filter(there) {
            return Some(chosen);
        }
        let first = |wanted: fn(&Slot) -> bool| {
            let found = self.slots().find(|slot| wanted(slot));
            found.map(|slot| Place::Reader(slot.reader.id))
        };
        first(Slot::promises_token)
            .or_else(|| first(|slot| slot.reader.slot != SlotState::Empty))
            .or_else(|| places.first().copied())
    }

    /// The place `step` rows further down, if there is one.
    #[must_use]
    pub fn neighbour(&self, step: isize) -> Option<Place> {
        let places = self.places();
        let here = self.place()?;
        let index = places.iter().position(|place| *place == here)?;
        places.get(index.checked_add_signed(step)?).copied()
    }

    /// What the content side shows.
    #[must_use]
    pub fn shown(&self) -> Shown {
        match self.place() {
            // The service was not asked, and there is no practice reader.
            None if self.settled => Shown::Situation(Situation::NoReader),
            None => Shown::Situation(Situation::Starting),
            Some(Place::NoReader) => Shown::Situation(match self.service {
                ServiceState::Running => Situation::NoReader,
                state => Situation::Service(state),
            }),
            Some(Place::Bench) => Shown::Bench,
            Some(Place::Reader(id)) => self
                .slot(id)
                .map_or(Shown::Situation(Situation::Starting), Slot::shown),
        }
    }

    /// The name under which a reader is shown, numbered where there are two of a kind.
    #[must_use]
    pub fn reader_name(&self, id: ReaderId) -> String {
        let readers: Vec<Reader> = self.slots().map(|slot| slot.reader.clone()).collect();
        let names = readers.iter().zip(explain::readers::names(&readers));
        let mut found = names.filter(|(reader, _)| reader.id == id);
        found.next().map(|(_, name)| name).unwrap_or_default()
    }

    /// A reader by its number.
    #[must_use]
    pub fn slot(&self, id: ReaderId) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.reader.id == id)
    }

    /// The first token stays on show when others come. Until every reader was told once,
    /// which one that is can still change.
    fn stay(&mut self) {
        let shown = matches!(self.shown(), Shown::Token { .. });
        if self.settled && self.chosen.is_none() && shown {
            self.chosen = self.place();
        }
    }

    fn slot_of(&mut self, identity: Identity) -> Option<&mut Slot> {
        self.slots
            .iter_mut()
            .find(|slot| slot.identity() == Some(identity))
    }

    fn service_changed(&mut self, state: ServiceState) -> Vec<Notice> {
        self.service = state;
        if state == ServiceState::Running {
            return Vec::new();
        }
        // Whatever the service told is stale now, even before each reader is reported gone.
        let gone: Vec<_> = self.slots().filter(|slot| !slot.reader.practice).collect();
        let gone: Vec<_> = gone.into_iter().map(|slot| slot.reader.id).collect();
        gone.into_iter()
            .flat_map(|reader| self.reader_removed(reader))
            .collect()
    }

    fn reader_is(&mut self, reader: Reader) -> Vec<Notice> {
        let settled = self.settled;
        let known = self.slots.iter().position(|s| s.reader.id == reader.id);
        let Some(slot) = known.and_then(|index| self.slots.get_mut(index)) else {
            let mut slot = Slot::new(reader);
            slot.news = settled && slot.identity().is_some();
            self.slots.push(slot);
            return Vec::new();
        };
        let before = slot.identity();
        slot.reader = reader;
        if slot.identity() == before {
            return Vec::new();
        }
        slot.content = Content::Unread { slow: false };
        slot.unfinished = None;
        slot.news = settled && slot.identity().is_some();
        before.map(Notice::Removed).into_iter().collect()
    }

    fn reader_removed(&mut self, reader: ReaderId) -> Vec<Notice> {
        let gone = self.slot(reader).and_then(Slot::identity);
        self.slots.retain(|slot| slot.reader.id != reader);
        if self.chosen == Some(Place::Reader(reader)) {
            self.chosen = None;
        }
        gone.map(Notice::Removed).into_iter().collect()
    }

    fn reading_started(&mut self, identity: Identity) -> Vec<Notice> {
        match self.slot_of(identity) {
            // What was read before stays on show until it is read again.
            Some(slot) if !matches!(slot.content, Content::Read(_)) => {
                slot.content = Content::Unread { slow: false };
                vec![Notice::Waiting(identity)]
            }
            _ => Vec::new(),
        }
    }

    fn token_read(&mut self, identity: Identity, token: Arc<Token>) -> Vec<Notice> {
        // A token that was read while it was pulled is no longer in any slot.
        let Some(slot) = self.slot_of(identity) else {
            return Vec::new();
        };
        let complete = token.complete;
        slot.content = Content::Read(Arc::clone(&token));
        let news = slot.news && complete;
        if complete {
            slot.news = false;
        }
        let mut notices = vec![Notice::Read(identity, token)];
        let here = Place::Reader(identity.reader);
        self.stay();
        if news && self.chosen != Some(here) {
            notices.push(Notice::Arrived(identity.reader));
        }
        notices
    }
}

impl Slot {
    fn new(reader: Reader) -> Self {
        Self {
            reader,
            content: Content::Unread { slow: false },
            unfinished: None,
            news: false,
        }
    }

    /// The card in the reader, if one answers.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        match self.reader.slot {
            SlotState::Present { identity } => Some(identity),
            _ => None,
        }
    }

    /// The token, if it was read and a driver knows it.
    #[must_use]
    pub fn token(&self) -> Option<&Arc<Token>> {
        match &self.content {
            Content::Read(token) if !token.is_unknown() => Some(token),
            _ => None,
        }
    }

    /// Whether there is a token in it, or one may turn out to be.
    fn promises_token(&self) -> bool {
        let unread = matches!(self.content, Content::Unread { .. });
        self.identity().is_some() && (unread || self.token().is_some())
    }

    fn shown(&self) -> Shown {
        let reader = self.reader.clone();
        Shown::Situation(match &self.reader.slot {
            SlotState::Empty => Situation::Empty(reader),
            SlotState::Mute => Situation::Mute(reader),
            SlotState::Unavailable => Situation::Unavailable(reader),
            SlotState::Held { by } => Situation::Held {
                by: by.clone(),
                reader,
            },
            SlotState::Present { identity } => match &self.content {
                Content::Unread { slow } => Situation::Reading {
                    reader,
                    slow: *slow,
                },
                Content::Unreadable(error) => Situation::Unreadable {
                    reader,
                    error: error.clone(),
                },
                Content::Read(token) if token.is_unknown() => Situation::Unknown {
                    reader,
                    identity: *identity,
                    token: Arc::clone(token),
                    unfinished: self.unfinished.clone(),
                },
                Content::Read(token) => {
                    return Shown::Token {
                        reader,
                        identity: *identity,
                        token: Arc::clone(token),
                        unfinished: self.unfinished.clone(),
                    };
                }
            },
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may stop"
)]
mod tests {
    use std::sync::Arc;

    use super::{Content, Model, Notice, Place, Shown, Situation};
    use crate::backend::Event;
    use crate::token::{
        Application, ApplicationKind, Identity, Reader, ReaderId, ServiceState, SlotState, Text,
        Token,
    };

    fn reader(id: u32, slot: SlotState) -> Reader {
        Reader {
            id: ReaderId(id),
            name: Text::from(format!("Reader {id} of ours")),
            practice: false,
            pinpad: false,
            slot,
        }
    }

    fn identity(reader: u32, insertion: u64) -> Identity {
        Identity {
            reader: ReaderId(reader),
            insertion,
        }
    }

    fn with_card(id: u32, insertion: u64) -> Reader {
        let identity = identity(id, insertion);
        reader(id, SlotState::Present { identity })
    }

    fn token() -> Arc<Token> {
        Arc::new(Token {
            label: Some(Text::from("Anna Rossi")),
            applications: vec![Application::new(ApplicationKind::Piv, &[])],
            complete: true,
            ..Token::default()
        })
    }

    fn read(id: u32, insertion: u64) -> Event {
        Event::TokenRead {
            identity: identity(id, insertion),
            token: token(),
        }
    }

    /// Two readers, both empty, and the first look over.
    fn settled() -> Model {
        let mut model = Model::default();
        model.apply(Event::ServiceChanged(ServiceState::Running));
        model.apply(Event::ReaderAdded(reader(1, SlotState::Empty)));
        model.apply(Event::ReaderAdded(reader(2, SlotState::Empty)));
        model.apply(Event::Settled);
        model
    }

    fn situation(model: &Model) -> Situation {
        match model.shown() {
            Shown::Situation(situation) => situation,
            Shown::Token { .. } | Shown::Bench => Situation::Starting,
        }
    }

    #[test]
    fn the_first_token_is_shown_and_stays_when_others_come() {
        let mut model = settled();
        assert_eq!(model.place(), Some(Place::Reader(ReaderId(1))));
        model.apply(Event::ReaderChanged(with_card(2, 1)));
        assert_eq!(model.place(), Some(Place::Reader(ReaderId(2))));
        let notices = model.apply(read(2, 1));
        assert_eq!(notices, [Notice::Read(identity(2, 1), token())]);

        model.apply(Event::ReaderChanged(with_card(1, 1)));
        let notices = model.apply(read(1, 1));
        assert_eq!(notices[1], Notice::Arrived(ReaderId(1)));
        assert_eq!(model.place(), Some(Place::Reader(ReaderId(2))));
        // It is news only once.
        assert_eq!(model.apply(read(1, 1)).len(), 1);
    }

    #[test]
    fn a_card_that_was_there_before_the_window_is_no_news() {
        let mut model = Model::default();
        model.apply(Event::ServiceChanged(ServiceState::Running));
        model.apply(Event::ReaderAdded(with_card(1, 1)));
        model.apply(Event::ReaderAdded(with_card(2, 1)));
        model.apply(Event::Settled);
        model.apply(read(1, 1));
        assert_eq!(model.apply(read(2, 1)).len(), 1);
    }

    #[test]
    fn at_the_start_the_first_reader_counts_and_not_the_fastest() {
        let mut model = Model::default();
        let practice = Reader {
            practice: true,
            ..with_card(1, 1)
        };
        model.apply(Event::ReaderAdded(practice));
        model.apply(read(1, 1));
        assert_eq!(model.place(), Some(Place::Reader(ReaderId(1))));
        model.apply(Event::ReaderAdded(with_card(2, 1)));
        model.apply(Event::ReaderAdded(with_card(3, 1)));
        model.apply(Event::Settled);
        model.apply(read(3, 1));
        assert_eq!(model.place(), Some(Place::Reader(ReaderId(2))));
        assert_eq!(model.apply(read(2, 1)).len(), 1);
        assert_eq!(model.place(), Some(Place::Reader(ReaderId(2))));
    }

    #[test]
    fn a_card_put_in_never_takes_the_place_of_what_was_chosen() {
        let mut model = settled();
        model.choose(Place::Reader(ReaderId(1)));
        model.apply(Event::ReaderChanged(with_card(2, 1)));
        let notices = model.apply(read(2, 1));
        assert!(notices.contains(&Notice::Arrived(ReaderId(2))));
        assert!(matches!(situation(&model), Situation::Empty(_)));
    }

    #[test]
    fn a_pulled_card_leaves_nothing_behind() {
        let mut model = settled();
        model.apply(Event::ReaderChanged(with_card(1, 1)));
        model.apply(read(1, 1));
        assert!(matches!(model.shown(), Shown::Token { .. }));
        let notices = model.apply(Event::ReaderChanged(reader(1, SlotState::Empty)));
        assert_eq!(notices, [Notice::Removed(identity(1, 1))]);
        assert!(matches!(situation(&model), Situation::Empty(_)));
        // What was still on its way when the card was pulled changes nothing.
        assert_eq!(model.apply(read(1, 1)), []);
        assert!(matches!(situation(&model), Situation::Empty(_)));
    }

    #[test]
    fn another_card_in_the_same_reader_is_another_card() {
        let mut model = settled();
        model.apply(Event::ReaderChanged(with_card(1, 1)));
        model.apply(read(1, 1));
        let notices = model.apply(Event::ReaderChanged(with_card(1, 2)));
        assert_eq!(notices, [Notice::Removed(identity(1, 1))]);
        assert!(model.slot(ReaderId(1)).unwrap().token().is_none());
    }

    #[test]
    fn a_second_reading_keeps_the_first_on_show() {
        let mut model = settled();
        model.apply(Event::ReaderChanged(with_card(1, 1)));
        let started = Event::ReadingStarted(identity(1, 1));
        assert_eq!(
            model.apply(started.clone()),
            [Notice::Waiting(identity(1, 1))]
        );
        model.slow(identity(1, 1));
        assert!(matches!(
            situation(&model),
            Situation::Reading { slow: true, .. }
        ));
        model.apply(read(1, 1));
        assert_eq!(model.apply(started), []);
        assert!(matches!(model.shown(), Shown::Token { .. }));
        model.slow(identity(1, 1));
        let slot = model.slot(ReaderId(1)).unwrap();
        assert!(matches!(slot.content, Content::Read(_)));
    }

    #[test]
    fn a_service_that_stops_takes_its_readers_along_and_leaves_practice() {
        let mut model = settled();
        model.apply(Event::ReaderChanged(with_card(1, 1)));
        model.apply(read(1, 1));
        let practice = Reader {
            practice: true,
            ..with_card(9, 1)
        };
        model.apply(Event::ReaderAdded(practice));
        let notices = model.apply(Event::ServiceChanged(ServiceState::Stopped));
        assert_eq!(notices, [Notice::Removed(identity(1, 1))]);
        assert_eq!(
            model.places(),
            [Place::NoReader, Place::Reader(ReaderId(9))]
        );
        model.choose(Place::NoReader);
        assert_eq!(situation(&model), Situation::Service(ServiceState::Stopped));
        model.apply(Event::ServiceChanged(ServiceState::Running));
        assert_eq!(situation(&model), Situation::NoReader);
    }

    #[test]
    fn a_reader_that_goes_is_no_longer_chosen() {
        let mut model = settled();
        model.choose(Place::Reader(ReaderId(1)));
        model.apply(Event::ReaderRemoved(ReaderId(1)));
        assert_eq!(model.place(), Some(Place::Reader(ReaderId(2))));
        assert_eq!(model.neighbour(1), None);
        assert_eq!(model.neighbour(-1), None);
    }

    #[test]
    fn practice_readers_stand_below_the_real_ones() {
        let mut model = Model::default();
        let practice = Reader {
            practice: true,
            ..reader(1, SlotState::Empty)
        };
        model.apply(Event::ReaderAdded(practice));
        model.apply(Event::ReaderAdded(reader(2, SlotState::Empty)));
        let order: Vec<_> = model.slots().map(|slot| slot.reader.id.0).collect();
        assert_eq!(order, [2, 1]);
    }
}
