//! PINs: through the guard, as the lane does it.

use symbolon::base::secret::Secret;
use symbolon::card::guard::{self, Deed, Shown};
use symbolon::card::muscle::MuscleError;
use symbolon::card::{self, CardError};
use symbolon::token::{ApplicationKind, Breach, Pin, PinRole, Token, TriesLeft};
use symbolon::transport::link::After;

use crate::applet::Shared;
use crate::looking::{look, with, with_certificate};

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes())
}

/// What came of it, and what is to become of the card.
fn act(shared: &Shared, token: &Token, deed: &Deed<'_>) -> (Result<(), CardError>, After) {
    let kind = ApplicationKind::Pkcs15;
    let shown = Shown {
        token,
        application: kind,
        pin: &token.application(kind).unwrap().pins[0],
    };
    with(shared, |channel| {
        let mut driver = card::open(channel, kind).unwrap();
        let done = guard::run(driver.as_mut(), channel, &shown, deed, false);
        let after = guard::end(driver.as_mut(), channel, &shown, deed);
        (done, after)
    })
}

fn puk(token: &Token) -> &Pin {
    &token.applications[0].pins[1]
}

#[test]
fn a_pin_is_verified_and_taken_back() {
    let (token, shared) = look(with_certificate());
    let (done, after) = act(&shared, &token, &Deed::Verify(&secret("00000000")));
    assert_eq!((done, after), (Ok(()), After::Leave));
    assert_eq!(shared.card().logged, 0);
    let sent = shared.card().sent.clone();
    let verified = sent.iter().filter(|command| command[..2] == [0xB0, 0x42]);
    assert_eq!(verified.count(), 1);
    // LogoutAll has an instruction byte that T=0 does not allow.
    assert!(!sent.iter().any(|command| matches!(command[1], 0x60 | 0x70)));
}

#[test]
fn a_wrong_pin_is_wrong_then_blocked_and_its_puk_gives_the_tries_back() {
    let (token, shared) = look(with_certificate());
    let role = PinRole::User;
    let left = TriesLeft::Unknown;
    for _ in 0..5 {
        let (done, _) = act(&shared, &token, &Deed::Verify(&secret("99999999")));
        assert_eq!(done, Err(CardError::WrongPin { role, left }));
    }
    let (done, _) = act(&shared, &token, &Deed::Verify(&secret("00000000")));
    assert_eq!(done, Err(CardError::Blocked { role }));
    let (done, _) = act(
        &shared,
        &token,
        &Deed::Release(puk(&token), &secret("12345678")),
    );
    let role = PinRole::Puk;
    assert_eq!(done, Err(CardError::WrongPin { role, left }));
    let code = secret("00000000");
    let (done, _) = act(&shared, &token, &Deed::Release(puk(&token), &code));
    assert_eq!(done, Ok(()));
    // The PIN is what it was.
    let (done, _) = act(&shared, &token, &Deed::Verify(&code));
    assert_eq!(done, Ok(()));
    let (done, _) = act(&shared, &token, &Deed::Release(puk(&token), &code));
    assert_eq!(done, Err(MuscleError::NotBlocked.into()));
}

#[test]
fn a_puk_sets_no_new_pin_and_is_not_sent_for_that() {
    let (token, shared) = look(with_certificate());
    shared.card().sent.clear();
    let (code, new) = (secret("00000000"), secret("11111111"));
    let (done, _) = act(&shared, &token, &Deed::Unblock(puk(&token), &code, &new));
    assert_eq!(done, Err(MuscleError::PinStays.into()));
    let mut sent = shared.card().sent.clone();
    sent.retain(|command| matches!(command[1], 0x42 | 0x44 | 0x46));
    assert!(sent.is_empty(), "{sent:02X?}");
}

#[test]
fn a_pin_is_changed_and_one_that_cannot_be_right_is_not_sent() {
    let (token, shared) = look(with_certificate());
    let (old, new) = (secret("00000000"), secret("24681357"));
    assert_eq!(act(&shared, &token, &Deed::Change(&old, &new)).0, Ok(()));
    assert_eq!(act(&shared, &token, &Deed::Verify(&new)).0, Ok(()));
    shared.card().sent.clear();
    let (done, _) = act(&shared, &token, &Deed::Verify(&secret("123")));
    let expected = CardError::Rule {
        role: PinRole::User,
        breach: Breach::Length,
    };
    assert_eq!(done, Err(expected));
    assert!(!shared.card().sent.iter().any(|command| command[1] == 0x42));
}
