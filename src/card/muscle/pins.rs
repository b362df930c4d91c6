//! PINs of the applet (sheet "muscle", 3 and 4). Two exist after the first set-up: 0 is the security
//! officer's, 1 the holder's. Each has a PUK, which gives the tries back and leaves the PIN as it
//! is. Nothing tells how many tries are left.

use super::{commands, status};
use crate::base::secret::Secret;
use crate::card::CardError;
use crate::card::guard::{Deed, Step};
use crate::card::pkcs15::pins::is_sent_as_typed;
use crate::iso7816::Command;
use crate::token::{
    Alphabet, Application, Fact, FactName, Factory, Operation, OperationKind, Pin, PinReference,
    PinRole, PinRule, PinUse, Tries, TriesLeft,
};

/// What makes the number of a PIN that of its PUK. It is no number of the card: a command says by
/// itself that a PUK is in it.
const PUK: u8 = 0x80;

/// The PIN of the security officer.
pub(super) const OFFICER: u8 = 0;

/// What the applet takes (sheet "muscle", 3).
const RULE: PinRule = PinRule {
    min: 4,
    max: 16,
    alphabet: Alphabet::Any,
};

const UNKNOWN: Tries = Tries {
    left: TriesLeft::Unknown,
    max: None,
};

fn puk(pin: PinReference) -> PinReference {
    PinReference(pin.0 | PUK)
}

/// The PINs of an applet of which nothing but their numbers is known.
pub(super) fn of(numbers: &[u8]) -> Vec<Pin> {
    let mut pins: Vec<Pin> = numbers.iter().map(|&number| plain(number)).collect();
    // The holder's come first.
    pins.sort_by_key(|pin| pin.role == PinRole::SecurityOfficer);
    pins
}

fn plain(number: u8) -> Pin {
    let own = PinReference(number);
    let operation = |kind| Operation {
        kind,
        needs: vec![own],
        impossible: None,
    };
    let officer = number == OFFICER;
    Pin {
        reference: own,
        role: if officer {
            PinRole::SecurityOfficer
        } else {
            PinRole::User
        },
        label: None,
        tries: UNKNOWN,
        rule: RULE,
        factory: Factory::Unknown(None),
        uses: if officer {
            vec![PinUse::Administration]
        } else {
            vec![PinUse::Signing, PinUse::SigningIn, PinUse::Decrypting]
        },
        operations: vec![
            operation(OperationKind::Verify),
            operation(OperationKind::Change),
        ],
        facts: vec![Fact::number(FactName::PinNumber, number.into())],
    }
}

/// Adds to each PIN of the application its PUK, of which no list tells.
pub(super) fn add_puks(application: &mut Application) {
    let mut at = 0;
    while let Some(pin) = application.pins.get_mut(at) {
        at += 1;
        let with = puk(pin.reference);
        let known = pin.operation(OperationKind::Unblock).is_some();
        if known || pin.role == PinRole::Puk || pin.reference.0 & PUK != 0 {
            continue;
        }
        pin.operations.push(Operation {
            kind: OperationKind::Unblock,
            needs: vec![with],
            impossible: None,
        });
        pin.facts.push(Fact::flag(FactName::KeepsPin, true));
        let code = Pin {
            reference: with,
            role: PinRole::Puk,
            label: pin.label.clone(),
            tries: UNKNOWN,
            rule: RULE,
            factory: Factory::Unknown(None),
            uses: vec![PinUse::Unblocking],
            operations: Vec::new(),
            facts: Vec::new(),
        };
        application.pins.insert(at, code);
        at += 1;
    }
}

/// The command that does `deed` to `pin`.
pub(super) fn step(pin: &Pin, deed: &Deed<'_>) -> Result<Step, CardError> {
    if !is_sent_as_typed(&pin.facts) {
        return Err(CardError::Unsupported("PINs in this form"));
    }
    let number = pin.reference.0;
    let (command, role, operation): (Command, PinRole, &'static str) = match deed {
        Deed::Verify(value) => (
            commands::verify_pin(number, as_kept(value)?),
            pin.role,
            "VerifyPIN",
        ),
        Deed::Change(current, new) => (
            commands::change_pin(number, as_kept(current)?, as_kept(new)?),
            pin.role,
            "ChangePIN",
        ),
        Deed::Release(with, code) => {
            if with.reference != puk(pin.reference) {
                return Err(CardError::Unsupported("this code for this PIN"));
            }
            let command = commands::unblock_pin(number, as_kept(code)?);
            (command, with.role, status::UNBLOCK)
        }
        Deed::Unblock(..) => return Err(status::MuscleError::PinStays.into()),
        Deed::Set(..) => return Err(CardError::Unsupported("setting this PIN")),
        Deed::VerifyOnReader | Deed::ChangeOnReader => {
            return Err(CardError::Unsupported("a PIN without a PIN"));
        }
    };
    Ok(Step {
        command,
        role: Some(role),
        operation,
    })
}

/// A PIN that the applet can compare: an empty one would be a command without data.
fn as_kept(value: &Secret) -> Result<&Secret, CardError> {
    if (RULE.min..=RULE.max).contains(&value.len()) {
        Ok(value)
    } else {
        Err(CardError::Unsupported("PINs of this length"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use crate::base::hex;
    use crate::card::muscle::MuscleError;
    use crate::iso7816::{Form, Response, StatusWord};
    use crate::token::ApplicationKind;

    fn application() -> Application {
        let mut application = Application::new(ApplicationKind::Muscle, &[]);
        application.pins = of(&[0, 1]);
        add_puks(&mut application);
        application
    }

    #[test]
    fn each_pin_has_its_puk_once() {
        let mut application = application();
        add_puks(&mut application);
        let found: Vec<_> = application
            .pins
            .iter()
            .map(|pin| (pin.reference.0, pin.role))
            .collect();
        let expected = [
            (1, PinRole::User),
            (0x81, PinRole::Puk),
            (0, PinRole::SecurityOfficer),
            (0x80, PinRole::Puk),
        ];
        assert_eq!(found, expected);
    }

    /// The sheet's exchanges.
    #[test]
    fn commands_are_those_of_the_sheet() {
        let application = application();
        let (pin, code) = (&application.pins[0], &application.pins[1]);
        let secret = |text: &str| Secret::new(text.as_bytes());
        let (zeros, ones) = (secret("00000000"), secret("11111111"));
        let sent = |deed: Deed<'_>| {
            let command = step(pin, &deed).unwrap().command;
            hex::encode(command.to_bytes(Form::Short, false).expose())
        };
        assert_eq!(sent(Deed::Verify(&zeros)), "B0420100083030303030303030");
        assert_eq!(
            sent(Deed::Change(&zeros, &ones)),
            "B0440100120830303030303030300831313131 31313131".replace(' ', "")
        );
        assert_eq!(
            sent(Deed::Release(code, &zeros)),
            "B0460100083030303030303030"
        );
        let refused = step(pin, &Deed::Unblock(code, &zeros, &ones)).err();
        assert_eq!(refused, Some(MuscleError::PinStays.into()));
        let officers = &application.pins[3];
        let refused = step(pin, &Deed::Release(officers, &zeros)).err();
        assert!(matches!(refused, Some(CardError::Unsupported(_))));
    }

    #[test]
    fn a_refusal_says_what_it_means_for_the_pin() {
        let judge = |operation, sw| {
            let answer = Response::status(StatusWord(sw));
            status::judge(PinRole::User, operation, &answer)
        };
        assert!(judge("VerifyPIN", 0x9000).is_ok());
        let role = PinRole::User;
        let left = TriesLeft::Unknown;
        let wrong = Err(CardError::WrongPin { role, left });
        assert_eq!(judge("VerifyPIN", 0x9C02), wrong);
        assert_eq!(judge("VerifyPIN", 0x9C0C), Err(CardError::Blocked { role }));
        let not_blocked = Err(MuscleError::NotBlocked.into());
        assert_eq!(judge(status::UNBLOCK, 0x9C03), not_blocked);
        assert!(matches!(
            judge("VerifyPIN", 0x9C03),
            Err(CardError::Status { .. })
        ));
        assert!(matches!(
            judge("VerifyPIN", 0x63C2),
            Err(CardError::Status { .. })
        ));
    }
}
