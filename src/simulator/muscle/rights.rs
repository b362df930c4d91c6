//! Who may do what: identities, and the two kinds of access rules (sheet "muscle", 3 and 4).

/// Read, write and delete of an object; read, write and use of a key.
pub(super) type Access = [u16; 3];

/// The identities that are logged in: bits 0 to 7 are PINs, 8 to 13 keys.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Identities(pub(super) u16);

impl Identities {
    /// The rule of objects and keys: every identity in it has to be there.
    pub(super) fn all(self, rule: u16) -> bool {
        match rule {
            0xFFFF => false,
            rule => self.0 & rule == rule,
        }
    }

    /// The rule of Setup: one PIN of those in it is enough.
    pub(super) fn any(self, rule: u8) -> bool {
        match rule {
            0x00 => true,
            0xFF => false,
            rule => self.0 & u16::from(rule) != 0,
        }
    }

    pub(super) fn log_in(&mut self, identity: u8) {
        self.0 |= bit(identity);
    }

    pub(super) fn log_out(&mut self, identity: u8) {
        self.0 &= !bit(identity);
    }
}

/// The bit of an identity below 16.
pub(super) fn bit(identity: u8) -> u16 {
    1_u16.checked_shl(u32::from(identity)).unwrap_or(0)
}

/// Three words, as commands have them.
pub(super) fn access(bytes: &[u8]) -> Option<Access> {
    let &[a, b, c, d, e, f] = bytes else {
        return None;
    };
    Some([[a, b], [c, d], [e, f]].map(u16::from_be_bytes))
}

/// The same in bytes.
pub(super) fn access_bytes(access: Access) -> Vec<u8> {
    access.iter().flat_map(|word| word.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::Identities;

    #[test]
    fn objects_want_all_identities_and_setup_wants_any() {
        let user = Identities(0x0002);
        assert!(user.all(0x0000) && user.all(0x0002));
        assert!(!user.all(0x0003) && !user.all(0xFFFF));
        assert!(!Identities(0xFFFF).all(0xFFFF));
        assert!(user.any(0x00) && user.any(0x03));
        assert!(!user.any(0x01) && !user.any(0xFF));
    }
}
