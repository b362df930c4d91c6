//! Files that are written whole or not at all, and files that are read with a limit.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Existing {
    /// It stays, and nothing is written: [`io::ErrorKind::AlreadyExists`].
    Keep,
    /// It is replaced in one step. A link stays one, and what it leads to is replaced.
    Replace,
}

/// Writes `bytes` to `path`. What cannot be written whole leaves nothing behind: no new file that
/// is cut short, and an old one as it was.
///
/// What is no file, such as a device or a pipe, just takes the bytes.
///
/// # Errors
///
/// What the file system said; a full disk as well as a folder that is not there.
pub fn write_whole(path: &Path, bytes: &[u8], existing: Existing) -> io::Result<()> {
    write(path, bytes, existing, 0o666)
}

/// As [`write_whole`], for what nobody but its owner may read, from its first byte on.
///
/// # Errors
///
/// As [`write_whole`].
pub fn write_private(path: &Path, bytes: &[u8], existing: Existing) -> io::Result<()> {
    write(path, bytes, existing, PRIVATE)
}

/// What nobody but its owner may read or write.
const PRIVATE: u32 = 0o600;

/// `mode` is what a new file gets, less what the user's mask takes away.
fn write(path: &Path, bytes: &[u8], existing: Existing, mode: u32) -> io::Result<()> {
    if existing == Existing::Keep {
        return write_new(path, bytes, mode);
    }
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let new = beside(&place);
    // What an earlier run left there when the power went.
    let _ = fs::remove_file(&new);
    match write_new(&new, bytes, mode) {
        Ok(()) => {}
        // A file of ours in a folder of somebody else: no new name can be made there.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && place.is_file() => {
            return fs::write(&place, bytes);
        }
        Err(error) => return Err(error),
    }
    if let Ok(old) = fs::metadata(&place) {
        // Who may read it is for its owner to say; what is private stays so.
        let old = old.permissions().mode();
        let kept = if mode == PRIVATE { old & PRIVATE } else { old };
        let _ = fs::set_permissions(&new, fs::Permissions::from_mode(kept));
    }
    fs::rename(&new, &place).inspect_err(|_| forget(&new))
}

/// Writes `bytes` to `path` as [`write_whole`] does, in the place of what is there, for nobody's
/// eyes but the user's. A link there is replaced, not followed.
///
/// # Errors
///
/// What the file system said.
pub fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = beside(path);
    let _ = fs::remove_file(&new);
    write_new(&new, bytes, 0o600)?;
    fs::rename(&new, path).inspect_err(|_| forget(&new))
}

/// What a file is going to hold: whole on the disk already, hidden beside the file. It can be
/// looked at before it takes the place of the file, and is gone if it never does.
#[derive(Debug)]
pub struct Draft {
    /// Nothing once it is in its place.
    draft: Option<PathBuf>,
    place: PathBuf,
}

impl Draft {
    /// Writes what shall be in `place`, which is no link, with the permissions `mode`.
    ///
    /// # Errors
    ///
    /// What the file system said; nothing is left behind.
    pub fn write(place: &Path, bytes: &[u8], mode: u32) -> io::Result<Self> {
        let draft = beside(place);
        // What an earlier run left there when the power went.
        let _ = fs::remove_file(&draft);
        write_new(&draft, bytes, 0o600)?;
        let written = Self {
            draft: Some(draft.clone()),
            place: place.to_owned(),
        };
        fs::set_permissions(&draft, fs::Permissions::from_mode(mode))?;
        Ok(written)
    }

    /// Where it can be looked at.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.draft.as_deref().unwrap_or(&self.place)
    }

    /// Puts it in its place, in one step.
    ///
    /// # Errors
    ///
    /// What the file system said; the file is then as it was.
    pub fn put(mut self) -> io::Result<()> {
        fs::rename(self.path(), &self.place)?;
        self.draft = None;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(draft) = &self.draft {
            forget(draft);
        }
    }
}

/// A new file with these bytes, or none.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path)?;
    let written = file.write_all(bytes).and_then(|()| on_disk(&file));
    written.inspect_err(|_| forget(path))
}

/// Some disks say only now that they are full.
fn on_disk(file: &File) -> io::Result<()> {
    match file.sync_all() {
        // A file system without the question has no other answer later.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}

fn forget(path: &Path) {
    // It cannot be helped if it stays; the error that is told is the one before.
    let _ = fs::remove_file(path);
}

/// The name for what is not whole yet: hidden, and in the same folder, since a file moves in one
/// step within its file system only.
fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".new");
    path.with_file_name(name)
}

/// The text of a small file.
///
/// # Errors
///
/// As [`read_small_bytes`], and [`io::ErrorKind::InvalidData`] if it is no UTF-8.
pub fn read_small(path: &Path, limit: u64) -> io::Result<String> {
    let mut text = String::new();
    let read = open_small(path)?.take(limit + 1).read_to_string(&mut text);
    within(read?, limit)?;
    Ok(text)
}

/// The bytes of a small file.
///
/// # Errors
///
/// What the file system said, [`io::ErrorKind::FileTooLarge`] beyond `limit` bytes, and
/// [`io::ErrorKind::InvalidData`] if it is no file at all: a pipe with this name would be waited
/// for without an end.
pub fn read_small_bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open_small(path)?;
    // As long as it is, so that nothing of a key is left where it grew out of.
    let len = file.metadata()?.len().min(limit) + 1;
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
    let read = file.take(limit + 1).read_to_end(&mut bytes);
    within(read?, limit)?;
    Ok(bytes)
}

fn open_small(path: &Path) -> io::Result<File> {
    let flags = libc::O_NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "not a file"))
    }
}

fn within(len: usize, limit: u64) -> io::Result<()> {
    if len as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use std::fs;
    use std::io::ErrorKind;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;

    use super::{
        Draft, Existing, read_small, read_small_bytes, replace_private, write_private, write_whole,
    };

    /// The names in a folder.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_private_stays_private_in_the_place_of_what_everybody_could_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        write_whole(&path, b"one", Existing::Keep).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o754)).unwrap();
        write_whole(&path, b"two", Existing::Replace).unwrap();
        assert_eq!(mode(), 0o754);
        write_private(&path, b"three", Existing::Replace).unwrap();
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn a_file_that_is_there_stays_or_is_replaced_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_whole(&path, b"one", Existing::Keep).unwrap();
        let refused = write_whole(&path, b"two", Existing::Keep).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let link = folder.path().join("link");
        symlink("a", &link).unwrap();
        write_whole(&link, b"two", Existing::Replace).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(names(folder.path()), ["a", "link"]);
    }

    #[test]
    fn a_private_file_is_for_its_owner_alone_whatever_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("other"));
        fs::write(&other, "stays").unwrap();
        symlink("other", &path).unwrap();
        for text in [b"one", b"two"] {
            replace_private(&path, text).unwrap();
            assert_eq!(fs::read(&path).unwrap(), text);
            let found = fs::symlink_metadata(&path).unwrap();
            assert_eq!(found.permissions().mode() & 0o777, 0o600);
            assert!(found.is_file());
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        }
        assert_eq!(fs::read(&other).unwrap(), b"stays");
        assert_eq!(names(folder.path()), ["a", "other"]);
    }

    #[test]
    fn what_is_private_is_so_from_the_start_and_stays_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        write_private(&path, b"one", Existing::Keep).unwrap();
        assert_eq!(mode(&path), 0o600);
        write_private(&path, b"two", Existing::Replace).unwrap();
        assert_eq!(
            (mode(&path), fs::read(&path).unwrap()),
            (0o600, b"two".to_vec())
        );
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn a_draft_takes_the_place_of_the_file_or_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "one").unwrap();
        let draft = Draft::write(&path, b"two", 0o640).unwrap();
        assert_eq!(fs::read(draft.path()).unwrap(), b"two");
        drop(draft);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(names(folder.path()), ["a"]);
        Draft::write(&path, b"two", 0o640).unwrap().put().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn a_device_takes_bytes_or_says_why_not() {
        write_whole(Path::new("/dev/null"), b"one", Existing::Replace).unwrap();
        let full = write_whole(Path::new("/dev/full"), b"one", Existing::Replace);
        assert_eq!(full.unwrap_err().kind(), ErrorKind::StorageFull);
    }

    #[test]
    fn what_is_no_small_file_of_text_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read_small(&path, 5).unwrap(), "12345");
        let kind = |path: &Path| read_small(path, 4).unwrap_err().kind();
        assert_eq!(kind(&path), ErrorKind::FileTooLarge);
        fs::write(&path, b"\xff").unwrap();
        assert_eq!(kind(&path), ErrorKind::InvalidData);
        assert_eq!(read_small_bytes(&path, 1).unwrap(), b"\xff");
        let most = read_small_bytes(&path, 0).unwrap_err();
        assert_eq!(most.kind(), ErrorKind::FileTooLarge);
        assert_eq!(kind(folder.path()), ErrorKind::InvalidData);
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert_eq!(kind(&pipe), ErrorKind::InvalidData);
        assert_eq!(kind(&folder.path().join("none")), ErrorKind::NotFound);
    }
}
