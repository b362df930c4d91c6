//! Tasks on paper: which commands they are, what they need, and whether they can be done, without a
//! card.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Materials, Occasion, Private, SetupError, Survey, carry_out};
use crate::base::secret::Secret;
use crate::card::cardos;
use crate::card::java;
use crate::card::muscle;
use crate::card::task::{Opening, SecretName, Task};
use crate::globalplatform::attempts::PassingAttempts;
use crate::globalplatform::{Attempts, KeyFamily, Keys, WellKnownKey};
use crate::token::{PinRole, PinRule, ReaderId, Text};
use crate::transport::channel::{Cancel, Channel};
use crate::transport::link::{After, Link, LinkError, Protocol};
use crate::transport::trace::{Entry, Shown, Tracer};

/// What came of a task on paper.
#[derive(Clone, Debug, Default)]
pub struct Rehearsal {
    /// The commands, as far as they may be seen.
    pub commands: Vec<Entry>,
    /// What it needs, in the order in which it is needed.
    pub needs: Vec<Need>,
}

impl Rehearsal {
    /// How many keys the card makes for the task. The MUSCLE applet makes some only to throw them away:
    /// under a key from a file, and over one that is deleted.
    #[must_use]
    pub fn keys_made(&self, task: &Task) -> u32 {
        let is_made = |entry: &&Entry| match &entry.command {
            Shown::Bytes(bytes) => muscle::commands::is_generate(bytes),
            Shown::Hidden { .. } => false,
        };
        match task {
            Task::GenerateKey(_) => 1,
            Task::ImportKey(_) | Task::DeleteKey { .. } | Task::DeleteApplication => {
                let made = self.commands.iter().filter(is_made).count();
                u32::try_from(made).unwrap_or(u32::MAX)
            }
            _ => 0,
        }
    }
}

/// Something that a task needs and a plan does not hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Need {
    /// Which.
    pub name: SecretName,
    /// Whether it is set by the task, so that it is typed twice and checked.
    pub fresh: bool,
    /// What the PIN is; that of a PUK is [`PinRole::Puk`].
    pub role: PinRole,
    /// What people call it.
    pub label: Option<Text>,
    /// What it must look like.
    pub rule: PinRule,
    /// Whether a PIN that was forgotten can be replaced with it: by a PUK, or an SO-PIN. Some PUKs
    /// only give the tries back.
    pub replaces_pins: bool,
    /// Whether what everybody knows is refused as its value ([`crate::card::muscle::is_known`]), and a
    /// PUK that is the same as its PIN.
    pub refuses_known: bool,
}

/// Goes through all tasks, one after the other, on a card that answers "done" to everything.
/// `moment` is in seconds since 1970, and what the card is told as its last change; `opening` is how
/// its card manager is opened.
///
/// # Errors
///
/// The number of the first task that cannot be done, and why.
pub fn rehearse(
    atr: &[u8],
    survey: &Survey,
    tasks: &[Task],
    moment: i64,
    opening: Opening,
) -> Result<Vec<Rehearsal>, (usize, SetupError)> {
    let mut survey = survey.clone();
    let mut set: Vec<SecretName> = Vec::new();
    let mut rehearsals = Vec::new();
    for (number, task) in tasks.iter().enumerate() {
        let entries: Arc<Mutex<Vec<Entry>>> = Arc::default();
        let sink = Arc::clone(&entries);
        let note = Arc::new(move |entry| {
            sink.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(entry);
        });
        let tracer = Tracer::new(ReaderId(0), Arc::default(), note);
        let mut paper = Paper { atr: atr.to_vec() };
        let mut channel = Channel::new(&mut paper, &tracer, Cancel::default());
        let mut materials = Blanks::of(task);
        let before = survey.clone();
        let occasion = Occasion {
            again: false,
            said: false,
            paper: true,
            moment,
            opening,
        };
        let known = &mut |_: &Survey| Ok(());
        carry_out(
            task,
            &mut survey,
            &mut channel,
            &mut materials,
            occasion,
            known,
        )
        .map_err(|error| (number, error))?;
        let mut needs = Vec::new();
        for name in materials.asked {
            // What an earlier task has set is known.
            if set.contains(&name) {
                continue;
            }
            let need = need(&name, task, &before, atr);
            if need.fresh {
                set.push(name);
            }
            needs.push(need);
        }
        let entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
        let commands = entries.iter().cloned();
        let commands = commands.map(|entry| named(entry, &before)).collect();
        rehearsals.push(Rehearsal { commands, needs });
    }
    Ok(rehearsals)
}

/// What `name` is that a task asks for.
fn need(name: &SecretName, task: &Task, survey: &Survey, atr: &[u8]) -> Need {
    match survey {
        Survey::CardOs(survey) => cardos::need(name, task, survey, atr),
        Survey::Java(_) => java::need(name, task),
        Survey::Muscle(_) => muscle::tasks::need(name, task),
    }
}

/// A command as people know it on this make of card.
fn named(entry: Entry, survey: &Survey) -> Entry {
    match survey {
        Survey::CardOs(_) => cardos::with_number(entry),
        Survey::Java(_) | Survey::Muscle(_) => entry,
    }
}

/// What stands for everything that is needed, and what of it was asked for.
struct Blanks {
    asked: Vec<SecretName>,
    pin: Secret,
    key: Option<Private>,
    data: BTreeMap<String, Secret>,
    manager_keys: Keys,
    attempts: PassingAttempts,
}

impl Blanks {
    fn of(task: &Task) -> Self {
        let key = match task {
            Task::ImportKey(new) => {
                let bytes = usize::from(new.bits / 8);
                let half = || Secret::take(vec![0xFF; bytes / 2]);
                Some(Private {
                    modulus: vec![0xFF; bytes],
                    exponent: vec![0x01, 0x00, 0x01],
                    private_exponent: Secret::take(vec![0xFF; bytes]),
                    primes: [half(), half(), half(), half(), half()],
                })
            }
            _ => None,
        };
        let data = match task {
            Task::StoreData(new) => {
                let data = Secret::take(vec![0; usize::from(new.len)]);
                BTreeMap::from([(new.label.clone(), data)])
            }
            _ => BTreeMap::new(),
        };
        Self {
            asked: Vec::new(),
            pin: Secret::new(b"00000000"),
            key,
            data,
            manager_keys: WellKnownKey::Test.keys(KeyFamily::TripleDes),
            attempts: PassingAttempts::default(),
        }
    }

    fn note(&mut self, name: SecretName) {
        if !self.asked.contains(&name) {
            self.asked.push(name);
        }
    }
}

impl Materials for Blanks {
    fn pin(&mut self, name: &SecretName) -> Option<&Secret> {
        self.note(name.clone());
        Some(&self.pin)
    }

    fn key(&mut self, id: &[u8]) -> Option<&Private> {
        let id = crate::base::hex::Hex(id.to_vec());
        self.note(SecretName::Key { id });
        self.key.as_ref()
    }

    fn manager(&mut self, name: &SecretName) -> (Option<&Keys>, &mut dyn Attempts, bool) {
        self.note(name.clone());
        (Some(&self.manager_keys), &mut self.attempts, false)
    }

    fn data(&mut self, label: &str) -> Option<&Secret> {
        self.note(SecretName::Data {
            label: label.to_owned(),
        });
        self.data.get(label)
    }
}

/// Answers "done" to everything.
struct Paper {
    atr: Vec<u8>,
}

impl Link for Paper {
    fn exchange(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        // What is asked before everything has an answer of some form; what it says is not looked at.
        let mut answer = match command {
            [0x00, 0xCA, 0x01, 0x81, ..] => vec![0x00; 32],
            [0x00, 0xCA, 0x01, 0x83, ..] => vec![0x20],
            _ => muscle::tasks::answer_on_paper(command),
        };
        answer.extend([0x90, 0x00]);
        Ok(answer)
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
