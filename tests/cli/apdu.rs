//! Raw commands.

use std::fs;

use crate::program::{Ended, output, program, run, run_with};
use crate::support::process::private_directory;

#[test]
fn answers_come_with_their_meaning() {
    // The command of the HOWTO: the MUSCLE applet, which this card does not have.
    let ended = run("--practice=piv-used apdu --yes 00A4040006A00000000101");
    assert_eq!(ended.stdout, "6A82 (file or application not found)\n");
    assert_eq!(ended.code, 1, "{ended:?}");
    let ended = run("--practice=piv-used apdu --yes 00:A4:04:00:05:A0:00:00:03:08 00FD0000");
    assert!(
        ended
            .stderr
            .contains("These commands went to the card as they were."),
        "{ended:?}"
    );
    let text = ended.result();
    // One card, one order: GET VERSION is answered because PIV is selected.
    assert!(
        text.ends_with("9000 (done)\n\n05 07 01\n9000 (done)\n"),
        "{text}"
    );
}

#[test]
fn nothing_is_sent_without_a_yes() {
    let words = run("--practice=piv-used --trace apdu 00A4040005A000000308").said(2);
    assert!(words.contains("--yes"), "{words}");
    assert!(!words.contains("SELECT"), "{words}");
}

#[test]
fn commands_with_secrets_come_from_a_file() {
    let verify = "00A4040005A000000308\n0020008008363534333231FFFF # the PIN\n";
    let ended = run_with("--practice=piv-used apdu --yes --file -", verify);
    assert!(ended.result().ends_with("\n9000 (done)\n"));
    let folder = private_directory("apdu-");
    let file = folder.path().join("commands");
    fs::write(&file, verify).unwrap();
    let mut command = program();
    command
        .args(["--practice=piv-used", "--trace", "apdu", "--yes", "--file"])
        .arg(&file);
    let ended = Ended::new(output(&mut command, b""));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(!ended.stderr.contains("363534333231"), "{ended:?}");
}

#[test]
fn a_pin_or_a_key_is_not_taken_from_the_command_line() {
    for secret in [
        "0020008008363534333231FFFF",
        "0087039B0C7C0A82083132333435363738",
        "00FFFFFF0B039B083132333435363738",
        "00FE079A0A06083132333435363738",
        "00DB3FFF083132333435363738",
    ] {
        let line = "--practice=piv-used --trace apdu --yes 00A4040005A000000308";
        let words = run(&format!("{line} {secret}")).said(2);
        assert!(words.contains("--file"), "{words}");
        // Not even the command before it is sent, and what was refused is not repeated.
        assert!(!words.contains("SELECT"), "{words}");
        assert!(!words.contains(&secret[10..]), "{words}");
        // The same from a file is sent; what the card says to it is no matter of ours.
        let line = "--practice=piv-used --trace apdu --yes --file -";
        let ended = run_with(line, secret);
        assert!(ended.stderr.contains(" bytes hidden]"), "{ended:?}");
        assert!(!ended.stderr.contains(&secret[10..]), "{ended:?}");
    }
    // What looks the same and has no data is no secret.
    let ended = run("--practice=piv-used --trace apdu --yes 0087039B 00FE079A 00200080");
    assert!(ended.stderr.contains("GENERAL AUTHENTICATE"), "{ended:?}");
}

#[test]
fn the_help_says_what_a_right_pin_leaves_behind() {
    let words = run("apdu --help").result().replace('\n', " ");
    assert!(words.contains("leaves the card unlocked"), "{words}");
}

#[test]
fn what_is_no_command_is_not_sent() {
    for (arguments, input) in [
        ("apdu --yes 00A404", ""),
        ("apdu --yes 00A40400 zz", ""),
        ("apdu --yes --file -", "00A40400\nhello\n"),
        ("apdu --yes --file -", "# nothing\n"),
    ] {
        let words = run_with(&format!("--practice=piv-used --trace {arguments}"), input).said(2);
        assert!(!words.contains("SELECT"), "{words}");
    }
    assert!(
        run("--practice=piv-used apdu --yes --file /nonexistent")
            .said(1)
            .contains("cannot be read")
    );
}
