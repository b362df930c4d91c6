//! PINs of an OpenPGP card (3.4, 4.3; sheet "openpgp-piv", A3).

use super::data::PwStatus;
use crate::token::{
    Alphabet, Factory, Operation, OperationKind, Pin, PinReference, PinRole, PinRule, PinUse,
    Reason, Tries, TriesLeft,
};

/// PW1. It has a second number, 82, for everything but signatures; both share one counter.
pub(super) const USER: PinReference = PinReference(0x81);

/// PW3.
pub(super) const ADMIN: PinReference = PinReference(0x83);

/// The resetting code, named by the object that it is written to.
pub(super) const RESETTING_CODE: PinReference = PinReference(0xD3);

/// The initial value of all three counters (4.3).
const FULL: u8 = 3;

/// The longest PIN where the card wants a digest: its length says nothing about the PIN.
const MAX_DERIVED: usize = 127;

/// What a PIN is for.
pub(super) fn role(pin: PinReference) -> PinRole {
    match pin {
        ADMIN => PinRole::Admin,
        RESETTING_CODE => PinRole::ResettingCode,
        _ => PinRole::User,
    }
}

/// The PINs as people see them. `derived` says that the card gets digests.
pub(super) fn list(status: &PwStatus, derived: bool) -> Vec<Pin> {
    let tries = |pin| Tries {
        left: status.tries(pin),
        // YubiKeys can be set to more; then the full count is not told.
        max: match status.tries(pin) {
            TriesLeft::Known(left) if left > FULL => None,
            TriesLeft::NotSet => None,
            _ => Some(FULL),
        },
    };
    let rule = |min, max: u8| PinRule {
        min,
        max: if derived {
            MAX_DERIVED
        } else {
            usize::from(max).max(min)
        },
        alphabet: Alphabet::Any,
    };
    let [max_user, max_code, max_admin] = status.max;
    vec![
        Pin {
            reference: USER,
            role: PinRole::User,
            label: None,
            tries: tries(USER),
            rule: rule(6, max_user),
            factory: Factory::Unknown(Some("123456")),
            uses: vec![PinUse::Signing, PinUse::Decrypting, PinUse::SigningIn],
            operations: user_operations(status),
            facts: Vec::new(),
        },
        Pin {
            reference: RESETTING_CODE,
            role: PinRole::ResettingCode,
            label: None,
            tries: tries(RESETTING_CODE),
            rule: rule(8, max_code),
            factory: Factory::Changed,
            uses: vec![PinUse::HelpdeskUnblocking],
            operations: vec![Operation {
                kind: OperationKind::Set,
                needs: vec![ADMIN],
                impossible: blocked(status, ADMIN).map(|_| Reason::NothingUnblocks),
            }],
            facts: Vec::new(),
        },
        Pin {
            reference: ADMIN,
            role: PinRole::Admin,
            label: None,
            tries: tries(ADMIN),
            rule: rule(8, max_admin),
            factory: Factory::Unknown(Some("12345678")),
            uses: vec![PinUse::Administration],
            operations: [OperationKind::Verify, OperationKind::Change]
                .map(|kind| Operation {
                    kind,
                    needs: vec![ADMIN],
                    impossible: blocked(status, ADMIN),
                })
                .to_vec(),
            facts: Vec::new(),
        },
    ]
}

fn blocked(status: &PwStatus, pin: PinReference) -> Option<Reason> {
    (status.tries(pin) == TriesLeft::Blocked).then_some(Reason::Blocked)
}

fn user_operations(status: &PwStatus) -> Vec<Operation> {
    let usable = |pin: &PinReference| {
        matches!(
            status.tries(*pin),
            TriesLeft::Known(_) | TriesLeft::Unlocked | TriesLeft::Unknown | TriesLeft::Unread
        )
    };
    let unblocks: Vec<_> = [RESETTING_CODE, ADMIN].into_iter().filter(usable).collect();
    let own = |kind| Operation {
        kind,
        needs: vec![USER],
        impossible: blocked(status, USER),
    };
    vec![
        own(OperationKind::Verify),
        own(OperationKind::Change),
        Operation {
            kind: OperationKind::Unblock,
            impossible: unblocks.is_empty().then_some(Reason::NothingUnblocks),
            needs: unblocks,
        },
    ]
}
