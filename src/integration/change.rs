//! A change of a text file as data: which lines go, which come; carried out whole or not at all.
//!
//! The bytes of a file are kept as they are, whatever encoding and line ends it has. A change
//! belongs to the file as it was read: if somebody else has written there meanwhile, it is refused.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::base::file::{self, Draft};
use crate::token::Text;

/// The longest file that is changed, in bytes. Those that people write by hand have a few hundred.
const LIMIT: u64 = 1024 * 1024;

/// What the kept copy of a file is called, behind its name.
const BACKUP: &str = ".symbolon-backup";

/// The most pairs of lines that are compared for a preview; beyond that, all go and all come.
const MOST_PAIRS: usize = 1_000_000;

/// A file as it was read.
#[derive(Clone, Debug)]
pub struct TextFile {
    /// What it is called.
    path: PathBuf,
    /// Where it is, when every link was followed.
    place: PathBuf,
    /// Nothing if it is not there.
    found: Option<Found>,
}

#[derive(Clone, Debug)]
struct Found {
    bytes: Vec<u8>,
    mode: u32,
    owner: u32,
}

/// Why a file is not changed. It is as it was, and so is what was beside it.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// A folder, a device, a pipe, or a link to nothing.
    #[error("not a file: {0}")]
    NotAFile(PathBuf),
    /// It has zero bytes in it, or is longer than what people write.
    #[error("not a text: {0}")]
    NotText(PathBuf),
    /// It belongs to somebody else, who put it there on purpose.
    #[error("belongs to another user: {0}")]
    NotOurs(PathBuf),
    /// Its owner has taken the permission to write from it, or its folder or file system has.
    #[error("can only be read: {0}")]
    ReadOnly(PathBuf),
    /// It is not as it was when the change was made.
    #[error("changed by somebody else: {0}")]
    Changed(PathBuf),
    /// The file system said something else.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl ChangeError {
    /// The file that it is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::NotAFile(path)
            | Self::NotText(path)
            | Self::NotOurs(path)
            | Self::ReadOnly(path)
            | Self::Changed(path)
            | Self::Io { path, .. } => path,
        }
    }

    fn io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly(path.to_owned())
            }
            _ => Self::Io {
                path: path.to_owned(),
                source,
            },
        }
    }
}

impl TextFile {
    /// Reads `path`, following links. A file that is not there is one, too.
    ///
    /// # Errors
    ///
    /// [`ChangeError::NotAFile`], [`ChangeError::NotText`], or what the file system said.
    pub fn read(path: &Path) -> Result<Self, ChangeError> {
        let path = path.to_owned();
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self {
                    place: path.clone(),
                    path,
                    found: None,
                });
            }
            Err(source) => return Err(ChangeError::Io { path, source }),
            Ok(_) => {}
        }
        let looked = fs::canonicalize(&path).and_then(|place| {
            let metadata = fs::metadata(&place)?;
            Ok((place, metadata))
        });
        match looked {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(ChangeError::NotAFile(path))
            }
            Err(source) => Err(ChangeError::Io { path, source }),
            Ok((_, metadata)) if !metadata.is_file() => Err(ChangeError::NotAFile(path)),
            Ok((place, metadata)) => {
                let found = Found::read(&path, &place, &metadata)?;
                Ok(Self {
                    path,
                    place,
                    found: Some(found),
                })
            }
        }
    }

    /// What is in it; nothing if it is not there.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        self.found.as_ref().map(|found| found.bytes.as_slice())
    }

    /// The change to `after`; nothing means that the file goes. One that goes and is called
    /// through a link is emptied instead: the link is not ours.
    ///
    /// # Errors
    ///
    /// [`ChangeError::NotOurs`] or [`ChangeError::ReadOnly`]: it will not be changed.
    pub fn change(self, after: Option<Vec<u8>>) -> Result<Change, ChangeError> {
        if let Some(found) = &self.found {
            if found.owner != rustix::process::geteuid().as_raw() {
                return Err(ChangeError::NotOurs(self.path));
            }
            // Another name in a folder of ours would replace it all the same.
            if found.mode & 0o200 == 0 {
                return Err(ChangeError::ReadOnly(self.path));
            }
        }
        let linked = self.place != self.path && fs::read_link(&self.path).is_ok();
        Ok(Change {
            after: after.or_else(|| linked.then(Vec::new)),
            mode: self.found.as_ref().map_or(0o600, |found| found.mode),
            file: self,
        })
    }
}

impl Found {
    fn read(path: &Path, place: &Path, metadata: &Metadata) -> Result<Self, ChangeError> {
        let not_text = || ChangeError::NotText(path.to_owned());
        let bytes = match file::read_small_bytes(place, LIMIT) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => return Err(not_text()),
            Err(source) => {
                let path = path.to_owned();
                return Err(ChangeError::Io { path, source });
            }
        };
        if bytes.contains(&0) {
            return Err(not_text());
        }
        Ok(Self {
            bytes,
            mode: metadata.mode() & 0o7777,
            owner: metadata.uid(),
        })
    }
}

/// What is going to be done to a file.
#[derive(Clone, Debug)]
pub struct Change {
    file: TextFile,
    after: Option<Vec<u8>>,
    /// The permissions that the file gets.
    mode: u32,
}

/// What becomes of the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// There was none.
    Made,
    /// Some of its lines change.
    Changed,
    /// It goes.
    Removed,
    /// It is that way already.
    Nothing,
}

/// A line of a preview, without its end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Line {
    /// It goes.
    Goes(Text),
    /// It comes.
    Comes(Text),
}

impl Change {
    /// What the file is called.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// What becomes of the file.
    #[must_use]
    pub fn effect(&self) -> Effect {
        match (self.file.bytes(), &self.after) {
            (None, None) => Effect::Nothing,
            (None, Some(_)) => Effect::Made,
            (Some(_), None) => Effect::Removed,
            (Some(before), Some(after)) if before == after => Effect::Nothing,
            (Some(_), Some(_)) => Effect::Changed,
        }
    }

    /// What will be in it; nothing if it goes.
    #[must_use]
    pub fn after(&self) -> Option<&[u8]> {
        self.after.as_deref()
    }

    /// The lines that go and come, in the order of the file.
    #[must_use]
    pub fn preview(&self) -> Vec<Line> {
        let before = self.file.bytes().unwrap_or_default();
        let after = self.after().unwrap_or_default();
        let (before, after): (Vec<_>, Vec<_>) = (lines(before).collect(), lines(after).collect());
        differences(&before, &after)
    }

    /// Where the file is kept as it was.
    #[must_use]
    pub fn backup(&self) -> PathBuf {
        let mut name = OsString::from(self.file.place.file_name().unwrap_or_default());
        name.push(BACKUP);
        self.file.place.with_file_name(name)
    }

    /// Carries it out: writes what shall be there beside it, has `check` look at that, keeps what
    /// was there as [`Change::backup`], and puts the new file into its place in one step. Its
    /// permissions stay; a new one is for its owner alone.
    ///
    /// # Errors
    ///
    /// Those of `check`, and [`ChangeError`]; nothing was changed then.
    pub fn apply<E: From<ChangeError>>(
        &self,
        check: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<Applied, E> {
        self.unchanged()?;
        let draft = match &self.after {
            None => None,
            Some(bytes) => {
                let draft = self.draft(bytes)?;
                check(draft.path())?;
                Some(draft)
            }
        };
        // The check may have taken a while.
        self.unchanged()?;
        let fails = |source| ChangeError::io(self.path(), source);
        if let Some(found) = &self.file.found {
            file::replace_private(&self.backup(), &found.bytes).map_err(fails)?;
        }
        match draft {
            Some(draft) => draft.put().map_err(fails)?,
            None if self.file.found.is_some() => {
                fs::remove_file(&self.file.place).map_err(fails)?;
            }
            None => {}
        }
        Ok(Applied {
            change: self.clone(),
        })
    }

    /// Makes the folder if there is none: nobody but its owner looks into it.
    fn draft(&self, bytes: &[u8]) -> Result<Draft, ChangeError> {
        let fails = |source| ChangeError::io(self.path(), source);
        if let Some(folder) = self.file.place.parent() {
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700);
            builder.create(folder).map_err(fails)?;
        }
        Draft::write(&self.file.place, bytes, self.mode).map_err(fails)
    }

    fn unchanged(&self) -> Result<(), ChangeError> {
        let now = TextFile::read(&self.file.path)?;
        if now.bytes() == self.file.bytes() && now.place == self.file.place {
            Ok(())
        } else {
            Err(ChangeError::Changed(self.file.path.clone()))
        }
    }
}

/// A change that was carried out.
#[derive(Debug)]
pub struct Applied {
    change: Change,
}

impl Applied {
    /// Puts back what was there before.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Changed`] if somebody has written there since, or what the file system said.
    pub fn undo(self) -> Result<(), ChangeError> {
        let path = self.change.path();
        let now = TextFile::read(path)?;
        if now.bytes() != self.change.after() {
            return Err(ChangeError::Changed(path.to_owned()));
        }
        let back = Change {
            file: now,
            after: self.change.file.bytes().map(<[u8]>::to_vec),
            mode: self.change.mode,
        };
        back.apply::<ChangeError>(|_| Ok(()))?;
        self.forget_backup();
        Ok(())
    }

    /// Removes the copy of what was there.
    pub fn forget_backup(self) {
        // If it stays there, it does no harm.
        let _ = fs::remove_file(self.change.backup());
    }
}

/// The lines of a text, each with its end.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

/// The lines of which one text has more than the other: those that go before those that come.
fn differences(before: &[&[u8]], after: &[&[u8]]) -> Vec<Line> {
    let pairs = |(one, other): &(&&[u8], &&[u8])| one == other;
    let start = before.iter().zip(after).take_while(pairs).count();
    let (before, after) = (
        before.get(start..).unwrap_or_default(),
        after.get(start..).unwrap_or_default(),
    );
    let end = before.iter().rev().zip(after.iter().rev());
    let end = end.take_while(pairs).count();
    let (before, after) = (
        before.get(..before.len() - end).unwrap_or_default(),
        after.get(..after.len() - end).unwrap_or_default(),
    );
    let common = if before.len().saturating_mul(after.len()) > MOST_PAIRS {
        Vec::new()
    } else {
        common(before, after)
    };
    let (mut old, mut new) = (before.iter(), after.iter());
    let mut found = Vec::new();
    let mut until = |shared: Option<&&[u8]>| {
        let differs = |line: &&&[u8]| Some(*line) != shared;
        found.extend(
            old.by_ref()
                .take_while(differs)
                .map(|line| Line::Goes(text(line))),
        );
        found.extend(
            new.by_ref()
                .take_while(differs)
                .map(|line| Line::Comes(text(line))),
        );
    };
    for line in &common {
        until(Some(line));
    }
    until(None);
    found
}

/// The longest run of lines that both have, in order.
fn common<'a>(before: &[&'a [u8]], after: &[&[u8]]) -> Vec<&'a [u8]> {
    // For each tail of `before` and `after`, how many lines they have in common.
    let width = after.len() + 1;
    let mut lengths = vec![0_usize; (before.len() + 1) * width];
    let at = |lengths: &[usize], row: usize, column: usize| {
        lengths
            .get(row * width + column)
            .copied()
            .unwrap_or_default()
    };
    for (row, old) in before.iter().enumerate().rev() {
        for (column, new) in after.iter().enumerate().rev() {
            let length = if old == new {
                at(&lengths, row + 1, column + 1) + 1
            } else {
                at(&lengths, row + 1, column).max(at(&lengths, row, column + 1))
            };
            if let Some(place) = lengths.get_mut(row * width + column) {
                *place = length;
            }
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut lines = Vec::new();
    while let (Some(old), Some(new)) = (before.get(row), after.get(column)) {
        if old == new {
            lines.push(*old);
            (row, column) = (row + 1, column + 1);
        } else if at(&lengths, row + 1, column) >= at(&lengths, row, column + 1) {
            row += 1;
        } else {
            column += 1;
        }
    }
    lines
}

fn text(line: &[u8]) -> Text {
    Text::from_either(line.trim_ascii_end())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;

    use super::{Change, ChangeError, Effect, Line, TextFile};

    fn change(path: &Path, after: Option<&str>) -> Result<Change, ChangeError> {
        TextFile::read(path)?.change(after.map(|after| after.as_bytes().to_vec()))
    }

    fn apply(change: &Change) -> Result<super::Applied, ChangeError> {
        change.apply(|_| Ok(()))
    }

    fn shown(change: &Change) -> Vec<String> {
        let line = |line: &Line| match line {
            Line::Goes(text) => format!("-{text}"),
            Line::Comes(text) => format!("+{text}"),
        };
        change.preview().iter().map(line).collect()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_preview_shows_the_lines_that_differ() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let made = change(&path, Some("x\n")).unwrap();
        assert_eq!(
            (made.effect(), shown(&made)),
            (Effect::Made, vec!["+x".to_owned()])
        );
        fs::write(&path, "a\nb\nc\nd\ne").unwrap();
        let two = change(&path, Some("a\nB\nc\nD\nd\ne")).unwrap();
        assert_eq!(two.effect(), Effect::Changed);
        assert_eq!(shown(&two), ["-b", "+B", "+D"]);
        let gone = change(&path, None).unwrap();
        assert_eq!(gone.effect(), Effect::Removed);
        assert_eq!(shown(&gone), ["-a", "-b", "-c", "-d", "-e"]);
        let same = change(&path, Some("a\nb\nc\nd\ne")).unwrap();
        assert_eq!((same.effect(), shown(&same)), (Effect::Nothing, Vec::new()));
        // Many lines that all differ are not compared with each other.
        fs::write(&path, "x\n".repeat(3000)).unwrap();
        let many = change(&path, Some(&"y\n".repeat(3000))).unwrap();
        assert_eq!(shown(&many).len(), 6000);
    }

    #[test]
    fn a_change_is_carried_out_and_undone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below").join("a");
        let made = apply(&change(&path, Some("one")).unwrap()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        made.undo().unwrap();
        assert!(names(path.parent().unwrap()).is_empty());

        fs::write(&path, b"\xff one\r\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("link");
        symlink("below/a", &link).unwrap();
        let changed = apply(&change(&link, Some("two")).unwrap()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(mode(&path), 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names(path.parent().unwrap()), ["a", "a.symbolon-backup"]);
        changed.undo().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"\xff one\r\n");
        assert_eq!(mode(&path), 0o640);
        assert_eq!(names(path.parent().unwrap()), ["a"]);

        // What goes behind a link is emptied: the link is not ours.
        apply(&change(&link, None).unwrap())
            .unwrap()
            .forget_backup();
        assert_eq!(fs::read(&link).unwrap(), b"");
        apply(&change(&path, None).unwrap())
            .unwrap()
            .forget_backup();
        assert!(names(path.parent().unwrap()).is_empty());
    }

    #[test]
    fn what_somebody_else_wrote_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "one").unwrap();
        let late = change(&path, Some("two")).unwrap();
        fs::write(&path, "three").unwrap();
        assert!(matches!(apply(&late), Err(ChangeError::Changed(_))));
        // While it was checked.
        let during = change(&path, Some("two")).unwrap();
        let refused = during.apply::<ChangeError>(|draft| {
            assert_eq!(fs::read(draft).unwrap(), b"two");
            fs::write(&path, "four").unwrap();
            Ok(())
        });
        assert!(matches!(refused, Err(ChangeError::Changed(_))));
        let done = apply(&change(&path, Some("two")).unwrap()).unwrap();
        fs::write(&path, "five").unwrap();
        assert!(matches!(done.undo(), Err(ChangeError::Changed(_))));
        assert_eq!(fs::read(&path).unwrap(), b"five");
        let other = folder.path().join("b");
        let new = change(&other, Some("two")).unwrap();
        fs::write(&other, "six").unwrap();
        assert!(matches!(apply(&new), Err(ChangeError::Changed(_))));
    }

    #[test]
    fn what_is_no_text_file_of_ours_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let refused = |path: &Path| change(path, Some("two")).unwrap_err();
        assert!(matches!(refused(folder.path()), ChangeError::NotAFile(_)));
        assert!(matches!(
            refused(Path::new("/dev/null")),
            ChangeError::NotAFile(_)
        ));
        symlink("nowhere", &path).unwrap();
        assert!(matches!(refused(&path), ChangeError::NotAFile(_)));
        fs::remove_file(&path).unwrap();
        fs::write(&path, b"a\0b").unwrap();
        assert!(matches!(refused(&path), ChangeError::NotText(_)));
        fs::write(&path, "x".repeat(2 * 1024 * 1024)).unwrap();
        assert!(matches!(refused(&path), ChangeError::NotText(_)));
        fs::write(&path, "one").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(matches!(refused(&path), ChangeError::ReadOnly(_)));
        assert_eq!(refused(&path).path(), path);
        assert_eq!(names(folder.path()), ["a"]);
    }
}
