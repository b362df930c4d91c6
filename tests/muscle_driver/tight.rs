//! Where the card does not let it be done: no room, objects that stay. What is there then is what was
//! there before.

use std::collections::BTreeMap;

use symbolon::base::hex::Hex;
use symbolon::card::CardError;
use symbolon::card::muscle::write::{self, Survey};
use symbolon::card::muscle::{MuscleError, ObjectId};

use crate::applet::{Card, Object};
use crate::shared::Shared;
use crate::writing::{certificate, key, made, personalise, shown, signed_in, surveyed};

type Image = BTreeMap<[u8; 4], ([u16; 3], Vec<u8>)>;

fn image(card: &Card) -> Image {
    let all = card.objects.iter();
    all.map(|o| (o.id, (o.rules, o.content.clone()))).collect()
}

/// Small certificates with long names, until the list of them is as full as it can be.
fn with_a_full_list() -> Shared {
    let shared = made();
    let mut survey = surveyed(&shared);
    for id in 0..6 {
        store(&shared, &mut survey, id).unwrap();
    }
    let card = shared.card();
    let list = card
        .objects
        .iter()
        .find(|o| o.id == [0x50, 0x15, 0x44, 0x04]);
    assert_eq!(list.unwrap().content.len(), 0x200);
    drop(card);
    shared
}

fn store(shared: &Shared, survey: &mut Survey, id: u8) -> Result<(), CardError> {
    let mut new = certificate(40);
    new.id = Hex(vec![id]);
    new.label = "A certificate with a name that is long enough for that".into();
    signed_in(shared, |channel| {
        write::store_certificate(channel, survey, &new)
    })
}

/// Leaves so many bytes free.
fn fill(shared: &Shared, free: usize) {
    let mut card = shared.card();
    let used: usize = card.objects.iter().map(|o| o.content.len() + 16).sum();
    card.memory = used + 2 + free;
}

#[test]
fn a_list_that_has_no_room_to_grow_stays() {
    let shared = with_a_full_list();
    let mut before = surveyed(&shared);
    // The certificate fits, the larger list does not.
    fill(&shared, 40 + 16 + 0x7F);
    let begun = image(&shared.card());
    for _ in 0..2 {
        let full = store(&shared, &mut before, 9);
        assert_eq!(full, Err(MuscleError::Full.into()));
        assert_eq!(image(&shared.card()), begun);
        assert_eq!(shown(&shared.card()).certificates.len(), 6);
    }
    // With one byte more it does.
    fill(&shared, 40 + 16 + 0x80);
    assert_eq!(store(&shared, &mut before, 9), Ok(()));
    assert_eq!(shown(&shared.card()).certificates.len(), 7);
}

/// Memory in pieces: there is enough of it, and still none for the larger list.
#[test]
fn a_list_comes_back_where_its_larger_one_is_refused() {
    let shared = with_a_full_list();
    let mut before = surveyed(&shared);
    let begun = image(&shared.card());
    shared.card().most = Some(0x200);
    for _ in 0..2 {
        let full = store(&shared, &mut before, 9);
        assert_eq!(full, Err(MuscleError::Full.into()));
        assert_eq!(image(&shared.card()), begun);
    }
    // Torn after the list was taken away, it comes back as well.
    let list = [0x50, 0x15, 0x44, 0x04];
    shared.card().objects.retain(|object| object.id != list);
    let full = store(&shared, &mut before, 9);
    assert_eq!(full, Err(MuscleError::Full.into()));
    assert_eq!(image(&shared.card()), begun);
}

#[test]
fn nothing_is_erased_that_cannot_be_erased_whole() {
    for (id, rule) in [
        ([0x50, 0x15, 0x77, 0x00], 0x0001),
        ([0x3F, 0x00, 0x77, 0x00], 0xFFFF),
        ([0x50, 0x15, 0x77, 0x01], 0x0003),
    ] {
        let shared = made();
        let mut survey = surveyed(&shared);
        signed_in(&shared, |channel| {
            write::generate_key(channel, &mut survey, &key(0x45, 0, 1024)).unwrap();
        });
        let object = |rule| Object {
            id,
            rules: [0, 2, rule],
            content: vec![1; 20],
        };
        shared.card().objects.push(object(rule));
        let begun = image(&shared.card());
        let before = surveyed(&shared);
        let mut survey = before.clone();
        let refused = signed_in(&shared, |channel| write::erase(channel, &mut survey, false));
        let id = ObjectId(id);
        assert_eq!(refused, Err(MuscleError::Undeletable { id }.into()));
        assert_eq!(image(&shared.card()), begun);
        assert_eq!(survey, before);
        let sent = shared.card().sent.clone();
        assert!(
            !sent
                .iter()
                .any(|sent| sent[..2] == [0xB0, 0x52] && sent[5] != 0xFF)
        );
        let made = sent.iter().filter(|sent| sent[..2] == [0xB0, 0x30]);
        assert_eq!(made.count(), 1, "the key was not overwritten");
        // What everybody or the holder may delete goes.
        for rule in [0x0000, 0x0002] {
            shared.card().objects.pop();
            shared.card().objects.push(object(rule));
            let shared = Shared::new(shared.card().clone());
            let mut survey = surveyed(&shared);
            let done = signed_in(&shared, |channel| write::erase(channel, &mut survey, false));
            assert_eq!(done, Ok(()));
            assert!(shared.card().objects.is_empty());
            assert_eq!(
                signed_in(&shared, |channel| personalise(channel, &mut survey)),
                Ok(())
            );
        }
    }
}
