//! Steps of a plan as a script.

use std::path::PathBuf;

use super::super::Task;
use super::super::content::script::{
    self, Derivation, InstallForInstall, InstallForLoad, Mode, OpenChannel, Plain, Script,
    ScriptCommand,
};
use super::super::content::{Diversification, Edition, Opening};

/// Steps as a script, without keys. Steps that gpshell has no command for are left out.
#[must_use]
pub fn to_script(opening: &Opening, tasks: &[Task]) -> Script {
    let mode = match opening.edition {
        Some(Edition::OpenPlatform201) => Mode::OpenPlatform201,
        Some(Edition::GlobalPlatform) | None => Mode::GlobalPlatform211,
    };
    let derivation = match opening.diversification {
        Diversification::Visa2 => Some(Derivation::Visa2),
        Diversification::Emv => Some(Derivation::EmvCps11),
        Diversification::None | Diversification::Kdf3 => None,
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
    commands.extend(tasks.iter().flat_map(of_task));
    commands.push(ScriptCommand::Plain(Plain::CardDisconnect));
    commands.push(ScriptCommand::Plain(Plain::ReleaseContext));
    Script {
        steps: commands.into_iter().map(script::Step::from).collect(),
    }
}

fn of_task(task: &Task) -> Vec<ScriptCommand> {
    let limits = |code: Option<u16>, data: Option<u16>| script::Limits {
        code: code.map(u32::from),
        data: data.map(u32::from),
        volatile: None,
    };
    match task {
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
        _ => Vec::new(),
    }
}
