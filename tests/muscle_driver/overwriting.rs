//! Private keys that are deleted: nothing of them is left in their places where that can be helped, and
//! where not, that is known before.

use symbolon::base::hex::Hex;
use symbolon::card::CardError;
use symbolon::card::muscle::write::{self, ImportedKey, Survey};
use symbolon::card::muscle::{MuscleError, ObjectId};
use symbolon::card::setup;
use symbolon::iso7816::StatusWord;
use symbolon::pki::import;
use symbolon::plan::Task;
use symbolon::transport::link::Link as _;

use crate::applet::{Card, Object};
use crate::pool::POOL;
use crate::shared::Shared;
use crate::writing::{key, made, shown, signed_in, surveyed};

const SPENT: [u16; 3] = [0xFFFF, 0x0002, 0xFFFF];

fn with_keys(keys: &[(u8, u8, u16)]) -> Shared {
    let shared = made();
    let mut survey = surveyed(&shared);
    for &(id, number, bits) in keys {
        let new = key(id, number, bits);
        signed_in(&shared, |channel| {
            write::generate_key(channel, &mut survey, &new).unwrap()
        });
    }
    shared
}

fn delete(shared: &Shared, survey: &mut Survey, said: bool) -> Result<(), CardError> {
    signed_in(shared, |channel| {
        write::delete_key(channel, survey, &[0x45], said)
    })
}

fn private(card: &Card, slot: usize) -> ([u16; 3], Vec<u8>) {
    let key = card.keys[slot].as_ref().unwrap();
    (key.rules, key.blob.clone())
}

#[test]
fn a_key_that_is_deleted_is_not_in_its_place_any_more() {
    let shared = with_keys(&[(0x45, 0, 1024), (0x46, 1, 1024)]);
    let before = [0, 2].map(|slot| private(&shared.card(), slot));
    let mut survey = surveyed(&shared);
    assert_eq!(delete(&shared, &mut survey, false), Ok(()));
    let after = [0, 2].map(|slot| private(&shared.card(), slot));
    assert_eq!(after[0].0, SPENT);
    assert_ne!(after[0].1, before[0].1);
    assert_eq!(after[1], before[1], "the other one");
    assert_eq!(shown(&shared.card()).keys.len(), 1);
    // The place is as good as new, and the first that is taken.
    assert_eq!(write::choose(&survey, 1024, &[1]), Ok(0));
    let again = key(0x47, 0, 1024);
    signed_in(&shared, |channel| {
        write::generate_key(channel, &mut survey, &again).unwrap()
    });
    assert_eq!(private(&shared.card(), 0).0, [0xFFFF, 2, 2]);
}

#[test]
fn erasing_leaves_no_key_that_the_lists_named() {
    let shared = with_keys(&[(0x45, 0, 1024), (0x46, 2, 2048)]);
    let before = [0, 4].map(|slot| private(&shared.card(), slot));
    let mut survey = surveyed(&shared);
    signed_in(&shared, |channel| write::erase(channel, &mut survey, false)).unwrap();
    for (slot, (_, old)) in [0, 4].into_iter().zip(before) {
        let (rules, new) = private(&shared.card(), slot);
        assert_eq!(rules, SPENT);
        assert_ne!(new, old);
    }
    assert!(shared.card().objects.is_empty());
}

/// A key that OpenSC has imported is in the private place alone, and everybody may read it.
#[test]
fn an_imported_key_without_a_public_place_is_overwritten_too() {
    let shared = with_keys(&[(0x45, 0, 1024)]);
    {
        let mut card = shared.card();
        card.keys[1] = None;
        let private = card.keys[0].as_mut().unwrap();
        private.rules = [0, 0, 0];
    }
    let before = private(&shared.card(), 0);
    let mut survey = surveyed(&shared);
    assert_eq!(delete(&shared, &mut survey, false), Ok(()));
    let after = private(&shared.card(), 0);
    assert_eq!(after.0, SPENT);
    assert_ne!(after.1, before.1);
}

#[test]
fn a_key_that_cannot_be_overwritten_is_known_before() {
    let with = |change: fn(&mut Card)| {
        let shared = with_keys(&[(0x45, 0, 1024), (0x46, 1, 1024)]);
        change(&mut shared.card());
        shared
    };
    let one = Task::DeleteKey {
        id: Hex(vec![0x45]),
    };
    let keeps = |shared: &Shared, task: &Task| {
        let read = crate::looking::with(shared, |channel| {
            setup::Survey::read(channel, setup::About::Token).unwrap()
        });
        read.keeps_key(task)
    };
    let stays: [fn(&mut Card); 4] = [
        |card| card.keys[0].as_mut().unwrap().rules[1] = 0xFFFF,
        |card| card.keys[0].as_mut().unwrap().rules[1] = 0x0001,
        |card| card.keys[1].as_mut().unwrap().rules[1] = 0xFFFF,
        // DSA.
        |card| card.keys[0].as_mut().unwrap().kind = 5,
    ];
    assert!(!keeps(&with(|_| {}), &one));
    for change in stays {
        let shared = with(change);
        assert!(keeps(&shared, &one));
        assert!(keeps(&shared, &Task::DeleteApplication));
        let other = Task::DeleteKey {
            id: Hex(vec![0x46]),
        };
        assert!(!keeps(&shared, &other));
        // It leaves the lists all the same.
        let before = private(&shared.card(), 0);
        let mut survey = surveyed(&shared);
        assert_eq!(delete(&shared, &mut survey, false), Ok(()));
        assert_eq!(private(&shared.card(), 0), before);
        assert_eq!(shown(&shared.card()).keys.len(), 1);
    }
}

#[test]
fn a_key_that_the_card_does_not_overwrite_is_said_once() {
    let shared = with_keys(&[(0x45, 0, 1024)]);
    shared.card().makes = Some(0);
    let mut survey = surveyed(&shared);
    let begun = survey.clone();
    let stays = MuscleError::KeyStays {
        slot: 0,
        sw: StatusWord(0x6F00),
    };
    assert_eq!(
        delete(&shared, &mut survey, false),
        Err(stays.clone().into())
    );
    assert_eq!(survey, begun);
    assert_eq!(shown(&shared.card()).keys.len(), 1, "nothing was changed");
    let mut erased = survey.clone();
    let refused = signed_in(&shared, |channel| write::erase(channel, &mut erased, false));
    assert_eq!(refused, Err(stays.into()));
    assert_eq!(shown(&shared.card()).keys.len(), 1, "nothing was changed");
    assert_eq!(delete(&shared, &mut survey, true), Ok(()));
    assert!(shown(&shared.card()).keys.is_empty());
}

/// Two entries of one place: the one is not deleted with the other.
#[test]
fn a_place_that_another_key_is_in_stays() {
    let shared = with_keys(&[(0x45, 0, 1024), (0x46, 0, 1024)]);
    let before = private(&shared.card(), 0);
    let mut survey = surveyed(&shared);
    assert_eq!(delete(&shared, &mut survey, false), Ok(()));
    assert_eq!(private(&shared.card(), 0), before);
}

#[test]
fn a_key_that_anybody_can_read_is_not_left_without_a_word() {
    let shared = made();
    let mut survey = surveyed(&shared);
    let file = import::open(POOL[1].1[2], None).unwrap().key;
    let import = |survey: &mut Survey| {
        signed_in(&shared, |channel| {
            let imported = ImportedKey::of(&file).unwrap();
            write::import_key(channel, survey, &key(0x47, 1, 2048), &imported)
        })
    };
    // The throw-away key before is made, the one afterwards is not.
    shared.card().forgets_rules = true;
    shared.card().makes = Some(1);
    let exposed = CardError::from(MuscleError::Exposed {
        slot: 2,
        why: Box::new(MuscleError::KeySize { bits: 2048 }.into()),
    });
    for _ in 0..2 {
        assert_eq!(import(&mut survey), Err(exposed.clone()));
        assert_eq!(private(&shared.card(), 2).0, [0, 0, 0], "it is");
        let words = symbolon::explain::muscle::error(&MuscleError::Exposed {
            slot: 2,
            why: Box::new(CardError::OtherCard),
        });
        assert!(words.title.contains("read by anybody"), "{words:?}");
    }
    // The first thing that it is continued with overwrites it.
    let old = private(&shared.card(), 2).1;
    shared.card().makes = None;
    shared.card().sent.clear();
    let unguarded = MuscleError::Unguarded { slot: 2 };
    assert_eq!(import(&mut survey), Err(unguarded.into()));
    let sent = shared.card().sent.clone();
    let first = |ins| sent.iter().position(|sent| sent[..2] == [0xB0, ins]);
    assert!(first(0x30) < first(0x5A), "before anything is written");
    let (rules, new) = private(&shared.card(), 2);
    assert_eq!(rules, [0xFFFF, 2, 2]);
    assert_ne!(new, old);
}

/// A key that is overwritten is lost: before that it is sure that it can leave the lists.
#[test]
fn no_key_is_lost_where_the_lists_may_not_be_written() {
    type Change = fn(&mut [u16; 3]);
    let closed: [([u8; 4], Change); 4] = [
        ([0x50, 0x15, 0x44, 0x02], |rules| rules[1] = 0x0001),
        ([0x50, 0x15, 0x44, 0x02], |rules| rules[1] = 0xFFFF),
        ([0x50, 0x15, 0x44, 0x03], |rules| rules[1] = 0x0003),
        ([0x50, 0x15, 0x30, 0x00], |rules| rules[2] = 0xFFFF),
    ];
    for (id, change) in closed {
        let shared = with_keys(&[(0x45, 0, 1024), (0x46, 1, 1024)]);
        {
            let mut card = shared.card();
            let object = card.objects.iter_mut().find(|object| object.id == id);
            change(&mut object.unwrap().rules);
        }
        let before = private(&shared.card(), 0);
        let mut survey = surveyed(&shared);
        let begun = survey.clone();
        let refused = Err(MuscleError::Undeletable { id: ObjectId(id) }.into());
        assert_eq!(delete(&shared, &mut survey, false), refused);
        assert_eq!(private(&shared.card(), 0), before);
        assert_eq!(survey, begun);
        assert_eq!(shown(&shared.card()).keys.len(), 2);
        // Known before the plan begins, too.
        let task = Task::DeleteKey {
            id: Hex(vec![0x45]),
        };
        let live = crate::looking::with(&shared, |channel| {
            setup::Survey::read(channel, setup::About::Token).unwrap()
        });
        let atr = shared.atr().to_vec();
        let rehearsed = setup::rehearse(&atr, &live, &[task], 0, Default::default());
        assert!(rehearsed.is_err(), "{id:02X?}");
    }
}

/// Nor where something is left of a transfer that the holder may not delete.
#[test]
fn no_key_is_lost_where_the_rest_of_a_transfer_stays() {
    let shared = with_keys(&[(0x45, 0, 1024)]);
    let before = private(&shared.card(), 0);
    signed_in(&shared, |channel| {
        // What the other program of a shared card left there since the applet was selected.
        shared.card().objects.push(Object {
            id: [0xFF, 0xFF, 0xFF, 0xFE],
            rules: [0xFFFF; 3],
            content: vec![0; 8],
        });
        let mut survey = write::survey(channel).unwrap();
        let begun = survey.clone();
        let refused = write::erase(channel, &mut survey, false);
        assert_eq!(refused, Err(MuscleError::Unauthorized.into()));
        assert_eq!(survey, begun);
    });
    assert_eq!(private(&shared.card(), 0), before);
    assert_eq!(shown(&shared.card()).keys.len(), 1);
}

/// A card that is pulled is waited for, whatever is in the place; and a key that only a PIN opens is not
/// open to everybody.
#[test]
fn only_what_anybody_can_read_is_said_to_be_open() {
    let file = import::open(POOL[1].1[2], None).unwrap().key;
    let import = |shared: &Shared, survey: &mut Survey| {
        signed_in(shared, |channel| {
            let imported = ImportedKey::of(&file).unwrap();
            write::import_key(channel, survey, &key(0x47, 1, 2048), &imported)
        })
    };
    let left = |read: u16| {
        let shared = with_keys(&[(0x46, 1, 2048)]);
        shared.card().keys[2].as_mut().unwrap().rules[0] = read;
        shared
    };
    let size = || MuscleError::KeySize { bits: 2048 };
    for (read, is_open) in [(0x0000, true), (0x0002, false), (0xFFFF, false)] {
        let shared = left(read);
        let mut survey = surveyed(&shared);
        shared.card().makes = Some(0);
        let why = Box::new(size().into());
        let expected = match is_open {
            true => MuscleError::Exposed { slot: 2, why },
            false => size(),
        };
        assert_eq!(import(&shared, &mut survey), Err(expected.into()));
    }
    // At each command of an import over a key that is open.
    let (mut broken, mut open) = (0, 0);
    for number in 0.. {
        let shared = left(0x0000);
        let mut survey = surveyed(&shared);
        shared.card().forgets_rules = true;
        let done = signed_in(&shared, |channel| {
            shared.card().left = Some(number);
            let imported = ImportedKey::of(&file).unwrap();
            write::import_key(channel, &mut survey, &key(0x47, 1, 2048), &imported)
        });
        match done {
            Err(CardError::Link(_)) => broken += 1,
            // The new key is there, and open.
            Err(CardError::Muscle(MuscleError::Exposed { slot: 2, why }))
                if matches!(*why, CardError::Link(_)) =>
            {
                assert_eq!(private(&shared.card(), 2).0[0], 0x0000);
                open += 1;
            }
            other => {
                let unguarded = MuscleError::Unguarded { slot: 2 };
                assert_eq!(other, Err(unguarded.into()), "{number}");
                break;
            }
        }
    }
    assert!(broken > 5, "{broken}");
    assert_eq!(open, 1);
}
