//! The account of a run: which places were searched, what was found there, and whether what must be there was found.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::needles::{FORMS, Needles};
use crate::process::search_memory;

/// The name under which controls are looked for.
const CONTROL: &str = "control";

/// The account.
#[derive(Debug)]
pub(crate) struct Tally {
    what: &'static str,
    needles: Needles,
    places: BTreeMap<&'static str, Place>,
}

#[derive(Debug, Default)]
struct Place {
    /// No secret, but known to be there: if the search does not find it, it finds nothing.
    control: Needles,
    found: bool,
    bytes: u64,
    hits: Vec<String>,
}

impl Tally {
    /// An empty account; each of `controls` is a place and a text that has to be found there.
    pub(crate) fn new(
        what: &'static str,
        needles: Needles,
        controls: &[(&'static str, &str)],
    ) -> Self {
        let place = |&(place, text): &(&'static str, &str)| {
            let mut control = Needles::new([]);
            control.add_plain(CONTROL, text.as_bytes());
            let place_of = Place {
                control,
                ..Place::default()
            };
            (place, place_of)
        };
        Self {
            what,
            needles,
            places: controls.iter().map(place).collect(),
        }
    }

    /// Searches bytes that were found in a place; `detail` is for messages.
    pub(crate) fn search(&mut self, place: &'static str, detail: &str, bytes: &[u8]) {
        let account = self.places.get_mut(place).expect("a place with a control");
        account.bytes += bytes.len() as u64;
        account.found |= !account.control.find(bytes).is_empty();
        let hits = self.needles.find(bytes);
        account.hits.extend(
            hits.iter()
                .map(|(at, hit)| format!("{} as {} at {at} of {detail}", hit.name, hit.form)),
        );
    }

    /// Searches every file below a folder, names included.
    pub(crate) fn search_files(&mut self, place: &'static str, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = path.display().to_string();
            self.search(place, "the name of a file", name.as_bytes());
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                self.search_files(place, &path);
            } else if kind.is_file() {
                // One that is gone by now leaks nothing.
                let bytes = fs::read(&path).unwrap_or_default();
                self.search(place, &name, &bytes);
            }
        }
    }

    /// Searches the memory of a process.
    #[track_caller]
    pub(crate) fn search_memory(&mut self, place: &'static str, when: &str, pid: u32) {
        let account = self.places.get_mut(place).expect("a place with a control");
        // Once is enough; it takes as long as the search itself.
        account.found = account.found || !search_memory(pid, &account.control).hits.is_empty();
        let found = search_memory(pid, &self.needles);
        account.bytes += found.bytes;
        let hits = found.hits.into_iter();
        account
            .hits
            .extend(hits.map(|(name, form, at)| format!("{name} as {form} {when} at {at}")));
    }

    /// For the test of the searches themselves: the places where nothing was found.
    pub(crate) fn places_without_hits(&self) -> Vec<&'static str> {
        let places = self.places.iter();
        places
            .filter(|(_, place)| place.hits.is_empty())
            .map(|(name, _)| *name)
            .collect()
    }

    /// Says what was found, in a line for people and as a verdict.
    #[track_caller]
    pub(crate) fn close(self) {
        let Self {
            what,
            needles,
            places,
        } = self;
        let hits: usize = places.values().map(|place| place.hits.len()).sum();
        let bytes: u64 = places.values().map(|place| place.bytes).sum();
        let found = places.values().filter(|place| place.found).count();
        eprintln!(
            "leaks: {what}: {} secrets x {} encodings x {} places, {} MiB: {hits} hits; controls found {found} of {}",
            needles.secrets(),
            FORMS.len(),
            places.len(),
            bytes >> 20,
            places.len(),
        );
        for (name, place) in &places {
            for hit in &place.hits {
                eprintln!("leaks: {what}: {name}: {hit}");
            }
            if !place.found {
                eprintln!("leaks: {what}: {name}: the control is not there");
            }
        }
        assert_eq!(hits, 0, "secrets were found");
        assert_eq!(found, places.len(), "a search that finds nothing");
    }
}
