//! The commands of gpshell as data (sheet "globalplatform", 3).

use std::path::PathBuf;

use super::key::{Apdu, Key};
use crate::globalplatform::Aid;
use crate::token::Text;

/// One command of a script.
#[derive(Debug, Eq, PartialEq)]
pub enum ScriptCommand {
    /// `mode_201`, `mode_211`: which card specification is followed from here on.
    Mode(Mode),
    /// `visa_key_derivation`, `emv_cps11_key_derivation`: the keys from here on are master keys.
    Derivation(Derivation),
    /// A command without options.
    Plain(Plain),
    /// `card_connect`.
    CardConnect(CardConnect),
    /// `select`.
    Select {
        /// `-AID`: what is selected.
        aid: Aid,
    },
    /// `open_sc`.
    OpenChannel(OpenChannel),
    /// `delete`. Where there is nothing to delete, the script goes on.
    Delete {
        /// `-AID`: what is deleted.
        aid: Aid,
    },
    /// `install_for_load`.
    InstallForLoad(InstallForLoad),
    /// `load`.
    Load {
        /// `-file`: the CAP or IJC file.
        file: PathBuf,
    },
    /// `install_for_install`.
    InstallForInstall(InstallForInstall),
    /// `install`: all of loading and installing in one command.
    Install(Install),
    /// A command that reads.
    Get(Get),
    /// `put_sc_key`.
    PutKeys(PutKeys),
    /// `send_apdu`, `send_apdu_nostop`.
    SendApdu(SendApdu),
}

impl ScriptCommand {
    /// Whether the script ends where this command fails: not for `delete`, since scripts delete what may not
    /// be there, and not for `send_apdu_nostop`.
    #[must_use]
    pub fn stops_on_failure(&self) -> bool {
        match self {
            Self::Delete { .. } => false,
            Self::SendApdu(send) => send.stops,
            _ => true,
        }
    }

    /// Its name in a script.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Mode(Mode::OpenPlatform201) => "mode_201",
            Self::Mode(Mode::GlobalPlatform211) => "mode_211",
            Self::Derivation(Derivation::Visa2) => "visa_key_derivation",
            Self::Derivation(Derivation::EmvCps11) => "emv_cps11_key_derivation",
            Self::Plain(plain) => plain.name(),
            Self::CardConnect(_) => "card_connect",
            Self::Select { .. } => "select",
            Self::OpenChannel(_) => "open_sc",
            Self::Delete { .. } => "delete",
            Self::InstallForLoad(_) => "install_for_load",
            Self::Load { .. } => "load",
            Self::InstallForInstall(_) => "install_for_install",
            Self::Install(_) => "install",
            Self::Get(get) => get.name(),
            Self::PutKeys(_) => "put_sc_key",
            Self::SendApdu(send) if send.stops => "send_apdu",
            Self::SendApdu(_) => "send_apdu_nostop",
        }
    }
}

/// Which card specification a script follows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Mode {
    /// Open Platform 2.0.1', which a script follows that says nothing.
    #[default]
    OpenPlatform201,
    /// GlobalPlatform 2.1.1 and later.
    GlobalPlatform211,
}

/// How the keys of a card are made from a master key (sheet "globalplatform", 2.5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Derivation {
    /// VISA2.
    Visa2,
    /// EMV CPS 1.1.
    EmvCps11,
}

/// Commands without options.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Plain {
    /// `enable_trace`: commands and responses are shown.
    EnableTrace,
    /// `enable_timer`: times are shown.
    EnableTimer,
    /// `establish_context`: the service is asked for readers.
    EstablishContext,
    /// `release_context`.
    ReleaseContext,
    /// `card_disconnect`.
    CardDisconnect,
}

impl Plain {
    pub(super) const ALL: [Self; 5] = [
        Self::EnableTrace,
        Self::EnableTimer,
        Self::EstablishContext,
        Self::ReleaseContext,
        Self::CardDisconnect,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::EnableTrace => "enable_trace",
            Self::EnableTimer => "enable_timer",
            Self::EstablishContext => "establish_context",
            Self::ReleaseContext => "release_context",
            Self::CardDisconnect => "card_disconnect",
        }
    }
}

/// Which reader `card_connect` takes: the named one, else that of the number, else the first with a card.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CardConnect {
    /// `-reader`: its name.
    pub reader: Option<Text>,
    /// `-readerNumber`: its number in the list, decimal.
    pub number: Option<u8>,
    /// `-protocol`: 0 for T=0, 1 for T=1.
    pub protocol: Option<u8>,
}

/// How `open_sc` opens the secure channel.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct OpenChannel {
    /// `-security`: the security level, decimal in a script: 0, 1, 3, 17, 19 or 51.
    pub security: Option<u8>,
    /// `-scp`: the protocol: 1, 2 or 3.
    pub protocol: Option<u8>,
    /// `-scpimpl`: its implementation, *i*.
    pub implementation: Option<u8>,
    /// `-keyind`: the key index, decimal.
    pub key_index: Option<u8>,
    /// `-keyver`: the version of the key set, decimal; 0 for the first one.
    pub key_version: Option<u8>,
    /// The keys.
    pub keys: Keys,
    /// `-keyDerivation`: the keys are made from `-key`.
    pub derivation: Option<Derivation>,
}

/// Keys of a script.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Keys {
    /// `-key`: the master key, or the only one.
    pub base: Option<Key>,
    /// `-enc_key`.
    pub enc: Option<Key>,
    /// `-mac_key`.
    pub mac: Option<Key>,
    /// `-kek_key`: the key that keys are enciphered with, DEK.
    pub dek: Option<Key>,
}

impl Keys {
    /// The keys that there are, with the names of their options.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, &Key)> {
        [
            ("-key", &self.base),
            ("-mac_key", &self.mac),
            ("-enc_key", &self.enc),
            ("-kek_key", &self.dek),
        ]
        .into_iter()
        .filter_map(|(name, key)| Some((name, key.as_ref()?)))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.named().next().is_none()
    }
}

/// Memory that is set apart, in bytes, decimal in a script.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Limits {
    /// `-nvCodeLimit`: for the code.
    pub code: Option<u32>,
    /// `-nvDataLimit`: for data that stays.
    pub data: Option<u32>,
    /// `-vDataLimit`: for data that goes with the power.
    pub volatile: Option<u32>,
}

/// What `install_for_load` announces.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstallForLoad {
    /// `-pkgAID`: the name of the load file.
    pub package: Aid,
    /// `-sdAID`: the security domain that it is loaded into; the selected one if not given.
    pub domain: Option<Aid>,
    /// Memory.
    pub limits: Limits,
}

/// What `install_for_install` makes an instance of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InstallForInstall {
    /// `-pkgAID`: the load file.
    pub package: Aid,
    /// `-AID`: the class in it.
    pub module: Aid,
    /// `-instAID`: the name of the instance; that of the class if not given.
    pub instance: Option<Aid>,
    /// `-priv`: privileges, one byte or three.
    pub privileges: Option<Vec<u8>>,
    /// `-instParam`: what the applet is given.
    pub parameters: Option<Vec<u8>>,
    /// Memory.
    pub limits: Limits,
}

/// What `install` loads and installs; what is not given is taken from the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Install {
    /// `-file`: the CAP or IJC file.
    pub file: PathBuf,
    /// `-pkgAID`: the name of the load file.
    pub package: Option<Aid>,
    /// `-sdAID`: the security domain that it is loaded into.
    pub domain: Option<Aid>,
    /// `-AID`: the class in it.
    pub module: Option<Aid>,
    /// `-instAID`: the name of the instance.
    pub instance: Option<Aid>,
    /// `-priv`: privileges, one byte or three.
    pub privileges: Option<Vec<u8>>,
    /// `-instParam`: what the applet is given.
    pub parameters: Option<Vec<u8>>,
    /// Memory.
    pub limits: Limits,
}

/// Commands that read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Get {
    /// `get_status`.
    Status {
        /// `-element`: which part of the registry, hexadecimal in a script.
        element: u8,
        /// `-format`: 0 for the old form of the answer, 2 for the new one.
        format: Option<u8>,
    },
    /// `get_data`.
    Data {
        /// `-identifier`: the tag, hexadecimal in a script.
        identifier: u16,
    },
    /// `get_key_information_templates`.
    KeyTemplates {
        /// `-keyTemplate`: which one.
        index: Option<u8>,
    },
    /// `get_extended_card_resources_information`.
    Resources,
    /// `get_secure_channel_protocol_details`.
    ChannelDetails,
}

impl Get {
    fn name(self) -> &'static str {
        match self {
            Self::Status { .. } => "get_status",
            Self::Data { .. } => "get_data",
            Self::KeyTemplates { .. } => "get_key_information_templates",
            Self::Resources => "get_extended_card_resources_information",
            Self::ChannelDetails => "get_secure_channel_protocol_details",
        }
    }
}

/// What `put_sc_key` writes. Losing these keys is losing the card.
#[derive(Debug, Eq, PartialEq)]
pub struct PutKeys {
    /// `-keyver`: the version of the set that is replaced, decimal; 0 to add one.
    pub version: u8,
    /// `-newkeyver`: the version of the new set, decimal.
    pub new_version: u8,
    /// `-keyind`: the index of the first key, decimal.
    pub index: Option<u8>,
    /// The new keys.
    pub keys: Keys,
    /// `-keyDerivation`: the keys are made from `-key`.
    pub derivation: Option<Derivation>,
}

/// What `send_apdu` sends.
#[derive(Debug, Eq, PartialEq)]
pub struct SendApdu {
    /// `-APDU`: the command.
    pub apdu: Apdu,
    /// `-sc`: whether through the secure channel (1) or beside it (0).
    pub secure: Option<bool>,
    /// Whether the script ends if the card refuses; not with `send_apdu_nostop`.
    pub stops: bool,
}
