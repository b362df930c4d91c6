//! Everything that goes over a bus of D-Bus, for as long as this is there.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;

use crate::support::process::{Daemon, find, private_directory, wait_for};

/// What is said on every bus, to see that it is heard.
pub(crate) const PLANTED: &str = "said on the bus by the test itself";

/// How long a bus may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Somebody who hears everything (`BecomeMonitor`, D-Bus specification).
pub(crate) struct Monitor {
    _daemon: Daemon,
    file: PathBuf,
    connection: Connection,
    _folder: TempDir,
}

impl Monitor {
    /// Listens from now on.
    pub(crate) fn start(address: &str) -> Self {
        let folder = private_directory("bus-");
        let file = folder.path().join("messages");
        let mut command = Command::new(find("dbus-monitor", "dbus-bin"));
        // The messages as they are: text is text, and not a description of it.
        command.args(["--address", address, "--binary"]);
        let daemon = Daemon::spawn(&mut command, &file);
        let connection = Builder::address(address).unwrap().build().unwrap();
        let monitor = Self {
            _daemon: daemon,
            file,
            connection,
            _folder: folder,
        };
        wait_for("the monitor to hear", LIMIT, || {
            monitor.say(PLANTED);
            monitor.has_heard(PLANTED).then_some(())
        });
        monitor
    }

    /// Says something on the bus that nobody waits for.
    pub(crate) fn say(&self, words: &str) {
        let (path, interface) = ("/planted", "org.symbolon.Planted");
        self.connection
            .emit_signal(None::<&str>, path, interface, "Words", &words)
            .unwrap();
    }

    /// Asks that programs tell of everything that happens in them, as a screen reader does.
    pub(crate) fn listen_as_a_screen_reader(&self) {
        for event in ["object:", "window:", "document:", "focus:"] {
            let reply = self.connection.call_method(
                Some("org.a11y.atspi.Registry"),
                "/org/a11y/atspi/registry",
                Some("org.a11y.atspi.Registry"),
                "RegisterEvent",
                &(event, Vec::<&str>::new(), ""),
            );
            reply.unwrap();
        }
    }

    /// All messages so far, as they went over the wire.
    pub(crate) fn heard(&self) -> Vec<u8> {
        fs::read(&self.file).unwrap()
    }

    /// Whether a text was in any of them.
    pub(crate) fn has_heard(&self, text: &str) -> bool {
        let heard = self.heard();
        let text = text.as_bytes();
        heard.windows(text.len()).any(|words| words == text)
    }
}
