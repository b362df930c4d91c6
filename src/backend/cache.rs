//! Tokens that were read before: what their cards answered is kept, and read once more from there
//! as soon as a card has said that it is one of them.
//!
//! The files are input from outside like any other. What is shown of one has begun with the very
//! exchanges that the card in the reader has just answered; it is marked, tells no counter, and is
//! replaced when the card was read.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use crate::base::{file, hex};
use crate::card;
use crate::token::{
    ApplicationKind, ApplicationState, Cost, Fact, ReaderId, Reason, Token, TriesLeft,
};
use crate::transport::channel::{Cancel, Channel};
use crate::transport::replay::{self, Recording, Replay};
use crate::transport::trace::Tracer;

/// The most tokens that are kept; the ones that were not seen for the longest time go.
const MAX_TOKENS: usize = 64;

/// The first line of a file. Another version may ask other things, so it reads anew.
const HEAD: &[u8] = concat!("symbolon exchanges ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();

/// The longest file in bytes: lengths come on top of what is kept.
const MAX_FILE: u64 = 3 * replay::MAX_BYTES as u64;

/// Characters of a file's name: a digest in hexadecimal.
const NAME_LEN: usize = 64;

/// The recordings of this user. Clones are one; without a folder, nothing is read or written.
#[derive(Clone, Debug, Default)]
pub(super) struct Cache(Arc<Mutex<Option<PathBuf>>>);

impl Cache {
    /// Those in a folder, if there is one.
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self(Arc::new(Mutex::new(folder)))
    }

    /// From now on those in `folder`; or none, and those in it are deleted.
    pub(super) fn remember(&self, folder: &Path, on: bool) {
        let mut place = self.place();
        *place = on.then(|| folder.to_owned());
        if !on && let Err(error) = forget(folder) {
            tracing::warn!(%error, ?folder, "not all remembered tokens are deleted");
        }
    }

    /// The token as it was read the last time, if what its card has answered `so_far` is what it
    /// answered then.
    pub(super) fn find(
        &self,
        so_far: &Recording,
        (kind, fact): (ApplicationKind, &Fact),
    ) -> Option<Token> {
        let path = self.place().as_ref()?.join(name(so_far, kind, fact)?);
        let kept = load(&path)?;
        if !kept.begins_with(so_far) {
            return None;
        }
        remembered(&kept, kind, fact)
    }

    /// Keeps what the card of `token` has answered.
    pub(super) fn keep(&self, recording: &Recording, token: &Token) {
        let place = self.place();
        let Some(folder) = place.as_ref() else {
            return;
        };
        let Some(name) = file_of(recording, token) else {
            return;
        };
        if let Err(error) = store(folder, &name, recording) {
            tracing::warn!(%error, ?folder, "the token is not remembered");
        }
    }

    fn place(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file for a token; nothing if it is not to be kept, or cannot be told from others.
fn file_of(recording: &Recording, token: &Token) -> Option<String> {
    let sound = |state: &ApplicationState| !matches!(state, ApplicationState::Unreadable(_));
    // Where another program has verified a PIN, the card may have told what it tells nobody else.
    let open = |left: TriesLeft| left == TriesLeft::Unlocked;
    let mut all = token.applications.iter();
    let fit = all.all(|application| {
        sound(&application.state)
            && !application.pins.iter().any(|pin| open(pin.tries.left))
            && !application.shows_private()
    });
    let mut all = token.applications.iter();
    let (kind, fact) =
        all.find_map(|application| Some((application.kind, application.identity()?)))?;
    if !fit || !token.complete || !recording.is_whole() || recording.is_empty() {
        return None;
    }
    name(recording, kind, fact)
}

/// The name of a file tells nobody whose token it is.
fn name(recording: &Recording, kind: ApplicationKind, fact: &Fact) -> Option<String> {
    let about = (recording.atr(), kind, fact);
    let about = serde_json::to_vec(&about).ok()?;
    Some(hex::encode(&Sha256::digest(about)))
}

fn load(path: &Path) -> Option<Recording> {
    let bytes = match file::read_small_bytes(path, MAX_FILE) {
        Ok(bytes) => bytes,
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::warn!(%error, ?path, "a remembered token is not read");
            }
            return None;
        }
    };
    Recording::from_bytes(bytes.strip_prefix(HEAD)?)
}

/// What the drivers make of a recording, if that is the token of which `fact` was told.
fn remembered(recording: &Recording, kind: ApplicationKind, fact: &Fact) -> Option<Token> {
    let mut replay = Replay::new(recording);
    let tracer = Tracer::silent(ReaderId(0));
    let mut channel = Channel::new(&mut replay, &tracer, Cancel::default());
    let token = card::read(&mut channel, recording.protocol(), &mut |_| {});
    let mut token = token.ok()?;
    let same = token
        .application(kind)
        .is_some_and(|application| application.identity() == Some(fact));
    // One that would not be kept is not shown either.
    if !same || !replay.is_over() || file_of(recording, &token).is_none() {
        return None;
    }
    forget_counters(&mut token);
    Some(token)
}

/// A counter from the last time is none, and neither is what followed from it.
fn forget_counters(token: &mut Token) {
    token.remembered = true;
    token.cost = Cost::default();
    let pins = token
        .applications
        .iter_mut()
        .flat_map(|each| &mut each.pins);
    for pin in pins.filter(|pin| pin.tries.left != TriesLeft::Unknown) {
        pin.tries.left = TriesLeft::Unread;
        pin.operations
            .retain(|operation| match operation.impossible {
                Some(Reason::Blocked | Reason::NotSet | Reason::NothingUnblocks) => false,
                Some(Reason::Unsupported) | None => true,
            });
    }
}

fn store(folder: &Path, name: &str, recording: &Recording) -> io::Result<()> {
    let path = folder.join(name);
    if load(&path).as_ref() == Some(recording) {
        // Seen again.
        return File::open(&path)?.set_modified(SystemTime::now());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    let mut bytes = HEAD.to_vec();
    bytes.extend(recording.to_bytes());
    file::replace_private(&path, &bytes)?;
    let mut all = ours(folder)?;
    all.sort_by_key(|(_, seen)| std::cmp::Reverse(*seen));
    for (path, _) in all.into_iter().skip(MAX_TOKENS) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Deletes all recordings in a folder. Files of others stay.
fn forget(folder: &Path) -> io::Result<()> {
    let mut ended = Ok(());
    for (path, _) in ours(folder)? {
        let deleted = fs::remove_file(path);
        ended = ended.and(deleted);
    }
    ended
}

/// The files with names such as we give, and when each was written.
fn ours(folder: &Path) -> io::Result<Vec<(PathBuf, SystemTime)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        // One that was being written when the power went is hidden.
        let whole = name.strip_prefix(b".");
        let whole = whole.and_then(|name| name.strip_suffix(b".new"));
        let digest = whole.unwrap_or(name);
        if digest.len() == NAME_LEN && digest.iter().all(u8::is_ascii_hexdigit) {
            // A link is a link, wherever it leads to.
            let written = entry.metadata().and_then(|found| found.modified());
            found.push((entry.path(), written.unwrap_or(SystemTime::UNIX_EPOCH)));
        }
    }
    Ok(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};

    use proptest::prelude::*;

    use super::{Cache, HEAD, MAX_TOKENS, forget_counters};
    use crate::card::Reading;
    use crate::simulator::{SimulatedReader, wardrobe};
    use crate::token::{ReaderId, Token, TriesLeft};
    use crate::transport::channel::{Cancel, Channel};
    use crate::transport::link::Reader as _;
    use crate::transport::replay::Recording;
    use crate::transport::trace::Tracer;

    /// The cards of each family, and one with two; with the number of commands that tell each from
    /// others. A SELECT of what is not there is one of them.
    const CARDS: [(&str, usize); 9] = [
        ("piv-used", 3),
        ("piv-plain", 5),
        ("openpgp-used", 4),
        ("openpgp-curves", 4),
        ("openpgp-2", 3),
        ("cardos-used", 5),
        ("cardos-weak", 5),
        ("pkcs15-two", 5),
        ("both", 3),
    ];

    /// What a card answered, and the token; in one go, or with a break after each part.
    struct Read {
        /// Until the card was told from others.
        so_far: Recording,
        whole: Recording,
        token: Token,
    }

    fn read(card: &str, breaks: bool) -> Read {
        let mut reader = SimulatedReader::new("cache");
        reader.insert(wardrobe::make(card).unwrap());
        let mut link = reader.connect().unwrap();
        let tracer = Tracer::silent(ReaderId(1));
        let mut reading = Reading::new(link.atr(), link.protocol());
        let mut whole = Recording::new(link.atr(), link.protocol());
        let mut so_far = None;
        loop {
            let channel = Channel::new(link.as_mut(), &tracer, Cancel::default());
            let mut channel = channel.keeping(&mut whole);
            let mut pause = |reading: &Reading, channel: &Channel<'_>| {
                if so_far.is_none() && reading.identity().is_some() {
                    so_far = channel.kept().cloned();
                }
                breaks
            };
            let ended = reading.go_on_until(&mut channel, &mut pause, &mut |_| {});
            if ended.unwrap() {
                break;
            }
        }
        Read {
            so_far: so_far.unwrap(),
            whole,
            token: reading.into_token(),
        }
    }

    /// A cache in a folder that is not there yet.
    fn cache(folder: &Path) -> (Cache, PathBuf) {
        let folder = folder.join("below").join("tokens");
        (Cache::new(Some(folder.clone())), folder)
    }

    fn find(cache: &Cache, read: &Read) -> Option<Token> {
        let mut all = read.token.applications.iter();
        let told = all.find_map(|found| Some((found.kind, found.identity()?)));
        cache.find(&read.so_far, told.unwrap())
    }

    #[test]
    fn a_token_is_remembered_as_it_was_but_for_its_counters() {
        for (card, commands) in CARDS {
            // Two of them are of one person, with one serial number.
            let folder = tempfile::tempdir().unwrap();
            let (cache, _) = cache(folder.path());
            let first = read(card, false);
            assert_eq!(find(&cache, &first), None, "{card}");
            cache.keep(&first.whole, &first.token);
            // Breaks are at other places the next time.
            let again = read(card, true);
            assert_eq!(again.whole, first.whole, "{card}");
            let remembered = find(&cache, &again).unwrap();
            let mut expected = first.token.clone();
            forget_counters(&mut expected);
            assert_eq!(remembered, expected, "{card}");
            assert_eq!(again.so_far.len(), commands, "{card}");
        }
    }

    #[test]
    fn files_are_for_the_user_alone_and_no_more_than_so_many() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, tokens) = cache(folder.path());
        let first = read("piv-used", false);
        cache.keep(&first.whole, &first.token);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&tokens), 0o700);
        let files = || -> Vec<PathBuf> {
            let entries = fs::read_dir(&tokens).unwrap();
            entries.map(|entry| entry.unwrap().path()).collect()
        };
        let [mine] = files().try_into().unwrap();
        assert_eq!(mode(&mine), 0o600);
        // What others put there stays, however old it is.
        fs::write(tokens.join("README"), "of others").unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        for number in 0..2 * MAX_TOKENS {
            let path = tokens.join(format!("{number:064X}"));
            fs::write(&path, "old").unwrap();
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(long_ago).unwrap();
        }
        let second = read("openpgp-used", false);
        cache.keep(&second.whole, &second.token);
        assert_eq!(files().len(), MAX_TOKENS + 1);
        assert!(find(&cache, &first).is_some() && find(&cache, &second).is_some());
        // Seen again, so not among the oldest.
        fs::File::open(&mine)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        cache.keep(&first.whole, &first.token);
        assert!(fs::metadata(&mine).unwrap().modified().unwrap() > long_ago);
        fs::write(tokens.join(format!(".{:064X}.new", 1)), "cut short").unwrap();
        cache.remember(&tokens, false);
        assert_eq!(files(), [tokens.join("README")]);
        cache.keep(&first.whole, &first.token);
        assert_eq!(find(&cache, &first), None);
        assert_eq!(files(), [tokens.join("README")]);
        cache.remember(&tokens, true);
        cache.keep(&first.whole, &first.token);
        assert!(find(&cache, &first).is_some());
    }

    #[test]
    fn tokens_that_could_not_be_read_or_told_from_others_are_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, tokens) = cache(folder.path());
        let Read { whole, token, .. } = read("piv-used", false);
        let mut damaged = token.clone();
        damaged.applications.first_mut().unwrap().mark("damaged");
        let mut nameless = token.clone();
        nameless.applications.first_mut().unwrap().facts.clear();
        let mut opened = token.clone();
        let pin = opened.applications.first_mut().unwrap().pins.first_mut();
        pin.unwrap().tries.left = TriesLeft::Unlocked;
        let partial = Token {
            complete: false,
            ..token.clone()
        };
        for token in [damaged, nameless, opened, partial] {
            cache.keep(&whole, &token);
            assert!(!tokens.exists());
        }
        let mut failed = whole;
        failed.drop_all();
        cache.keep(&failed, &token);
        assert!(!tokens.exists());
    }

    #[test]
    fn what_is_no_file_of_ours_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, tokens) = cache(folder.path());
        let first = read("cardos-used", false);
        cache.keep(&first.whole, &first.token);
        let mut entries = fs::read_dir(&tokens).unwrap();
        let path = entries.next().unwrap().unwrap().path();
        let good = fs::read(&path).unwrap();
        let other_version = [
            b"symbolon exchanges 0.0.0\n",
            good.strip_prefix(HEAD).unwrap(),
        ];
        let long = [good.clone(), vec![0; 4 * 1024 * 1024]];
        for bytes in [
            other_version.concat(),
            long.concat(),
            Vec::new(),
            HEAD.to_vec(),
        ] {
            fs::write(&path, bytes).unwrap();
            assert_eq!(find(&cache, &first), None);
        }
        fs::remove_file(&path).unwrap();
        symlink("/dev/zero", &path).unwrap();
        assert_eq!(find(&cache, &first), None);
        cache.keep(&first.whole, &first.token);
        assert_eq!(fs::read(&path).unwrap(), good);
        // A folder in the place of a file stays; the token is just not remembered.
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        cache.keep(&first.whole, &first.token);
        assert_eq!(find(&cache, &first), None);
    }

    #[test]
    fn a_file_in_the_place_of_another_shows_nothing() {
        // Two tokens of one make, and one of another.
        let all = ["piv-used", "blocked-pin", "cardos-used"].map(|card| read(card, false));
        let folder = tempfile::tempdir().unwrap();
        let names = all.each_ref().map(|each| {
            let (cache, tokens) = cache(
                &folder
                    .path()
                    .join(each.token.serial.as_ref().unwrap().as_str()),
            );
            cache.keep(&each.whole, &each.token);
            let mut entries = fs::read_dir(&tokens).unwrap();
            (cache, entries.next().unwrap().unwrap().path())
        });
        let files = names.each_ref().map(|(_, path)| fs::read(path).unwrap());
        for ((cache, path), mine) in names.iter().zip(&all) {
            for (file, theirs) in files.iter().zip(&all) {
                fs::write(path, file).unwrap();
                let shown = find(cache, mine);
                assert_eq!(shown.is_some(), mine.token == theirs.token);
            }
        }
    }

    /// Bytes of a file are changed, cut out or put in.
    fn lie(bytes: &mut Vec<u8>, lies: &[(u8, prop::sample::Index, u8)]) {
        for &(kind, place, value) in lies {
            if bytes.is_empty() {
                return;
            }
            let at = place.index(bytes.len());
            match kind {
                0 => bytes.insert(at, value),
                1 => drop(bytes.remove(at)),
                2 => bytes.truncate(at),
                _ => *bytes.get_mut(at).unwrap() = value,
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn a_file_that_lies_never_shows_another_token(
            lies in proptest::collection::vec((0_u8..12, any::<prop::sample::Index>(), any::<u8>()), 1..6),
            card in 0_usize..CARDS.len(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let (cache, tokens) = cache(folder.path());
            let first = read(CARDS.get(card).unwrap().0, false);
            cache.keep(&first.whole, &first.token);
            let mut entries = fs::read_dir(&tokens).unwrap();
            let path = entries.next().unwrap().unwrap().path();
            let mut bytes = fs::read(&path).unwrap();
            lie(&mut bytes, &lies);
            fs::write(&path, bytes).unwrap();
            if let Some(shown) = find(&cache, &first) {
                prop_assert!(shown.remembered && shown.complete);
                prop_assert_eq!(&shown.card.atr, &first.token.card.atr);
                let name = |token: &Token| token.applications.first().and_then(|found| found.identity().cloned());
                prop_assert_eq!(name(&shown), name(&first.token));
                let counted = |token: &Token| {
                    let mut pins = token.applications.iter().flat_map(|found| &found.pins);
                    pins.any(|pin| !matches!(pin.tries.left, TriesLeft::Unread | TriesLeft::Unknown))
                };
                prop_assert!(!counted(&shown));
            }
        }
    }
}
