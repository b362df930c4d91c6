//! From a script of gpshell to what is done here: plans, and lists of what is on the card.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::content::script::{
    self, Derivation, Get, Install, InstallForInstall, InstallForLoad, Mode, OpenChannel, Plain,
    PutKeys, Script, ScriptCommand,
};
use super::content::{
    Aid, CapFile, Diversification, Edition, GivenKeys, KeyFamily, Level, Opening,
};
use super::{Deletion, Installation, Loading, NewKeys, Task};
use crate::base::hex::Hex;
use crate::globalplatform::keys::KeyError;
use crate::token::RegistryKind;

/// A script, as it is done here.
#[derive(Debug, Default)]
pub struct Staged {
    /// The secure channels, in the order of the script.
    pub channels: Vec<ScriptChannel>,
    /// What is done in them.
    pub parts: Vec<Part>,
}

/// A secure channel of a script.
#[derive(Debug)]
pub struct ScriptChannel {
    /// The security domain that the script selects; the card manager if it selects none.
    pub domain: Option<Aid>,
    /// How it is opened.
    pub opening: Opening,
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
/// [`KeyError`]: they have no length of keys of this cipher.
pub fn put_keys(
    version: u8,
    replaces: Option<u8>,
    keys: &GivenKeys,
    family: KeyFamily,
) -> Result<Task, KeyError> {
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
    let mut stage = Stage {
        staged: Staged::default(),
        packages,
        edition: None,
        derivation: Diversification::None,
        domain: None,
        open: false,
        after_put: false,
        has_dek: false,
        loading: None,
    };
    for step in &script.steps {
        stage.command(&step.command).map_err(|problem| StageError {
            line: step.line,
            problem,
        })?;
    }
    match stage.loading {
        None => Ok(stage.staged),
        Some(_) => Err(StageError {
            line: script.steps.last().map_or(0, |step| step.line),
            problem: StageProblem::LoadAlone,
        }),
    }
}

/// What is known of a script up to a line.
struct Stage<'a> {
    staged: Staged,
    packages: &'a BTreeMap<PathBuf, CapFile>,
    edition: Option<Edition>,
    derivation: Diversification,
    domain: Option<Aid>,
    open: bool,
    after_put: bool,
    /// Whether the key that keys are enciphered with is known in the channel.
    has_dek: bool,
    loading: Option<InstallForLoad>,
}

impl Stage<'_> {
    fn command(&mut self, command: &ScriptCommand) -> Result<(), StageProblem> {
        if self.loading.is_some() && !matches!(command, ScriptCommand::Load { .. }) {
            return Err(StageProblem::LoadAlone);
        }
        self.needs_channel(command)?;
        match command {
            ScriptCommand::Mode(Mode::OpenPlatform201) => {
                self.edition = Some(Edition::OpenPlatform201);
            }
            ScriptCommand::Mode(Mode::GlobalPlatform211) => {
                self.edition = Some(Edition::GlobalPlatform);
            }
            ScriptCommand::Derivation(how) => self.derivation = derivation(*how),
            ScriptCommand::Plain(Plain::CardDisconnect) => self.close(),
            ScriptCommand::Plain(_) => {}
            ScriptCommand::CardConnect(_) => self.close(),
            ScriptCommand::Select { aid } => {
                self.close();
                self.domain = Some(aid.clone());
            }
            ScriptCommand::OpenChannel(open) => self.open_channel(open)?,
            ScriptCommand::Delete { aid } => self.task(Task::DeleteContent(Deletion {
                aid: aid.clone(),
                related: false,
            })),
            ScriptCommand::InstallForLoad(install) => self.loading = Some(install.clone()),
            ScriptCommand::Load { file } => self.load(file)?,
            ScriptCommand::InstallForInstall(install) => self.install_applet(install)?,
            ScriptCommand::Install(install) => self.install(install)?,
            ScriptCommand::Get(get) => self.get(*get),
            ScriptCommand::PutKeys(put) => self.put(put)?,
            ScriptCommand::SendApdu(_) => {
                return Err(StageProblem::NotDone {
                    command: command.name(),
                });
            }
        }
        Ok(())
    }

    fn needs_channel(&self, command: &ScriptCommand) -> Result<(), StageProblem> {
        let needs = matches!(
            command,
            ScriptCommand::Delete { .. }
                | ScriptCommand::InstallForLoad(_)
                | ScriptCommand::Load { .. }
                | ScriptCommand::InstallForInstall(_)
                | ScriptCommand::Install(_)
                | ScriptCommand::Get(Get::Status { .. })
                | ScriptCommand::PutKeys(_)
        );
        match (needs, self.open, self.after_put) {
            (true, false, _) => Err(StageProblem::NoChannel {
                command: command.name(),
            }),
            (true, true, true) => Err(StageProblem::AfterPutKeys),
            _ => Ok(()),
        }
    }

    fn close(&mut self) {
        self.open = false;
        self.after_put = false;
        self.domain = None;
    }

    fn open_channel(&mut self, open: &OpenChannel) -> Result<(), StageProblem> {
        let level = match open.security {
            Some(byte) => Level::from_byte(byte).ok_or(StageProblem::Level(byte))?,
            None => Level::default(),
        };
        let opening = Opening {
            key_version: open.key_version.unwrap_or(0),
            key_index: open.key_index.unwrap_or(0),
            level,
            diversification: open.derivation.map_or(self.derivation, derivation),
            edition: self.edition,
        };
        self.staged.channels.push(ScriptChannel {
            domain: self.domain.clone(),
            opening,
            keys: given(&open.keys, Dek::MayBeMissing)?,
        });
        self.open = true;
        self.after_put = false;
        let keys = &open.keys;
        self.has_dek = keys.is_empty() || keys.base.is_some() || keys.dek.is_some();
        Ok(())
    }

    fn channel(&self) -> Option<usize> {
        self.staged.channels.len().checked_sub(1)
    }

    fn part(&mut self, what: What) {
        let channel = self.channel();
        self.staged.parts.push(Part { channel, what });
    }

    /// Adds a step to the plan of this channel, or begins one.
    fn task(&mut self, task: Task) {
        let channel = self.channel();
        match self.staged.parts.last_mut() {
            Some(Part {
                channel: of,
                what: What::Change { tasks, put: None },
            }) if *of == channel => tasks.push(task),
            _ => self.part(What::Change {
                tasks: vec![task],
                put: None,
            }),
        }
    }

    fn package(&self, file: &Path) -> Result<&CapFile, StageProblem> {
        self.packages.get(file).ok_or(StageProblem::NoFile)
    }

    fn load(&mut self, file: &Path) -> Result<(), StageProblem> {
        let install = self.loading.take().ok_or(StageProblem::LoadAlone)?;
        let cap = self.package(file)?;
        if *cap.package() != install.package {
            return Err(StageProblem::OtherPackage);
        }
        let task = loading(cap, file, install.limits.code, install.domain)?;
        self.task(task);
        Ok(())
    }

    fn install_applet(&mut self, install: &InstallForInstall) -> Result<(), StageProblem> {
        if install.limits.volatile.is_some() {
            return Err(StageProblem::VolatileLimit);
        }
        self.task(Task::InstallApplet(Installation {
            package: install.package.clone(),
            module: install.module.clone(),
            instance: install
                .instance
                .clone()
                .unwrap_or_else(|| install.module.clone()),
            privileges: Hex(install.privileges.clone().unwrap_or_else(|| vec![0x00])),
            parameters: Hex(install.parameters.clone().unwrap_or_default()),
            data_limit: limit(install.limits.data)?,
        }));
        Ok(())
    }

    fn install(&mut self, install: &Install) -> Result<(), StageProblem> {
        let cap = self.package(&install.file)?;
        let package = cap.package().clone();
        if install.package.as_ref().is_some_and(|aid| *aid != package) {
            return Err(StageProblem::OtherPackage);
        }
        let module = match (&install.module, cap.applets()) {
            (Some(module), _) => module.clone(),
            (None, [only]) => only.aid.clone(),
            (None, _) => return Err(StageProblem::WhichApplet),
        };
        let load = loading(
            cap,
            &install.file,
            install.limits.code,
            install.domain.clone(),
        )?;
        self.task(load);
        self.install_applet(&InstallForInstall {
            package,
            module,
            instance: install.instance.clone(),
            privileges: install.privileges.clone(),
            parameters: install.parameters.clone(),
            limits: install.limits,
        })
    }

    fn get(&mut self, get: Get) {
        let what = match get {
            Get::Status { element, .. } => What::List(kinds(element)),
            Get::Data { .. } | Get::KeyTemplates { .. } | Get::Resources | Get::ChannelDetails => {
                What::Tell
            }
        };
        self.part(what);
    }

    fn put(&mut self, put: &PutKeys) -> Result<(), StageProblem> {
        let keys = given(&put.keys, Dek::IsNeeded)?.ok_or(StageProblem::KeysMissing)?;
        if put.derivation.is_some() {
            return Err(StageProblem::NotDone {
                command: "put_sc_key -keyDerivation",
            });
        }
        // Without the key that keys are enciphered with, the card would get others than are meant.
        if !self.has_dek {
            return Err(StageProblem::KeysMissing);
        }
        let version = put.new_version;
        let replaces = (put.version != 0).then_some(put.version);
        self.part(What::Change {
            tasks: Vec::new(),
            put: Some(Put {
                version,
                replaces,
                keys,
            }),
        });
        self.after_put = true;
        Ok(())
    }
}

fn loading(
    cap: &CapFile,
    file: &Path,
    code: Option<u32>,
    domain: Option<Aid>,
) -> Result<Task, StageProblem> {
    let name = file.file_name().unwrap_or(file.as_os_str());
    Ok(Task::LoadPackage(Loading {
        package: cap.package().clone(),
        name: name.to_string_lossy().into_owned(),
        file: Hex(cap.load_file(false)),
        code_limit: limit(code)?,
        domain,
    }))
}

fn limit(limit: Option<u32>) -> Result<Option<u16>, StageProblem> {
    let number = limit.map(u16::try_from).transpose();
    number.map_err(|_| StageProblem::Number)
}

fn derivation(how: Derivation) -> Diversification {
    match how {
        Derivation::Visa2 => Diversification::Visa2,
        Derivation::EmvCps11 => Diversification::Emv,
    }
}

/// Whether the key that keys are enciphered with has to be there: only PUT KEY uses it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Dek {
    MayBeMissing,
    IsNeeded,
}

/// The keys of a command; nothing if there are none.
fn given(keys: &script::Keys, dek: Dek) -> Result<Option<GivenKeys>, StageProblem> {
    if keys.is_empty() {
        return Ok(None);
    }
    let one = |own: &'_ Option<script::Key>| {
        let key = own.as_ref().or(keys.base.as_ref());
        key.map(|key| key.secret().duplicate())
    };
    let (enc, mac) = (one(&keys.enc), one(&keys.mac));
    let (Some(enc), Some(mac)) = (enc, mac) else {
        return Err(StageProblem::KeysMissing);
    };
    let third = match (one(&keys.dek), dek) {
        (Some(key), _) => key,
        (None, Dek::MayBeMissing) => enc.duplicate(),
        (None, Dek::IsNeeded) => return Err(StageProblem::KeysMissing),
    };
    if enc.same_as(&mac) && enc.same_as(&third) && keys.base.is_some() {
        return Ok(Some(GivenKeys::One(enc)));
    }
    Ok(Some(GivenKeys::Three([enc, mac, third])))
}

/// What an element of GET STATUS stands for.
fn kinds(element: u8) -> Vec<RegistryKind> {
    let mut kinds = Vec::new();
    if element & 0x80 != 0 {
        kinds.push(RegistryKind::IssuerSecurityDomain);
    }
    if element & 0x40 != 0 {
        kinds.extend([RegistryKind::Application, RegistryKind::SecurityDomain]);
    }
    if element & 0x30 != 0 {
        kinds.push(RegistryKind::Package);
    }
    kinds
}

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
