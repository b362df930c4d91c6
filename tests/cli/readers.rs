//! Readers, choosing one, and what happens where there is none.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::program::{Ended, program, run};

#[test]
fn the_table_names_number_state_driver_and_card() {
    let table = run("--practice=piv-used,unknown readers").result();
    let lines: Vec<&str> = table.lines().collect();
    let [heading, first, second] = lines.as_slice() else {
        panic!("{table}");
    };
    // Every column begins where its heading begins.
    for (column, one, other) in [
        ("Nr", "1", "2"),
        ("State", "Card present", "Card present"),
        ("Name", "Practice reader 1", "Practice reader 2"),
        ("Driver", "practice", "practice"),
        ("Card", "Thomas Mustermann · YubiKey 5", ""),
    ] {
        let at = heading.find(column).unwrap();
        assert!(first[at..].starts_with(one), "{table}");
        assert!(second[at..].starts_with(other), "{table}");
    }
}

#[test]
fn a_service_that_is_not_there_is_named() {
    for command in [
        "readers",
        "show",
        "pin status",
        "cert list",
        "apdu --yes 00A40400",
    ] {
        let words = run(command).said(4);
        assert!(words.contains("Smart card service"), "{command}: {words}");
    }
    // Practice readers need no service: the table is the result, the rest is said beside it.
    let ended = run("--practice=piv-used readers");
    assert_eq!(ended.code, 0);
    assert!(ended.stderr.contains("Smart card service"), "{ended:?}");
}

#[test]
fn a_reader_is_chosen_by_number_or_name() {
    let show = |reader: &str| {
        run(&format!(
            "--practice=piv-used,openpgp-used --reader {reader} show"
        ))
    };
    assert!(show("1").result().contains("PIV 5.7.1"));
    assert!(show("2").result().contains("OpenPGP 3.4"));
    let named = program()
        .args([
            "--practice=piv-used,openpgp-used",
            "show",
            "-r",
            "practice READER 2",
        ])
        .output()
        .unwrap();
    assert!(Ended::new(named).result().contains("OpenPGP 3.4"));
    assert!(show("3").said(3).contains("There is no reader “3”"));
    assert!(show("practice").said(2).contains("More than one reader"));
}

#[test]
fn with_several_tokens_only_show_goes_on_without_a_choice() {
    let all = run("--practice=piv-used,openpgp-used show").result();
    assert!(
        all.contains("PIV 5.7.1") && all.contains("OpenPGP 3.4"),
        "{all}"
    );
    for command in [
        "pin status",
        "pin verify --pin-fd 0",
        "cert list",
        "cert export 9A",
        "apdu --yes 00A40400",
    ] {
        let words = run(&format!("--practice=piv-used,openpgp-used {command}")).said(2);
        assert!(words.contains("--reader"), "{command}: {words}");
    }
}

#[test]
fn practice_cards_are_chosen_by_name() {
    let words = run("--practice=no-such-card show").said(2);
    assert!(
        words.contains("no-such-card") && words.contains("practice list"),
        "{words}"
    );
    let list = run("practice list").result();
    for name in ["piv-used", "openpgp-used", "both", "unknown"] {
        assert!(list.contains(&format!("{name}: ")), "{list}");
    }
    // Without a name there is a choice of them, wherever the option stands.
    for arguments in ["--practice readers", "readers --practice"] {
        let table = run(arguments).result();
        assert!(table.lines().count() > 3, "{table}");
    }
}

#[test]
fn an_unknown_card_says_so_early() {
    let page = run("--practice=unknown show").result();
    assert!(page.contains("Unknown card"), "{page}");
    assert!(page.contains("3B18 1850 5241 4354 4943 45"), "{page}");
    let words = run("--practice=unknown pin status").said(1);
    assert!(words.contains("There is no PIN"), "{words}");
}

#[test]
fn a_java_card_without_applets_says_how_to_go_on() {
    let page = run("--practice=java-gp211 show").result();
    assert!(page.contains("\nJava card\n"), "{page}");
    assert!(page.contains("symbolonctl gp info"), "{page}");
    // A payment card has no card manager that answers.
    let page = run("--practice=unknown show").result();
    assert!(!page.contains("gp info"), "{page}");
}

#[test]
fn a_blank_card_is_known_by_name() {
    let page = run("--practice=cardos-blank show").result();
    for words in [
        "Blank CardOS token",
        "CardOS M4.2B · serial 2737C0092B18",
        "This token is blank",
        "It can be set up",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Unknown card"), "{page}");
    let table = run("--practice=cardos-blank readers").result();
    assert!(table.contains("Blank CardOS token"), "{table}");
}

#[test]
fn a_card_that_guards_nothing_says_so() {
    let page = run("--practice=cardos-weak show").result();
    assert!(
        page.contains("Everybody can replace the PKCS#15 PINs") && page.contains("Repair"),
        "{page}"
    );
    let page = run("--practice=cardos-used show").result();
    assert!(!page.contains("Needs attention"), "{page}");
}

#[test]
fn the_sheet_of_a_card_is_words_and_then_bytes() {
    let page = run("--practice=cardos-used card info").result();
    for words in [
        "VPN Anna Rossi",
        "CardOS V4.2B (C) Siemens AG 1994-2005",
        "CardOS M4.2B (200.9)",
        "Administration (32). Files and keys can be made and removed.",
        "4 KiB of RAM · 32 KiB of EEPROM · processor 66 · configuration 63",
        "version FF · 10 tries left",
        "3F00 5015",
        "33 66 00 45 CB CB CB CB 7B FF 27 37 C0 09 2B 19",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let words = run("--practice=piv-used card info").said(1);
    assert!(
        words.contains("Only CardOS cards") && words.contains("it has PIV"),
        "{words}"
    );
    let words = run("--practice=unknown card info").said(1);
    assert!(words.contains("Only CardOS cards"), "{words}");
    run("card").said(2);
}

#[test]
fn watching_ends_with_an_interrupt_and_is_no_failure() {
    let mut child = program()
        .args(["--practice=piv-used", "readers", "--watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("Practice reader 1") {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it ended by itself");
    }
    // timeout(1) hands the signal on to its child.
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{rest}");
}

#[test]
fn a_reader_of_the_output_that_goes_away_is_no_failure() {
    let mut child = program()
        .args(["--practice=piv-used", "show"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = Ended::new(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
}

#[test]
fn a_result_that_cannot_be_written_is_said() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let child = program()
        .args(["--practice=piv-used", "show", "--json"])
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let words = Ended::new(child.wait_with_output().unwrap()).said(1);
    assert!(words.contains("could not be written"), "{words}");
}

#[test]
fn help_is_a_result_and_names_the_exit_codes() {
    let help = run("--help").result();
    for code in 0..=9 {
        assert!(help.contains(&format!("\n  {code}  ")), "{help}");
    }
    for command in [
        "readers",
        "show",
        "cert export",
        "pin change",
        "card info",
        "apdu",
        "practice serve",
    ] {
        let page = run(&format!("{command} --help")).result();
        assert!(
            page.contains(&format!("Usage: symbolonctl {command}")),
            "{page}"
        );
    }
    let version = run("--version").result();
    assert_eq!(
        version.trim(),
        concat!("symbolonctl ", env!("CARGO_PKG_VERSION"))
    );
    run("").said(2);
    run("raeders").said(2);
    run("show --colour").said(2);
    run("pin change --json --practice=piv-used").said(2);
}

#[test]
fn a_card_that_lies_or_leaves_never_takes_the_others_along() {
    let ended = run("--practice=rubbish,pulled,piv-used show");
    assert!(ended.stdout.contains("PIV 5.7.1"), "{ended:?}");
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
    for number in 1..30 {
        let ended = run(&format!("--practice=pulled-{number} show"));
        // Either what was read by then is shown, or it is said that the card went.
        assert!([0, 1, 3].contains(&ended.code), "{number}: {ended:?}");
        assert!(
            !ended.stdout.is_empty() || !ended.stderr.is_empty(),
            "{number}"
        );
        assert!(!ended.stderr.contains("panicked"), "{number}: {ended:?}");
    }
}
