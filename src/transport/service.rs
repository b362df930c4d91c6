//! Where the smart card service listens, whether somebody is there, and when that may have
//! changed. Nothing in here waits for the service itself: one that hangs must not make us hang.

use std::io;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::inotify;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::token::ServiceState;

/// Where pcsc-lite listens if the environment does not say otherwise.
const SOCKET: &str = "/run/pcscd/pcscd.comm";

/// How often a socket that has just appeared is looked at until somebody listens there.
const LOOKS: usize = 20;

/// How long between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Where the service listens.
pub(super) fn socket() -> PathBuf {
    std::env::var_os("PCSCLITE_CSOCK_NAME").map_or_else(|| SOCKET.into(), PathBuf::from)
}

/// What is found at the socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Door {
    /// Somebody listens, which does not yet mean that he answers.
    Open,
    /// This user may not connect.
    Forbidden,
    /// Nobody listens, or there is no socket.
    Shut,
}

/// Whether somebody listens. Comes back at once, even if as many wait there as may.
pub(super) fn knock(socket: &Path) -> Door {
    let knocked = SocketAddrUnix::new(socket).and_then(|address| {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let end = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        rustix::net::connect(&end, &address)
    });
    match knocked {
        // "Again": the queue of those who wait to be let in is full.
        Ok(()) | Err(Errno::AGAIN) => Door::Open,
        Err(Errno::ACCESS | Errno::PERM) => Door::Forbidden,
        Err(_) => Door::Shut,
    }
}

/// From what the service said when it was asked for a context, what is found at its socket, and
/// whether its program is here.
pub(super) fn judge(refused: bool, door: Door, installed: bool) -> ServiceState {
    match door {
        Door::Forbidden => ServiceState::Refused,
        // A service that is being ended says no as well, but its socket is gone by then.
        Door::Open if refused => ServiceState::Refused,
        Door::Open => ServiceState::Silent,
        Door::Shut if installed => ServiceState::Stopped,
        Door::Shut => ServiceState::NotInstalled,
    }
}

/// Whether the service's program is where programs are.
pub(super) fn is_installed() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .any(|folder| folder.join("pcscd").is_file())
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ended {
    /// Somebody woke us.
    Woken,
    /// Something happened at the socket's place.
    Seen,
    /// The time is over.
    Over,
}

/// Watches the place where the socket is or will be.
pub(super) struct Lookout {
    notify: OwnedFd,
    /// The socket, or the folder on the way to it that is missing.
    awaited: Option<std::ffi::OsString>,
}

impl Lookout {
    /// Starts to watch: the socket's folder, or the nearest one that exists.
    ///
    /// # Errors
    ///
    /// What the operating system says, most often that the user has too many watches.
    pub(super) fn over(socket: &Path) -> io::Result<Self> {
        let notify = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        let mut awaited = socket;
        let mut folder = socket.parent().unwrap_or(Path::new("/"));
        while !folder.is_dir() {
            awaited = folder;
            folder = folder.parent().unwrap_or(Path::new("/"));
        }
        let flags = inotify::WatchFlags::CREATE
            | inotify::WatchFlags::MOVED_TO
            | inotify::WatchFlags::ATTRIB
            | inotify::WatchFlags::DELETE_SELF
            | inotify::WatchFlags::MOVE_SELF;
        inotify::add_watch(&notify, folder, flags)?;
        Ok(Self {
            notify,
            awaited: awaited.file_name().map(ToOwned::to_owned),
        })
    }

    /// Waits until something happens to what is awaited, or `wake` can be read, or, if there is
    /// one, the time is over. What happens to its neighbours (`/run` is a busy place) is not told.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub(super) fn wait(&self, wake: BorrowedFd<'_>, limit: Option<Duration>) -> io::Result<Ended> {
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        loop {
            let mut ends = [
                PollFd::new(&self.notify, PollFlags::IN),
                PollFd::from_borrowed_fd(wake, PollFlags::IN),
            ];
            match poll(&mut ends, limit.as_ref()) {
                Ok(0) => return Ok(Ended::Over),
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
                Ok(_) => {}
            }
            let [_, woken] = &ends;
            if !woken.revents().is_empty() {
                return Ok(Ended::Woken);
            }
            if self.concerns_us()? {
                return Ok(Ended::Seen);
            }
        }
    }

    /// Reads what happened, and tells whether any of it is about what is awaited.
    fn concerns_us(&self) -> io::Result<bool> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(&self.notify, &mut buffer);
        let mut concerns = false;
        loop {
            let event = match events.next() {
                Ok(event) => event,
                Err(Errno::AGAIN) => return Ok(concerns),
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            // Without a name it is about the folder itself, or says that some were lost.
            let name = event.file_name().map(std::ffi::CStr::to_bytes);
            let awaited = self.awaited.as_ref().map(|name| name.as_encoded_bytes());
            concerns |= name.is_none() || name == awaited;
        }
    }
}

/// After a socket appeared: waits until somebody listens there, a second at most, or until woken.
/// The file comes a moment before the listener.
pub(super) fn wait_for_listener(socket: &Path, wake: BorrowedFd<'_>) {
    let pause = Timespec::try_from(LOOK_AGAIN).ok();
    for _ in 0..LOOKS {
        if knock(socket) != Door::Shut {
            return;
        }
        let mut wake = [PollFd::from_borrowed_fd(wake, PollFlags::IN)];
        if !matches!(poll(&mut wake, pause.as_ref()), Ok(0) | Err(Errno::INTR)) {
            return;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use std::fs;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixListener;
    use std::time::Duration;

    use rustix::event::{EventfdFlags, eventfd};
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

    use super::{Door, Ended, Lookout, judge, knock};
    use crate::token::ServiceState;

    #[test]
    fn every_cause_has_its_name() {
        assert_eq!(judge(false, Door::Shut, false), ServiceState::NotInstalled);
        assert_eq!(judge(false, Door::Shut, true), ServiceState::Stopped);
        assert_eq!(judge(true, Door::Shut, true), ServiceState::Stopped);
        assert_eq!(judge(false, Door::Forbidden, true), ServiceState::Refused);
        assert_eq!(judge(true, Door::Open, true), ServiceState::Refused);
        assert_eq!(judge(false, Door::Open, true), ServiceState::Silent);
        assert_eq!(judge(false, Door::Open, false), ServiceState::Silent);
    }

    #[test]
    fn knocking_never_waits() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        assert_eq!(knock(&socket), Door::Shut);
        let deaf = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
        rustix::net::bind(&deaf, &SocketAddrUnix::new(&socket).unwrap()).unwrap();
        assert_eq!(knock(&socket), Door::Shut);
        rustix::net::listen(&deaf, 0).unwrap();
        // The queue is full after one; `connect` of the standard library would wait for ever.
        for _ in 0..4 {
            assert_eq!(knock(&socket), Door::Open);
        }
        drop(deaf);
        assert_eq!(knock(&socket), Door::Shut);
    }

    #[test]
    fn a_lookout_sees_its_socket_and_no_neighbour() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("run/socket");
        let wake = eventfd(0, EventfdFlags::NONBLOCK).unwrap();
        let short = Some(Duration::from_millis(20));

        let lookout = Lookout::over(&socket).unwrap();
        fs::write(folder.path().join("neighbour"), "").unwrap();
        assert_eq!(lookout.wait(wake.as_fd(), short).unwrap(), Ended::Over);
        fs::create_dir(folder.path().join("run")).unwrap();
        assert_eq!(lookout.wait(wake.as_fd(), None).unwrap(), Ended::Seen);

        let lookout = Lookout::over(&socket).unwrap();
        fs::write(folder.path().join("run/neighbour"), "").unwrap();
        assert_eq!(lookout.wait(wake.as_fd(), short).unwrap(), Ended::Over);
        let _listener = UnixListener::bind(&socket).unwrap();
        assert_eq!(lookout.wait(wake.as_fd(), None).unwrap(), Ended::Seen);
        rustix::io::write(&wake, &1_u64.to_ne_bytes()).unwrap();
        assert_eq!(lookout.wait(wake.as_fd(), None).unwrap(), Ended::Woken);
    }
}
