//! A Java card on a desk: it is looked at, plans are carried out on it, and its link can be cut.

use std::sync::{Arc, Mutex};

use symbolon::base::hex::Hex;
use symbolon::base::secret::Secret;
use symbolon::card::java::{self, Look, ManagerAccess};
use symbolon::globalplatform::attempts::PassingAttempts;
use symbolon::globalplatform::{Attempts, KeptAttempts};
use symbolon::iso7816::atr::Atr;
use symbolon::plan::content::{
    self, Aid, CapFile, InstallWish, KeyFamily, Keys, Opening, WellKnownKey,
};
use symbolon::plan::journal::Journals;
use symbolon::plan::preview::Preview;
use symbolon::plan::run::{Run, RunError};
use symbolon::plan::secrets::Secrets;
use symbolon::plan::{About, NewKeys, Plan, SecretName, SetupError, Survey, Task};
use symbolon::simulator::{Card, GlobalPlatform, GlobalPlatformModel as Model};
use symbolon::token::ReaderId;
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::{After, Link, LinkError, Protocol};
use symbolon::transport::trace::Tracer;

use crate::cap::Made;

pub(crate) const NOW: i64 = 1_795_269_430;
pub(crate) const SERIAL: [u8; 4] = [1, 2, 3, 4];

/// INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, LOAD and PUT KEY.
pub(crate) const INITIALIZE: u8 = 0x50;
pub(crate) const AUTHENTICATE: u8 = 0x82;
pub(crate) const LOAD: u8 = 0xE8;

/// The three kinds of cards.
pub(crate) fn models() -> [(&'static str, Model); 3] {
    [
        ("Cyberflex, SCP01, T=0", Model::cyberflex(SERIAL)),
        ("GlobalPlatform 2.1.1, SCP02", Model::gp211(SERIAL)),
        ("card of today, SCP03", Model::modern(SERIAL)),
    ]
}

/// Where a link is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// After so many commands.
    pub(crate) after: usize,
    /// Whether the last one was carried out, and only its answer is lost.
    pub(crate) carried_out: bool,
}

/// A card that stays on the desk, whoever has it.
pub(crate) struct Shared<C>(Arc<Mutex<C>>, Vec<u8>);

impl<C: Card> Shared<C> {
    pub(crate) fn new(card: &Arc<Mutex<C>>) -> Self {
        let atr = card.lock().unwrap().atr().to_vec();
        Self(Arc::clone(card), atr)
    }
}

impl<C: Card> Card for Shared<C> {
    fn atr(&self) -> &[u8] {
        &self.1
    }

    fn reset(&mut self) {
        self.0.lock().unwrap().reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.0.lock().unwrap().transmit(command)
    }
}

/// The way to a card: keeps what was sent, and can be cut.
pub(crate) struct Wire {
    card: Box<dyn Card>,
    atr: Vec<u8>,
    cut: Option<Cut>,
    pub(crate) sent: Vec<Vec<u8>>,
}

impl Wire {
    /// To a card that was just powered on.
    pub(crate) fn new(mut card: Box<dyn Card>, cut: Option<Cut>) -> Self {
        card.reset();
        Self {
            atr: card.atr().to_vec(),
            card,
            cut,
            sent: Vec::new(),
        }
    }

    pub(crate) fn on<T>(&mut self, work: impl FnOnce(&mut Channel<'_>) -> T) -> T {
        let tracer = Tracer::silent(ReaderId(1));
        work(&mut Channel::new(self, &tracer, Cancel::default()))
    }

    pub(crate) fn look(
        &mut self,
        access: Option<&ManagerAccess>,
        attempts: &mut dyn Attempts,
    ) -> Result<Look, SetupError> {
        self.on(|channel| java::look(channel, access, attempts))
    }

    /// How often an instruction was sent.
    pub(crate) fn count(&self, ins: u8) -> usize {
        self.sent.iter().filter(|sent| sent[1] == ins).count()
    }
}

impl Link for Wire {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        self.sent.push(command.to_vec());
        if let Some(cut) = self.cut
            && self.sent.len() > cut.after
        {
            if self.sent.len() == cut.after + 1 && cut.carried_out {
                self.card.transmit(command);
            }
            return Err(LinkError::Removed);
        }
        Ok(self.card.transmit(command))
    }

    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn protocol(&self) -> Protocol {
        let known = Atr::parse(&self.atr).and_then(|atr| atr.protocols.first().copied());
        if known == Some(1) {
            Protocol::T1
        } else {
            Protocol::T0
        }
    }

    fn exclusively(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Link) -> After,
    ) -> Result<(), LinkError> {
        work(self);
        Ok(())
    }
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) result: Result<(), RunError>,
    pub(crate) sent: Vec<Vec<u8>>,
}

impl Ended {
    #[track_caller]
    pub(crate) fn setup_error(self) -> SetupError {
        match self.result {
            Err(RunError::Setup(error)) => error,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) struct Desk {
    pub(crate) card: Arc<Mutex<GlobalPlatform>>,
    pub(crate) journals: Journals,
    /// Where failed tries are kept; else they are forgotten with the secrets.
    pub(crate) attempts: Option<KeptAttempts>,
}

impl Desk {
    pub(crate) fn new(card: GlobalPlatform) -> Self {
        Self {
            card: Arc::new(Mutex::new(card)),
            journals: Journals::memory(),
            attempts: None,
        }
    }

    pub(crate) fn wire(&self, cut: Option<Cut>) -> Wire {
        Wire::new(Box::new(Shared::new(&self.card)), cut)
    }

    pub(crate) fn survey(&self) -> Survey {
        self.wire(None)
            .on(|channel| Survey::read(channel, About::Content))
            .unwrap()
    }

    pub(crate) fn family(&self) -> KeyFamily {
        match self.survey() {
            Survey::Java(survey) => survey.family.unwrap(),
            Survey::Muscle(_) | Survey::CardOs(_) => panic!("not a Java card"),
        }
    }

    pub(crate) fn image(&self) -> String {
        self.card.lock().unwrap().image()
    }

    pub(crate) fn plan(&self, opening: Opening, tasks: Vec<Task>) -> Plan {
        let atr = self.card.lock().unwrap().atr().to_vec();
        content::plan("test", &self.survey(), &atr, opening, tasks, NOW).unwrap()
    }

    /// The keys of before and the new ones.
    pub(crate) fn secrets(&self) -> Secrets {
        let family = self.family();
        let mut secrets = Secrets::default();
        secrets.give_manager_keys(WellKnownKey::Test.keys(family), false);
        secrets.give_new_manager_keys(new_keys(family));
        if let Some(attempts) = &self.attempts {
            secrets.keep_attempts(Box::new(attempts.clone()));
        }
        secrets
    }

    pub(crate) fn run(&self, plan: &Plan, secrets: &mut Secrets, cut: Option<Cut>) -> Ended {
        let survey = self.survey();
        let journal = self.journals.open(survey.serial()).unwrap();
        let run = Run::begin(plan.clone(), survey, journal, NOW).unwrap();
        self.go_on(run, secrets, cut)
    }

    /// Does the first steps; the power goes between two.
    pub(crate) fn run_some(&self, plan: &Plan, secrets: &mut Secrets, steps: usize) {
        let survey = self.survey();
        let journal = self.journals.open(survey.serial()).unwrap();
        let mut run = Run::begin(plan.clone(), survey, journal, NOW).unwrap();
        for _ in 0..steps {
            let step = |channel: &mut Channel<'_>| run.step(channel, secrets, NOW);
            self.wire(None).on(step).unwrap();
        }
    }

    pub(crate) fn resume(&self, secrets: &mut Secrets, cut: Option<Cut>) -> Ended {
        let live = self.survey();
        let journal = self.journals.open(live.serial()).unwrap();
        let unfinished = journal.unfinished().expect("nothing to go on with");
        let run = Run::resume(unfinished, journal, &live).unwrap();
        self.go_on(run, secrets, cut)
    }

    pub(crate) fn go_on(&self, mut run: Run, secrets: &mut Secrets, cut: Option<Cut>) -> Ended {
        let mut sent = Vec::new();
        let mut result = Ok(());
        while !run.is_over() && result.is_ok() {
            let cut = cut.map(|cut| Cut {
                after: cut.after.saturating_sub(sent.len()),
                ..cut
            });
            let mut wire = self.wire(cut);
            result = wire.on(|channel| run.step(channel, secrets, NOW));
            sent.append(&mut wire.sent);
        }
        if result.is_ok() {
            run.finish(0, 0, NOW).unwrap();
        }
        Ended { result, sent }
    }

    /// Whether these keys open the card.
    pub(crate) fn opens(&self, keys: Keys, opening: Opening) -> bool {
        let access = access(keys, opening);
        let mut attempts = PassingAttempts::default();
        self.wire(None).look(Some(&access), &mut attempts).is_ok()
    }

    /// What a plan needs, and whether it is set by it.
    pub(crate) fn needs(&self, plan: &Plan, first: usize) -> Vec<(SecretName, bool)> {
        let preview = Preview::of_tasks(plan, &self.survey(), first).unwrap();
        let needs = preview.needs.into_iter();
        needs.map(|need| (need.name, need.fresh)).collect()
    }
}

pub(crate) fn access(keys: Keys, opening: Opening) -> ManagerAccess {
    ManagerAccess {
        opening,
        keys,
        try_again: false,
    }
}

pub(crate) fn test_keys(family: KeyFamily) -> Keys {
    WellKnownKey::Test.keys(family)
}

pub(crate) fn new_keys(family: KeyFamily) -> Keys {
    let key = |first: u8| Secret::new(&(first..).take(16).collect::<Vec<u8>>());
    Keys::three(family, key(0x51), key(0x71), key(0x91)).unwrap()
}

pub(crate) fn wrong_keys(family: KeyFamily) -> Keys {
    Keys::one(family, Secret::new(&[0xA5; 16])).unwrap()
}

pub(crate) fn put_keys(family: KeyFamily, version: u8, replaces: Option<u8>) -> Task {
    let values = new_keys(family).check_values().unwrap();
    Task::PutKeys(NewKeys {
        version,
        replaces,
        check_values: values.map(|value| Hex(value.0.to_vec())),
    })
}

pub(crate) fn aid(bytes: &[u8]) -> Aid {
    Aid::new(bytes).unwrap()
}

/// A small package that goes onto all of the cards.
pub(crate) fn hello() -> Made {
    Made {
        filled: vec![
            (5, 0x26),
            (6, 0x0C),
            (7, 900),
            (8, 0x19),
            (9, 0x0F),
            (11, 0x5D),
        ],
        ..Made::hello_world()
    }
}

/// The usual steps for a package: delete, load, install.
pub(crate) fn install(made: &Made) -> Vec<Task> {
    let cap = CapFile::read(&made.archive()).unwrap();
    InstallWish::usual(&cap).tasks(&cap, "test.cap")
}
