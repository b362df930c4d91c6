//! From commands to text that gpshell reads, and that is read here as the same commands.

use std::fmt::Write as _;

use super::command::{
    CardConnect, Derivation, Get, Install, InstallForInstall, InstallForLoad, Keys, Limits,
    OpenChannel, PutKeys, ScriptCommand, SendApdu,
};
use super::error::Unwritable;
use super::key::Key;
use crate::base::hex;
use crate::globalplatform::Aid;

/// Which keys are written down.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum WrittenKeys {
    /// None. A comment tells where they belong.
    #[default]
    None,
    /// That which is in every manual; of others a comment tells where they belong.
    WellKnown,
}

/// One command as one line, with the comments that belong before it. Nothing if a name of it cannot stand
/// in a script.
pub(super) fn line(command: &ScriptCommand, which: WrittenKeys) -> Option<String> {
    let mut line = Line::new(command.name());
    match command {
        ScriptCommand::Mode(_) | ScriptCommand::Derivation(_) | ScriptCommand::Plain(_) => {}
        ScriptCommand::CardConnect(connect) => line.connect(connect)?,
        ScriptCommand::Select { aid } | ScriptCommand::Delete { aid } => line.aid("-AID", aid),
        ScriptCommand::OpenChannel(open) => line.open(open, which),
        ScriptCommand::InstallForLoad(install) => line.for_load(install),
        ScriptCommand::Load { file } => line.name("-file", file.to_str()?)?,
        ScriptCommand::InstallForInstall(install) => line.for_install(install),
        ScriptCommand::Install(install) => line.install(install)?,
        ScriptCommand::Get(get) => line.get(*get),
        ScriptCommand::PutKeys(put) => line.put(put, which),
        ScriptCommand::SendApdu(send) => return Some(line.send(send)),
    }
    Some(line.finish())
}

/// The index of a command that [`line()`] has nothing for.
pub(super) fn unwritable(index: usize) -> Unwritable {
    Unwritable { index }
}

struct Line {
    comment: Option<String>,
    text: String,
}

impl Line {
    fn new(name: &str) -> Self {
        Self {
            comment: None,
            text: name.to_owned(),
        }
    }

    fn finish(self) -> String {
        match self.comment {
            Some(comment) => format!("# {comment}\n{}\n", self.text),
            None => format!("{}\n", self.text),
        }
    }

    fn option(&mut self, option: &str, value: &str) {
        // Writing to a string does not fail.
        let _ = write!(self.text, " {option} {value}");
    }

    fn number(&mut self, option: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.option(option, &value.to_string());
        }
    }

    fn bytes(&mut self, option: &str, bytes: Option<&[u8]>) {
        if let Some(bytes) = bytes {
            self.option(option, &hex::encode(bytes));
        }
    }

    fn aid(&mut self, option: &str, aid: &Aid) {
        self.bytes(option, Some(aid.bytes()));
    }

    fn optional_aid(&mut self, option: &str, aid: Option<&Aid>) {
        self.bytes(option, aid.map(Aid::bytes));
    }

    /// A name, in quotation marks where it needs them; nothing if it can stand in no script.
    fn name(&mut self, option: &str, name: &str) -> Option<()> {
        let impossible = name.is_empty()
            || name.chars().any(|c| c.is_control() && c != '\t')
            || name.contains("${");
        let needs = name.contains([' ', '\t'])
            || name.starts_with(['-', '#', '"'])
            || name.starts_with("//")
            || name.ends_with('\\');
        match (needs, name.contains('"')) {
            _ if impossible => return None,
            (false, _) => self.option(option, name),
            (true, false) => self.option(option, &format!("\"{name}\"")),
            (true, true) => return None,
        }
        Some(())
    }

    fn connect(&mut self, connect: &CardConnect) -> Option<()> {
        if let Some(reader) = &connect.reader {
            self.name("-reader", std::str::from_utf8(reader.raw()).ok()?)?;
        }
        self.number("-readerNumber", connect.number);
        self.number("-protocol", connect.protocol);
        Some(())
    }

    fn open(&mut self, open: &OpenChannel, which: WrittenKeys) {
        self.number("-security", open.security);
        self.number("-scp", open.protocol);
        if let Some(i) = open.implementation {
            self.option("-scpimpl", &format!("0x{i:02X}"));
        }
        self.number("-keyind", open.key_index);
        self.number("-keyver", open.key_version);
        self.keys(&open.keys, which);
        self.derivation(open.derivation);
    }

    fn for_load(&mut self, install: &InstallForLoad) {
        self.aid("-pkgAID", &install.package);
        self.optional_aid("-sdAID", install.domain.as_ref());
        self.limits(install.limits);
    }

    fn for_install(&mut self, install: &InstallForInstall) {
        self.bytes("-instParam", install.parameters.as_deref());
        self.bytes("-priv", install.privileges.as_deref());
        self.aid("-AID", &install.module);
        self.aid("-pkgAID", &install.package);
        self.optional_aid("-instAID", install.instance.as_ref());
        self.limits(install.limits);
    }

    fn install(&mut self, install: &Install) -> Option<()> {
        self.name("-file", install.file.to_str()?)?;
        self.bytes("-instParam", install.parameters.as_deref());
        self.bytes("-priv", install.privileges.as_deref());
        self.optional_aid("-AID", install.module.as_ref());
        self.optional_aid("-pkgAID", install.package.as_ref());
        self.optional_aid("-instAID", install.instance.as_ref());
        self.optional_aid("-sdAID", install.domain.as_ref());
        self.limits(install.limits);
        Some(())
    }

    fn get(&mut self, get: Get) {
        match get {
            Get::Status { element, format } => {
                self.bytes("-element", Some(&[element]));
                self.number("-format", format);
            }
            Get::Data { identifier } => self.bytes("-identifier", Some(&identifier.to_be_bytes())),
            Get::KeyTemplates { index } => self.number("-keyTemplate", index),
            Get::Resources | Get::ChannelDetails => {}
        }
    }

    fn put(&mut self, put: &PutKeys, which: WrittenKeys) {
        self.number("-keyver", Some(put.version));
        self.number("-newkeyver", Some(put.new_version));
        self.number("-keyind", put.index);
        self.keys(&put.keys, which);
        self.derivation(put.derivation);
    }

    /// A command that may hold a PIN becomes a comment.
    fn send(mut self, send: &SendApdu) -> String {
        let bytes = send.apdu.secret().expose();
        if send.apdu.may_be_secret() {
            let header = hex::encode(bytes.get(..4).unwrap_or_default());
            return format!("# {} -APDU {header}...: data left out\n", self.text);
        }
        self.number("-sc", send.secure.map(u8::from));
        self.bytes("-APDU", Some(bytes));
        self.finish()
    }

    fn keys(&mut self, keys: &Keys, which: WrittenKeys) {
        let mut left_out = Vec::new();
        for (option, key) in keys.named() {
            if which == WrittenKeys::WellKnown && key.is_well_known() {
                self.bytes(option, Some(&Key::WELL_KNOWN));
            } else {
                left_out.push(option);
            }
        }
        if !left_out.is_empty() {
            self.comment = Some(format!("add to the next line: {}", left_out.join(" ")));
        }
    }

    fn derivation(&mut self, derivation: Option<Derivation>) {
        match derivation {
            None => {}
            Some(Derivation::Visa2) => self.option("-keyDerivation", "visa2"),
            Some(Derivation::EmvCps11) => self.option("-keyDerivation", "emvcps11"),
        }
    }

    fn limits(&mut self, limits: Limits) {
        self.number("-nvCodeLimit", limits.code);
        self.number("-nvDataLimit", limits.data);
        self.number("-vDataLimit", limits.volatile);
    }
}
