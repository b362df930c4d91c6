//! Private keys of a MUSCLE applet: what they sign and open, by the word of `openssl`.

use std::fs;
use std::path::Path;

use symbolon::base::hex;
use tempfile::TempDir;

use crate::plan::Lent;
use crate::program::{Ended, output, program};
use crate::support::process::{finish, private_directory, tool};
use crate::terminal::OnTerminal;

/// The PIN of the practice cards.
const PIN: &str = "654321\n";

const MESSAGE: &str = "The text that is signed.";

fn openssl(folder: &TempDir, line: &str) {
    let mut command = tool("openssl", "openssl");
    command.current_dir(folder).args(line.split(' '));
    finish(&mut command, "").succeeded();
}

/// The program in a folder, with these arguments, parted by blanks.
fn key(folder: &TempDir, arguments: &str, input: &str) -> Ended {
    let mut command = program();
    command
        .current_dir(folder)
        .args(arguments.split_whitespace());
    Ended::new(output(&mut command, input.as_bytes()))
}

fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) {
    fs::write(folder.path().join(name), content).unwrap();
}

/// A folder with a message, and the public key of a practice card.
fn desk(card: &str) -> TempDir {
    let folder = private_directory("keys-");
    file(&folder, "message", MESSAGE);
    let line = format!("--practice={card} cert key 1");
    file(&folder, "public.pem", key(&folder, &line, "").result());
    folder
}

#[test]
fn openssl_verifies_what_is_signed() {
    for card in ["muscle-used", "muscle-t0"] {
        let folder = desk(card);
        for digest in ["", "sha1", "sha256", "sha384", "sha512"] {
            let option = match digest {
                "" => String::new(),
                named => format!("--digest {named}"),
            };
            let ended = key(
                &folder,
                &format!(
                    "--practice={card} key sign 1 message {option} --output signature --force --pin-fd 0"
                ),
                PIN,
            );
            assert_eq!(ended.result(), "", "{card} {digest}");
            let digest = if digest.is_empty() { "sha256" } else { digest };
            openssl(
                &folder,
                &format!("dgst -{digest} -verify public.pem -signature signature message"),
            );
        }
    }
}

#[test]
fn data_comes_from_standard_input_and_the_signature_goes_to_standard_output() {
    let folder = desk("muscle-used");
    file(&folder, "pin", PIN);
    let mut command = program();
    command
        .current_dir(&folder)
        .args("--practice=muscle-used key sign 1 --pin-file pin".split(' '));
    let ended = output(&mut command, MESSAGE.as_bytes());
    assert!(ended.status.success(), "{ended:?}");
    file(&folder, "signature", ended.stdout);
    openssl(
        &folder,
        "dgst -sha256 -verify public.pem -signature signature message",
    );
    // The PIN would be signed, or the data be taken for the PIN.
    let line = "--practice=muscle-used key sign 1 --pin-fd 0";
    let words = key(&folder, line, PIN).said(2);
    assert!(words.contains("cannot both come from"), "{words}");
}

/// A card with two keys: 1 is for signatures, 2 for decryption.
fn two_keys() -> Lent {
    let lent = Lent::new("muscle-used");
    let profile = "name = 'Mail'\n[[key]]\nsize = 1024\nuse = 'decrypt'\n";
    let profile = lent.file("mail.toml", profile);
    let run = ["plan", "run", &profile, "--yes", "--pin-fd", "0"];
    lent.run(&run, PIN).result();
    file(
        &lent.folder,
        "public.pem",
        run_in(&lent, "cert key 2", "").result(),
    );
    file(&lent.folder, "message", MESSAGE);
    lent
}

fn run_in(lent: &Lent, arguments: &str, input: &str) -> Ended {
    let mut command = program();
    lent.dress(&mut command)
        .current_dir(&lent.folder)
        .args(arguments.split_whitespace());
    Ended::new(output(&mut command, input.as_bytes()))
}

#[test]
fn what_openssl_encrypts_is_decrypted() {
    let lent = two_keys();
    openssl(
        &lent.folder,
        "pkeyutl -encrypt -pubin -inkey public.pem -pkeyopt rsa_padding_mode:pkcs1 -in message -out cryptogram",
    );
    let ended = run_in(&lent, "--trace key decrypt 2 cryptogram --pin-fd 0", PIN);
    let shown = ended.stderr.replace([' ', '\n'], "");
    assert!(!shown.contains(&hex::encode(MESSAGE.as_bytes())), "{shown}");
    // The PIN is taken back after it.
    let used = ended.stderr.rfind("ComputeCrypt").unwrap();
    assert!(ended.stderr.rfind("SELECT").unwrap() > used, "{ended:?}");
    assert_eq!(ended.result(), MESSAGE);
    let line = "key decrypt 2 cryptogram --output plain --pin-fd 0";
    assert_eq!(run_in(&lent, line, PIN).result(), "");
    let plain = lent.folder.path().join("plain");
    assert_eq!(fs::read_to_string(&plain).unwrap(), MESSAGE);
    assert!(is_private(&plain));
    // Before any PIN is asked for.
    let words = run_in(&lent, line, "").said(1);
    assert!(words.contains("plain exists already"), "{words}");
}

fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0
}

#[test]
fn why_something_cannot_be_decrypted_nobody_learns() {
    let lent = two_keys();
    // Padded as it is signed, with a zero too early, without any.
    let mut signed = vec![0xFF; 128];
    signed[..2].copy_from_slice(&[0, 1]);
    signed[120] = 0;
    let mut early = vec![0x11; 128];
    early[..2].copy_from_slice(&[0, 2]);
    let without = early.clone();
    early[5] = 0;
    let mut said = Vec::new();
    for block in [signed, early, without] {
        file(&lent.folder, "block", block);
        openssl(
            &lent.folder,
            "pkeyutl -encrypt -pubin -inkey public.pem -pkeyopt rsa_padding_mode:none -in block -out cryptogram",
        );
        let line = "key decrypt 2 cryptogram --pin-fd 0";
        said.push(run_in(&lent, line, PIN).said(1));
    }
    assert!(
        said[0].starts_with("symbolonctl: This could not be decrypted\n"),
        "{said:?}"
    );
    assert!(said.iter().all(|words| *words == said[0]), "{said:?}");
}

#[test]
fn a_wrong_pin_costs_one_try() {
    let lent = Lent::new("muscle-used");
    file(&lent.folder, "message", MESSAGE);
    let sign = |pin: &str| {
        run_in(
            &lent,
            "key sign 1 message --output signature --force --pin-fd 0",
            pin,
        )
    };
    let words = sign("111111\n").said(5);
    assert!(words.starts_with("symbolonctl: Wrong PIN\n"), "{words}");
    // It has five tries; the right one brings all back, and what cannot be right costs none.
    let codes = |pins: &[&str]| -> Vec<i32> { pins.iter().map(|pin| sign(pin).code).collect() };
    let (wrong, odd) = ("111111\n", "1\n");
    assert_eq!(codes(&[wrong, wrong, wrong, odd, PIN]), [5, 5, 5, 9, 0]);
    assert_eq!(
        codes(&[wrong, wrong, odd, wrong, wrong, wrong, PIN]),
        [5, 5, 9, 5, 5, 5, 6]
    );
}

#[test]
fn what_cannot_be_done_is_refused_before_the_pin_is_asked() {
    let lent = two_keys();
    file(&lent.folder, "short", [0x11; 127]);
    file(&lent.folder, "long", [0x11; 5000]);
    for (arguments, words) in [
        ("decrypt 1 message", "This key is not for decryption"),
        ("sign 2 message", "This key is not for signatures"),
        ("sign 3 message", "There is nothing in a slot “3”"),
        ("decrypt 2 short", "This was not encrypted for this key"),
        ("decrypt 2 long", "This was not encrypted for this key"),
    ] {
        let line = format!("--trace key {arguments} --pin-fd 0");
        let said = run_in(&lent, &line, "").said(1);
        assert!(said.contains(&format!("symbolonctl: {words}\n")), "{said}");
        assert!(!said.contains("VerifyPIN"), "{said}");
    }
    let folder = desk("muscle-used");
    for (arguments, words) in [
        (
            "piv-used key sign 9A",
            "Symbolon signs with keys in a MUSCLE applet only",
        ),
        (
            "openpgp-used key decrypt 2",
            "Symbolon decrypts with keys in a MUSCLE applet only",
        ),
        (
            "cardos-used key sign 1",
            "Symbolon signs with keys in a MUSCLE applet only",
        ),
    ] {
        let line = format!("--practice={arguments} message --pin-fd 0");
        let said = key(&folder, &line, "").said(1);
        assert!(
            said.contains(words) && said.contains("pkcs11-tool"),
            "{said}"
        );
    }
    let words = key(
        &folder,
        "--practice=muscle-used key sign 1 nothing --pin-fd 0",
        PIN,
    )
    .said(1);
    assert!(words.contains("nothing cannot be read"), "{words}");
}

#[test]
fn no_result_goes_to_a_terminal() {
    let folder = desk("muscle-used");
    let message = folder.path().join("message");
    let line = format!("--practice=muscle-used key sign 1 {}", message.display());
    let mut terminal = OnTerminal::start(&line);
    terminal.wait_for("The result is not made for a terminal");
    terminal.ended(2);
    let signature = folder.path().join("signature");
    let mut terminal = OnTerminal::start(&format!("{line} -o {}", signature.display()));
    terminal.wait_for("PIN: ");
    terminal.press("654321\r");
    terminal.wait_for("Written to ");
    let screen = terminal.ended(0);
    assert!(!screen.contains("654321"), "{screen}");
    openssl(
        &folder,
        "dgst -sha256 -verify public.pem -signature signature message",
    );
}
