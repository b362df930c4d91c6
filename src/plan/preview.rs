//! What a plan is going to be: commands, needs, losses, time.

use serde::Serialize;

use super::{Need, Plan, SecretName, SetupError, Survey, Task};
use crate::card::setup::rehearse;

/// Seconds of one command on a slow reader, twentieths.
const COMMANDS_A_SECOND: usize = 20;

/// What is going to happen, step by step.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Preview {
    /// As many as tasks.
    pub steps: Vec<Step>,
    /// Everything that has to be given, each once, in the order in which people are asked: what is
    /// on the card already, then what is new, a PUK after its PIN.
    pub needs: Vec<Need>,
    /// What has to be known before the plan is carried out.
    pub warnings: Vec<Warning>,
}

/// Something that a person has to know who decides for a plan.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The encryption of SCP02 tells about keys by how it refuses wrong padding (TCHES 2018/2).
    PaddingOracle,
    /// A private key that is deleted stays in its place: the rules there do not let it be overwritten.
    KeyStays,
}

/// One step.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Step {
    /// Its commands as text, a line each: name, then bytes. What is secret is not there.
    pub commands: Vec<String>,
    /// What it takes, in seconds: from, to.
    pub seconds: (u32, u32),
    /// What is lost: keys, certificates, data objects.
    pub loses: Option<Loss>,
}

/// What a step takes away for ever.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Loss {
    /// Private keys.
    pub keys: usize,
    /// Certificates.
    pub certificates: usize,
    /// Data objects.
    pub data: usize,
    /// PINs.
    pub pins: usize,
}

impl Preview {
    /// Goes through a plan on paper.
    ///
    /// # Errors
    ///
    /// The number of the first step that cannot be done, and why. Nothing was written.
    pub fn of(plan: &Plan, survey: &Survey) -> Result<Self, (usize, SetupError)> {
        Self::of_tasks(plan, survey, 0)
    }

    /// As [`Preview::of`], for the steps from `first` on.
    ///
    /// # Errors
    ///
    /// As [`Preview::of`].
    pub fn of_tasks(
        plan: &Plan,
        survey: &Survey,
        first: usize,
    ) -> Result<Self, (usize, SetupError)> {
        let (done, tasks) = plan.tasks.split_at_checked(first).unwrap_or_default();
        let survey = &survey.clone().after(done);
        let rehearsals = rehearse(&plan.subject.atr.0, survey, tasks, plan.made, plan.opening)
            .map_err(|(number, error)| (number + first, error))?;
        let mut preview = Self::default();
        if survey.has_padding_oracle(&plan.opening) {
            preview.warnings.push(Warning::PaddingOracle);
        }
        if tasks.iter().any(|task| survey.keeps_key(task)) {
            preview.warnings.push(Warning::KeyStays);
        }
        for (task, rehearsal) in tasks.iter().zip(rehearsals) {
            let keys = rehearsal.keys_made(task);
            let known = |need: &Need| preview.needs.iter().any(|other| other.name == need.name);
            let new: Vec<_> = rehearsal
                .needs
                .into_iter()
                .filter(|need| !known(need))
                .collect();
            preview.needs.extend(new);
            let commands: Vec<_> = rehearsal
                .commands
                .iter()
                .map(|entry| format!("{}: {}", entry.name, entry.command.to_text()))
                .collect();
            let short = u32::try_from(commands.len().div_ceil(COMMANDS_A_SECOND)).unwrap_or(1);
            preview.steps.push(Step {
                seconds: match task {
                    // From new chips to old ones (sheet "cardos", 8).
                    _ if keys > 0 => (short + 5 * keys, short + 60 * keys),
                    Task::Format => (short + 2, short + 10),
                    _ => (short, 2 * short),
                },
                loses: loss(task, survey),
                commands,
            });
        }
        preview.needs.sort_by_key(place);
        Ok(preview)
    }

    /// All commands.
    #[must_use]
    pub fn commands(&self) -> usize {
        self.steps.iter().map(|step| step.commands.len()).sum()
    }

    /// All seconds: from, to.
    #[must_use]
    pub fn seconds(&self) -> (u32, u32) {
        let add = |sum: (u32, u32), step: &Step| (sum.0 + step.seconds.0, sum.1 + step.seconds.1);
        self.steps.iter().fold((0, 0), add)
    }
}

/// Where something is in the order in which people are asked. A card wants the PUK first, but
/// nobody thinks of it before its PIN. The PIN of the security officer has the lowest number.
fn place(need: &Need) -> (bool, u8, bool) {
    let (number, puk) = match need.name {
        SecretName::Pin { number } => (number, false),
        SecretName::Puk { number } => (number, true),
        SecretName::ManagerKeys | SecretName::TransportPin => (0, false),
        SecretName::NewManagerKeys | SecretName::Key { .. } | SecretName::Data { .. } => {
            (u8::MAX, true)
        }
    };
    (need.fresh, number, puk)
}

/// What a task takes away.
fn loss(task: &Task, survey: &Survey) -> Option<Loss> {
    let one = Loss::default();
    let loss = match task {
        Task::Format | Task::DeleteApplication => {
            let counts = survey.counts();
            Loss {
                keys: counts.keys,
                certificates: counts.certificates,
                data: counts.data,
                pins: counts.pins,
            }
        }
        Task::DeleteKey { .. } => Loss { keys: 1, ..one },
        Task::DeleteCertificate { .. } => Loss {
            certificates: 1,
            ..one
        },
        Task::DeleteData { .. } => Loss { data: 1, ..one },
        _ => return None,
    };
    Some(loss)
}

#[cfg(test)]
mod tests {
    use super::{Need, SecretName, place};
    use crate::token::{Alphabet, PinRole, PinRule};

    fn need(name: SecretName, fresh: bool) -> Need {
        let rule = PinRule {
            min: 4,
            max: 8,
            alphabet: Alphabet::Ascii,
        };
        Need {
            name,
            fresh,
            role: PinRole::User,
            label: None,
            rule,
            replaces_pins: true,
            refuses_known: false,
        }
    }

    #[test]
    fn a_pin_is_asked_for_before_its_puk_and_what_is_there_before_what_is_new() {
        let pin = |number, fresh| need(SecretName::Pin { number }, fresh);
        let puk = |number| need(SecretName::Puk { number }, true);
        // As a card wants them that is erased with its PINs and set up anew.
        let mut needs = vec![pin(7, false), pin(5, false), puk(1), pin(1, true)];
        needs.extend([puk(3), pin(3, true)]);
        needs.sort_by_key(place);
        let expected = [
            pin(5, false),
            pin(7, false),
            pin(1, true),
            puk(1),
            pin(3, true),
            puk(3),
        ];
        assert_eq!(needs, expected);
    }
}
