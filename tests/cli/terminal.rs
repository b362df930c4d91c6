//! Questions on a real terminal.

use crate::support::on_terminal::OnTerminal as Terminal;

/// `symbolonctl` on a terminal of its own.
pub(crate) struct OnTerminal;

impl OnTerminal {
    pub(crate) fn start(arguments: &str) -> Terminal {
        Self::with_no_color(arguments, "1")
    }

    /// With this value of NO_COLOR; an empty one counts as none.
    fn with_no_color(arguments: &str, no_color: &str) -> Terminal {
        let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_symbolonctl"));
        Terminal::start(&line, [("NO_COLOR", no_color)])
    }
}

#[test]
fn of_two_tokens_with_one_name_the_prompt_names_reader_and_serial_number() {
    let two = "--practice=piv-used --practice=openpgp-used";
    let mut terminal = OnTerminal::start(&format!("{two} pin verify"));
    terminal.wait_for("There is something in 2 readers");
    terminal.ended(2);
    for (reader, arguments, serial) in [
        (1, "", "YubiKey 5 · serial 14725836"),
        (2, "--pin admin", "OpenPGP card · serial 14725836"),
    ] {
        let name = format!("\"Practice reader {reader}\"");
        let mut terminal =
            OnTerminal::start(&format!("{two} --reader {name} pin verify {arguments}"));
        terminal.wait_for(" of Thomas Mustermann: ");
        terminal.wait_for(&format!(
            "{serial} · In reader {reader}: Practice reader {reader}"
        ));
        terminal.wait_for("PIN: ");
        terminal.press("\u{3}");
        terminal.ended(8);
    }
}

#[test]
fn a_pin_is_changed_without_appearing() {
    let mut terminal = OnTerminal::start("--practice=piv-used pin change");
    terminal.wait_for("PIV PIN of Thomas Mustermann: ●●● 3 of 3 tries left");
    terminal.wait_for("YubiKey 5 · serial 14725836 · In reader 1: Practice reader 1");
    terminal.wait_for("Current PIN: ");
    // A slip of the finger, an arrow key, and everything once more.
    terminal.press("999\u{15}65x\u{7f}\u{1b}[A4321\r");
    terminal.wait_for("A new one has 6 to 8 characters.");
    terminal.wait_for("New PIN: ");
    terminal.press("271828\r");
    terminal.wait_for("Repeat new PIN: ");
    terminal.press("271828\r");
    terminal.wait_for("The PIN is changed.");
    let screen = terminal.ended(0);
    for secret in ["654321", "271828", "4321", "999", "65x"] {
        assert!(!screen.contains(secret), "{screen}");
    }
}

#[test]
fn what_cannot_be_right_is_asked_again() {
    let mut terminal = OnTerminal::start("--practice=piv-used --trace pin change");
    terminal.wait_for("Current PIN: ");
    terminal.press("123\r");
    terminal.wait_for("Nothing was sent; no try was lost.");
    terminal.wait_for("Current PIN: ");
    terminal.press("654321\r");
    terminal.wait_for("New PIN: ");
    terminal.press("271828\r");
    terminal.wait_for("Repeat new PIN: ");
    terminal.press("271829\r");
    terminal.wait_for("The two new PINs differ");
    terminal.wait_for("New PIN: ");
    terminal.press("271828\r");
    terminal.wait_for("Repeat new PIN: ");
    terminal.press("271828\r");
    let screen = terminal.ended(0);
    assert_eq!(
        screen.matches("CHANGE REFERENCE DATA").count(),
        1,
        "{screen}"
    );
}

#[test]
fn a_question_can_be_left_unanswered() {
    for key in ["\u{3}", "\u{4}", "654\u{3}"] {
        let mut terminal = OnTerminal::start("--practice=piv-used --trace pin verify");
        terminal.wait_for("Current PIN: ");
        terminal.press(key);
        let screen = terminal.ended(8);
        assert!(
            screen.contains("Nothing was sent; no try was lost."),
            "{screen}"
        );
        assert!(!screen.contains("VERIFY"), "{screen}");
    }
}

#[test]
fn raw_commands_are_sent_only_after_a_yes() {
    for (answer, code) in [("yes\r", 0), ("YES\r", 0), ("y\r", 8), ("\r", 8)] {
        let mut terminal = OnTerminal::start("--practice=piv-used apdu 00A4040005A000000308");
        terminal.wait_for("1 command goes as it stands to the card in Practice reader 1.");
        terminal.wait_for("Type “yes” to send: ");
        terminal.press(answer);
        let screen = terminal.ended(code);
        assert_eq!(screen.contains("9000 (done)"), code == 0, "{screen}");
    }
}

#[test]
fn der_is_not_written_to_a_terminal() {
    let terminal = OnTerminal::start("--practice=piv-used cert export 9A --der");
    let screen = terminal.ended(2);
    assert!(screen.contains("--output"), "{screen}");
}

#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() {
    for (no_color, coloured) in [("", true), ("1", false)] {
        let terminal = OnTerminal::with_no_color("--practice=both pin status", no_color);
        let screen = terminal.ended(0);
        assert_eq!(
            screen.contains("\u{1b}[33m●○○\u{1b}[0m"),
            coloured,
            "{screen}"
        );
        assert!(screen.contains("Last try of 3"), "{screen}");
    }
}
