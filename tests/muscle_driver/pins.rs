//! PINs: through the guard, as the lane does it.

use symbolon::base::secret::Secret;
use symbolon::card::guard::{self, Deed, Shown};
use symbolon::card::muscle::MuscleError;
use symbolon::card::{self, CardError};
use symbolon::token::{
    Access, ApplicationKind, Breach, Pin, PinReference, PinRole, Token, TriesLeft,
};
use symbolon::transport::link::After;

use crate::applet::Object;
use crate::looking::{look, with, with_certificate};
use crate::shared::Shared;

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

/// Sheet "muscle", 9: a right that is missing is 9C06.
#[test]
fn what_only_the_holder_reads_is_shown_after_the_pin() {
    let mut card = with_certificate();
    let mut list = vec![0x30, 0x23, 0x30, 0x0D, 0x0C, 0x04, b'n', b'o', b't', b'e'];
    list.extend([0x03, 0x02, 0x06, 0xC0, 0x04, 0x01, 0x01]);
    list.extend([0x30, 0x06, 0x0C, 0x04, b'd', b'e', b'm', b'o', 0xA1, 0x0A]);
    list.extend([0x30, 0x08, 0x04, 0x06, 0x3F, 0x00, 0x50, 0x15, 0x33, 0x02]);
    list.resize(0x100, 0);
    for (low, rules, content) in [
        ([0x44, 0x05], [0, 2, 2], list),
        ([0x33, 0x02], [2, 2, 2], b"nobody's business".to_vec()),
    ] {
        card.objects.push(Object {
            id: [0x50, 0x15, low[0], low[1]],
            rules,
            content,
        });
    }
    let odf = card
        .objects
        .iter_mut()
        .find(|o| o.id == [0x50, 0x15, 0x50, 0x31]);
    let entry = [
        0xA7, 0x0A, 0x30, 0x08, 0x04, 0x06, 0x3F, 0x00, 0x50, 0x15, 0x44, 0x05,
    ];
    odf.unwrap().content[48..60].copy_from_slice(&entry);
    let (token, shared) = look(card);
    let data = &token.applications[0].data[0];
    assert_eq!(
        (data.access, &data.content),
        (Access::Pin(PinReference(1)), &None)
    );
    let kind = ApplicationKind::Pkcs15;
    let shown = Shown {
        token: &token,
        application: kind,
        pin: &token.applications[0].pins[0],
    };
    let opened = with(&shared, |channel| {
        let mut driver = card::open(channel, kind).unwrap();
        let pin = secret("00000000");
        guard::run(driver.as_mut(), channel, &shown, &Deed::Verify(&pin), false).unwrap();
        guard::opened(driver.as_mut(), channel, &shown).unwrap()
    });
    let content = opened.data[0].content.as_deref();
    assert_eq!(content, Some(&b"nobody's business"[..]));
    assert_eq!(opened.pins, token.applications[0].pins);
    let mut names: Vec<_> = opened.facts.iter().map(|fact| fact.name).collect();
    let mut before: Vec<_> = token.applications[0].facts.iter().map(|f| f.name).collect();
    names.sort_by_key(|name| format!("{name:?}"));
    before.sort_by_key(|name| format!("{name:?}"));
    assert_eq!(names, before);
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
