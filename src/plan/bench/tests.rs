//! The bench, with cards that are names only: whatever happens in whatever order, nobody is forgotten
//! and nobody is served twice.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::codes::System;
use super::names::Names;
use super::work::BLANK_ATR;
use super::{Bench, Common, Counts, Decision, Input, Refusal, Said, Stage, State, Trouble};
use crate::base::hex::Hex;
use crate::base::secret::Secret;
use crate::card::cardos::Area;
use crate::card::setup::Materials as _;
use crate::plan::journal::Unfinished;
use crate::plan::profile::Profile;
use crate::plan::recipe::{Given, RecipeError};
use crate::plan::secrets::Secrets;
use crate::plan::{Phase, Plan, Promise, Promised, SecretName, StartKey, Survey, cardos};
use crate::token::{Application, ApplicationKind, Fact, FactName, ReaderId, Text, Token};

const PROFILE: &str = "name='Bench'\nlabel='{name}'\n[so-pin]\n[[pin]]\n[[key]]\n";

/// A card: blank, in the middle of a plan, or set up.
#[derive(Clone, Debug, Default)]
struct Card {
    unfinished: Option<(Arc<Plan>, usize)>,
    set_up: bool,
    /// The codes of the plan that was begun on it last.
    codes: Vec<Vec<u8>>,
}

/// What a reader is working on.
#[derive(Debug)]
enum Job {
    Survey,
    GiveUp,
    Run(Arc<Plan>, usize),
}

/// Everything around a bench.
struct World {
    bench: Bench,
    cards: BTreeMap<u8, Card>,
    readers: BTreeMap<ReaderId, (Option<u8>, Option<Job>)>,
    ended: BTreeSet<usize>,
    letters: Vec<(Hex, Vec<Vec<u8>>)>,
    said: Vec<Said>,
    people: usize,
}

/// Something that somebody does.
#[derive(Clone, Debug)]
enum Deed {
    Insert(u32, u8),
    Remove(u32),
    /// The job of a reader gets on.
    Work(u32),
    /// The job of a reader goes wrong.
    Fail(u32),
    Retry(u32),
    Skip(u32),
    GiveUp(u32),
    Pause,
    Continue,
    Plug(u32),
    Unplug(u32),
}

fn common() -> Common {
    let so_pin = SecretName::Pin { number: 1 };
    let so_puk = SecretName::Puk { number: 1 };
    Common {
        pins: [
            (so_pin, Secret::new(b"12345678")),
            (so_puk, Secret::new(b"87654321")),
        ]
        .into(),
        ..Common::default()
    }
}

fn survey(serial: u8, card: &Card) -> Survey {
    cardos::Survey {
        serial: Hex(vec![serial]),
        version: 0x09,
        phase: Phase::Administration,
        free: 20_000,
        packages: false,
        start_key: Some(StartKey {
            version: 0xFF,
            tries: 10,
        }),
        directory: false,
        area: (card.set_up || card.unfinished.is_some()).then(Area::default),
    }
    .into()
}

fn token() -> Arc<Token> {
    let mut token = Token::default();
    token.card.atr = BLANK_ATR.to_vec();
    Arc::new(token)
}

/// The codes among what a plan was given that were made up.
fn codes(mut secrets: Secrets) -> Vec<Vec<u8>> {
    let names = [SecretName::Pin { number: 3 }, SecretName::Puk { number: 3 }];
    let codes = names.map(|name| secrets.pin(&name).unwrap().expose().to_vec());
    codes.to_vec()
}

impl World {
    fn new(people: usize, readers: u32) -> Self {
        let table: String = (0..people).map(|number| format!("N{number}\n")).collect();
        let names = Names::parse(format!("name\n{table}").as_bytes()).unwrap();
        let profile = Profile::parse(PROFILE).unwrap();
        let bench = Bench::new(profile, names.people, common(), Box::new(System));
        let mut world = Self {
            bench,
            cards: BTreeMap::new(),
            readers: BTreeMap::new(),
            ended: BTreeSet::new(),
            letters: Vec::new(),
            said: Vec::new(),
            people,
        };
        for reader in 1..=readers {
            world.act(Deed::Plug(reader));
        }
        world
    }

    fn hear(&mut self, input: Input) {
        for decision in self.bench.hear(input, 1000) {
            match decision {
                Decision::Survey { reader } => self.start(reader, Job::Survey),
                Decision::GiveUp { reader } => self.start(reader, Job::GiveUp),
                Decision::Run {
                    reader,
                    plan,
                    secrets,
                } => {
                    let serial = self.readers[&reader].0.unwrap();
                    assert_eq!(plan.subject.serial, Hex(vec![serial]));
                    let card = self.cards.get_mut(&serial).unwrap();
                    assert!(!card.set_up && card.unfinished.is_none(), "{card:?}");
                    card.codes = codes(secrets);
                    self.start(reader, Job::Run(plan, 0));
                }
                Decision::Resume { reader, secrets } => {
                    let serial = self.readers[&reader].0.unwrap();
                    let card = &self.cards[&serial];
                    let (plan, next) = card.unfinished.clone().unwrap();
                    assert_eq!(card.codes, codes(secrets), "other secrets than before");
                    self.start(reader, Job::Run(plan, next));
                }
                Decision::Say { what, .. } => self.said.push(what),
                Decision::Letter(letter) => {
                    let codes = letter.codes.iter();
                    let codes = codes.map(|code| code.value.expose().to_vec()).collect();
                    self.letters.push((letter.serial, codes));
                }
                Decision::Ended { place } => {
                    assert!(self.ended.insert(place), "{place} ended twice");
                }
            }
        }
        self.check();
    }

    fn start(&mut self, reader: ReaderId, job: Job) {
        let (card, running) = self.readers.get_mut(&reader).unwrap();
        assert!(card.is_some(), "nothing is in there");
        assert!(running.is_none(), "{running:?} is still at it");
        *running = Some(job);
    }

    /// What always holds.
    fn check(&self) {
        let mut lanes: Vec<_> = self
            .readers
            .keys()
            .filter_map(|&reader| self.bench.lane(reader))
            .collect();
        lanes.retain(|(_, place)| place.is_some());
        let held: BTreeSet<_> = lanes.iter().filter_map(|(_, place)| *place).collect();
        assert_eq!(held.len(), lanes.len(), "a name is in two lanes");
        let queue = &self.bench.queue;
        assert!(queue.is_disjoint(&held) && queue.is_disjoint(&self.ended));
        assert!(held.is_disjoint(&self.ended));
        assert_eq!(queue.len() + held.len() + self.ended.len(), self.people);
        let rows = self.bench.rows();
        for (place, row) in rows.iter().enumerate() {
            assert_eq!(row.at.is_some(), self.ended.contains(&place));
            assert_eq!(row.name.as_str(), format!("N{place}"));
        }
        let done = rows.iter().filter(|row| row.state == State::Done);
        let serials: BTreeSet<_> = done
            .clone()
            .map(|row| row.serial.clone().unwrap())
            .collect();
        assert_eq!(serials.len(), done.clone().count(), "a token for two");
        assert!(
            done.clone()
                .all(|row| row.reason.is_none() && row.journal.is_some())
        );
        let letters: BTreeSet<_> = self
            .letters
            .iter()
            .map(|(serial, _)| serial.clone())
            .collect();
        assert_eq!((letters.len(), &letters), (self.letters.len(), &serials));
        for (serial, codes) in &self.letters {
            assert_eq!(*codes, self.cards[&serial.0[0]].codes);
        }
        let Counts { done: count, .. } = self.bench.counts();
        assert_eq!(count, serials.len());
        // Whoever works has a name; whoever could begin does.
        for (reader, (_, job)) in &self.readers {
            let (stage, place) = self.bench.lane(*reader).unwrap();
            match stage {
                Stage::Working { .. } => {
                    assert!(place.is_some() && matches!(job, Some(Job::Run(..))));
                }
                Stage::Surveying { .. } => {
                    assert!(matches!(job, Some(Job::Survey | Job::GiveUp)));
                }
                Stage::Failed(_) => assert!(place.is_some()),
                Stage::Waiting => assert!(self.bench.is_paused() || queue.is_empty()),
                Stage::Done => assert!(place.is_none()),
                Stage::Empty | Stage::Refused(_) => {}
            }
        }
    }

    fn act(&mut self, deed: Deed) {
        match deed {
            Deed::Plug(number) => {
                let reader = ReaderId(number);
                let known = self.readers.insert(reader, (None, None));
                if let Some(known) = known {
                    self.readers.insert(reader, known);
                } else {
                    self.hear(Input::Added {
                        reader,
                        practice: false,
                    });
                }
            }
            Deed::Unplug(number) => {
                let reader = ReaderId(number);
                if let Some((card, job)) = self.readers.remove(&reader) {
                    self.stop(card, job);
                    self.hear(Input::Gone { reader });
                }
            }
            Deed::Insert(number, serial) => {
                let reader = ReaderId(number);
                let elsewhere = self.readers.values().any(|(card, _)| *card == Some(serial));
                if let Some((slot @ None, _)) = self.readers.get_mut(&reader)
                    && !elsewhere
                {
                    *slot = Some(serial);
                    self.cards.entry(serial).or_default();
                    let token = token();
                    self.hear(Input::Inserted { reader, token });
                }
            }
            Deed::Remove(number) => {
                let reader = ReaderId(number);
                if let Some((card @ Some(_), job)) = self.readers.get_mut(&reader) {
                    let (card, job) = (card.take(), job.take());
                    self.stop(card, job);
                    self.hear(Input::Removed { reader });
                    // What the backend has still to say of it comes too late.
                    self.hear(Input::Failed {
                        reader,
                        why: Trouble::Cancelled,
                    });
                }
            }
            Deed::Work(number) => self.work(ReaderId(number)),
            Deed::Fail(number) => {
                let reader = ReaderId(number);
                if let Some((card, job @ Some(_))) = self.readers.get_mut(&reader) {
                    let (card, job) = (*card, job.take());
                    self.stop(card, job);
                    self.hear(Input::Failed {
                        reader,
                        why: Trouble::TimedOut,
                    });
                }
            }
            Deed::Retry(number) => self.hear(Input::Retry {
                reader: ReaderId(number),
            }),
            Deed::Skip(number) => self.hear(Input::Skip {
                reader: ReaderId(number),
            }),
            Deed::GiveUp(number) => self.hear(Input::GiveUp {
                reader: ReaderId(number),
            }),
            Deed::Pause => self.hear(Input::Pause),
            Deed::Continue => self.hear(Input::Continue),
        }
    }

    /// A job is broken off; the journal knows how far it was.
    fn stop(&mut self, card: Option<u8>, job: Option<Job>) {
        if let (Some(serial), Some(Job::Run(plan, step))) = (card, job) {
            self.cards.get_mut(&serial).unwrap().unfinished = Some((plan, step));
        }
    }

    fn work(&mut self, reader: ReaderId) {
        let Some((Some(serial), job)) = self.readers.get_mut(&reader) else {
            return;
        };
        let serial = *serial;
        match job.take() {
            None => {}
            Some(Job::Survey) => {
                let card = &self.cards[&serial];
                let unfinished = card.unfinished.clone().map(|(plan, next)| {
                    Arc::new(Unfinished {
                        plan: Plan::clone(&plan),
                        next,
                        begun: None,
                        said: false,
                        last: None,
                        at: 0,
                    })
                });
                let survey = Arc::new(survey(serial, card));
                self.hear(Input::Surveyed {
                    reader,
                    survey,
                    unfinished,
                });
            }
            Some(Job::GiveUp) => {
                self.cards.get_mut(&serial).unwrap().unfinished = None;
                self.hear(Input::GivenUp { reader });
            }
            Some(Job::Run(plan, step)) if step < plan.tasks.len() => {
                *job = Some(Job::Run(plan, step + 1));
                self.hear(Input::Stepped { reader, step });
            }
            Some(Job::Run(..)) => {
                let card = self.cards.get_mut(&serial).unwrap();
                card.unfinished = None;
                card.set_up = true;
                let kept = Promise {
                    step: 0,
                    what: Promised::Empty,
                    kept: true,
                };
                self.hear(Input::Finished {
                    reader,
                    token: token(),
                    promises: Arc::new(vec![kept]),
                });
            }
        }
    }

    /// Works until there is nothing to do.
    fn settle(&mut self) {
        while let Some(reader) = self.busy() {
            self.act(Deed::Work(reader.0));
        }
    }

    fn busy(&self) -> Option<ReaderId> {
        let mut busy = self.readers.iter();
        busy.find(|(_, (_, job))| job.is_some())
            .map(|(&reader, _)| reader)
    }

    fn stage(&self, reader: u32) -> &Stage {
        self.bench.lane(ReaderId(reader)).unwrap().0
    }

    fn name(&self, reader: u32) -> Option<usize> {
        self.bench.lane(ReaderId(reader)).unwrap().1
    }
}

#[test]
fn names_go_to_cards_in_their_order_and_each_card_is_taken_once() {
    let mut world = World::new(3, 2);
    world.act(Deed::Insert(2, 20));
    world.act(Deed::Insert(1, 10));
    assert_eq!((world.name(2), world.name(1)), (Some(0), Some(1)));
    world.settle();
    assert_eq!(
        (world.stage(1), world.stage(2)),
        (&Stage::Done, &Stage::Done)
    );
    // Taken out and put in again: not taken.
    world.act(Deed::Remove(1));
    world.act(Deed::Insert(1, 10));
    world.settle();
    assert_eq!(*world.stage(1), Stage::Refused(Refusal::DoneAlready));
    assert_eq!(world.name(1), None);
    world.act(Deed::Remove(2));
    world.act(Deed::Insert(2, 21));
    world.settle();
    assert!(world.bench.is_over());
    let counts = Counts {
        done: 3,
        ..Counts::default()
    };
    assert_eq!(world.bench.counts(), counts);
    // Nobody is left: the next card waits.
    world.act(Deed::Remove(2));
    world.act(Deed::Insert(2, 22));
    assert_eq!(*world.stage(2), Stage::Waiting);
}

#[test]
fn a_lane_that_fails_keeps_its_name_and_stops_no_other() {
    let mut world = World::new(3, 2);
    world.act(Deed::Insert(1, 10));
    world.act(Deed::Insert(2, 20));
    world.act(Deed::Work(1));
    world.act(Deed::Work(1));
    world.act(Deed::Fail(1));
    assert_eq!(*world.stage(1), Stage::Failed(Trouble::TimedOut));
    world.settle();
    assert_eq!((world.name(1), world.stage(2)), (Some(0), &Stage::Done));
    // Tried again it goes on with what it began.
    world.act(Deed::Retry(1));
    world.settle();
    assert_eq!(*world.stage(1), Stage::Done);
    assert!(
        world
            .said
            .iter()
            .any(|said| matches!(said, Said::GoesOn { step: 1, .. }))
    );
}

#[test]
fn a_card_that_was_pulled_goes_on_wherever_it_is_put_in() {
    let mut world = World::new(3, 2);
    world.act(Deed::Insert(1, 10));
    world.act(Deed::Work(1));
    world.act(Deed::Work(1));
    world.act(Deed::Remove(1));
    assert_eq!(*world.stage(1), Stage::Failed(Trouble::Gone));
    // Another card does not get its name by itself.
    assert!(world.bench.waits_for_its_card(ReaderId(1)));
    world.act(Deed::Insert(1, 11));
    world.settle();
    assert_eq!(
        (world.name(1), world.stage(1)),
        (Some(0), &Stage::Failed(Trouble::Gone))
    );
    assert!(world.said.contains(&Said::Refused(Refusal::NotThisOne)));
    world.act(Deed::Insert(2, 10));
    assert_eq!(world.name(2), Some(1));
    world.act(Deed::Work(2));
    // The name has moved, and the card that waited there takes the next one.
    assert_eq!((world.name(2), world.name(1)), (Some(0), Some(1)));
    world.settle();
    assert_eq!(world.bench.rows()[0].serial, Some(Hex(vec![10])));
    assert_eq!(world.bench.rows()[1].serial, Some(Hex(vec![11])));
}

#[test]
fn a_plan_that_was_written_down_too_late_is_in_nobodys_way() {
    let mut world = World::new(1, 2);
    world.act(Deed::Insert(1, 10));
    world.act(Deed::Work(1));
    let Stage::Working { plan, .. } = world.stage(1).clone() else {
        panic!("{:?}", world.stage(1));
    };
    // Pulled before the journal has a line of it, which comes when the card is in another reader.
    world.readers.insert(ReaderId(1), (None, None));
    world.hear(Input::Removed {
        reader: ReaderId(1),
    });
    world.act(Deed::Insert(2, 10));
    world.act(Deed::Work(2));
    world.cards.get_mut(&10).unwrap().unfinished = Some((Arc::clone(&plan), 0));
    world.readers.get_mut(&ReaderId(2)).unwrap().1 = None;
    world.hear(Input::Failed {
        reader: ReaderId(2),
        why: Trouble::Unfinished(Box::new(Unfinished {
            plan: Plan::clone(&plan),
            next: 0,
            begun: None,
            said: false,
            last: None,
            at: 0,
        })),
    });
    world.settle();
    assert_eq!(*world.stage(2), Stage::Done);
    assert_eq!(world.letters.len(), 1);
}

#[test]
fn what_was_begun_elsewhere_is_given_up_only_when_somebody_says_so() {
    let mut world = World::new(2, 1);
    world.act(Deed::Insert(1, 10));
    world.act(Deed::Work(1));
    world.act(Deed::Work(1));
    world.act(Deed::Remove(1));
    world.act(Deed::Skip(1));
    world.act(Deed::Insert(1, 10));
    world.settle();
    assert_eq!(*world.stage(1), Stage::Refused(Refusal::Unfinished));
    assert_eq!(world.name(1), None);
    world.act(Deed::GiveUp(1));
    world.settle();
    assert_eq!(*world.stage(1), Stage::Done);
    assert_eq!(world.bench.rows()[1].serial, Some(Hex(vec![10])));
    // On anything else it does nothing.
    world.act(Deed::GiveUp(1));
    assert_eq!(*world.stage(1), Stage::Done);
}

#[test]
fn another_card_is_taken_for_a_name_only_when_somebody_says_so() {
    let mut world = World::new(1, 1);
    world.act(Deed::Insert(1, 10));
    world.act(Deed::Work(1));
    world.act(Deed::Work(1));
    world.act(Deed::Remove(1));
    world.act(Deed::Retry(1));
    world.act(Deed::Insert(1, 11));
    world.settle();
    assert_eq!(world.bench.rows()[0].serial, Some(Hex(vec![11])));
    // The first one is nobody's any more.
    world.act(Deed::Remove(1));
    world.act(Deed::Insert(1, 10));
    world.settle();
    assert_eq!(*world.stage(1), Stage::Waiting);
}

#[test]
fn what_is_not_of_this_bench_is_refused_and_gives_its_name_back() {
    let mut world = World::new(2, 2);
    let set_up = Card {
        set_up: true,
        ..Card::default()
    };
    world.cards.insert(10, set_up);
    world.act(Deed::Insert(1, 10));
    world.settle();
    let refused = Refusal::NoPlan(RecipeError::SetUpAlready);
    assert_eq!(*world.stage(1), Stage::Refused(refused));
    assert_eq!(world.name(1), None);
    let mut other = World::new(1, 1);
    other.act(Deed::Insert(1, 20));
    other.act(Deed::Work(1));
    other.act(Deed::Fail(1));
    world.cards.insert(20, other.cards.remove(&20).unwrap());
    world.act(Deed::Insert(2, 20));
    world.settle();
    assert_eq!(*world.stage(2), Stage::Refused(Refusal::Unfinished));
    let mut stranger = Token::default();
    stranger.card.atr = vec![0x3B, 0x00];
    world.act(Deed::Remove(1));
    world.hear(Input::Inserted {
        reader: ReaderId(1),
        token: Arc::new(stranger),
    });
    assert_eq!(*world.stage(1), Stage::Refused(Refusal::OtherMake));
    assert_eq!(world.bench.queue.len(), 2);
    // A MUSCLE applet has other PINs under the numbers of those that are given for all tokens.
    let mut applet = Token::default();
    applet.card.atr = vec![0x3B, 0x00];
    let applications = [ApplicationKind::Muscle, ApplicationKind::Pkcs15];
    applet.applications = applications.map(|kind| Application::new(kind, &[])).into();
    applet.applications[1]
        .facts
        .push(Fact::text(FactName::KeptBy, Text::from("MUSCLE")));
    assert!(Survey::is_for(&applet));
    world.hear(Input::Inserted {
        reader: ReaderId(1),
        token: Arc::new(applet),
    });
    assert_eq!(*world.stage(1), Stage::Refused(Refusal::OtherMake));
    assert_eq!(world.bench.queue.len(), 2);
}

#[test]
fn a_pause_begins_nothing_and_skipping_ends_a_name() {
    let mut world = World::new(3, 2);
    world.act(Deed::Insert(1, 10));
    world.act(Deed::Pause);
    world.act(Deed::Insert(2, 20));
    world.settle();
    assert_eq!(
        (world.stage(1), world.stage(2)),
        (&Stage::Waiting, &Stage::Waiting)
    );
    world.act(Deed::Skip(1));
    assert_eq!(world.bench.rows()[0].state, State::Skipped);
    assert_eq!(*world.stage(1), Stage::Refused(Refusal::Skipped));
    world.act(Deed::Continue);
    world.act(Deed::Work(2));
    world.act(Deed::Fail(2));
    world.act(Deed::Skip(2));
    assert_eq!(world.bench.rows()[1].state, State::Failed);
    assert_eq!(world.bench.rows()[1].reason, Some(Trouble::TimedOut));
    world.hear(Input::End);
    assert_eq!(world.bench.rows()[2].state, State::Open);
    assert_eq!(world.ended.len(), 3);
    assert!(world.bench.hear(Input::Continue, 0).is_empty());
}

#[test]
fn what_has_to_be_given_is_known_before_and_missed_otherwise() {
    let profile = Profile::parse(PROFILE).unwrap();
    let given = Given {
        name: Some("N0".into()),
        ..Given::default()
    };
    let super::Sample {
        needs: asked,
        made_up: rest,
        ..
    } = super::sample(&profile, &given).unwrap();
    let names: BTreeSet<_> = asked.into_iter().map(|need| need.name).collect();
    let expected: BTreeSet<_> = common().pins.into_keys().collect();
    assert_eq!((names, rest), (expected, true));
    let mut world = World::new(1, 1);
    world
        .bench
        .common
        .pins
        .remove(&SecretName::Pin { number: 1 });
    world.act(Deed::Insert(1, 10));
    world.settle();
    let missing = Trouble::Missing(SecretName::Pin { number: 1 });
    assert_eq!(*world.stage(1), Stage::Failed(missing));
}

#[test]
fn a_token_that_is_not_as_promised_is_not_done() {
    let mut world = World::new(1, 1);
    world.act(Deed::Insert(1, 10));
    world.act(Deed::Work(1));
    let broken = Promise {
        step: 0,
        what: Promised::Empty,
        kept: false,
    };
    world.hear(Input::Finished {
        reader: ReaderId(1),
        token: token(),
        promises: Arc::new(vec![broken]),
    });
    let trouble = Trouble::Broken {
        promised: 1,
        kept: 0,
    };
    assert_eq!(*world.stage(1), Stage::Failed(trouble));
    assert!(world.letters.is_empty());
}

fn deed() -> impl Strategy<Value = Deed> {
    let reader = 1..=3_u32;
    prop_oneof![
        4 => (reader.clone(), 1..=8_u8).prop_map(|(reader, card)| Deed::Insert(reader, card)),
        2 => reader.clone().prop_map(Deed::Remove),
        12 => reader.clone().prop_map(Deed::Work),
        2 => reader.clone().prop_map(Deed::Fail),
        2 => reader.clone().prop_map(Deed::Retry),
        1 => reader.clone().prop_map(Deed::Skip),
        1 => reader.clone().prop_map(Deed::GiveUp),
        1 => Just(Deed::Pause),
        2 => Just(Deed::Continue),
        1 => reader.clone().prop_map(Deed::Plug),
        1 => reader.prop_map(Deed::Unplug),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// [`World::check`] looks after every event. In the end everybody is served, or skipped, or left.
    #[test]
    fn in_any_order_every_name_ends_once(
        people in 1..6_usize,
        deeds in proptest::collection::vec(deed(), 0..150),
        served in any::<bool>(),
    ) {
        let mut world = World::new(people, 3);
        for deed in deeds {
            world.act(deed);
        }
        if served {
            world.act(Deed::Continue);
            // Enough fresh cards for everybody, whatever is in the readers.
            for card in 100..100 + 2 * u8::try_from(people).unwrap() + 6 {
                world.act(Deed::Plug(1));
                world.settle();
                for reader in 1..=3 {
                    if world.readers.contains_key(&ReaderId(reader)) {
                        world.act(Deed::Remove(reader));
                        world.act(Deed::Retry(reader));
                        world.act(Deed::Insert(reader, card));
                        world.settle();
                        world.act(Deed::Remove(reader));
                    }
                }
            }
            prop_assert!(world.bench.is_over(), "{:?}", world.bench);
        }
        world.hear(Input::End);
        prop_assert_eq!(world.ended.len(), people);
        prop_assert!(world.bench.is_over());
        for row in world.bench.rows() {
            prop_assert!(row.state != State::Failed || row.reason.is_some());
            prop_assert!(!served || row.state != State::Open);
        }
    }
}
