//! Practice cards in a real smart card service: what one run writes, the next one finds.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::program::{Ended, output, program, run};
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE, Slot};
use crate::support::process::wait_for;
use crate::support::yubico::YubicoPivTool;

/// How long the service may take to notice a card.
const NOTICE_LIMIT: Duration = Duration::from_secs(20);

/// `practice serve`, until this is dropped.
struct Served(Option<std::process::Child>);

impl Served {
    fn start(card: &str, slot: &Slot) -> Self {
        let child = program()
            .args(["practice", "serve", card, "--port"])
            .arg(slot.port.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let served = Self(Some(child));
        wait_for("the card", NOTICE_LIMIT, || slot.holds_card().then_some(()));
        served
    }

    /// Presses Ctrl+C, and tells how it ended.
    fn interrupt(mut self) -> Ended {
        let child = self.0.take().unwrap();
        // timeout(1) hands the signal on.
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        Ended::new(child.wait_with_output().unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            // timeout(1) ends its child with itself.
            let _ = kill_process(Pid::from_child(&child), Signal::TERM);
            let _ = child.wait();
        }
    }
}

fn at(slot: &Slot, arguments: &str, input: &str) -> Ended {
    let mut command = program();
    command.env(SOCKET_VARIABLE, &slot.socket);
    command.args(arguments.split_whitespace());
    Ended::new(output(&mut command, input.as_bytes()))
}

#[test]
fn a_changed_pin_is_the_pin_from_then_on() {
    let service = PrivatePcscd::start(2);
    let slot = service.slot(0);
    let served = Served::start("piv-used", slot);

    let table = at(slot, "readers", "").result();
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[1].contains("Card present") && lines[1].contains("PC/SC"),
        "{table}"
    );
    assert!(lines[1].contains("Thomas Mustermann"), "{table}");
    assert!(
        lines[2].contains("Empty") && lines[2].contains(&service.slot(1).reader),
        "{table}"
    );

    assert_eq!(
        at(slot, "pin change --pin-fd 0", "654321\n271828\n").result(),
        "The PIN is changed.\n"
    );
    let words = at(slot, "pin verify --pin-fd 0", "654321\n").said(5);
    assert!(words.contains("2 of 3 tries left"), "{words}");
    let page = at(slot, "pin status", "").result();
    assert!(page.contains("●●○ 2 of 3 tries left"), "{page}");
    assert_eq!(
        at(slot, "pin verify --pin-fd 0", "271828\n").result(),
        "The PIN is right.\n"
    );
    assert!(
        at(slot, "pin status", "")
            .result()
            .contains("PIV PIN  ●●● 3 of 3 tries left")
    );

    // Three wrong ones, the last with a word that it may be used: then only the PUK helps.
    at(slot, "pin verify --pin-fd 0", "111111\n").said(5);
    at(slot, "pin verify --pin-fd 0", "111111\n").said(5);
    at(slot, "pin verify --pin-fd 0", "111111\n").said(7);
    at(slot, "pin verify --use-last-try --pin-fd 0", "111111\n").said(6);
    at(slot, "pin verify --pin-fd 0", "271828\n").said(6);
    assert!(at(slot, "pin status", "").result().contains("○○○ Blocked"));
    let ended = at(slot, "pin unblock --pin-fd 0", "87654321\n314159\n");
    assert_eq!(ended.result(), "The PIN is unblocked.\n");
    assert_eq!(
        at(slot, "pin verify --pin-fd 0", "314159\n").result(),
        "The PIN is right.\n"
    );

    // Another program finds the same PIN.
    let other = YubicoPivTool::new(slot);
    assert!(!other.verify_pin("654321"));
    assert!(other.verify_pin("314159"));

    let ended = served.interrupt();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{ended:?}");
    assert!(ended.stderr.ends_with("until Ctrl+C.\n"), "{ended:?}");
    wait_for("the removal", NOTICE_LIMIT, || {
        (!slot.holds_card()).then_some(())
    });
    let words = at(slot, "show", "").said(3);
    assert!(words.contains("There is no card"), "{words}");
}

#[test]
fn what_happens_in_the_readers_is_reported_as_it_happens() {
    use std::io::{BufRead, BufReader};

    let service = PrivatePcscd::start(2);
    let slot = service.slot(0);
    let mut watching = program()
        .env(SOCKET_VARIABLE, &slot.socket)
        .args(["readers", "--watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut wait_for_line = |text: &str| {
        let found = lines.any(|line| line.unwrap().contains(text));
        assert!(found, "it ended without “{text}”");
    };
    // The table first, then the card that is put in, then the card that is pulled.
    wait_for_line(&format!("Empty  {}", slot.reader));
    wait_for_line(&service.slot(1).reader);
    let served = Served::start("openpgp-used", slot);
    wait_for_line(&format!("{}: Card present", slot.reader));
    wait_for_line(&format!("{}: Thomas Mustermann", slot.reader));
    served.interrupt();
    wait_for_line(&format!("{}: Empty", slot.reader));
    kill_process(Pid::from_child(&watching), Signal::INT).unwrap();
    let status = watching.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{status}");
}

#[test]
fn a_card_without_a_virtual_reader_says_what_is_missing() {
    // Nobody listens on port 1.
    let words = run("practice serve piv-used --port 1").said(4);
    assert!(
        words.contains("No virtual reader listens at port 1"),
        "{words}"
    );
    assert!(words.contains("vsmartcard-vpcd"), "{words}");
    let words = run("practice serve no-such-card").said(2);
    assert!(words.contains("practice list"), "{words}");
}
