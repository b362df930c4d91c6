//! `symbolonctl`: each deed with a PIN, searched a second after it was done.

use std::fs;
use std::process::Command;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::held::{Full, Held};
use crate::home::Home;
use crate::needles::Needles;
use crate::support::cards::IndependentCard;
use crate::support::pcscd::{PrivatePcscd, Slot};
use crate::support::process::{Daemon, finish, wait_for};
use crate::tally::Tally;

/// One thing that is done.
struct Deed<'a> {
    /// The command after the options for every command.
    arguments: &'a str,
    /// Which secrets go in, one a line.
    secrets: &'a [&'a str],
    way: Way,
    /// How it ends.
    code: i32,
    /// What it says then.
    says: &'a str,
}

/// How secrets go in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    Descriptor,
    File,
    /// As commands, which are the whole input. Their answers are told all at once, in JSON: else it would want to be heard
    /// before the last one.
    Commands,
    CommandFile,
}

/// Does it, and searches everything when it is done.
fn search(home: &Home, slot: &Slot, deed: &Deed<'_>, tally: &mut Tally) {
    let trace = home.path().join("trace");
    let mut command = home.command(slot);
    command
        .args(["--trace", "--trace-file"])
        .arg(&trace)
        .args(deed.arguments.split(' '));
    let given = home.given().join("secrets");
    let lines: String = deed
        .secrets
        .iter()
        .map(|line| line.to_string() + "\n")
        .collect();
    let mut input = lines.as_str();
    match deed.way {
        Way::Descriptor => _ = command.args(["--pin-fd", "0"]),
        Way::Commands => _ = command.args(["--yes", "--file", "-"]),
        Way::File | Way::CommandFile => {
            fs::write(&given, lines.as_str()).unwrap();
            let option = if deed.way == Way::File {
                &["--pin-file"][..]
            } else {
                &["--yes", "--file"]
            };
            command.args(option).arg(&given);
            input = "";
        }
    }
    let full = if deed.code == 0 {
        Full::Output
    } else {
        Full::Error
    };
    // With standard error full, the trace goes to its file alone.
    if full == Full::Error {
        command = without(&command, "--trace");
    }
    let mut held = Held::start(&mut command, full, input.as_bytes());
    held.has_done_its_work();
    tally.search_memory("memory", deed.arguments, held.pid());
    let left = held.let_go();
    let words = [&left.stdout[..], &left.stderr[..]].concat();
    let words = String::from_utf8_lossy(&words);
    assert_eq!(left.code, Some(deed.code), "{}: {words}", deed.arguments);
    assert!(words.contains(deed.says), "{words}");
    tally.search("stdout", deed.arguments, &left.stdout);
    tally.search("stderr", deed.arguments, &left.stderr);
    tally.search("trace", deed.arguments, &fs::read(&trace).unwrap());
    for arguments in &left.seen.arguments {
        tally.search("argv", deed.arguments, arguments);
    }
    for environment in &left.seen.environments {
        tally.search("environ", deed.arguments, environment);
    }
    tally.search_files("files", home.path());
}

/// The same command without one of its arguments.
fn without(command: &Command, argument: &str) -> Command {
    let mut other = Command::new(command.get_program());
    other.current_dir(command.get_current_dir().unwrap());
    other.args(command.get_args().filter(|known| *known != argument));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => other.env(name, value),
            None => other.env_remove(name),
        };
    }
    other
}

/// What has to be found in each place: the reader's name is no secret, nor is what a deed says.
fn controls<'a>(slot: &'a Slot, done: &'a str) -> [(&'static str, &'a str); 7] {
    [
        ("memory", slot.reader.as_str()),
        ("stdout", done),
        ("stderr", "SELECT"),
        ("trace", "bytes hidden]"),
        ("argv", slot.reader.as_str()),
        ("environ", "SYMBOLON_LOG=trace"),
        ("files", "SELECT"),
    ]
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn a_piv_pin_is_gone_a_second_after_its_use() {
    // This card takes digits only; seven of them need padding.
    const FIRST: &str = "5839206";
    const SECOND: &str = "94670281";
    const THIRD: &str = "31758046";
    const WRONG: &str = "8620574";
    const PUK: &str = "G^6bm*1R";
    const WRONG_PUK: &str = "c$2Wz(7K";
    const DIGITS: &str = "70418539";
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::piv(slot);
    let home = Home::new();
    home.prepare(slot, "pin change", "123456", FIRST);
    home.prepare(slot, "pin change --pin puk", "12345678", PUK);

    let all = [FIRST, SECOND, THIRD, WRONG, PUK, WRONG_PUK, DIGITS];
    let needles = Needles::new(all.iter().map(|&secret| (secret, secret.as_bytes())));
    let mut tally = Tally::new(
        "symbolonctl, PIV",
        needles,
        &controls(slot, "The PIN is changed"),
    );
    let select = "00A4040005A000000308".to_owned();
    let verify = |pin: &str| format!("00200080 08 {:F<16}", hex(pin));
    let (right, wrong) = (verify(DIGITS), verify(WRONG));
    let deeds = [
        Deed {
            arguments: "pin verify",
            secrets: &[WRONG],
            way: Way::Descriptor,
            code: 5,
            says: "Wrong PIN",
        },
        Deed {
            arguments: "pin verify",
            secrets: &[FIRST],
            way: Way::Descriptor,
            code: 0,
            says: "The PIN is right",
        },
        Deed {
            arguments: "pin change",
            secrets: &[FIRST, SECOND],
            way: Way::File,
            code: 0,
            says: "The PIN is changed",
        },
        Deed {
            arguments: "pin unblock",
            secrets: &[WRONG_PUK, THIRD],
            way: Way::Descriptor,
            code: 5,
            says: "Wrong PUK",
        },
        Deed {
            arguments: "pin unblock",
            secrets: &[PUK, DIGITS],
            way: Way::Descriptor,
            code: 0,
            says: "The PIN is unblocked",
        },
        Deed {
            arguments: "apdu --json",
            secrets: &[&select, &right],
            way: Way::Commands,
            code: 0,
            says: "9000",
        },
        Deed {
            arguments: "apdu --json",
            secrets: &[&select, &wrong],
            way: Way::CommandFile,
            code: 1,
            says: "Not every command was carried out",
        },
    ];
    for deed in &deeds {
        search(&home, slot, deed, &mut tally);
    }
    tally.close();
}

#[test]
fn an_openpgp_pin_is_gone_a_second_after_its_use() {
    const FIRST: &str = "vT8~mq}Wz2#k";
    // Digits alone, and so many that half of them are a secret.
    const SECOND: &str = "7916340825591037";
    const THIRD: &str = "wQ)3gP_s7%Yn";
    const WRONG: &str = "f&6Dz!Ku4|Ra";
    const ADMIN: &str = "H<1xe[N9v@Gt";
    const WRONG_ADMIN: &str = "y=2Mj]C8o>Fs";
    const CODE: &str = "B'7uk{T0i?Wd";
    const DERIVED: &str = "p+4Zc/E6l:Sq";
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let _card = IndependentCard::openpgp(slot);
    let home = Home::new();
    home.prepare(slot, "pin change", "123456", FIRST);
    home.prepare(slot, "pin change --pin admin", "12345678", ADMIN);

    let all = [
        FIRST,
        SECOND,
        THIRD,
        WRONG,
        ADMIN,
        WRONG_ADMIN,
        CODE,
        DERIVED,
    ];
    let mut needles = Needles::new(all.iter().map(|&secret| (secret, secret.as_bytes())));
    let digest = derived(DERIVED);
    needles.add("what is derived from a PIN", &digest);
    let mut tally = Tally::new(
        "symbolonctl, OpenPGP",
        needles,
        &controls(slot, "The PIN is changed"),
    );
    let select = "00A4040006D27600012401".to_owned();
    let verify = format!("00200081 {:02X} {}", THIRD.len(), hex(THIRD));
    let typed = |arguments, secrets, code, says| Deed {
        arguments,
        secrets,
        way: Way::Descriptor,
        code,
        says,
    };
    for deed in [
        typed("pin verify", &[WRONG], 5, "Wrong PIN"),
        typed("pin verify", &[FIRST], 0, "The PIN is right"),
        typed("pin change", &[FIRST, SECOND], 0, "The PIN is changed"),
        typed("pin set", &[ADMIN, CODE], 0, "The resetting code is set"),
        typed(
            "pin unblock --with resetting-code",
            &[CODE, THIRD],
            0,
            "The PIN is unblocked",
        ),
        typed(
            "pin unblock --with admin",
            &[WRONG_ADMIN, SECOND],
            5,
            "Wrong admin PIN",
        ),
        Deed {
            arguments: "apdu --json",
            secrets: &[&select, &verify],
            way: Way::Commands,
            code: 0,
            says: "9000",
        },
    ] {
        search(&home, slot, &deed, &mut tally);
    }

    derive_from_now_on(&home, slot, THIRD, ADMIN, &digest);
    for deed in [
        typed("pin verify", &[WRONG], 5, "Wrong PIN"),
        typed("pin verify", &[DERIVED], 0, "The PIN is right"),
    ] {
        search(&home, slot, &deed, &mut tally);
    }
    tally.close();
}

#[test]
fn what_a_plan_wanted_is_gone_a_second_after_it() {
    const SO_PUK: &str = "Qz7!vK2p";
    const SO_PIN: &str = "m%4Xw&9T";
    const PUK: &str = "c)8Ru*3J";
    const PIN: &str = "G~6sd@1B";
    let service = PrivatePcscd::start(1);
    let slot = service.slot(0);
    let home = Home::new();
    let port = slot.port.to_string();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_symbolonctl"));
    serve.args(["practice", "serve", "cardos-blank", "--port", &port]);
    let _card = Daemon::spawn(&mut serve, &home.given().join("card"));
    let noticed = Duration::from_secs(20);
    wait_for("the card", noticed, || slot.holds_card().then_some(()));
    let profile = "name = 'A'\nlabel = 'A'\n[so-pin]\n[[pin]]\nmin = 6\n";
    fs::write(home.path().join("new.toml"), profile).unwrap();
    let profile = "name = 'B'\n[[key]]\nsize = 1024\n";
    fs::write(home.path().join("key.toml"), profile).unwrap();

    let all = [SO_PUK, SO_PIN, PUK, PIN];
    let needles = Needles::new(all.iter().map(|&secret| (secret, secret.as_bytes())));
    let controls = controls(slot, "Promised");
    let mut tally = Tally::new("symbolonctl plan", needles, &controls);
    let deeds = [
        Deed {
            arguments: "plan run new.toml",
            secrets: &[SO_PIN, SO_PUK, PIN, PUK],
            way: Way::Descriptor,
            code: 0,
            says: "Promised 2, found 2",
        },
        Deed {
            arguments: "plan run key.toml",
            secrets: &[SO_PIN, PIN],
            way: Way::File,
            code: 0,
            says: "Promised 1, found 1",
        },
    ];
    for deed in &deeds {
        search(&home, slot, deed, &mut tally);
    }
    tally.close();
}

/// From here on the card wants what is derived from the user PIN in its place.
fn derive_from_now_on(home: &Home, slot: &Slot, user: &str, admin: &str, digest: &[u8]) {
    let select = "00A4040006D27600012401".to_owned();
    let verify = format!("00200083 {:02X} {}", admin.len(), hex(admin));
    let digits: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    let length = user.len() + digest.len();
    let change = format!("00240081 {length:02X} {}{digits}", hex(user));
    let setting = format!("00DA00F9 2A {KDF}");
    let commands = [select, verify, change, setting].join("\n");
    let mut command = home.command(slot);
    command.args(["apdu", "--yes", "--file", "-"]);
    finish(&mut command, &commands).succeeded();
}

/// Key derivation with SHA-256 over 100,000 bytes (OpenPGP card 3.4, 4.3.2).
const KDF: &str =
    "810103 820108 8304000186A0 84083031323334353637 85083132333435363738 86084142434445464748";

/// What a card with these settings gets in place of the user PIN (RFC 4880, 3.7.1.3).
fn derived(pin: &str) -> Vec<u8> {
    let input = ["01234567".as_bytes(), pin.as_bytes()].concat();
    let all: Vec<u8> = input.iter().copied().cycle().take(100_000).collect();
    Sha256::digest(&all).to_vec()
}
