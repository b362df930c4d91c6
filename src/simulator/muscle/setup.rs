//! Setup and GetStatus (sheet "muscle", 3 and 8).

use super::pins::Code;
use super::status::{AUTH_FAILED, BLOCKED, EXCEPTION, UNAUTHORIZED, WRONG_PARAMETER};
use super::{Build, Muscle, byte, check_p1p2, counted};
use crate::simulator::chip::Result;
use crate::simulator::pin::{Pin, Verdict};

/// What Setup lays down for good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Bytes for objects.
    pub(super) memory: u16,
    /// Who may create objects, keys and PINs: rules for any of these PINs.
    pub(super) objects: u8,
    pub(super) keys: u8,
    pub(super) pins: u8,
}

/// The numbers that Setup gives the first two PINs by convention.
pub(super) const ADMIN: u8 = 0;
pub(super) const USER: u8 = 1;

/// The memory of the HOWTO, in bytes.
const MEMORY: u16 = 6000;

impl Muscle {
    /// An applet on which Setup was carried out as the HOWTO does it, with these PINs: tries and
    /// rights are the HOWTO's, 6000 bytes are for objects. Admin and user: PIN and unblock code.
    #[must_use]
    pub fn set_up(build: Build, admin: (&str, &str), user: (&str, &str)) -> Self {
        let mut applet = Self::blank(build);
        let code = |(pin, puk): (&str, &str), tries, puk_tries| {
            Some(Code::new(
                (pin.as_bytes(), tries),
                (puk.as_bytes(), puk_tries),
            ))
        };
        let codes = [code(admin, 4, 1), code(user, 5, 2)];
        for (place, code) in applet.pins.iter_mut().zip(codes) {
            *place = code;
        }
        applet.start(Rules {
            memory: MEMORY,
            objects: 0x00,
            keys: 1 << USER,
            pins: 1 << ADMIN,
        });
        applet
    }

    fn start(&mut self, rules: Rules) {
        self.rules = Some(rules);
        self.objects.set_memory(rules.memory);
    }

    /// Setup. Each code stays once it was looked at, whatever comes after it; the admin's PIN takes the
    /// place of the transport PIN. Memory comes last.
    pub(super) fn set_up_by(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result {
        check_p1p2((p1, 0x00), (p2, 0x00))?;
        let mut data = data;
        let transport = counted(&mut data).ok_or(WRONG_PARAMETER)?;
        self.check_transport(transport)?;
        for number in [ADMIN, USER] {
            self.take_code(number, &mut data)?;
        }
        let &[_, _, high, low, objects, keys, pins, ..] = data else {
            return Err(WRONG_PARAMETER);
        };
        let memory = u16::from_be_bytes([high, low]);
        // The Java machine has no such array to give.
        if memory > self.build.memory {
            return Err(EXCEPTION);
        }
        self.start(Rules {
            memory,
            objects,
            keys,
            pins,
        });
        Ok(Vec::new())
    }

    /// Compares what Setup asks for, where it is looked at.
    fn check_transport(&mut self, given: &[u8]) -> Result<()> {
        if self.transport.is_some() {
            self.check_policy(given)?;
        }
        match self.transport.as_mut().map(|pin| pin.check(given)) {
            None | Some(Verdict::Right) => Ok(()),
            Some(Verdict::Wrong(_)) => Err(AUTH_FAILED),
            Some(Verdict::Blocked) => Err(BLOCKED),
        }
    }

    /// A PIN and its unblock code, with their tries before them.
    fn take_code(&mut self, number: u8, data: &mut &[u8]) -> Result<()> {
        let [Some(tries), Some(puk_tries)] = [byte(data), byte(data)] else {
            return Err(WRONG_PARAMETER);
        };
        let pin = counted(data).ok_or(WRONG_PARAMETER)?;
        self.check_policy(pin)?;
        if number == ADMIN && self.transport.is_some() {
            self.transport = Some(Pin::new(pin, tries));
        }
        let puk = counted(data).ok_or(WRONG_PARAMETER)?;
        self.check_policy(puk)?;
        if let Some(place) = self.pins.get_mut(usize::from(number)) {
            *place = Some(Code::new((pin, tries), (puk, puk_tries)));
        }
        Ok(())
    }

    /// GetStatus.
    pub(super) fn status(&self, p1: u8, p2: u8) -> Result {
        check_p1p2((p1, 0x00), (p2, 0x00))?;
        let memory = self.rules.map_or(0, |rules| rules.memory);
        let count = |present: usize| present.to_le_bytes()[0];
        let mut answer = self.build.versions.to_vec();
        answer.extend(u32::from(memory).to_be_bytes());
        answer.extend(u32::from(self.objects.free()).to_be_bytes());
        answer.push(count(self.pins.iter().flatten().count()));
        answer.push(count(self.slots.iter().flatten().count()));
        answer.extend(self.identities.0.to_be_bytes());
        Ok(answer)
    }

    /// The rule for what Setup leaves to PINs; nobody may do it before Setup.
    pub(super) fn may(&self, rule: impl Fn(&Rules) -> u8) -> Result<()> {
        match &self.rules {
            Some(rules) if self.identities.any(rule(rules)) => Ok(()),
            _ => Err(UNAUTHORIZED),
        }
    }
}
