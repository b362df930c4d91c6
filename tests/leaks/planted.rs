//! The searches themselves: a program that leaks a secret everywhere is found out everywhere.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::bus::Monitor;
use crate::needles::Needles;
use crate::process::Family;
use crate::support::process::{find, private_directory, wait_for};
use crate::tally::Tally;

/// Says it, writes it down, starts a program with it, and keeps it.
const BLABBER: &str = r#"
    kept=$1
    echo "it is $kept"
    echo "the secret is $kept" >&2
    mkdir -p below
    echo "$kept" > below/note
    sleep 600 "$kept" & child=$!
    read -r _
    kill $child
"#;

#[test]
fn a_planted_secret_is_found_in_every_place() {
    const SECRET: &str = "L7;wqX~4vB)k";
    let folder = private_directory("planted-");
    let mut blabber = Command::new("sh")
        .args(["-c", BLABBER, "sh", SECRET])
        .current_dir(&folder)
        .env("SECRET", SECRET)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let family = Family::watch(blabber.id());
    let mut bus = Command::new(find("dbus-daemon", "dbus-daemon"))
        .args(["--session", "--nofork", "--print-address=1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    let mut words = BufReader::new(bus.stdout.take().unwrap());
    words.read_line(&mut address).unwrap();
    let monitor = Monitor::start(address.trim());
    monitor.say(SECRET);
    let limit = std::time::Duration::from_secs(20);
    wait_for("the message", limit, || {
        monitor.has_heard(SECRET).then_some(())
    });

    let needles = Needles::new([("planted", SECRET.as_bytes())]);
    let places = [
        "memory", "stdout", "stderr", "argv", "environ", "files", "bus",
    ];
    let mut tally = Tally::new("planted", needles, &places.map(|place| (place, "sh")));
    // Both outputs are written before the file.
    wait_for("the file", limit, || {
        let text = fs::read_to_string(folder.path().join("below/note")).ok()?;
        text.contains(SECRET).then_some(())
    });
    tally.search_memory("memory", "now", blabber.id());
    drop(blabber.stdin.take());
    let output = blabber.wait_with_output().unwrap();
    tally.search("stdout", "all", &output.stdout);
    tally.search("stderr", "all", &output.stderr);
    let seen = family.seen();
    assert!(seen.processes.len() > 1, "the child was not seen");
    for arguments in &seen.arguments {
        tally.search("argv", "all", arguments);
    }
    for environment in &seen.environments {
        tally.search("environ", "all", environment);
    }
    tally.search_files("files", folder.path());
    tally.search("bus", "all", &monitor.heard());
    bus.kill().unwrap();
    bus.wait().unwrap();
    assert_eq!(tally.places_without_hits(), [""; 0]);
    eprintln!(
        "leaks: a planted secret: found in {0} of {0} places",
        places.len()
    );
}
