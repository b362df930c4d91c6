//! The issuer security domain: what it says of itself and of the card (sheet "globalplatform", 1),
//! and which of its commands need a channel.

use super::registry::{CARD_LOCKED, TERMINATED};
use super::scp::{Fields, MAC};
use super::session::Session;
use super::{Java, LOCKED_WARNING, Protocol, status};
use crate::iso7816::tlv::ber;
use crate::iso7816::{Parsed, StatusWord};
use crate::simulator::chip::Result;
use crate::simulator::interface::Answer;

/// 1.2.840.114283, the arc of GlobalPlatform.
const ARC: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B];

/// There is more: ask again.
const MORE: StatusWord = StatusWord(0x6310);

/// INITIALIZE UPDATE.
const INITIALIZE_UPDATE: u8 = 0x50;
/// EXTERNAL AUTHENTICATE.
const EXTERNAL_AUTHENTICATE: u8 = 0x82;
const GET_DATA: u8 = 0xCA;
const GET_STATUS: u8 = 0xF2;
const SET_STATUS: u8 = 0xF0;
const DELETE: u8 = 0xE4;
const INSTALL: u8 = 0xE6;
const LOAD: u8 = 0xE8;
const STORE_DATA: u8 = 0xE2;
const PUT_KEY: u8 = 0xD8;

impl Java {
    /// What is said when the issuer security domain was selected.
    pub(super) fn issuer_selected(&self) -> Answer {
        let mut proprietary = Vec::new();
        if !self.model.open_platform {
            ber::push(&mut proprietary, 0x73, &self.recognition());
        }
        ber::push(&mut proprietary, 0x9F65, &[0xFF]);
        let mut template = ber::encode(0x84, &self.registry.aid);
        ber::push(&mut template, 0xA5, &proprietary);
        Answer {
            data: ber::encode(0x6F, &template),
            sw: if self.registry.state == CARD_LOCKED {
                LOCKED_WARNING
            } else {
                StatusWord::OK
            },
        }
    }

    /// A command for the issuer security domain.
    pub(super) fn issuer(&mut self, command: &Parsed<'_>) -> Answer {
        let [cla, ins, p1, p2] = command.header;
        if self.registry.state == TERMINATED && ins != GET_DATA {
            return Answer::from(Err(StatusWord::CONDITIONS));
        }
        match (cla, ins) {
            (0x80, INITIALIZE_UPDATE) => return self.initialize_update(command).into(),
            (0x84, EXTERNAL_AUTHENTICATE) => return self.external_authenticate(command).into(),
            _ => (),
        }
        let protected = cla & 0x04 != 0;
        let expected = self.session.level().is_some_and(|level| level & MAC != 0);
        if protected != expected {
            self.session = Session::default();
            return Answer::from(Err(StatusWord::SECURITY));
        }
        if !protected {
            return self.opened(command);
        }
        let Some(mut channel) = self.session.channel.take() else {
            return Answer::from(Err(StatusWord::SECURITY));
        };
        let plain = match channel.open(&Fields {
            header: command.header,
            data: command.data,
        }) {
            Ok(plain) => plain,
            Err(sw) => {
                // The channel is gone, and with it what was being loaded.
                self.session = Session::default();
                return Answer::from(Err(sw));
            }
        };
        self.session.channel = Some(channel);
        let answer = self.opened(&Parsed {
            header: [cla & !0x04, ins, p1, p2],
            data: &plain,
            ..*command
        });
        match &self.session.channel {
            Some(channel) => Answer {
                data: channel.close(answer.data, answer.sw),
                sw: answer.sw,
            },
            None => answer,
        }
    }

    /// A command that needed no protection, or whose protection was right.
    fn opened(&mut self, command: &Parsed<'_>) -> Answer {
        let [cla, ins, p1, p2] = command.header;
        if ins == GET_DATA {
            return self.get_data([p1, p2]).into();
        }
        let known = matches!(
            ins,
            GET_STATUS | SET_STATUS | DELETE | INSTALL | LOAD | STORE_DATA | PUT_KEY
        );
        if cla != 0x80 || !known {
            return Answer::from(Err(StatusWord::NO_INSTRUCTION));
        }
        if self.session.level().is_none() {
            return Answer::from(Err(StatusWord::SECURITY));
        }
        if ins != GET_STATUS {
            self.session.remaining.forget();
        }
        if self.registry.state == CARD_LOCKED && !matches!(ins, GET_STATUS | SET_STATUS) {
            return Answer::from(Err(StatusWord::CONDITIONS));
        }
        if ins != LOAD {
            self.session.loading = None;
        }
        let data = command.data;
        Answer::from(match ins {
            GET_STATUS => return self.get_status([p1, p2], data),
            SET_STATUS => {
                status::set(&mut self.registry, &self.model, [p1, p2], data).map(|()| Vec::new())
            }
            DELETE => self.delete([p1, p2], data),
            INSTALL => self.install([p1, p2], data),
            LOAD => self.load([p1, p2], data, command.le),
            STORE_DATA => self.store_data(p1, data),
            _ => self.put_key([p1, p2], data),
        })
    }

    fn get_status(&mut self, parameters: [u8; 2], data: &[u8]) -> Answer {
        let page = self
            .session
            .remaining
            .page(&self.registry, &self.model, parameters, data);
        match page {
            Ok((data, true)) => Answer { data, sw: MORE },
            Ok((data, false)) => Answer::from(Ok(data)),
            Err(sw) => Answer::from(Err(sw)),
        }
    }

    fn get_data(&self, tag: [u8; 2]) -> Result {
        let known = |tag: u32, value: &Option<Vec<u8>>| {
            let value = value.as_ref().ok_or(StatusWord::NO_OBJECT)?;
            Ok(ber::encode(tag, value))
        };
        let new = !self.model.open_platform;
        match tag {
            [0x9F, 0x7F] => Ok(ber::encode(0x9F7F, &self.model.production())),
            [0x00, 0xE0] => Ok(ber::encode(0xE0, &self.keys.template())),
            [0x00, 0x42] => known(0x42, &self.issuer_number),
            [0x00, 0x45] => known(0x45, &self.card_number),
            [0x00, 0x66] if new => {
                let recognition = ber::encode(0x73, &self.recognition());
                Ok(ber::encode(0x66, &recognition))
            }
            [0x00, 0xCF] if new => Ok(ber::encode(0xCF, &self.diversification)),
            [0x00, 0xC1] if matches!(self.model.protocol, Protocol::Scp02 { .. }) => {
                let set = self.keys.find(0).ok_or(StatusWord::NO_OBJECT)?;
                let [.., a, b] = set.sequence.to_be_bytes();
                Ok(ber::encode(0xC1, &[a, b]))
            }
            [0xFF, 0x21] if new => Ok(self.resources()),
            _ => Err(StatusWord::NO_OBJECT),
        }
    }

    /// The card recognition data (sheet, 1.2).
    fn recognition(&self) -> Vec<u8> {
        let number = |rest: &[u8]| ber::encode(0x06, &[ARC, rest].concat());
        let protocol = self.model.protocol;
        let java_card = if self.model.cap_minor > 2 { 3 } else { 2 };
        let mut data = number(&[0x01]);
        let version = [&[0x02], self.model.version].concat();
        ber::push(&mut data, 0x60, &number(&version));
        ber::push(&mut data, 0x63, &number(&[0x03]));
        ber::push(
            &mut data,
            0x64,
            &number(&[0x04, protocol.number(), protocol.i()]),
        );
        // 1.3.6.1.4.1.42.2.110.1.n: Java Card n.
        let chip = [
            0x2B, 0x06, 0x01, 0x04, 0x01, 0x2A, 0x02, 0x6E, 0x01, java_card,
        ];
        ber::push(&mut data, 0x66, &ber::encode(0x06, &chip));
        data
    }

    /// The extended card resources (sheet, 1.4).
    fn resources(&self) -> Vec<u8> {
        let bytes = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes();
        let [.., high, low] = bytes(self.registry.instances.len());
        let mut data = ber::encode(0x81, &[high, low]);
        ber::push(&mut data, 0x82, &bytes(self.registry.free()));
        ber::push(&mut data, 0x83, &bytes(self.registry.free_volatile()));
        ber::encode(0xFF21, &data)
    }
}
