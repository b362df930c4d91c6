//! The smart card service as the window meets it: absent, refusing, killed, started again, and
//! with cards that others keep. A real `pcscd` of the test's own, and cards that this project
//! did not write.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use crate::driver::{Look, Program, wait};
use crate::support::cards::IndependentCard;
use crate::support::gnupg::GnuPg;
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE};

#[test]
fn a_service_that_does_not_run_can_be_started() {
    let folder = tempfile::tempdir().unwrap();
    let asked = folder.path().join("asked");
    let systemctl = folder.path().join("systemctl");
    let script = format!("#!/bin/sh\necho \"$@\" > {}\n", asked.display());
    fs::write(&systemctl, script).unwrap();
    fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}",
        folder.path().display(),
        std::env::var("PATH").unwrap()
    );

    let window = Program::start(&[], Look::WIDE, &[("PATH", path.as_ref())]);
    window
        .tree
        .find("list item", "No smart card service, Not running");
    window
        .tree
        .find("label", "Smart card service is not running");
    window.picture("Symbolon", "state-service-stopped");
    window.tree.find("button", "Start Service").click();
    let words = wait("the call of systemctl", || {
        fs::read_to_string(&asked)
            .ok()
            .filter(|words| words.ends_with('\n'))
    });
    assert_eq!(words, "start pcscd.socket\n");
}

#[test]
fn a_service_that_cannot_be_started_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let systemctl = folder.path().join("systemctl");
    fs::write(&systemctl, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).unwrap();
    let window = Program::start(&[], Look::WIDE, &[("PATH", folder.path().as_ref())]);
    window.tree.find("button", "Start Service").click();
    window.tree.find("label", "systemctl did not do it");
    window.picture("systemctl did not do it", "failure-dialog");
    window.tree.find_part("button", "Close").click();
}

#[test]
fn a_service_that_refuses_shows_the_rule() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("pcscd.comm");
    let service = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || refuse(&service));
    let window = Program::start(&[], Look::WIDE, &[(SOCKET_VARIABLE, socket.as_ref())]);
    window
        .tree
        .find("list item", "No access to smart cards, Not allowed");
    window
        .tree
        .find("label", "Access to smart cards is not allowed");
    window.picture("Symbolon", "state-service-refuses");
    window.tree.find("button", "Show Rule…").click();
    let rule = window.tree.find("window", "Allow access to smart cards");
    rule.find_part("label", "org.debian.pcsc-lite.access_card");
    assert!(rule.nameless().is_empty(), "{:#?}", rule.nameless());
    window.picture("Allow access to smart cards", "instructions-rule");
    rule.find("button", "Copy").click();
    window.tree.find("status", "Copied");
}

/// What pcsc-lite does with a client that polkit does not let in: it answers the question for
/// its version with SCARD_W_SECURITY_VIOLATION (winscard_msg.h, `struct version_struct`).
fn refuse(service: &UnixListener) {
    for client in service.incoming() {
        let mut client = client.unwrap();
        // Eight bytes of header, then major and minor version and the result.
        let mut question = [0; 20];
        if client.read_exact(&mut question).is_ok() {
            let mut answer = question[8..16].to_vec();
            answer.extend(0x8010_006A_u32.to_ne_bytes());
            let _ = client.write_all(&answer);
        }
    }
}

#[test]
fn a_service_that_is_killed_and_comes_back_is_followed() {
    let mut service = PrivatePcscd::start(2);
    let socket = service.slot(0).socket.clone();
    let window = Program::start(&[], Look::WIDE, &[(SOCKET_VARIABLE, socket.as_ref())]);
    let readers = window.tree.find("list", "Readers");
    readers.find("list item", "Empty, Virtual reader A (1)");
    window.tree.find("label", "Put in a card");
    window.picture("Symbolon", "state-empty-reader");

    let mut card = IndependentCard::openpgp(service.slot(0));
    readers.find_part("list item", "…0042");
    service.kill();
    readers.find("list item", "No smart card service, Not running");
    readers.gone_part("list item", "…0042");
    window
        .tree
        .find("label", "Smart card service is not running");

    card.pull_unnoticed();
    service.restart();
    readers.find("list item", "Empty, Virtual reader A (1)");
    readers.gone("list item", "No smart card service, Not running");
    card.insert();
    readers.find_part("list item", "…0042");
}

#[test]
fn a_card_that_gnupg_keeps_is_let_go_when_asked() {
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::openpgp(slot);
    let gnupg = GnuPg::keeping(slot);
    gnupg.card_status();
    let environment = [
        (SOCKET_VARIABLE, slot.socket.as_os_str()),
        ("GNUPGHOME", gnupg.home().as_os_str()),
    ];
    let window = Program::start(&[], Look::WIDE, &environment);
    let readers = window.tree.find("list", "Readers");
    readers.find_part("list item", "In use by scdaemon");
    readers.go_to("In use by scdaemon, Card in Virtual reader A (1)");
    window.picture("Symbolon", "state-held");
    window.tree.find("button", "Ask to Let Go").click();
    readers.find_part("list item", "…0042");
}
