//! PINs from descriptors and files: rules, tries, and what never appears anywhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::program::{Ended, output, program, run, run_with};
use crate::support::process::private_directory;

#[test]
fn the_status_shows_tries_as_dots_and_in_words() {
    let page = run("--practice=both pin status").result();
    assert!(
        page.contains("PIV PIN                 ●●● 3 of 3 tries left"),
        "{page}"
    );
    assert!(page.contains("Factory PIN"), "{page}");
    assert!(
        page.contains("OpenPGP PIN             ●○○ Last try of 3"),
        "{page}"
    );
    assert!(page.contains("OpenPGP resetting code  Not set"), "{page}");
    let piv = run("--practice=both pin status --application piv").result();
    assert!(piv.contains("PIV PUK") && !piv.contains("OpenPGP"), "{piv}");
}

#[test]
fn a_pin_is_verified_changed_and_unblocked() {
    for (arguments, input, words) in [
        ("pin verify", "654321\n", "The PIN is right.\n"),
        ("pin verify", "654321\r\n", "The PIN is right.\n"),
        ("pin verify", "654321", "The PIN is right.\n"),
        ("pin change", "654321\n271828\n", "The PIN is changed.\n"),
        (
            "pin change --pin puk",
            "87654321\n31415926\n",
            "The PUK is changed.\n",
        ),
        (
            "pin unblock",
            "87654321\n271828\n",
            "The PIN is unblocked.\n",
        ),
    ] {
        let ended = run_with(
            &format!("--practice=piv-used {arguments} --pin-fd 0"),
            input,
        );
        assert_eq!(ended.result(), words, "{arguments}");
    }
    for (arguments, input, words) in [
        (
            "pin verify --pin admin",
            "87654321\n",
            "The admin PIN is right.\n",
        ),
        (
            "pin verify --use-last-try",
            "654321\n",
            "The PIN is right.\n",
        ),
        (
            "pin change --use-last-try",
            "654321\n271828\n",
            "The PIN is changed.\n",
        ),
        (
            "pin set",
            "87654321\n31415926\n",
            "The resetting code is set.\n",
        ),
        (
            "pin unblock",
            "87654321\n271828\n",
            "The PIN is unblocked.\n",
        ),
    ] {
        let ended = run_with(
            &format!("--practice=openpgp-used {arguments} --pin-fd 0"),
            input,
        );
        assert_eq!(ended.result(), words, "{arguments}");
    }
}

#[test]
fn secrets_come_from_a_file_too() {
    let folder = private_directory("pins-");
    let file = folder.path().join("secrets");
    fs::write(&file, "654321\n271828\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let change = || {
        let mut command = program();
        command
            .args(["--practice=piv-used", "pin", "change", "--pin-file"])
            .arg(&file);
        Ended::new(output(&mut command, b""))
    };
    let ended = change();
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str()),
        ("The PIN is changed.\n", "")
    );

    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let ended = change();
    assert!(
        ended.stderr.contains("can be read by other users"),
        "{ended:?}"
    );
    ended.result();

    fs::write(&file, "654321\n").unwrap();
    let words = change().said(2);
    assert!(
        words.contains("There are fewer secrets than needed"),
        "{words}"
    );
    fs::remove_file(&file).unwrap();
    assert!(change().said(2).contains("cannot be opened"));
}

#[test]
fn a_wrong_pin_costs_one_try_and_says_how_many_are_left() {
    let ended = run_with("--practice=piv-used pin verify --pin-fd 0", "111111\n");
    let words = ended.said(5);
    assert!(
        words.starts_with("symbolonctl: Wrong PIN\n2 of 3 tries left."),
        "{words}"
    );
    let ended = run_with(
        "--practice=piv-used pin unblock --pin-fd 0",
        "11111111\n271828\n",
    );
    let words = ended.said(5);
    assert!(
        words.starts_with("symbolonctl: Wrong PUK\n2 of 3 tries left."),
        "{words}"
    );
}

#[test]
fn the_last_try_is_kept_unless_it_is_given() {
    let card = "--practice=openpgp-used";
    let words = run_with(&format!("{card} pin verify --pin-fd 0"), "654321\n").said(7);
    assert!(words.contains("--use-last-try"), "{words}");
    // The wrong one then blocks it, and that is said.
    let ended = run_with(
        &format!("{card} pin verify --use-last-try --pin-fd 0"),
        "111111\n",
    );
    let words = ended.said(6);
    assert!(words.contains("blocked"), "{words}");
}

#[test]
fn what_cannot_be_a_pin_never_reaches_the_card() {
    for (arguments, input) in [
        ("pin verify", "123\n"),
        ("pin verify", "123456789\n"),
        ("pin verify", "\n"),
        ("pin change", "654321\n12345\n"),
        ("pin change", "654321\nönnöö\n"),
    ] {
        let line = format!("--practice=piv-used --trace {arguments} --pin-fd 0");
        let ended = run_with(&line, input);
        assert_eq!(ended.code, 9, "{ended:?}");
        assert!(
            ended.stderr.contains("Nothing was sent; no try was lost."),
            "{ended:?}"
        );
        assert!(
            !ended.stderr.contains("VERIFY") && !ended.stderr.contains("CHANGE"),
            "{ended:?}"
        );
    }
}

#[test]
fn it_is_said_which_pin_is_not_clear_or_not_there() {
    let both = |arguments: &str| {
        run_with(
            &format!("--practice=both {arguments} --pin-fd 0"),
            "123456\n",
        )
    };
    assert!(both("pin verify").said(2).contains("--application"));
    assert_eq!(
        both("pin verify --application piv").result(),
        "The PIN is right.\n"
    );
    assert!(
        both("pin verify --application piv --pin admin")
            .said(1)
            .contains("There is no such PIN")
    );
    assert!(
        both("pin verify --application piv --pin puk")
            .said(1)
            .contains("Not possible: Verify PUK")
    );
    assert!(
        both("pin verify --on-reader --application piv").code == 2,
        "it takes no descriptor"
    );
    let words = run("--practice=both pin verify --on-reader --application piv").said(1);
    assert!(words.contains("no keys to type on"), "{words}");
}

#[test]
fn secrets_are_not_taken_from_where_others_can_see_them() {
    let words = run("--practice=piv-used pin verify 654321").said(2);
    assert!(!words.contains("654321"), "{words}");
    let mut command = program();
    command.args(["--practice=piv-used", "pin", "verify"]);
    for variable in ["PIN", "SYMBOLON_PIN", "PIN_FD", "PIN_FILE"] {
        command.env(variable, "654321");
    }
    let words = Ended::new(output(&mut command, b"654321\n")).said(2);
    assert!(words.contains("There is no terminal to ask on"), "{words}");
    for number in [1, 2, 199] {
        let words = run(&format!("--practice=piv-used pin verify --pin-fd {number}"));
        assert_eq!(words.code, 2, "{words:?}");
    }
}

#[test]
fn no_secret_is_in_anything_that_is_written() {
    let folder = private_directory("trace-");
    let file = folder.path().join("trace");
    for (card, arguments, secrets) in [
        ("piv-used", "pin change", ["654321", "271828"]),
        ("piv-used", "pin unblock", ["87654321", "271828"]),
        ("openpgp-used", "pin set", ["87654321", "31415926"]),
        (
            "openpgp-used",
            "pin change --use-last-try",
            ["654321", "wrong horse battery"],
        ),
        ("piv-used", "pin verify", ["111222", "333444"]),
    ] {
        let mut command = program();
        command
            .arg(format!("--practice={card}"))
            .args(["--trace", "--trace-file"])
            .arg(&file);
        command
            .args(arguments.split_whitespace())
            .args(["--pin-fd", "0"]);
        let input = format!("{}\n{}\n", secrets[0], secrets[1]);
        let ended = Ended::new(output(&mut command, input.as_bytes()));
        let trace = fs::read_to_string(&file).unwrap();
        assert!(trace.contains("bytes hidden]"), "{trace}");
        assert!(
            ended.stderr.contains(trace.lines().last().unwrap()),
            "{ended:?}"
        );
        for secret in secrets {
            let digits: String = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
            for text in [&ended.stdout, &ended.stderr, &trace] {
                let upper = text.to_uppercase();
                assert!(
                    !text.contains(secret) && !upper.contains(&digits),
                    "{arguments}: {text}"
                );
            }
        }
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_trace_goes_on_where_it_ended_and_is_for_its_owner_alone() {
    let folder = private_directory("trace-");
    let file = folder.path().join("trace");
    let mut lengths = Vec::new();
    for _ in 0..2 {
        let mut command = program();
        command
            .args(["--practice=unknown", "show", "--trace-file"])
            .arg(&file);
        Ended::new(output(&mut command, b"")).result();
        lengths.push(fs::metadata(&file).unwrap().len());
    }
    assert!(lengths[0] > 0 && lengths[1] > lengths[0], "{lengths:?}");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn a_blocked_pin_is_refused_before_anything_is_asked() {
    let card = "--practice=blocked-pin";
    for application in ["piv", "openpgp"] {
        let line = format!("{card} --trace pin verify --application {application} --pin-fd 0");
        let words = run_with(&line, "123456\n").said(6);
        assert!(
            words.contains("symbolonctl: The PIN is blocked\n"),
            "{words}"
        );
        assert!(!words.contains("VERIFY"), "{words}");
    }
    let line = format!("{card} pin unblock --application piv --pin-fd 0");
    let ended = run_with(&line, "12345678\n271828\n");
    assert_eq!(ended.result(), "The PIN is unblocked.\n");
}

/// The MUSCLE applet: its PUK gives the tries back, so no new PIN is asked for; it is taken only where
/// the PIN is blocked.
#[test]
fn where_the_pin_stays_the_puk_alone_is_asked_for() {
    for card in ["muscle-used", "muscle-t0"] {
        let line = format!("--practice={card} pin unblock --pin-fd 0");
        let words = run_with(&line, "87654321\n").said(1);
        assert!(
            words.starts_with("symbolonctl: The PIN is not blocked\n"),
            "{words}"
        );
        assert!(words.contains("no try was lost"), "{words}");
    }
}

#[test]
fn the_code_that_unblocks_is_chosen_where_there_are_two() {
    let unblock = |with: &str, input: &str| {
        let line = format!("--practice=openpgp-curves pin unblock {with} --pin-fd 0");
        run_with(&line, input)
    };
    let words = unblock("", "12345678\n271828\n").said(2);
    assert!(
        words.contains("--with") && words.contains("resetting code and admin PIN"),
        "{words}"
    );
    for (with, code) in [("resetting-code", "12345678"), ("admin", "87654321")] {
        let ended = unblock(&format!("--with {with}"), &format!("{code}\n271828\n"));
        assert_eq!(ended.result(), "The PIN is unblocked.\n");
    }
    let words = unblock("--with puk", "12345678\n271828\n").said(2);
    assert!(
        words.contains("This cannot be done with the PUK"),
        "{words}"
    );
    // The wrong code is the one that is named.
    let words = unblock("--with admin", "12345678\n271828\n").said(5);
    assert!(
        words.starts_with("symbolonctl: Wrong admin PIN\n2 of 3 tries left."),
        "{words}"
    );
}

#[test]
fn what_the_pin_opens_is_told_after_it() {
    let page = run("--practice=pkcs15-two show").result();
    for words in [
        "PKCS#15 · Citizen card",
        "PKCS#15 (2) · Signature card",
        "Letter · private: shown after the PIN",
        "Mail · private: shown after the PIN",
        "512 bytes from byte 256 of 3F00 5015 4600 · with the PIN 01",
        "1024 bytes from byte 0 of 3F00 5015 4601 · 1 access rule of its own",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(
        !page.contains("Health insurance") && !page.contains("Needs attention"),
        "{page}"
    );
    let verify = |line: &str, pin: &str| {
        run_with(
            &format!("--practice=pkcs15-two pin verify {line}--pin-fd 0"),
            pin,
        )
    };
    let opened = verify("--application pkcs15 ", "654321\n").result();
    for words in [
        "The PIN is right.",
        "Letter · 31 bytes · needs the PIN",
        "Health insurance · 9 bytes",
        "Key 3",
    ] {
        assert!(opened.contains(words), "{words}: {opened}");
    }
    assert!(!opened.contains("Sign-in"), "{opened}");
    let other = verify("--application pkcs15-2 ", "112233\n").result();
    assert_eq!(other, "The PIN is right.\n");
}
