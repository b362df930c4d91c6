//! INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, and what is forgotten without power (sheet
//! "globalplatform", 2).

use super::Java;
use super::load::Loading;
use super::model::Protocol;
use super::scp::{Beginning, Channel, Fields};
use super::status::Remaining;
use crate::iso7816::{Parsed, StatusWord};
use crate::simulator::chip::Result;

/// What lasts until the next SELECT or reset at most.
#[derive(Default)]
pub(super) struct Session {
    pub(super) channel: Option<Channel>,
    /// The version of the keys of the channel.
    version: u8,
    pub(super) loading: Option<Loading>,
    pub(super) remaining: Remaining,
}

impl Session {
    /// The security level, if a channel is open.
    pub(super) fn level(&self) -> Option<u8> {
        self.channel.as_ref().and_then(Channel::level)
    }
}

impl Java {
    pub(super) fn initialize_update(&mut self, command: &Parsed<'_>) -> Result {
        let [_, _, version, index] = command.header;
        self.session = Session::default();
        if self.keys.is_locked() {
            return Err(StatusWord::BLOCKED);
        }
        // Open Platform names the key by its index, too, and the first one also by 0.
        match (self.model.open_platform, index) {
            (_, 0) | (true, 1) => (),
            (true, _) => return Err(StatusWord::NO_OBJECT),
            (false, _) => return Err(StatusWord::WRONG_P1P2),
        }
        let set = self.keys.find(version).ok_or(StatusWord::NO_OBJECT)?;
        let protocol = self.model.protocol;
        let last = match protocol {
            Protocol::Scp01 { .. } => u32::MAX,
            Protocol::Scp02 { .. } => 0xFFFF,
            Protocol::Scp03 { .. } => 0x00FF_FFFF,
        };
        if set.sequence >= last {
            return Err(StatusWord::SECURITY);
        }
        let [encryption, mac, data] = &set.keys;
        let keys = match protocol {
            // One key for everything.
            Protocol::Scp02 { i } if i & 0x01 == 0 => [encryption; 3],
            _ => [encryption, mac, data],
        };
        let (channel, answer) = Channel::begun(&Beginning {
            protocol,
            keys: keys.map(Vec::as_slice),
            host_challenge: command.data,
            random: self.random.array(),
            sequence: set.sequence,
            aid: &self.registry.aid,
        })?;
        let version = set.version;
        if matches!(protocol, Protocol::Scp03 { .. }) {
            self.count(version);
        }
        if self.counts_beginnings {
            self.keys.failed();
        }
        self.session.channel = Some(channel);
        self.session.version = version;
        // The number of the protocol, or with Open Platform the index of the key (sheet, 2): both 1.
        let head = [version, protocol.number()];
        Ok([&self.diversification[..], &head, &answer].concat())
    }

    pub(super) fn external_authenticate(&mut self, command: &Parsed<'_>) -> Result {
        let waiting = |channel: &Channel| channel.level().is_none();
        let Some(mut channel) = self.session.channel.take_if(|channel| waiting(channel)) else {
            self.session = Session::default();
            return Err(StatusWord::CONDITIONS);
        };
        let [.., p2] = command.header;
        if p2 != 0 {
            return Err(StatusWord::WRONG_P1P2);
        }
        let proof = channel.authenticate(&Fields {
            header: command.header,
            data: command.data,
        });
        match proof {
            Ok(()) => self.keys.succeeded(),
            Err(sw) => {
                if matches!(sw, StatusWord::CHECK_FAILED | StatusWord::SECURITY)
                    && !self.counts_beginnings
                {
                    self.keys.failed();
                }
                return Err(sw);
            }
        }
        if matches!(self.model.protocol, Protocol::Scp02 { .. }) {
            self.count(self.session.version);
        }
        self.session.channel = Some(channel);
        Ok(Vec::new())
    }

    fn count(&mut self, version: u8) {
        if let Some(set) = self.keys.exact_mut(version) {
            set.sequence += 1;
        }
    }
}
