//! Writing on the applet: whole, and torn at every command.

use std::collections::BTreeMap;

use symbolon::base::hex::Hex;
use symbolon::base::secret::Secret;
use symbolon::card::CardError;
use symbolon::card::muscle::write::{self, ImportedKey, Survey};
use symbolon::card::muscle::{MuscleError, NewIdentity, SetUp, State, find};
use symbolon::card::task::{KeyPurpose, NewCertificate, NewKey, NewPin};
use symbolon::pki::import;
use symbolon::token::{Application, ApplicationKind, ApplicationState};
use symbolon::transport::channel::Channel;

use crate::applet::{Card, set_up};
use crate::looking::{LOG, look, with};
use crate::pool::POOL;
use crate::recorded::{replayed, until};
use crate::shared::Shared;

const CERTIFICATE: &[u8] = include_bytes!("../../data/practice/thomas-signature.crt");

pub(crate) fn user_pin() -> NewPin {
    NewPin {
        number: 1,
        auth_id: Hex(vec![0x01]),
        label: "User PIN".into(),
        officer: false,
        min: 4,
        tries: 5,
        puk_tries: Some(2),
    }
}

pub(crate) fn key(id: u8, number: u8, bits: u16) -> NewKey {
    NewKey {
        id: Hex(vec![id]),
        number,
        pin: 1,
        auth_id: Hex(vec![0x01]),
        label: "Private Key".into(),
        bits,
        purpose: KeyPurpose::Sign,
        modulus: None,
    }
}

pub(crate) fn certificate(len: usize) -> NewCertificate {
    let mut der = CERTIFICATE.to_vec();
    der.truncate(len);
    NewCertificate {
        id: Hex(vec![0x45]),
        label: "Certificate".into(),
        authority: false,
        der: Hex(der),
    }
}

/// The applet selected, and the PIN of the holder shown.
pub(crate) fn signed_in<T>(shared: &Shared, work: impl FnOnce(&mut Channel<'_>) -> T) -> T {
    with(shared, |channel| {
        find(channel).unwrap();
        write::show_pin(channel, 1, &Secret::new(b"00000000")).unwrap();
        work(channel)
    })
}

pub(crate) fn surveyed(shared: &Shared) -> Survey {
    with(shared, |channel| {
        find(channel).unwrap();
        write::survey(channel).unwrap()
    })
}

pub(crate) fn personalise(channel: &mut Channel<'_>, survey: &mut Survey) -> Result<(), CardError> {
    let name = (&[0x27, 0x37, 0xC0, 0x09][..], "Practice");
    write::personalise(channel, survey, name, &user_pin(), 1_795_269_430)
}

/// Objects by their names: size and rules.
pub(crate) fn objects(card: &Card) -> BTreeMap<[u8; 4], (usize, [u16; 3])> {
    let all = card.objects.iter();
    all.map(|o| (o.id, (o.content.len(), o.rules))).collect()
}

pub(crate) fn made() -> Shared {
    let shared = Shared::new(set_up());
    let mut survey = surveyed(&shared);
    signed_in(&shared, |channel| personalise(channel, &mut survey)).unwrap();
    shared
}

pub(crate) fn content(card: &Card, low: [u8; 2]) -> Vec<u8> {
    let id = [0x50, 0x15, low[0], low[1]];
    let mut all = card.objects.iter();
    all.find(|o| o.id == id).unwrap().content.clone()
}

#[test]
fn an_application_is_as_opensc_makes_it() {
    let theirs = replayed(until(LOG, "=== pkcs15-tool --list-pins"));
    let ours = made();
    let ours = ours.card();
    assert_eq!(objects(&ours), objects(&theirs));
    for same in [[0x44, 0x01], [0x50, 0x31], [0x49, 0x46]] {
        assert_eq!(content(&ours, same), content(&theirs, same), "{same:02X?}");
    }
}

#[test]
fn the_first_set_up_is_done_once_and_known_again() {
    let secret = |text: &str| Secret::new(text.as_bytes());
    let (default, pin, puk) = (secret("Muscle00"), secret("24681357"), secret("13572468"));
    let identity = |tries, puk_tries| NewIdentity {
        pin: &pin,
        tries,
        puk: &puk,
        puk_tries,
    };
    let new = SetUp {
        default_pin: &default,
        officer: identity(4, 1),
        user: identity(5, 2),
        memory: 6000,
        creators: [0, 2, 1],
    };
    let shared = Shared::new(Card::default());
    let run = |again| {
        with(&shared, |channel| {
            assert!(matches!(find(channel), Ok(State::Blank | State::Ready(_))));
            write::set_up(channel, &new, again)
        })
    };
    assert_eq!(run(false), Ok(()));
    // The command of the sheet, with other PINs.
    let sent = shared.card().sent.clone();
    let command = sent.iter().find(|sent| sent[1] == 0x2A).unwrap();
    assert_eq!((command.len(), command[4]), (61, 0x38));
    assert_eq!(command[54..], [0, 0, 0x17, 0x70, 0, 2, 1]);
    assert_eq!(run(false), Err(MuscleError::SetUpAlready.into()));
    assert_eq!(run(true), Ok(()));
}

/// Does `work` whole, and torn after each command and done again, and holds the outcomes together.
pub(crate) fn torn(
    before: &Card,
    work: impl Fn(&mut Channel<'_>, &mut Survey) -> Result<(), CardError>,
) -> Card {
    let whole = Shared::new(before.clone());
    let mut survey = surveyed(&whole);
    signed_in(&whole, |channel| work(channel, &mut survey)).unwrap();
    assert_eq!(survey.objects.len(), whole.card().objects.len());
    for number in 0.. {
        let shared = Shared::new(before.clone());
        let mut survey = surveyed(&shared);
        let begun = survey.clone();
        let done = signed_in(&shared, |channel| {
            shared.card().left = Some(number);
            work(channel, &mut survey)
        });
        shared.card().left = None;
        if done.is_ok() {
            assert!(number > 2, "{number}");
            break;
        }
        assert_eq!(survey, begun, "{number}");
        signed_in(&shared, |channel| work(channel, &mut survey)).unwrap();
        let (torn, whole) = (shared.card(), whole.card());
        assert_eq!(objects(&torn), objects(&whole), "{number}");
        for object in &whole.objects {
            let mut all = torn.objects.iter();
            let other = all.find(|other| other.id == object.id).unwrap();
            // Keys that the card makes are others each time.
            if object.id[2] != 0x30 {
                assert_eq!(other.content, object.content, "{number}");
            }
        }
    }
    whole.card().clone()
}

pub(crate) fn shown(card: &Card) -> Application {
    let (token, _) = look(card.clone());
    let application = token.applications[0].clone();
    assert_eq!(application.kind, ApplicationKind::Pkcs15);
    assert_eq!(application.state, ApplicationState::Readable);
    application
}

#[test]
fn a_torn_personalisation_is_done_again() {
    let card = torn(&set_up(), personalise);
    let application = shown(&card);
    assert_eq!(application.label().unwrap().as_str(), "Practice");
    assert_eq!(application.pins.len(), 2);
    // What there is already is not made once more.
    let shared = Shared::new(card);
    let mut survey = surveyed(&shared);
    let twice = signed_in(&shared, |channel| personalise(channel, &mut survey));
    assert_eq!(twice, Err(MuscleError::InUse.into()));
}

#[test]
fn a_torn_key_is_made_again() {
    let before = made().card().clone();
    let card = torn(&before, |channel, survey| {
        write::generate_key(channel, survey, &key(0x45, 0, 2048)).map(|_| ())
    });
    let application = shown(&card);
    assert_eq!(
        (application.keys.len(), application.public_keys.len()),
        (1, 1)
    );
    assert!(application.public_keys[0].public_key.is_some());
    assert_eq!(card.keys[0].as_ref().unwrap().rules, [0xFFFF, 2, 2]);
    assert_eq!(card.keys[1].as_ref().unwrap().rules, [0, 2, 0]);
    // Deleted, it leaves its places used up.
    let card = torn(&card, |channel, survey| {
        write::delete_key(channel, survey, &[0x45], false)
    });
    assert!(shown(&card).keys.is_empty());
    assert!(card.keys[0].is_some());
}

#[test]
fn an_imported_key_cannot_be_read_out() {
    let before = made().card().clone();
    let file = import::open(POOL[1].1[2], None).unwrap().key;
    let card = torn(&before, |channel, survey| {
        let imported = ImportedKey::of(&file).unwrap();
        write::import_key(channel, survey, &key(0x47, 1, 2048), &imported)
    });
    let key = card.keys[2].as_ref().unwrap();
    assert_eq!(key.rules, [0xFFFF, 2, 2]);
    // p, q, 1/q mod p, d mod p-1, d mod q-1 (sheet, 6).
    let parts: Vec<&[u8]> = key.blob[4..].chunks(130).map(|part| &part[2..]).collect();
    let [p, q, q_inverse, dp, dq] = &parts[..] else {
        panic!("{}", parts.len());
    };
    assert_eq!((*p, *q), (file.p.expose(), file.q.expose()));
    assert!(q_inverse.ends_with(file.q_inv.expose()));
    assert!(dp.ends_with(file.d_p.expose()) && dq.ends_with(file.d_q.expose()));
    assert_eq!(card.keys[3].as_ref().unwrap().blob[6..262], file.n);
}

/// Sheet "hostile-cards", H-16.
#[test]
fn a_key_that_does_not_work_is_not_named() {
    let shared = made();
    let mut survey = surveyed(&shared);
    let begun = survey.clone();
    let mut lie = vec![0x01, 0x00];
    lie.resize(258, 0x11);
    shared.card().lie = Some(lie);
    let done = signed_in(&shared, |channel| {
        write::generate_key(channel, &mut survey, &key(0x45, 0, 2048))
    });
    assert_eq!(done, Err(MuscleError::BadKey.into()));
    assert_eq!(survey, begun);
    assert!(shown(&shared.card()).keys.is_empty());
}

#[test]
fn a_torn_certificate_is_stored_again_and_replaced() {
    let before = made().card().clone();
    let card = torn(&before, |channel, survey| {
        write::store_certificate(channel, survey, &certificate(824))
    });
    assert_eq!(shown(&card).certificates[0].der, CERTIFICATE);
    let other = torn(&card, |channel, survey| {
        let mut new = certificate(824);
        new.label = "Another".into();
        write::store_certificate(channel, survey, &new)
    });
    let application = shown(&other);
    assert_eq!(application.certificates.len(), 1);
    let label = application.certificates[0].label.as_ref().unwrap();
    assert_eq!(label.as_str(), "Another");
    let gone = torn(&other, |channel, survey| {
        write::delete_certificate(channel, survey, &[0x45])
    });
    assert!(shown(&gone).certificates.is_empty());
    assert_eq!(objects(&gone).len(), objects(&before).len() + 1);
}

#[test]
fn a_list_grows_and_keeps_its_rules() {
    let shared = made();
    let mut survey = surveyed(&shared);
    for id in 0..8 {
        let mut new = certificate(40);
        new.id = Hex(vec![id]);
        new.label = "A certificate with a name that is long enough for that".into();
        signed_in(&shared, |channel| {
            write::store_certificate(channel, &mut survey, &new)
        })
        .unwrap();
    }
    let card = shared.card();
    let list = objects(&card)[&[0x50, 0x15, 0x44, 0x04]];
    assert_eq!(list, (0x300, [0, 2, 2]));
    drop(card);
    let sorted = |survey: &Survey| {
        let mut objects = survey.objects.clone();
        objects.sort_by_key(|object| object.id);
        objects
    };
    assert_eq!(sorted(&survey), sorted(&surveyed(&shared)));
}

/// Sheet "muscle", 11: the places are for ever of the size of their first key.
#[test]
fn another_size_takes_another_place() {
    let shared = made();
    let mut survey = surveyed(&shared);
    let run = |survey: &mut Survey, key: &NewKey| {
        signed_in(&shared, |channel| {
            write::generate_key(channel, survey, key).map(|_| ())
        })
    };
    assert_eq!(write::choose(&survey, 2048, &[]), Ok(0));
    assert_eq!(run(&mut survey, &key(0x45, 0, 2048)), Ok(()));
    signed_in(&shared, |channel| write::erase(channel, &mut survey, false)).unwrap();
    assert!(shared.card().objects.is_empty());
    signed_in(&shared, |channel| personalise(channel, &mut survey)).unwrap();
    let (private, public) = (0, 1);
    let fixed = MuscleError::FixedPlace { private, public };
    assert_eq!(run(&mut survey, &key(0x45, 0, 1024)), Err(fixed.into()));
    assert_eq!(write::choose(&survey, 1024, &[]), Ok(1));
    assert_eq!(write::choose(&survey, 2048, &[]), Ok(0));
    assert_eq!(run(&mut survey, &key(0x46, 1, 1024)), Ok(()));
    for number in [0, 2, 3] {
        let id = 0x50 + number;
        assert_eq!(run(&mut survey, &key(id, number, 2048)), Ok(()));
    }
    let none = write::choose(&survey, 1024, &[1]);
    let Err(MuscleError::NoPlace { bits: 1024, places }) = none else {
        panic!("{none:?}");
    };
    assert_eq!(places.len(), 8);
}

#[test]
fn a_torn_erasure_is_done_again() {
    let shared = made();
    let mut survey = surveyed(&shared);
    signed_in(&shared, |channel| {
        write::generate_key(channel, &mut survey, &key(0x45, 0, 1024))
    })
    .unwrap();
    let before = shared.card().clone();
    let card = torn(&before, |channel, survey| {
        write::erase(channel, survey, false)
    });
    assert!(card.objects.is_empty());
    let (token, _) = look(card);
    assert_eq!(token.applications[0].kind, ApplicationKind::Muscle);
}

/// Each answer to a command with data is fetched with one more.
#[test]
fn all_of_it_goes_over_t_0() {
    let mut card = set_up();
    card.t0 = true;
    let card = torn(&card, personalise);
    let card = torn(&card, |channel, survey| {
        write::generate_key(channel, survey, &key(0x45, 0, 2048)).map(|_| ())
    });
    let card = torn(&card, |channel, survey| {
        write::store_certificate(channel, survey, &certificate(824))
    });
    let application = shown(&card);
    assert_eq!(
        (application.keys.len(), application.certificates.len()),
        (1, 1)
    );
    // Instructions that T=0 has no room for.
    let odd = |sent: &Vec<u8>| matches!(sent[1] >> 4, 0x6 | 0x9);
    assert!(!card.sent.iter().any(odd));
}
