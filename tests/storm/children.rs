//! Programs that ours starts get nothing of its connections (pcsc-lite: a context used after fork
//! breaks the parent's too).

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use rustix::io::FdFlags;
use symbolon::backend::Command;
use tempfile::TempDir;

use crate::desk::Desk;
use crate::support::process::{private_directory, wait_for, write_script};

/// Stands for `systemctl` and writes down what it was given.
pub(crate) struct Stubs(TempDir);

impl Stubs {
    pub(crate) fn write() -> Self {
        let folder = private_directory("stubs-");
        // The shell itself looks: what it has open is what it was started with, but for the list.
        let list = folder.path().join("list");
        let script = format!(
            "#!/bin/sh\nfor n in /proc/$$/fd/*; do readlink \"$n\"; done > '{0}.new'\nmv '{0}.new' '{0}'\n",
            list.display()
        );
        write_script(&folder.path().join("systemctl"), &script);
        Self(folder)
    }

    /// The search path with these before all others.
    pub(crate) fn path(&self) -> OsString {
        let old = env::var_os("PATH").unwrap_or_default();
        let folders = [self.0.path().to_owned()];
        env::join_paths(folders.into_iter().chain(env::split_paths(&old))).unwrap()
    }

    fn list(&self) -> PathBuf {
        self.0.path().join("list")
    }

    /// Which of our sockets a program has that the backend starts.
    fn inherited(&self, desk: &mut Desk) -> Vec<String> {
        let _ = fs::remove_file(self.list());
        desk.ask(Command::StartService);
        desk.until_all_ended("systemctl");
        let list = wait_for("the list of descriptors", Duration::from_secs(10), || {
            fs::read_to_string(self.list()).ok()
        });
        let ours = sockets();
        let theirs = list
            .lines()
            .filter(|file| ours.iter().any(|own| own == file));
        theirs.map(str::to_owned).collect()
    }
}

/// The sockets of this process.
fn sockets() -> Vec<String> {
    let files = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let targets = files.filter_map(|file| fs::read_link(file.path()).ok());
    let names = targets.map(|target| target.to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("socket:")).collect()
}

/// Starts a program while the watch and a lane are connected, and looks what it has.
#[track_caller]
pub(crate) fn hold_no_context(stubs: &Stubs, desk: &mut Desk) {
    let open = sockets().len();
    // The watch, and the lane that read the card.
    assert!(open >= 2, "{open} sockets");
    let inherited = stubs.inherited(desk);
    assert!(inherited.is_empty(), "sockets in a child: {inherited:?}");

    // The control: a connection that is to be inherited is found.
    let socket = env::var_os("PCSCLITE_CSOCK_NAME").unwrap();
    let planted = UnixStream::connect(socket).unwrap();
    rustix::io::fcntl_setfd(&planted, FdFlags::empty()).unwrap();
    let found = stubs.inherited(desk).len();
    assert_eq!(found, 1, "the planted connection");
    println!("children: 0 of {open} sockets inherited; 1 that was planted is found");
}
