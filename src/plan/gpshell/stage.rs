//! A script, command by command.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::content::script::{
    self, CardConnect, Derivation, Get, Install, InstallForInstall, InstallForLoad, Mode,
    OpenChannel, Plain, PutKeys, ScriptCommand,
};
use super::super::content::{Aid, CapFile, Diversification, Edition, GivenKeys, Level, Opening};
use super::super::{Deletion, Installation, Loading, Task};
use super::{Part, Put, ScriptChannel, StageProblem, Staged, What};
use crate::base::hex::Hex;
use crate::globalplatform::content::versions;
use crate::globalplatform::keys::KeyError;
use crate::token::{RegistryKind, Text};

/// What is known of a script up to a line.
pub(super) struct Stage<'a> {
    staged: Staged,
    packages: &'a BTreeMap<PathBuf, CapFile>,
    edition: Option<Edition>,
    derivation: Diversification,
    domain: Option<Aid>,
    /// Whether a card was connected.
    connected: bool,
    open: bool,
    after_put: bool,
    /// Whether the key that keys are enciphered with is known in the channel.
    has_dek: bool,
    loading: Option<InstallForLoad>,
}

impl<'a> Stage<'a> {
    /// Before the first line.
    pub(super) fn new(packages: &'a BTreeMap<PathBuf, CapFile>) -> Self {
        Self {
            staged: Staged::default(),
            packages,
            edition: None,
            derivation: Diversification::None,
            domain: None,
            connected: false,
            open: false,
            after_put: false,
            has_dek: false,
            loading: None,
        }
    }

    /// What became of the script; nothing if it ends in the middle of loading.
    pub(super) fn end(self) -> Option<Staged> {
        self.loading.is_none().then_some(self.staged)
    }

    /// Takes the next command.
    pub(super) fn command(
        &mut self,
        command: &ScriptCommand,
        line: usize,
    ) -> Result<(), StageProblem> {
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
            ScriptCommand::Plain(Plain::EnableTrace | Plain::EnableTimer) => {
                self.staged.idle.push((line, command.name()));
            }
            ScriptCommand::Plain(Plain::EstablishContext | Plain::ReleaseContext) => {}
            ScriptCommand::CardConnect(connect) => self.connect(connect)?,
            ScriptCommand::Select { aid } => {
                self.close();
                self.domain = Some(aid.clone());
            }
            ScriptCommand::OpenChannel(open) => self.open_channel(open)?,
            ScriptCommand::Delete { aid } => self.task(Task::DeleteContent(Deletion {
                aid: aid.clone(),
                related: false,
            })),
            ScriptCommand::InstallForLoad(install) => {
                for (option, limit) in [
                    ("-nvDataLimit", install.limits.data),
                    ("-vDataLimit", install.limits.volatile),
                ] {
                    if limit.is_some() {
                        return Err(not_done(command, option));
                    }
                }
                self.loading = Some(install.clone());
            }
            ScriptCommand::Load { file } => self.load(file)?,
            ScriptCommand::InstallForInstall(install) => self.install_applet(install)?,
            ScriptCommand::Install(install) => self.install(install)?,
            ScriptCommand::Get(get) => self.get(*get),
            // The three keys have the numbers from 1 on.
            ScriptCommand::PutKeys(put) if put.index.is_some_and(|first| first != 1) => {
                return Err(not_done(command, "-keyind"));
            }
            ScriptCommand::PutKeys(put) if put.derivation.is_some() => {
                return Err(not_done(command, "-keyDerivation"));
            }
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

    /// A script is done in one reader.
    fn connect(&mut self, connect: &CardConnect) -> Result<(), StageProblem> {
        if connect.number.is_some() {
            return Err(StageProblem::ReaderNumber);
        }
        match (&self.staged.reader, &connect.reader) {
            (Some(before), Some(now)) if before != now => return Err(StageProblem::OtherReader),
            // The first card with one reader, and this one with the other: nobody knows.
            (None, Some(_)) if self.connected => return Err(StageProblem::OtherReader),
            (_, Some(now)) => self.staged.reader = Some(now.clone()),
            (_, None) => {}
        }
        self.connected = true;
        self.close();
        Ok(())
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
        // A card of Open Platform speaks one protocol, in one way.
        if self.edition == Some(Edition::OpenPlatform201) {
            let command = "open_sc";
            for (option, wished, spoken) in [
                ("-scp", open.protocol, 1),
                ("-scpimpl", open.implementation, 0x05),
            ] {
                if wished.is_some_and(|wished| wished != spoken) {
                    return Err(StageProblem::Option { command, option });
                }
            }
        }
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
            protocol: (open.protocol, open.implementation),
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
        // Without the key that keys are enciphered with, the card would get others than are meant.
        if !self.has_dek {
            return Err(StageProblem::KeysMissing);
        }
        let version = put.new_version;
        let replaces = (put.version != 0).then_some(put.version);
        if let Err(KeyError::Version { version }) = versions(version, replaces) {
            return Err(StageProblem::KeyVersion(version));
        }
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

fn not_done(command: &ScriptCommand, option: &'static str) -> StageProblem {
    let command = command.name();
    StageProblem::Option { command, option }
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
        name: Text::from_path(Path::new(name)).to_string(),
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
