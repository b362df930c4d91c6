//! Steps of a plan as a script.

use std::path::PathBuf;

use super::super::Task;
use super::super::content::script::{
    self, Derivation, InstallForInstall, InstallForLoad, Mode, OpenChannel, Plain, Script,
    ScriptCommand,
};
use super::super::content::{Diversification, Edition, Opening};

/// What cannot be said in a script of gpshell.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExportError {
    /// gpshell has no command for this step, or none that is read here again.
    #[error("step {step} has no command")]
    Step {
        /// The number of the step, from 0.
        step: usize,
    },
    /// New keys would stand in the script.
    #[error("step {step} has new keys")]
    NewKeys {
        /// The number of the step, from 0.
        step: usize,
    },
    /// gpshell derives no keys in this way.
    #[error("gpshell derives no keys by KDF3")]
    Derivation,
}

/// Steps as a script, without keys. `gpshell` deletes what is related by itself in the mode of
/// GlobalPlatform, and never in that of Open Platform, which does not know it.
///
/// # Errors
///
/// [`ExportError`] for the first thing that it cannot say; nothing is left out.
pub fn to_script(opening: &Opening, tasks: &[Task]) -> Result<Script, ExportError> {
    let mode = match opening.edition {
        Some(Edition::OpenPlatform201) => Mode::OpenPlatform201,
        Some(Edition::GlobalPlatform) | None => Mode::GlobalPlatform211,
    };
    let derivation = match opening.diversification {
        Diversification::Visa2 => Some(Derivation::Visa2),
        Diversification::Emv => Some(Derivation::EmvCps11),
        Diversification::None => None,
        Diversification::Kdf3 => return Err(ExportError::Derivation),
    };
    let mut commands = vec![
        ScriptCommand::Mode(mode),
        ScriptCommand::Plain(Plain::EstablishContext),
        ScriptCommand::CardConnect(script::CardConnect::default()),
        ScriptCommand::OpenChannel(OpenChannel {
            security: Some(opening.level.byte()),
            key_index: Some(opening.key_index),
            key_version: Some(opening.key_version),
            derivation,
            ..OpenChannel::default()
        }),
    ];
    for (step, task) in tasks.iter().enumerate() {
        commands.extend(of_task(step, task)?);
    }
    commands.push(ScriptCommand::Plain(Plain::CardDisconnect));
    commands.push(ScriptCommand::Plain(Plain::ReleaseContext));
    Ok(Script {
        steps: commands.into_iter().map(script::Step::from).collect(),
    })
}

fn of_task(step: usize, task: &Task) -> Result<Vec<ScriptCommand>, ExportError> {
    let limits = |code: Option<u16>, data: Option<u16>| script::Limits {
        code: code.map(u32::from),
        data: data.map(u32::from),
        volatile: None,
    };
    Ok(match task {
        Task::DeleteContent(deletion) => vec![ScriptCommand::Delete {
            aid: deletion.aid.clone(),
        }],
        Task::LoadPackage(loading) => vec![
            ScriptCommand::InstallForLoad(InstallForLoad {
                package: loading.package.clone(),
                domain: loading.domain.clone(),
                limits: limits(loading.code_limit, None),
            }),
            ScriptCommand::Load {
                file: PathBuf::from(&loading.name),
            },
        ],
        Task::InstallApplet(installation) => {
            vec![ScriptCommand::InstallForInstall(InstallForInstall {
                package: installation.package.clone(),
                module: installation.module.clone(),
                instance: Some(installation.instance.clone()),
                privileges: Some(installation.privileges.0.clone()),
                parameters: Some(installation.parameters.0.clone())
                    .filter(|parameters| !parameters.is_empty()),
                limits: limits(None, installation.data_limit),
            })]
        }
        Task::PutKeys(_) => return Err(ExportError::NewKeys { step }),
        _ => return Err(ExportError::Step { step }),
    })
}
