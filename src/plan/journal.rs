//! The journal of a token: what was planned, begun, done and left, line by line.
//!
//! Lines are only added, each holds the digest of the one before, and each is on the disk before the
//! card is touched and after it was. There are no secrets in it: no PIN, no key, no data. What an applet of a
//! Java card is told when it is made is a part of its plan and does stand in it, which whoever gives it is
//! told.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Plan;
use crate::base::hex::Hex;
use crate::card::setup::Survey;
use crate::token::Text;

/// The most of one journal that is read, in bytes: some thousand steps.
const MAX_LEN: u64 = 64 * 1024 * 1024;

/// What a line tells.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Record {
    /// A plan is about to be carried out.
    Planned {
        /// The plan.
        plan: Plan,
    },
    /// A step is about to be done, on a card of which this was known.
    Begun {
        /// Its number, from 0.
        step: usize,
        /// What was known.
        survey: Box<Survey>,
    },
    /// More is known, found out before the step that was begun has changed anything.
    Noted {
        /// Its number, from 0.
        step: usize,
        /// What is known.
        survey: Box<Survey>,
    },
    /// A step is done.
    Done {
        /// Its number.
        step: usize,
    },
    /// A step could not be done, or not wholly.
    Stopped {
        /// Its number.
        step: usize,
        /// Why, for who reads the file.
        why: String,
        /// Whether it is sure that this try left the card as it was.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        untouched: bool,
        /// Whether the person was told that a key stays on the card if this is done all the same.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        said: bool,
    },
    /// Everything is done, and the card was read again.
    Finished {
        /// How much was promised.
        promised: usize,
        /// How much of it is there.
        kept: usize,
    },
    /// A person has decided that the plan is not continued.
    GivenUp,
}

/// One line.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Counts from 0.
    pub number: u64,
    /// When it was written, in seconds since 1970.
    pub at: i64,
    /// The digest (SHA-256) of the line before; that of nothing for the first.
    pub before: Hex,
    /// What it tells.
    #[serde(flatten)]
    pub record: Record,
}

/// What can be wrong with a journal.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JournalError {
    /// There is no folder for it: the user has no home.
    #[error("no place for the journal")]
    NoPlace,
    /// Another program is at it.
    #[error("the journal is in use")]
    InUse,
    /// The file system.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: String,
    },
    /// A line is not what was written.
    #[error("{path}: line {line} was changed")]
    Changed {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: u64,
    },
}

/// A plan that was not carried out to its end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unfinished {
    /// The plan.
    pub plan: Plan,
    /// The step that is next.
    pub next: usize,
    /// If that one was begun, and may have changed the card: what was known of the card then.
    pub begun: Option<Survey>,
    /// Whether the person was told that a key stays on the card if the step is done all the same.
    pub said: bool,
    /// The step that was begun last, done or not, and what was known of the card then.
    pub last: Option<(usize, Box<Survey>)>,
    /// When the last line was written.
    pub at: i64,
}

impl Unfinished {
    /// Whether a card, of which this is known now, can be the one that it was left on: as the step that was
    /// begun last found it, or as it leaves it.
    #[must_use]
    pub fn is_of(&self, live: &Survey) -> bool {
        let task = |step: usize| self.plan.tasks.get(step);
        match (&self.begun, &self.last) {
            (Some(before), _) => live.is_as_begun(before, task(self.next), self.plan.made),
            (None, Some((step, before))) => live.is_as_left(before, task(*step)),
            (None, None) => true,
        }
    }

    /// Whether a card that is called by nothing but its kind is the one that it was left on: a step has
    /// taken the application away that the card was called by.
    #[must_use]
    pub fn has_unnamed(&self, live: &Survey) -> bool {
        self.last.as_ref().is_some_and(|(step, before)| {
            let task = self.plan.tasks.get(*step);
            live.was_unnamed_by(before, task, &self.plan.subject.atr.0) && self.is_of(live)
        })
    }
}

/// What is known of a card, by the name that it had before a plan that was broken off took it away. A card
/// that is not surely that one keeps its own name. Journals that cannot be read tell nothing.
#[must_use]
pub fn recognised(survey: Survey, journals: &Journals) -> Survey {
    if !survey.is_nameless() {
        return survey;
    }
    let mut found: Vec<Hex> = Vec::new();
    for serial in journals.serials().unwrap_or_default() {
        let left = journals.read(&serial).ok();
        let left = left.and_then(|lines| unfinished(&lines));
        let Some(left) = left.filter(|left| left.plan.subject.serial == serial) else {
            continue;
        };
        if serial == *survey.serial() && left.is_of(&survey) {
            return survey;
        }
        if left.has_unnamed(&survey) {
            found.push(serial);
        }
    }
    match found.as_slice() {
        [serial] => survey.called(serial),
        _ => survey,
    }
}

/// What the journal of a token is called.
#[must_use]
pub fn file_name(serial: &Hex) -> String {
    format!("{serial}.journal")
}

/// Where journals are.
#[derive(Clone, Debug)]
pub enum Journals {
    /// In this folder, one file for each token.
    Folder(PathBuf),
    /// In memory, for cards that are not there when the program is not.
    Memory(Arc<Mutex<BTreeMap<Hex, Vec<u8>>>>),
}

/// The journal of one token. Nobody else writes into it meanwhile.
#[derive(Debug)]
pub struct Journal {
    place: Place,
    lines: Vec<Line>,
    last: Hex,
}

#[derive(Debug)]
enum Place {
    File(PathBuf, File),
    Memory(Arc<Mutex<BTreeMap<Hex, Vec<u8>>>>, Hex),
}

impl Journals {
    /// Those of this user.
    ///
    /// # Errors
    ///
    /// [`JournalError::NoPlace`].
    pub fn usual() -> Result<Self, JournalError> {
        let folder = crate::base::paths::state().ok_or(JournalError::NoPlace)?;
        Ok(Self::Folder(folder.join("journals")))
    }

    /// In memory.
    #[must_use]
    pub fn memory() -> Self {
        Self::Memory(Arc::default())
    }

    /// The file of a token; nothing if it is in memory.
    #[must_use]
    pub fn file(&self, serial: &Hex) -> Option<PathBuf> {
        match self {
            Self::Folder(folder) => Some(folder.join(file_name(serial))),
            Self::Memory(_) => None,
        }
    }

    /// The serial numbers of all tokens that have one.
    ///
    /// # Errors
    ///
    /// [`JournalError::File`].
    pub fn serials(&self) -> Result<Vec<Hex>, JournalError> {
        let folder = match self {
            Self::Folder(folder) => folder,
            Self::Memory(kept) => {
                let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                return Ok(kept.keys().cloned().collect());
            }
        };
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| file_error(folder, error))?,
        };
        let mut serials = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| file_error(folder, error))?.path();
            if path.extension().is_some_and(|ending| ending == "journal") {
                let name = path
                    .file_stem()
                    .map(|name| Text::from_path(Path::new(name)));
                let serial = name.and_then(|name| crate::base::hex::decode(name.as_str()));
                serials.extend(serial.map(Hex));
            }
        }
        serials.sort();
        Ok(serials)
    }

    /// Opens the journal of a token, and makes one if there is none.
    ///
    /// # Errors
    ///
    /// [`JournalError`].
    pub fn open(&self, serial: &Hex) -> Result<Journal, JournalError> {
        match self {
            Self::Folder(folder) => {
                fs::create_dir_all(folder).map_err(|error| file_error(folder, error))?;
                let path = folder.join(file_name(serial));
                let there = path.exists();
                let file = OpenOptions::new()
                    .read(true)
                    .append(true)
                    .create(true)
                    // It tells whose token it is.
                    .mode(0o600)
                    .open(&path)
                    .map_err(|error| file_error(&path, error))?;
                flock(&file, FlockOperation::NonBlockingLockExclusive)
                    .map_err(|_| JournalError::InUse)?;
                if !there {
                    // The name of the file has to last, too.
                    let synced = File::open(folder).and_then(|folder| folder.sync_all());
                    synced.map_err(|error| file_error(folder, error))?;
                }
                Journal::load(path, file)
            }
            Self::Memory(kept) => {
                let bytes = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let bytes = bytes.get(serial).cloned().unwrap_or_default();
                let (lines, last, _) = parse(&bytes, Path::new(""))?;
                let place = Place::Memory(Arc::clone(kept), serial.clone());
                Ok(Journal { place, lines, last })
            }
        }
    }

    /// What is written in the journal of a token; nothing if there is none.
    ///
    /// # Errors
    ///
    /// [`JournalError`].
    pub fn read(&self, serial: &Hex) -> Result<Vec<Line>, JournalError> {
        let (path, bytes) = match self {
            Self::Folder(folder) => {
                let path = folder.join(file_name(serial));
                let bytes = match File::open(&path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
                    file => read_all(&path, &mut file.map_err(|error| file_error(&path, error))?)?,
                };
                (path, bytes)
            }
            Self::Memory(kept) => {
                let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                (
                    PathBuf::new(),
                    kept.get(serial).cloned().unwrap_or_default(),
                )
            }
        };
        parse(&bytes, &path).map(|(lines, ..)| lines)
    }
}

impl Journal {
    fn load(path: PathBuf, mut file: File) -> Result<Self, JournalError> {
        let bytes = read_all(&path, &mut file)?;
        let (lines, last, whole) = parse(&bytes, &path)?;
        if whole < bytes.len() {
            // The last line was being written when the power went: nothing was done after it.
            file.set_len(whole as u64)
                .and_then(|()| file.sync_all())
                .and_then(|()| file.seek(SeekFrom::End(0)).map(drop))
                .map_err(|error| file_error(&path, error))?;
        }
        Ok(Self {
            place: Place::File(path, file),
            lines,
            last,
        })
    }

    /// Adds a line; it is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// [`JournalError::File`]. The card must not be touched then.
    pub fn append(&mut self, at: i64, record: Record) -> Result<(), JournalError> {
        let line = Line {
            number: self.lines.len() as u64,
            at,
            before: self.last.clone(),
            record,
        };
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        let digest = Hex(Sha256::digest(&text).to_vec());
        text.push(b'\n');
        match &mut self.place {
            Place::File(path, file) => {
                let written = file.write_all(&text).and_then(|()| file.sync_data());
                written.map_err(|error| file_error(path, error))?;
            }
            Place::Memory(kept, serial) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.entry(serial.clone()).or_default().extend(text);
            }
        }
        self.last = digest;
        self.lines.push(line);
        Ok(())
    }

    /// All lines.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The plan that was not carried out to its end, if there is one.
    #[must_use]
    pub fn unfinished(&self) -> Option<Unfinished> {
        unfinished(&self.lines)
    }
}

/// The plan in `lines` that was not carried out to its end, if there is one.
#[must_use]
pub fn unfinished(lines: &[Line]) -> Option<Unfinished> {
    let start = lines
        .iter()
        .rposition(|line| matches!(line.record, Record::Planned { .. }))?;
    let mut found = None;
    let mut is_first_try = false;
    for line in lines.get(start..)? {
        match (&line.record, &mut found) {
            (Record::Planned { plan }, found) => {
                *found = Some(Unfinished {
                    plan: plan.clone(),
                    next: 0,
                    begun: None,
                    said: false,
                    last: None,
                    at: line.at,
                });
            }
            (Record::Begun { step, survey }, Some(found)) => {
                found.next = *step;
                // What was known before the first try counts.
                is_first_try = found.begun.is_none();
                let first = found.begun.get_or_insert_with(|| (**survey).clone());
                found.last = Some((*step, Box::new(first.clone())));
            }
            (Record::Noted { step, survey }, Some(found)) => {
                found.next = *step;
                found.begun = Some((**survey).clone());
            }
            (Record::Done { step }, Some(found)) => {
                found.next = step + 1;
                found.begun = None;
                found.said = false;
            }
            // As if it had never been begun; a try before this one may have changed the card.
            (
                Record::Stopped {
                    untouched, said, ..
                },
                Some(found),
            ) => {
                found.said |= *said;
                if *untouched && is_first_try {
                    found.begun = None;
                }
            }
            (_, None) => {}
            (Record::Finished { .. } | Record::GivenUp, Some(_)) => return None,
        }
        if let Some(found) = &mut found {
            found.at = line.at;
        }
    }
    found
}

/// How far the last plan of a journal is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It was carried out to its end.
    Finished {
        /// How much was promised.
        promised: usize,
        /// How much of it is there.
        kept: usize,
    },
    /// It was stopped, or is being carried out: this step is next.
    Open {
        /// Its number, from 0.
        next: usize,
    },
    /// A person has decided that it is not continued.
    GivenUp,
}

/// The last plan in `lines`, how far it is, and when the last line was written; nothing if there
/// is none.
#[must_use]
pub fn last_plan(lines: &[Line]) -> Option<(&Plan, Standing, i64)> {
    let plan = lines.iter().rev().find_map(|line| match &line.record {
        Record::Planned { plan } => Some(plan),
        _ => None,
    })?;
    let last = lines.last()?;
    let standing = match (&last.record, unfinished(lines)) {
        (_, Some(found)) => Standing::Open { next: found.next },
        (&Record::Finished { promised, kept }, None) => Standing::Finished { promised, kept },
        (_, None) => Standing::GivenUp,
    };
    Some((plan, standing, last.at))
}

/// The lines, the digest of the last one, and how many bytes they are. A last line without its end
/// is none.
fn parse(bytes: &[u8], path: &Path) -> Result<(Vec<Line>, Hex, usize), JournalError> {
    let mut lines = Vec::new();
    let mut last = Hex(Sha256::digest([]).to_vec());
    let mut whole = 0;
    for text in bytes.split_inclusive(|&byte| byte == b'\n') {
        let Some(text) = text.strip_suffix(b"\n") else {
            break;
        };
        let number = lines.len() as u64;
        let changed = || JournalError::Changed {
            path: path.to_owned(),
            line: number + 1,
        };
        let line: Line = serde_json::from_slice(text).map_err(|_| changed())?;
        if line.number != number || line.before != last {
            return Err(changed());
        }
        last = Hex(Sha256::digest(text).to_vec());
        whole += text.len() + 1;
        lines.push(line);
    }
    Ok((lines, last, whole))
}

fn read_all(path: &Path, file: &mut File) -> Result<Vec<u8>, JournalError> {
    let mut bytes = Vec::new();
    let read = file.take(MAX_LEN + 1).read_to_end(&mut bytes);
    read.map_err(|error| file_error(path, error))?;
    if bytes.len() as u64 > MAX_LEN {
        return Err(file_error(path, io::ErrorKind::FileTooLarge.into()));
    }
    Ok(bytes)
}

#[allow(clippy::needless_pass_by_value, reason = "fits map_err")]
fn file_error(path: &Path, error: io::Error) -> JournalError {
    JournalError::File {
        path: path.to_owned(),
        error: error.to_string(),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]
mod tests {
    use std::fs;

    use super::{JournalError, Journals, Record, Standing, Survey, last_plan, unfinished};
    use crate::base::hex::Hex;
    use crate::plan::{Plan, Subject, Task};

    fn plan() -> Plan {
        Plan {
            name: "one".into(),
            subject: Subject {
                serial: Hex(vec![1, 2]),
                atr: Hex(vec![0x3B, 0x00]),
                label: None,
            },
            made: 0,
            opening: Default::default(),
            tasks: vec![Task::Format, Task::Activate],
        }
    }

    #[test]
    fn a_line_that_was_cut_is_none_and_one_that_was_changed_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let journals = Journals::Folder(folder.path().join("a"));
        let serial = Hex(vec![0xAB, 0xCD]);
        {
            let mut journal = journals.open(&serial).unwrap();
            journal.append(1, Record::Planned { plan: plan() }).unwrap();
            journal.append(2, Record::Done { step: 0 }).unwrap();
            assert!(matches!(journals.open(&serial), Err(JournalError::InUse)));
        }
        assert_eq!(journals.serials().unwrap(), std::slice::from_ref(&serial));
        let file = journals.file(&serial).unwrap();
        let whole = fs::read(&file).unwrap();
        let first = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for cut in first..whole.len() {
            fs::write(&file, &whole[..cut]).unwrap();
            let mut journal = journals.open(&serial).unwrap();
            assert_eq!(journal.lines().len(), 1, "{cut}");
            journal.append(2, Record::Done { step: 0 }).unwrap();
            drop(journal);
            assert_eq!(fs::read(&file).unwrap(), whole);
        }
        for at in 0..whole.len() - 1 {
            let mut changed = whole.clone();
            changed[at] ^= 0x01;
            fs::write(&file, &changed).unwrap();
            // The last line has none after it that would know its digest.
            let error = journals.read(&serial);
            assert!(error.is_err() || at >= first, "{at}");
        }
    }

    #[test]
    fn a_try_that_left_the_card_alone_was_none() {
        let survey = || {
            let read = r#"{"make":"java","serial":"0102","manager":"","protocols":[],
                "recognition":false,"family":null,"key_versions":[]}"#;
            Box::new(serde_json::from_str(read).unwrap())
        };
        let left = |untouched: &[Option<bool>]| {
            let mut journal = Journals::memory().open(&Hex(vec![1])).unwrap();
            journal.append(1, Record::Planned { plan: plan() }).unwrap();
            for &untouched in untouched {
                let (step, survey) = (0, survey());
                journal.append(2, Record::Begun { step, survey }).unwrap();
                // Nothing is written where the power goes.
                if let Some(untouched) = untouched {
                    let why = String::new();
                    let stopped = Record::Stopped {
                        step,
                        why,
                        untouched,
                        said: false,
                    };
                    journal.append(3, stopped).unwrap();
                }
            }
            let left = journal.unfinished().unwrap();
            assert_eq!(left.last.map(|(step, _)| step), Some(0));
            left.begun.is_some()
        };
        assert!(!left(&[Some(true)]));
        assert!(!left(&[Some(true), Some(true)]));
        assert!(left(&[Some(false)]));
        assert!(left(&[None]));
        // The first of these may have changed it.
        assert!(left(&[Some(false), Some(true)]));
        assert!(left(&[None, Some(true)]));
        assert!(left(&[Some(true), Some(false), Some(true)]));
    }

    fn survey(serial: u8) -> Box<Survey> {
        Box::new(Survey::Java(crate::card::java::Survey {
            serial: Hex(vec![serial]),
            manager: Hex(Vec::new()),
            protocols: Vec::new(),
            recognition: false,
            family: None,
            key_versions: Vec::new(),
            locked: false,
            new_keys: None,
            present: None,
        }))
    }

    #[test]
    fn what_is_left_to_do_is_told_by_the_lines() {
        let journals = Journals::memory();
        let mut journal = journals.open(&Hex(vec![1])).unwrap();
        assert_eq!(journal.unfinished(), None);
        journal.append(1, Record::Planned { plan: plan() }).unwrap();
        assert_eq!(journal.unfinished().unwrap().next, 0);
        journal.append(2, Record::Done { step: 0 }).unwrap();
        let open = journal.unfinished().unwrap();
        assert_eq!((open.next, open.begun, open.at), (1, None, 2));
        // What was found out before anything was changed takes the place of what was known when the
        // step was begun; what is known when it is begun again does not.
        let (begun, noted, again) = (survey(1), survey(2), survey(3));
        for record in [
            Record::Begun {
                step: 1,
                survey: begun,
            },
            Record::Noted {
                step: 1,
                survey: noted.clone(),
            },
            Record::Begun {
                step: 1,
                survey: again,
            },
        ] {
            journal.append(3, record).unwrap();
        }
        assert_eq!(journal.unfinished().unwrap().begun, Some(*noted));
        let stopped = Record::Stopped {
            step: 1,
            why: "gone".into(),
            untouched: false,
            said: false,
        };
        journal.append(3, stopped.clone()).unwrap();
        assert_eq!(journal.unfinished().unwrap().next, 1);
        assert!(!journal.unfinished().unwrap().said);
        // What was said stays said, as long as it is about this step.
        let Record::Stopped { step, why, .. } = stopped.clone() else {
            unreachable!()
        };
        let said = Record::Stopped {
            step,
            why,
            untouched: false,
            said: true,
        };
        for record in [said, stopped] {
            journal.append(3, record).unwrap();
            assert!(journal.unfinished().unwrap().said);
        }
        let standing = |journal: &super::Journal| {
            let (plan, standing, at) = last_plan(journal.lines()).unwrap();
            (plan.name.clone(), standing, at)
        };
        let open = ("one".to_owned(), Standing::Open { next: 1 }, 3);
        assert_eq!(standing(&journal), open);
        journal.append(4, Record::GivenUp).unwrap();
        assert_eq!(standing(&journal).1, Standing::GivenUp);
        assert_eq!(unfinished(&journals.read(&Hex(vec![1])).unwrap()), None);
        let mut other = journals.open(&Hex(vec![1])).unwrap();
        other.append(5, Record::Planned { plan: plan() }).unwrap();
        let finished = Record::Finished {
            promised: 1,
            kept: 1,
        };
        other.append(6, finished).unwrap();
        assert_eq!(other.unfinished(), None);
        let all = Standing::Finished {
            promised: 1,
            kept: 1,
        };
        assert_eq!(standing(&other).1, all);
    }
}
