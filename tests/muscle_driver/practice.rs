//! The practice cards, as the program reads them, and their PINs through the guard.

use symbolon::base::secret::Secret;
use symbolon::card::guard::{self, Deed, Shown};
use symbolon::card::muscle::MuscleError;
use symbolon::card::{self, CardError};
use symbolon::token::{
    Algorithm, Application, ApplicationKind, ApplicationState, Fact, FactName, FactValue,
    OperationKind, PinReference, PinRole, Token, TriesLeft,
};

use crate::bench::Bench;

use ApplicationKind::{Muscle as MUSCLE, Pkcs15 as PKCS15};

const USER: PinReference = PinReference(1);
const PUK: PinReference = PinReference(0x81);

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes())
}

#[track_caller]
fn only(card: &str, kind: ApplicationKind) -> Application {
    let token = Bench::practice(card).read();
    assert_eq!(token.applications.len(), 1, "{card}");
    let application = token.applications[0].clone();
    assert_eq!(application.kind, kind, "{card}");
    assert_eq!(application.state, ApplicationState::Readable, "{card}");
    application
}

fn fact(application: &Application, name: FactName) -> Option<&FactValue> {
    let found = application.facts.iter().find(|fact| fact.name == name);
    found.map(|fact| &fact.value)
}

#[test]
fn a_used_card_shows_its_pin_its_key_and_its_certificate() {
    for name in ["muscle-used", "muscle-t0"] {
        let found = only(name, PKCS15);
        assert_eq!(found.label().unwrap().as_str(), "VPN Anna Rossi", "{name}");
        let pins: Vec<_> = found
            .pins
            .iter()
            .map(|pin| (pin.reference, pin.role))
            .collect();
        assert_eq!(pins, [(USER, PinRole::User), (PUK, PinRole::Puk)], "{name}");
        let pin = &found.pins[0];
        assert_eq!(pin.tries.left, TriesLeft::Unknown);
        assert!(pin.stays_when_unblocked());
        let needs = &pin.operation(OperationKind::Unblock).unwrap().needs;
        assert_eq!(*needs, [PUK]);
        let [key] = &found.keys[..] else {
            panic!("{name}")
        };
        assert_eq!(key.algorithm, Some(Algorithm::Rsa { bits: 2048 }));
        let certificate = include_bytes!("../../data/practice/anna-authentication.crt");
        assert_eq!(found.certificates.len(), 1);
        assert_eq!(found.certificates[0].der, certificate);
        // Its public half is in the certificate, so that of the other file is not fetched.
        assert_eq!(found.public_keys.len(), 1);
        assert!(found.public_keys[0].public_key.is_none());
        // Zeros alone, which tell no token from another.
        assert!(fact(&found, FactName::Serial).is_none());
        let kept = FactValue::Text("MUSCLE".into());
        assert_eq!(fact(&found, FactName::KeptBy), Some(&kept));
        let version = FactValue::Text("0.9".into());
        assert_eq!(fact(&found, FactName::AppletVersion), Some(&version));
        let total = FactValue::Number(6000);
        assert_eq!(fact(&found, FactName::MemoryTotal), Some(&total));
        assert!(fact(&found, FactName::MemoryFree).is_some());
    }
}

#[test]
fn a_new_card_says_that_it_is_not_set_up() {
    let found = only("muscle-blank", MUSCLE);
    assert!(found.pins.is_empty() && found.keys.is_empty());
    assert_eq!(fact(&found, FactName::SetUp), Some(&FactValue::Flag(false)));
}

#[test]
fn an_erased_card_shows_its_pins_and_the_places_that_are_used_up() {
    let found = only("muscle-2048-place", MUSCLE);
    let roles: Vec<_> = found.pins.iter().map(|pin| pin.role).collect();
    let (user, officer) = (PinRole::User, PinRole::SecurityOfficer);
    assert_eq!(roles, [user, PinRole::Puk, officer, PinRole::Puk]);
    let [key] = &found.keys[..] else {
        panic!("{:?}", found.keys)
    };
    assert_eq!(key.algorithm, Some(Algorithm::Rsa { bits: 2048 }));
    assert_eq!(found.public_keys.len(), 1);
    let place = Fact::number(FactName::KeyReference, 0);
    assert!(key.facts.contains(&place));
}

/// Does something to the first PIN, as the lane does it.
fn act(card: &Bench, token: &Token, deed: &Deed<'_>) -> Result<(), CardError> {
    let application = &token.applications[0];
    let shown = Shown {
        token,
        application: application.kind,
        pin: &application.pins[0],
    };
    card.with(|channel| {
        let mut driver = card::open(channel, application.kind)?;
        let done = guard::run(driver.as_mut(), channel, &shown, deed, false);
        guard::end(driver.as_mut(), channel, &shown, deed);
        done
    })
}

#[test]
fn a_pin_is_changed_blocked_and_given_its_tries_back() {
    for name in ["muscle-used", "muscle-t0", "muscle-2048-place"] {
        let card = Bench::practice(name);
        let token = card.read();
        let code = &token.applications[0].pins[1];
        let (old, new, puk) = (secret("654321"), secret("224466"), secret("87654321"));
        let act = |deed: &Deed<'_>| act(&card, &token, deed);
        let verify = |pin: &Secret| act(&Deed::Verify(pin));
        let release = |value: &Secret| act(&Deed::Release(code, value));
        let (role, left) = (PinRole::User, TriesLeft::Unknown);
        let wrong = Err(CardError::WrongPin { role, left });
        assert_eq!(verify(&old), Ok(()), "{name}");
        assert_eq!(release(&puk), Err(MuscleError::NotBlocked.into()), "{name}");
        assert_eq!(act(&Deed::Change(&old, &new)), Ok(()), "{name}");
        for _ in 0..5 {
            assert_eq!(verify(&old), wrong, "{name}");
        }
        assert_eq!(verify(&new), Err(CardError::Blocked { role }), "{name}");
        let role = PinRole::Puk;
        let wrong_puk = Err(CardError::WrongPin { role, left });
        assert_eq!(release(&old), wrong_puk, "{name}");
        let other = act(&Deed::Unblock(code, &puk, &old));
        assert_eq!(other, Err(MuscleError::PinStays.into()), "{name}");
        assert_eq!(release(&puk), Ok(()), "{name}");
        assert_eq!(verify(&new), Ok(()), "{name}");
        assert_eq!(verify(&old), wrong, "{name}");
    }
}
