//! A card on a desk: plans are made for it and carried out, and its link can be cut.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use symbolon::base::secret::Secret;
use symbolon::card;
use symbolon::plan::journal::{Journals, Record};
use symbolon::plan::preview::Preview;
use symbolon::plan::profile::Profile;
use symbolon::plan::recipe::{self, Given};
use symbolon::plan::run::{Run, RunError};
use symbolon::plan::secrets::Secrets;
use symbolon::plan::{About, Plan, SecretName, SetupError, Survey, cardos, compare};
use symbolon::simulator::{Card, CardOs};
use symbolon::token::{ReaderId, Token};
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::{After, Link, LinkError, Protocol};
use symbolon::transport::trace::Tracer;

/// The moment of every plan.
pub(crate) const NOW: i64 = 1_795_269_430;

/// Where a link is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// After so many commands.
    pub(crate) after: usize,
    /// Whether the last one was carried out, and only its answer is lost.
    pub(crate) carried_out: bool,
}

/// A card, and how it is reached.
pub(crate) struct Desk {
    card: Arc<Mutex<CardOs>>,
    pub(crate) journals: Journals,
}

/// A card that stays on the desk while it is in a reader.
pub(crate) struct Shared {
    card: Arc<Mutex<CardOs>>,
    atr: Vec<u8>,
}

impl Card for Shared {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.card.lock().unwrap().reset();
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.card.lock().unwrap().transmit(command)
    }
}

struct Wire {
    card: Arc<Mutex<CardOs>>,
    atr: Vec<u8>,
    cut: Option<Cut>,
    sent: usize,
    lie: Option<Lie>,
}

/// A wrong answer to one command.
#[derive(Clone)]
pub(crate) struct Lie {
    /// Which command, by its number over the whole plan or by its header.
    at: Result<usize, [u8; 4]>,
    /// Whether the card does what it was told all the same.
    carried_out: bool,
    /// What is answered, once.
    answer: Arc<Mutex<Option<Vec<u8>>>>,
    counted: Arc<Mutex<usize>>,
}

impl Lie {
    pub(crate) fn at(
        number: usize,
        carried_out: bool,
        answer: Arc<Mutex<Option<Vec<u8>>>>,
    ) -> Self {
        Self {
            at: Ok(number),
            carried_out,
            answer,
            counted: Arc::default(),
        }
    }

    pub(crate) fn to(header: [u8; 4], answer: Vec<u8>) -> Self {
        Self {
            at: Err(header),
            carried_out: true,
            answer: Arc::new(Mutex::new(Some(answer))),
            counted: Arc::default(),
        }
    }

    fn answer(&self, command: &[u8]) -> Option<Vec<u8>> {
        let mut counted = self.counted.lock().unwrap();
        let here = match self.at {
            Ok(number) => number == *counted,
            Err(header) => command.starts_with(&header),
        };
        *counted += 1;
        if here {
            self.answer.lock().unwrap().take()
        } else {
            None
        }
    }
}

impl Link for Wire {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        self.sent += 1;
        if let Some(cut) = self.cut
            && self.sent > cut.after
        {
            if self.sent == cut.after + 1 && cut.carried_out {
                self.card.lock().unwrap().transmit(command);
            }
            return Err(LinkError::Removed);
        }
        let lie = self
            .lie
            .as_ref()
            .and_then(|lie| Some((lie.carried_out, lie.answer(command)?)));
        if let Some((carried_out, answer)) = lie {
            if carried_out {
                self.card.lock().unwrap().transmit(command);
            }
            return Ok(answer);
        }
        Ok(self.card.lock().unwrap().transmit(command))
    }

    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn protocol(&self) -> Protocol {
        Protocol::T1
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
    pub(crate) commands: usize,
}

impl Desk {
    pub(crate) fn new(card: CardOs) -> Self {
        Self {
            card: Arc::new(Mutex::new(card)),
            journals: Journals::memory(),
        }
    }

    /// A new link to a card that was just powered on.
    fn wire(&self, cut: Option<Cut>) -> Wire {
        let mut card = self.card.lock().unwrap();
        card.reset();
        Wire {
            atr: card.atr().to_vec(),
            card: Arc::clone(&self.card),
            cut,
            sent: 0,
            lie: None,
        }
    }

    fn on<T>(&self, work: impl FnOnce(&mut Channel<'_>) -> T) -> T {
        let mut wire = self.wire(None);
        let tracer = Tracer::silent(ReaderId(1));
        let mut channel = Channel::new(&mut wire, &tracer, Cancel::default());
        work(&mut channel)
    }

    pub(crate) fn survey(&self) -> Survey {
        self.on(|channel| Survey::read(channel, About::Token))
            .unwrap()
    }

    /// The same in the words of this make of card.
    pub(crate) fn cardos(&self) -> cardos::Survey {
        match self.survey() {
            Survey::CardOs(survey) => survey,
            other => panic!("{other:?}"),
        }
    }

    /// What a survey costs on the card as it is.
    pub(crate) fn survey_commands(&self) -> usize {
        self.on(|channel| {
            Survey::read(channel, About::Token).unwrap();
            channel.cost().commands as usize
        })
    }

    pub(crate) fn token(&self) -> Token {
        self.on(|channel| card::read(channel, Protocol::T1, &mut |_| {}))
            .unwrap()
    }

    /// The card, for somebody else.
    pub(crate) fn shared(&self) -> Shared {
        let mut card = self.card.lock().unwrap();
        card.reset();
        Shared {
            atr: card.atr().to_vec(),
            card: Arc::clone(&self.card),
        }
    }

    pub(crate) fn image(&self) -> String {
        self.card.lock().unwrap().image()
    }

    pub(crate) fn plan(&self, profile: &str, given: Given) -> Plan {
        let profile = Profile::parse(profile).unwrap();
        let given = Given { now: NOW, ..given };
        recipe::plan(&profile, &self.survey(), &self.token(), &given).unwrap()
    }

    /// Carries a plan out, cut off where it is said.
    pub(crate) fn run(&self, plan: &Plan, secrets: &mut Secrets, cut: Option<Cut>) -> Ended {
        let survey = self.survey();
        let journal = self.journals.open(survey.serial()).unwrap();
        let run = Run::begin(plan.clone(), survey, journal, NOW).unwrap();
        self.go_on(run, secrets, cut, None)
    }

    /// Carries a plan out on a card that lies once.
    pub(crate) fn run_lied_to(&self, plan: &Plan, secrets: &mut Secrets, lie: Lie) -> Ended {
        let survey = self.survey();
        let journal = self.journals.open(survey.serial()).unwrap();
        let run = Run::begin(plan.clone(), survey, journal, NOW).unwrap();
        self.go_on(run, secrets, None, Some(lie))
    }

    /// Decides that the plan is not gone on with.
    pub(crate) fn give_up(&self) {
        let mut journal = self.journals.open(self.survey().serial()).unwrap();
        assert!(journal.unfinished().is_some());
        journal.append(NOW, Record::GivenUp).unwrap();
    }

    /// Goes on with what the journal says is not at its end.
    pub(crate) fn resume(&self, secrets: &mut Secrets, cut: Option<Cut>) -> Ended {
        let live = self.survey();
        let journal = self.journals.open(live.serial()).unwrap();
        let unfinished = journal.unfinished().expect("nothing to go on with");
        match Run::resume(unfinished, journal, &live) {
            Ok(run) => self.go_on(run, secrets, cut, None),
            Err(error) => Ended {
                result: Err(error),
                commands: 0,
            },
        }
    }

    fn go_on(
        &self,
        mut run: Run,
        secrets: &mut Secrets,
        cut: Option<Cut>,
        lie: Option<Lie>,
    ) -> Ended {
        let tracer = Tracer::silent(ReaderId(1));
        let mut commands = 0;
        let mut result = Ok(());
        while !run.is_over() && result.is_ok() {
            let left = cut.map(|cut| Cut {
                after: cut.after.saturating_sub(commands),
                ..cut
            });
            let mut wire = self.wire(left);
            wire.lie.clone_from(&lie);
            let mut channel = Channel::new(&mut wire, &tracer, Cancel::default());
            result = run.step(&mut channel, secrets, NOW);
            commands += wire.sent;
        }
        if result.is_ok() {
            let promises = compare(run.plan(), &self.token());
            let broken: Vec<_> = promises.iter().filter(|promise| !promise.kept).collect();
            assert!(broken.is_empty(), "{broken:?}\n{:#?}", self.token());
            run.finish(promises.len(), promises.len(), NOW).unwrap();
        }
        Ended { result, commands }
    }

    /// What a plan needs, as the window would ask for it.
    pub(crate) fn needs(&self, plan: &Plan) -> BTreeMap<SecretName, bool> {
        let preview = Preview::of(plan, &self.survey()).unwrap();
        let needs = preview.needs.into_iter();
        needs.map(|need| (need.name, need.fresh)).collect()
    }
}

/// PINs that fit everything: their number is in them.
pub(crate) fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    for number in (1..=15).step_by(2) {
        secrets.give(SecretName::Pin { number }, pin(number));
        let puk = format!("87654{number}2");
        secrets.give(SecretName::Puk { number }, Secret::new(puk.as_bytes()));
    }
    secrets
}

pub(crate) fn pin(number: u8) -> Secret {
    Secret::new(format!("12345{number}").as_bytes())
}

pub(crate) fn setup(error: &RunError) -> &SetupError {
    match error {
        RunError::Setup(error) => error,
        RunError::Journal(error) => panic!("{error}"),
    }
}
