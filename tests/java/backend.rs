//! Card managers and plans for contents in the backend: wrong keys, and cards that are pulled.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use symbolon::backend::{
    self, CardError, Command, Done, Event, Failure, Handle, LinkError, Look, ManagerAccess,
    Options, PlanAction, PlanCommand, RequestId,
};
use symbolon::globalplatform::ChannelError;
use symbolon::plan::content::{self, KeyFamily, Opening};
use symbolon::plan::secrets::Secrets;
use symbolon::plan::{About, Plan, RunError, SetupError, Survey};
use symbolon::simulator::faults::{Counted, Tally};
use symbolon::simulator::{
    Brake, Card, GlobalPlatform, GlobalPlatformModel as Model, SimulatedReader,
};
use symbolon::token::Identity;

use crate::desk::{
    AUTHENTICATE, INITIALIZE, LOAD, SERIAL, access, hello, install, test_keys, wrong_keys,
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// GET STATUS.
const GET_STATUS: u8 = 0xF2;

struct Desk {
    handle: Handle,
    events: Receiver<Event>,
    reader: SimulatedReader,
    tally: Tally,
}

/// A card that stops at one command, once, until it is let go.
struct Slow {
    card: GlobalPlatform,
    at: Option<u8>,
    /// As many of these before.
    after: usize,
    arrived: mpsc::Sender<()>,
    brake: Brake,
}

impl Card for Slow {
    fn atr(&self) -> &[u8] {
        self.card.atr()
    }

    fn reset(&mut self) {
        self.card.reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        if self.at.is_some() && command.get(1).copied() == self.at {
            if self.after == 0 {
                self.at = None;
                self.arrived.send(()).unwrap();
                assert!(self.brake.hold(PATIENCE), "nobody let it go");
            } else {
                self.after -= 1;
            }
        }
        self.card.transmit(command)
    }
}

/// What holds a card.
struct Stop {
    arrived: Receiver<()>,
    brake: Brake,
}

impl Desk {
    fn new(card: Box<dyn Card>) -> Self {
        let (sink, events) = mpsc::channel();
        let options = Options {
            pcsc: false,
            practice: Vec::new(),
            cache: None,
        };
        let handle = backend::start(options, move |event| {
            let _ = sink.send(event);
        });
        let handle = handle.unwrap();
        let reader = SimulatedReader::new("desk");
        handle.plug(reader.clone());
        let (card, tally) = Counted::new(card);
        reader.insert(Box::new(card));
        Self {
            handle,
            events,
            reader,
            tally,
        }
    }

    /// With a card that stops at an instruction, after so many of them.
    fn stopping(at: u8, after: usize) -> (Self, Stop) {
        let brake = Brake::new();
        let (sender, arrived) = mpsc::channel();
        let card = Slow {
            card: GlobalPlatform::new(Model::modern(SERIAL)),
            at: Some(at),
            after,
            arrived: sender,
            brake: brake.clone(),
        };
        (Self::new(Box::new(card)), Stop { arrived, brake })
    }

    #[track_caller]
    fn wait<T>(&self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left);
            if let Some(found) = wanted(&event.expect("no such event in time")) {
                return found;
            }
        }
    }

    fn identity(&self) -> Identity {
        self.wait(|event| match event {
            Event::TokenRead { identity, token } if token.complete => Some(*identity),
            _ => None,
        })
    }

    fn end_of(&self, asked: RequestId) -> Result<Done, Failure> {
        self.wait(|event| match event {
            Event::Finished { id, outcome } if *id == asked => Some(outcome.clone()),
            _ => None,
        })
    }

    fn start_look(&self, identity: Identity, access: Option<ManagerAccess>) -> RequestId {
        let access = access.map(Box::new);
        self.handle.send(Command::ReadManager { identity, access })
    }

    fn look(
        &self,
        identity: Identity,
        access: Option<ManagerAccess>,
    ) -> Result<Arc<Look>, Failure> {
        match self.end_of(self.start_look(identity, access))? {
            Done::Manager(look) => Ok(look),
            other => panic!("{other:?}"),
        }
    }

    fn start_plan(&self, identity: Identity, action: PlanAction) -> RequestId {
        self.handle
            .send(Command::Plan(PlanCommand { identity, action }))
    }

    fn ask(&self, identity: Identity, action: PlanAction) -> Result<Done, Failure> {
        self.end_of(self.start_plan(identity, action))
    }

    fn plan(&self, identity: Identity) -> Arc<Plan> {
        let about = Some(About::Content);
        let survey = match self.ask(identity, PlanAction::Survey { about }).unwrap() {
            Done::Surveyed { survey, unfinished } => {
                assert!(unfinished.is_none());
                survey
            }
            other => panic!("{other:?}"),
        };
        let atr = GlobalPlatform::new(Model::modern(SERIAL)).atr().to_vec();
        let tasks = install(&hello());
        let plan = content::plan("test", &survey, &atr, Opening::default(), tasks, 1);
        Arc::new(plan.unwrap())
    }

    /// Pulls the card while it is at a command; what the request came to.
    fn pull(&self, stop: &Stop, asked: RequestId) -> (Box<dyn Card>, Failure) {
        stop.arrived.recv_timeout(PATIENCE).unwrap();
        let reader = self.reader.clone();
        let pulled = std::thread::spawn(move || reader.remove().unwrap());
        let failure = self.end_of(asked).unwrap_err();
        stop.brake.release();
        (pulled.join().unwrap(), failure)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.handle.close();
    }
}

fn right() -> ManagerAccess {
    access(test_keys(KeyFamily::Aes), Opening::default())
}

fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    secrets.give_manager_keys(test_keys(KeyFamily::Aes), false);
    secrets
}

fn was_removed(failure: &Failure) -> bool {
    let removed = CardError::Link(LinkError::Removed);
    match failure {
        Failure::Card(error) => *error == removed,
        Failure::Plan { why, .. } => *why == RunError::Setup(SetupError::Card(removed)),
        _ => false,
    }
}

#[test]
fn what_is_on_a_card_is_read_with_its_keys() {
    let desk = Desk::new(Box::new(GlobalPlatform::new(Model::modern(SERIAL))));
    let identity = desk.identity();
    let look = desk.look(identity, None).unwrap();
    assert!(look.opened.is_none() && look.registry.is_none());
    let look = desk.look(identity, Some(right())).unwrap();
    assert!(look.opened.is_some());
    assert!(!look.registry.as_ref().unwrap().entries.is_empty());
    // Nobody goes on in the channel: the card was reset, and asks for the keys again.
    let look = desk.look(identity, None).unwrap();
    assert!(look.registry.is_none());
}

#[test]
fn wrong_keys_are_sent_once() {
    let desk = Desk::new(Box::new(GlobalPlatform::new(Model::modern(SERIAL))));
    let identity = desk.identity();
    let wrong = || access(wrong_keys(KeyFamily::Aes), Opening::default());
    let first = desk.look(identity, Some(wrong())).unwrap_err();
    let (tries, kept) = (Some(1), true);
    let error = ChannelError::WrongKeys { tries, kept };
    assert_eq!(first, Failure::Manager(SetupError::Manager(error)));
    let second = desk.look(identity, Some(wrong())).unwrap_err();
    let error = ChannelError::FailedBefore { tries: 1 };
    assert_eq!(second, Failure::Manager(SetupError::Manager(error)));
    assert_eq!(desk.tally.of(INITIALIZE), 1);
    assert_eq!(desk.tally.of(AUTHENTICATE), 0);
    assert_eq!(desk.look(identity, None).unwrap().tries, Some(1));
    desk.look(identity, Some(right())).unwrap();
    assert_eq!(desk.look(identity, None).unwrap().tries, Some(0));
}

#[test]
fn a_card_that_is_pulled_while_it_is_looked_at() {
    let (desk, stop) = Desk::stopping(GET_STATUS, 0);
    let identity = desk.identity();
    let asked = desk.start_look(identity, Some(right()));
    let (card, failure) = desk.pull(&stop, asked);
    assert!(was_removed(&failure), "{failure:?}");
    desk.reader.insert(card);
    let identity = desk.identity();
    desk.look(identity, Some(right())).unwrap();
}

#[test]
fn a_card_that_is_pulled_in_the_middle_of_a_load_goes_on() {
    let (desk, stop) = Desk::stopping(LOAD, 1);
    let identity = desk.identity();
    let plan = desk.plan(identity);
    let (plan, given) = (Arc::clone(&plan), secrets());
    let action = PlanAction::Run {
        plan: Arc::clone(&plan),
        secrets: given,
    };
    let asked = desk.start_plan(identity, action);
    let (card, failure) = desk.pull(&stop, asked);
    assert!(was_removed(&failure), "{failure:?}");
    desk.reader.insert(card);
    // Who puts it back is told.
    let (identity, left) = desk.wait(|event| match event {
        Event::PlanUnfinished {
            identity,
            unfinished,
        } => Some((*identity, Arc::clone(unfinished))),
        _ => None,
    });
    assert_eq!(left.next, 2);
    let again = PlanAction::Run {
        plan: Arc::clone(&plan),
        secrets: secrets(),
    };
    let refused = desk.ask(identity, again).unwrap_err();
    assert!(matches!(refused, Failure::Unfinished(_)), "{refused:?}");
    let resume = PlanAction::Resume { secrets: secrets() };
    let done = desk.ask(identity, resume).unwrap();
    assert!(matches!(done, Done::PlanDone(_)), "{done:?}");
    let look = desk.look(identity, Some(right())).unwrap();
    let entries = &look.registry.as_ref().unwrap().entries;
    let name = hello().applets[0].0.clone();
    assert!(entries.iter().any(|entry| entry.aid == name));
    // There is nothing left.
    let resume = PlanAction::Resume { secrets: secrets() };
    let nothing = desk.ask(identity, resume).unwrap_err();
    assert_eq!(nothing, Failure::NothingUnfinished);
}

/// A survey says what was left, whichever kind of plan that was.
#[test]
fn a_plan_that_was_stopped_is_found() {
    let (desk, stop) = Desk::stopping(LOAD, 0);
    let identity = desk.identity();
    let plan = desk.plan(identity);
    let action = PlanAction::Run {
        plan,
        secrets: secrets(),
    };
    let asked = desk.start_plan(identity, action);
    let (card, _) = desk.pull(&stop, asked);
    desk.reader.insert(card);
    let identity = desk.identity();
    let survey = PlanAction::Survey { about: None };
    match desk.ask(identity, survey).unwrap() {
        Done::Surveyed { survey, unfinished } => {
            assert!(matches!(*survey, Survey::Java(_)));
            assert_eq!(unfinished.unwrap().next, 2);
        }
        other => panic!("{other:?}"),
    }
    let given_up = desk.ask(identity, PlanAction::GiveUp).unwrap();
    assert!(matches!(given_up, Done::PlanGivenUp), "{given_up:?}");
}
