//! Cards come and go in eight readers of a real service at once: what the program shows in the end is
//! what is in them.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use symbolon::simulator::{vpcd, wardrobe};

use crate::program::Running;
use crate::support::pcscd::PrivatePcscd;

/// How often each reader's card is put in.
const INSERTIONS: u64 = 5;

/// The next number of a sequence (splitmix64).
fn random(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) % below
}

/// A card that is put in and pulled, and stays in the end or not.
fn hand(port: u16, seed: u64, stays: bool) {
    let mut state = seed;
    for insertion in 1..=INSERTIONS {
        let stop = vpcd::Stop::new();
        let pull = stop.clone();
        let served = thread::spawn(move || {
            let mut card = wardrobe::make("piv-used").unwrap();
            // Ends when it is pulled, or with its service.
            let _ = vpcd::serve(card.as_mut(), port, &stop);
        });
        if insertion == INSERTIONS && stays {
            return;
        }
        // How long it stays in and out is what this is about: the service looks every 0.4 s, so some
        // of it is not seen, some is pulled while it is read.
        thread::sleep(Duration::from_millis(random(&mut state, 1000)));
        pull.stop();
        served.join().unwrap();
        thread::sleep(Duration::from_millis(random(&mut state, 600)));
    }
}

/// State and token of each reader in a document of `readers --json`.
fn rows(document: &str) -> Option<BTreeMap<String, (String, bool)>> {
    let document: serde_json::Value = serde_json::from_str(document).ok()?;
    let readers = document["readers"].as_array()?.iter();
    let rows = readers.map(|reader| {
        let name = reader["name"].as_str().unwrap().to_owned();
        let state = reader["state"].as_str().unwrap().to_owned();
        (name, (state, !reader["token"].is_null()))
    });
    Some(rows.collect())
}

#[test]
fn eight_readers_of_a_service_are_shown_as_they_are() {
    let service = PrivatePcscd::start(8);
    let mut running = Running::start(&service.socket(), &["readers", "--watch", "--json"]);
    running.until_said(&service.slot(7).reader);
    let threads = running.usage().threads;
    let began = Instant::now();
    thread::scope(|scope| {
        for (number, slot) in (0..).zip(service.slots()) {
            scope.spawn(move || hand(slot.port, number, number % 2 == 0));
        }
    });
    let wanted: BTreeMap<String, (String, bool)> = (0..)
        .zip(service.slots())
        .map(|(number, slot)| {
            let stays = number % 2 == 0;
            let state = if stays { "present" } else { "empty" };
            (slot.reader.clone(), (state.to_owned(), stays))
        })
        .collect();
    let last =
        running.until(|said| said.iter().rev().find_map(|line| rows(line)) == Some(wanted.clone()));
    assert!(
        last,
        "{wanted:?}, shown {}",
        running.all_said().lines().rev().nth(1).unwrap_or("")
    );
    assert_eq!(running.usage().threads, threads, "threads");
    println!(
        "8 readers x {INSERTIONS} insertions in {:?}: shown as they are, {threads} threads before and after",
        began.elapsed()
    );
}
