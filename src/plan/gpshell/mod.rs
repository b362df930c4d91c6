//! From a script of gpshell to what is done here: plans, and lists of what is on the card.

mod stage;
#[cfg(test)]
mod tests;
mod write;

pub use write::{ExportError, to_script};

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::content::script::{Script, ScriptCommand};
use super::content::{Aid, CapFile, GivenKeys, KeyFamily, Opening};
use super::{NewKeys, Task};
use crate::base::hex::Hex;
use crate::globalplatform::content::versions;
use crate::globalplatform::keys::KeyError;
use crate::token::{RegistryKind, Text};
use stage::Stage;

/// A script, as it is done here.
#[derive(Debug, Default)]
pub struct Staged {
    /// The secure channels, in the order of the script.
    pub channels: Vec<ScriptChannel>,
    /// What is done in them.
    pub parts: Vec<Part>,
    /// The reader that the script names.
    pub reader: Option<Text>,
    /// Lines that do nothing here, and their commands.
    pub idle: Vec<(usize, &'static str)>,
}

/// A secure channel of a script.
#[derive(Debug)]
pub struct ScriptChannel {
    /// The security domain that the script selects; the card manager if it selects none.
    pub domain: Option<Aid>,
    /// How it is opened.
    pub opening: Opening,
    /// The protocol and its implementation that the script wishes; which one it is says the card.
    pub protocol: (Option<u8>, Option<u8>),
    /// The keys, if they stand in the script.
    pub keys: Option<GivenKeys>,
}

/// A part of a script.
#[derive(Debug)]
pub struct Part {
    /// The number of its channel, from 0; nothing before the first.
    pub channel: Option<usize>,
    /// What it does.
    pub what: What,
}

/// What a part of a script does.
#[derive(Debug)]
pub enum What {
    /// Lists what is on the card, of these kinds.
    List(Vec<RegistryKind>),
    /// Tells what the card manager tells.
    Tell,
    /// Changes what is on the card.
    Change {
        /// The steps.
        tasks: Vec<Task>,
        /// The keys that the card manager shall have, and what they need to become a step.
        put: Option<Put>,
    },
}

/// New keys of a script.
#[derive(Debug)]
pub struct Put {
    version: u8,
    replaces: Option<u8>,
    /// The keys.
    pub keys: GivenKeys,
}

impl Put {
    /// The step, now that it is known what the keys are for.
    ///
    /// # Errors
    ///
    /// [`KeyError`]: they have no length of its keys.
    pub fn task(&self, family: KeyFamily) -> Result<Task, KeyError> {
        put_keys(self.version, self.replaces, &self.keys, family)
    }
}

/// The step that gives the card manager new keys.
///
/// # Errors
///
/// [`KeyError`]: they have no length of keys of this cipher, or no key set has such a version.
pub fn put_keys(
    version: u8,
    replaces: Option<u8>,
    keys: &GivenKeys,
    family: KeyFamily,
) -> Result<Task, KeyError> {
    let (version, replaced) = versions(version, replaces)?;
    let replaces = (replaced != 0).then_some(replaced);
    let values = keys.keys(family)?.check_values()?;
    Ok(Task::PutKeys(NewKeys {
        version,
        replaces,
        check_values: values.map(|value| Hex(value.0.to_vec())),
    }))
}

/// A script that was read and is not done here; nothing of it is done.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct StageError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is in the way.
    pub problem: StageProblem,
}

/// What is in the way of a script.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StageProblem {
    /// Commands as they stand, which no plan has.
    #[error("{command} is not done")]
    NotDone {
        /// The command.
        command: &'static str,
    },
    /// An option of a command that would do something else than what is done here.
    #[error("{command} {option} is not done")]
    Option {
        /// The command.
        command: &'static str,
        /// The option.
        option: &'static str,
    },
    /// A reader by its number, which is another one with each program.
    #[error("a reader by its number")]
    ReaderNumber,
    /// Two readers: one script is done in one.
    #[error("another reader than before")]
    OtherReader,
    /// A version that no key set can have.
    #[error("no key set has the version {0}")]
    KeyVersion(u8),
    /// A command that needs a secure channel, before one is opened.
    #[error("{command} before open_sc")]
    NoChannel {
        /// The command.
        command: &'static str,
    },
    /// `load` without `install_for_load`, or the other way round.
    #[error("install_for_load and load belong together")]
    LoadAlone,
    /// A number that no card can be told.
    #[error("a number is too large")]
    Number,
    /// Memory that goes with the power is not announced here.
    #[error("-vDataLimit is not announced")]
    VolatileLimit,
    /// A level that no channel has.
    #[error("there is no security level {0}")]
    Level(u8),
    /// The file is for another package.
    #[error("the file holds another package")]
    OtherPackage,
    /// `install` of a file with no or several applets, without `-AID`.
    #[error("it is not clear which applet is meant")]
    WhichApplet,
    /// Some of the three keys are missing.
    #[error("keys are missing")]
    KeysMissing,
    /// Something in the channel of `put_sc_key` behind it: which keys open the card is not sure then.
    #[error("a new open_sc has to follow put_sc_key")]
    AfterPutKeys,
    /// There is no such file among those that were read.
    #[error("the file is not there")]
    NoFile,
}

/// The files that a script names.
#[must_use]
pub fn files(script: &Script) -> Vec<PathBuf> {
    let commands = script.steps.iter().map(|step| &step.command);
    let named = commands.filter_map(|command| match command {
        ScriptCommand::Load { file } => Some(file.clone()),
        ScriptCommand::Install(install) => Some(install.file.clone()),
        _ => None,
    });
    named.collect()
}

/// Makes parts of a script; `packages` are the files that it names.
///
/// # Errors
///
/// [`StageError`] for the first line that is not done here.
pub fn stage(script: &Script, packages: &BTreeMap<PathBuf, CapFile>) -> Result<Staged, StageError> {
    let mut stage = Stage::new(packages);
    for step in &script.steps {
        stage
            .command(&step.command, step.line)
            .map_err(|problem| StageError {
                line: step.line,
                problem,
            })?;
    }
    match stage.end() {
        Some(staged) => Ok(staged),
        None => Err(StageError {
            line: script.steps.last().map_or(0, |step| step.line),
            problem: StageProblem::LoadAlone,
        }),
    }
}
