//! A session of D-Bus with a home of its own, and a keyring in it.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use crate::client::{Call, Client};
use crate::support::process::{Daemon, find, finish, private_directory, tool, wait_for};
use crate::{LIMIT, START};

/// The name on the bus.
pub(crate) const NAME: &str = "org.freedesktop.secrets";

const PATH: &str = "/org/freedesktop/secrets";

/// How long a daemon may take to be there.
const UP: Duration = Duration::from_secs(30);

/// What unlocks the keyring.
const PASSWORD: &str = "of the person who logs in";

/// A bus on which nothing is started that the test did not start.
const CONFIGURATION: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=@bus@</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// The session.
pub(crate) struct Session {
    keyring: Option<Daemon>,
    _daemon: Daemon,
    bus: String,
    home: TempDir,
}

impl Session {
    /// Without a keyring.
    pub(crate) fn bare() -> Self {
        let home = private_directory("keyring-");
        let socket = home.path().join("bus");
        let configuration = home.path().join("bus.conf");
        let text = CONFIGURATION.replace("@bus@", socket.to_str().unwrap());
        fs::write(&configuration, text).unwrap();
        let mut command = Command::new(find("dbus-daemon", "dbus"));
        command.arg("--nofork").arg("--nopidfile");
        command.arg(format!("--config-file={}", configuration.display()));
        let mut daemon = Daemon::spawn(&mut command, &home.path().join("bus.log"));
        wait_for("the bus", UP, || {
            daemon.assert_runs();
            socket.exists().then_some(())
        });
        Self {
            keyring: None,
            _daemon: daemon,
            bus: format!("unix:path={}", socket.display()),
            home,
        }
    }

    /// With a new keyring that is unlocked.
    pub(crate) fn with_keyring() -> Self {
        let mut session = Self::bare();
        session.start_keyring(" --unlock");
        session
    }

    /// As after a login without a password.
    pub(crate) fn restart_locked(&mut self) {
        self.keyring.take().unwrap().stop();
        wait_for("the keyring to be gone", UP, || {
            (!self.has_owner()).then_some(())
        });
        self.start_keyring("");
    }

    fn start_keyring(&mut self, how: &str) {
        let daemon = find("gnome-keyring-daemon", "gnome-keyring");
        let password = self.home.path().join("password");
        fs::write(&password, PASSWORD).unwrap();
        let line = format!(
            "exec '{}' --foreground --components=secrets --control-directory='{}'{how} < '{}'",
            daemon.display(),
            self.folder("control").display(),
            password.display(),
        );
        let mut command = Command::new("sh");
        command.args(["-c", &line]);
        command.env_clear().envs(self.environment());
        let log = self.home.path().join("keyring.log");
        let mut keyring = Daemon::spawn(&mut command, &log);
        wait_for("the keyring", UP, || {
            keyring.assert_runs();
            self.has_owner().then_some(())
        });
        self.keyring = Some(keyring);
    }

    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.home.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// A file in the home, by its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The address of the bus.
    pub(crate) fn bus(&self) -> &str {
        &self.bus
    }

    /// The daemon.
    pub(crate) fn keyring(&self) -> &Daemon {
        self.keyring.as_ref().unwrap()
    }

    /// What programs of this session have in their environment.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let home = self.home.path().to_str().unwrap().to_owned();
        let mut all = vec![
            ("DBUS_SESSION_BUS_ADDRESS".to_owned(), self.bus.clone()),
            ("XDG_RUNTIME_DIR".to_owned(), home.clone()),
            ("HOME".to_owned(), home.clone()),
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
            ("LC_ALL".to_owned(), "C.UTF-8".to_owned()),
        ];
        for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            all.push((name.to_owned(), format!("{home}/{name}")));
        }
        all
    }

    /// One call of ours, within the limit of callers.
    #[track_caller]
    pub(crate) fn call(&self, call: Call<'_>, key: &str) -> String {
        let mut client = Client::start(&self.environment(), call, key, LIMIT);
        let outcome = client.outcome();
        assert!(client.took() < LIMIT + START, "{:?}", client.took());
        client.end();
        outcome
    }

    fn connection(&self) -> Connection {
        let address = Builder::address(self.bus.as_str()).unwrap();
        address.build().unwrap()
    }

    fn has_owner(&self) -> bool {
        let connection = self.connection();
        let (bus, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
        let reply = connection.call_method(Some(bus), path, Some(bus), "NameHasOwner", &NAME);
        reply.unwrap().body().deserialize().unwrap()
    }

    fn secret_tool(&self, arguments: &[&str], attributes: &[(&str, &str)]) -> Command {
        let mut command = tool("secret-tool", "libsecret-tools");
        command.args(arguments);
        for (name, value) in attributes {
            command.args([name, value]);
        }
        command.envs(self.environment());
        command
    }

    /// Has `secret-tool` save it.
    #[track_caller]
    pub(crate) fn store(&self, label: &str, attributes: &[(&str, &str)], secret: &str) {
        let label = format!("--label={label}");
        let mut command = self.secret_tool(&["store", &label], attributes);
        finish(&mut command, secret).succeeded();
    }

    /// What `secret-tool` finds.
    #[track_caller]
    pub(crate) fn lookup(&self, attributes: &[(&str, &str)]) -> Option<String> {
        let finished = finish(&mut self.secret_tool(&["lookup"], attributes), "");
        assert_eq!(finished.stderr, "");
        finished.status.success().then_some(finished.stdout)
    }

    /// All that `secret-tool` says about it.
    #[track_caller]
    pub(crate) fn search(&self, attributes: &[(&str, &str)]) -> String {
        let mut command = self.secret_tool(&["search", "--all"], attributes);
        let finished = finish(&mut command, "");
        // Attributes come on the one, the rest on the other.
        format!("{}{}", finished.stdout, finished.stderr)
    }

    /// What kind of content each item says that it has.
    pub(crate) fn content_types(&self, attributes: &[(&str, &str)]) -> Vec<String> {
        type Content = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

        let connection = self.connection();
        let call = |member: &str, body: &dyn Fn(&str) -> zbus::Result<zbus::Message>| {
            body(member).unwrap()
        };
        let service = Some("org.freedesktop.Secret.Service");
        let opened = call("OpenSession", &|member| {
            let body = ("plain", Value::from(""));
            connection.call_method(Some(NAME), PATH, service, member, &body)
        });
        let (_, session): (OwnedValue, OwnedObjectPath) = opened.body().deserialize().unwrap();
        let attributes: HashMap<_, _> = attributes.iter().copied().collect();
        let found = call("SearchItems", &|member| {
            connection.call_method(Some(NAME), PATH, service, member, &attributes)
        });
        let (items, _): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            found.body().deserialize().unwrap();
        let read = call("GetSecrets", &|member| {
            let body = (&items, &session);
            connection.call_method(Some(NAME), PATH, service, member, &body)
        });
        let secrets: HashMap<OwnedObjectPath, Content> = read.body().deserialize().unwrap();
        secrets.into_values().map(|content| content.3).collect()
    }
}
