//! Tokens set up by profiles: shown, tried on paper, carried out, stopped in every way, gone on with.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::pipe::fcntl_setpipe_size;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use symbolon::base::hex::Hex;
use symbolon::pki::pem;
use symbolon::plan::journal::{Journals, Record};
use symbolon::plan::profile::Profile;
use symbolon::plan::{Plan, Subject, Task};

use crate::json::{Schemas, check, documents};
use crate::program::{Ended, output, program};
use crate::support::pcscd::{PrivatePcscd, SOCKET_VARIABLE};
use crate::support::process::{Daemon, private_directory, wait_for};
use crate::terminal::OnTerminal;

const SYMBOLONCTL: &str = env!("CARGO_BIN_EXE_symbolonctl");

/// How long the service may take to notice a card, and a plan to get on.
const NOTICE_LIMIT: Duration = Duration::from_secs(20);

/// Every secret of these tests, in the order in which a new token wants them: PIN and PUK of the
/// security officer, PIN and PUK of the holder.
const NEW: &str = "24681357\n11335577\n271828\n97531864\n";

/// As [`NEW`], without a security officer.
const NEW_HOLDER: &str = "271828\n97531864\n";

const WITH_OFFICER: &str =
    "name = 'New'\nlabel = 'VPN {name}'\n[so-pin]\n[[pin]]\nmin = 6\nlabel = '{name}'\n";

/// Ten steps, of which none takes long.
const LONG: &str = "name = 'Long'\nlabel = 'Long'\n[so-pin]\n[[pin]]\nmin = 6\n[[pin]]\npuk = false\n\
    [[key]]\nsize = 1024\n[[key]]\nsize = 1024\n[[key]]\nsize = 1024\nuse = 'decrypt'\n\
    [[rename]]\nwhat = 'pin'\nid = '01'\nlabel = 'Everyday'\n[[rename]]\nwhat = 'key'\nid = '46'\nlabel = 'Second'\n\
    [[rename]]\nwhat = 'key'\nid = '45'\nlabel = 'First'\n[[rename]]\nwhat = 'token'\nlabel = 'Long one'\n";

/// What [`LONG`] wants: as [`NEW`], and the PIN without a PUK.
const NEW_LONG: &str = "24681357\n11335577\n271828\n97531864\n314159\n";

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data")
        .join(name)
}

/// A folder for profiles and journals, and the program with a practice card in it.
struct Practice {
    folder: TempDir,
    card: &'static str,
}

impl Practice {
    fn new(card: &'static str) -> Self {
        let folder = private_directory("plan-");
        Self { folder, card }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs `plan` with these arguments.
    fn plan(&self, arguments: &[&str], input: &str) -> Ended {
        let mut command = program();
        command
            .env("XDG_STATE_HOME", self.folder.path())
            .arg(format!("--practice={}", self.card))
            .arg("plan")
            .args(arguments);
        Ended::new(output(&mut command, input.as_bytes()))
    }
}

/// A practice card in a real service: what one run does, the next one finds.
pub(crate) struct Lent {
    pub(crate) folder: TempDir,
    pub(crate) service: PrivatePcscd,
    _card: Daemon,
}

impl Lent {
    pub(crate) fn new(card: &str) -> Self {
        let service = PrivatePcscd::start(1);
        let folder = private_directory("plan-");
        let slot = service.slot(0);
        let port = slot.port.to_string();
        let mut serve = Command::new(SYMBOLONCTL);
        serve.args(["practice", "serve", card, "--port", &port]);
        let card = Daemon::spawn(&mut serve, &folder.path().join("card.log"));
        wait_for("the card", NOTICE_LIMIT, || slot.holds_card().then_some(()));
        Self {
            folder,
            service,
            _card: card,
        }
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn dress<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("XDG_STATE_HOME", self.folder.path())
            .env(SOCKET_VARIABLE, &self.service.slot(0).socket)
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Ended {
        let mut command = program();
        self.dress(&mut command).args(arguments);
        Ended::new(output(&mut command, input.as_bytes()))
    }

    fn plan(&self, arguments: &[&str], input: &str) -> Ended {
        let mut all = vec!["plan"];
        all.extend(arguments);
        self.run(&all, input)
    }

    /// A run beside the test; what it says is in the file that is returned.
    fn begin(&self, arguments: &[&str]) -> (Daemon, PathBuf) {
        let log = self.folder.path().join("run.log");
        let mut command = Command::new(SYMBOLONCTL);
        self.dress(&mut command)
            .env("LC_ALL", "C.UTF-8")
            .env_remove("LANGUAGE")
            .arg("plan")
            .args(arguments);
        (Daemon::spawn(&mut command, &log), log)
    }

    /// The names, identifiers and sizes of what is on the token.
    fn contents(&self) -> Vec<String> {
        let [document] = documents(&self.run(&["show", "--json"], ""))
            .try_into()
            .unwrap();
        let application = &document["token"]["applications"][0];
        let fact = |of: &Value, name: &str| {
            let facts = of["facts"].as_array().into_iter().flatten();
            let found = facts.filter(|fact| fact["name"] == name);
            found
                .map(|fact| fact["value"]["value"].to_string())
                .collect::<String>()
        };
        let mut contents = vec![fact(application, "label")];
        for pin in application["pins"].as_array().into_iter().flatten() {
            contents.push(format!(
                "{} {} {}",
                pin["role"],
                pin["label"],
                fact(pin, "auth_id")
            ));
        }
        for key in application["keys"].as_array().into_iter().flatten() {
            let algorithm = &key["algorithm"];
            contents.push(format!("{} {} {algorithm}", key["label"], fact(key, "id")));
        }
        contents
    }

    fn journal(&self) -> PathBuf {
        self.folder
            .path()
            .join("symbolon/journals/2737C0092B18.journal")
    }
}

#[test]
fn a_plan_is_shown_before_it_is_carried_out() {
    let practice = Practice::new("cardos-blank");
    let profile = data("profiles/set-up.toml");
    let profile = profile.to_str().unwrap();
    let arguments = ["show", profile, "--name", "Anna Rossi"];
    let page = practice.plan(&arguments, "").result();
    for line in [
        "CardOS M4.2B · serial 2737C0092B18",
        "Plan “Token with a signature key”",
        "  1  Create PKCS#15 “VPN Anna Rossi” with SO-PIN",
        "  2  Set Anna Rossi",
        "  3  Generate RSA 2048: Signature key (sign and sign in)",
        "What will be asked for",
    ] {
        assert!(page.lines().any(|shown| shown == line), "no {line}: {page}");
    }
    assert!(
        page.contains("New SO-PIN  ") && page.contains("New PIN “Anna Rossi”"),
        "{page}"
    );
    assert!(
        page.contains("Takes about") && page.contains(" commands\n"),
        "{page}"
    );
    assert!(
        !page.contains("No way back") && !page.contains("Loses"),
        "{page}"
    );
    assert!(!page.contains("PUT DATA"), "{page}");
    let with = [&arguments[..], &["--commands"]].concat();
    let page = practice.plan(&with, "").result();
    assert!(
        page.contains("bytes hidden]") && page.contains("PUT DATA"),
        "{page}"
    );

    let used = Practice::new("cardos-used");
    let erase = data("profiles/erase-and-set-up.toml");
    let page = used
        .plan(&["show", erase.to_str().unwrap(), "--name", "A"], "")
        .result();
    let lines: Vec<&str> = page.lines().collect();
    let back = lines
        .iter()
        .position(|line| *line == "No way back from here on")
        .unwrap();
    assert_eq!(lines[back + 1], "  1  Erase and format the card");
    assert_eq!(
        lines[back + 2].trim(),
        "Loses 1 key, 1 certificate and 2 PINs for good"
    );
    // Without a security officer it is said what that means.
    let profile = used.file("a.toml", "name='A'\nerase='card'\nlabel='T'\n[[pin]]\n");
    let page = used.plan(&["show", &profile], "").result();
    assert!(
        page.contains("Nobody can then reset a forgotten PIN"),
        "{page}"
    );
}

#[test]
fn every_example_is_a_plan() {
    let schemas = Schemas::read();
    let validator = schemas.validator("plan");
    // What each is for, and the steps that come of it there.
    let examples: &[(&str, &str, usize)] = &[
        ("set-up", "cardos-blank", 3),
        ("set-up-without-so-pin", "cardos-blank", 2),
        ("set-up-muscle", "muscle-blank", 3),
        ("erase-and-set-up", "cardos-used", 4),
        ("add-keys", "cardos-used", 2),
        ("import-key", "cardos-used", 2),
        ("certificate", "cardos-used", 1),
        ("data", "cardos-used", 1),
        ("delete", "cardos-used", 2),
        ("rename", "cardos-used", 2),
        ("secure", "cardos-used", 1),
        ("erase", "cardos-used", 1),
    ];
    let mut names: Vec<String> = examples
        .iter()
        .map(|(name, ..)| (*name).to_owned())
        .collect();
    names.sort();
    let mut found = Vec::new();
    for entry in fs::read_dir(data("profiles")).unwrap() {
        let path = entry.unwrap().path();
        Profile::parse(&fs::read_to_string(&path).unwrap()).unwrap();
        found.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
    }
    found.sort();
    assert_eq!(found, names);
    for (name, card, steps) in examples {
        let practice = Practice::new(card);
        let folder = practice.folder.path();
        let profile = folder.join("profile.toml");
        fs::copy(data(&format!("profiles/{name}.toml")), &profile).unwrap();
        let certificate = data("practice/anna-authentication.crt");
        fs::copy(certificate, folder.join("certificate.crt")).unwrap();
        fs::write(folder.join("data.bin"), "data").unwrap();
        let file =
            |ending| fs::read(data(&format!("practice/thomas-authentication.{ending}"))).unwrap();
        let both =
            pem::encode("PRIVATE KEY", &file("key")) + &pem::encode("CERTIFICATE", &file("crt"));
        fs::write(folder.join("encryption.p12"), both).unwrap();
        let profile = profile.to_str().unwrap();
        let ended = practice.plan(&["show", profile, "--name", "Anna", "--json"], "");
        assert_eq!(ended.code, 0, "{name}: {ended:?}");
        let [document] = documents(&ended).try_into().unwrap();
        check(&validator, &document);
        assert_eq!(
            document["steps"].as_array().unwrap().len(),
            *steps,
            "{name}"
        );
        let lost = ["erase-and-set-up", "delete", "erase"].contains(name);
        assert_eq!(document["point_of_no_return"].is_null(), !lost, "{name}");
        let words = practice
            .plan(&["run", profile, "--name", "Anna", "--dry-run"], "")
            .result();
        assert!(
            words.ends_with("on this token as it is now.\nNothing was written.\n"),
            "{words}"
        );
    }
}

/// Everything that is asked for before the first set-up of an applet: its own PIN, then PIN and PUK of the
/// security officer and of the holder.
const NEW_APPLET: [&str; 5] = ["Muscle00", "24681357", "11223344", "13572468", "55667788"];

#[test]
fn an_applet_gets_what_its_profile_says_for_good() {
    let practice = Practice::new("muscle-blank");
    let begin = "name='A'\nlabel='T'\nmemory=8192\n";
    let text = format!(
        "{begin}create-objects='pin'\ncreate-keys='either'\ncreate-pins='nobody'\n\
         [so-pin]\ntries=6\npuk-tries=7\n[[pin]]\ntries=3\npuk-tries=9\n"
    );
    let profile = practice.file("a.toml", &text);
    let shown = practice.plan(&["show", &profile], "").result();
    for words in [
        "Set the MUSCLE applet up with new PINs",
        "3 of the PIN, 9 of its PUK, 6 of the SO-PIN, 7 of its PUK. 8192 bytes",
        "Who may create objects: PIN.",
        "Who may create keys: PIN or SO-PIN.",
        "Who may create further PINs: Nobody.",
        "Nobody can then replace a forgotten PIN: the PUK only gives its tries back.",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    // Sheet "muscle", 3: numbers and rules stand in the command; the PINs do not stand in the page.
    let all = ["show", &profile, "--commands"];
    let commands = practice.plan(&all, "").result();
    assert!(
        commands.contains("Setup: B02A0000 [57 bytes hidden]"),
        "{commands}"
    );
    // What could not go on is not begun.
    for (rule, title) in [
        (
            "create-objects='so-pin'",
            "Nothing could be put on this token",
        ),
        (
            "create-keys='nobody'",
            "The keys of this plan could not be made",
        ),
    ] {
        let text = format!("{begin}{rule}\n[[pin]]\n[[key]]\nsize=1024\n");
        let refused = practice.file("b.toml", &text);
        let words = practice.plan(&["show", &refused], "").said(1);
        assert!(words.contains(title), "{words}");
        assert!(words.contains("Nothing was sent"), "{words}");
    }
    // A PIN is as long as other programs are told.
    let text = format!("{begin}[so-pin]\n[[pin]]\nmin=6\n");
    let long = practice.file("d.toml", &text);
    let secrets = NEW_APPLET.join("\n").replace("13572468", "13572");
    let short = practice.plan(&["run", &long, "--pin-fd", "0"], &secrets);
    assert_eq!(short.code, 9, "{short:?}");
    assert!(short.stderr.contains("has 6 to 8 characters"), "{short:?}");
    // Without a key in the plan, nobody has to be able to make one.
    let text = format!("{begin}create-keys='nobody'\n[[pin]]\n");
    let without = practice.file("c.toml", &text);
    practice.plan(&["show", &without], "").result();
}

#[test]
fn pins_that_everybody_knows_are_refused_before_anything_is_sent() {
    let practice = Practice::new("muscle-blank");
    let profile = practice.file("a.toml", "name='A'\nlabel='T'\n[[pin]]\n");
    let run = ["--trace", "plan", "run", &profile, "--pin-fd", "0"];
    let with = |place: usize, value: &str| {
        let mut secrets = NEW_APPLET;
        secrets[place] = value;
        secrets.join("\n") + "\n"
    };
    for (place, value, words) in [
        (
            1,
            "00000000",
            "New SO-PIN: This cannot be an SO-PIN of this token",
        ),
        (
            3,
            "0000",
            "New PIN “User PIN”: This cannot be a PIN of this token",
        ),
        (3, "Muscle00", "Everybody knows this one"),
        (4, "00000000", "Everybody knows this one"),
        (
            4,
            NEW_APPLET[3],
            "A PUK that is the same as its PIN opens nothing more.",
        ),
    ] {
        let mut command = program();
        command
            .env("XDG_STATE_HOME", practice.folder.path())
            .arg("--practice=muscle-blank")
            .args(run);
        let ended = Ended::new(output(&mut command, with(place, value).as_bytes()));
        assert_eq!(ended.code, 9, "{ended:?}");
        assert!(ended.stderr.contains(words), "{words}: {ended:?}");
        assert!(!ended.stderr.contains("B02A"), "{ended:?}");
    }
    let done = practice.plan(&run[2..], &with(1, NEW_APPLET[1]));
    assert!(done.result().contains("Promised 1, found 1"));

    // A person is asked again.
    let mut terminal = OnTerminal::start(&format!("--practice=muscle-blank plan run {profile}"));
    terminal.wait_for("Transport PIN of the applet: ");
    terminal.press("Muscle00\r");
    for (prompt, repeat, refused, right) in [
        (
            "New SO-PIN: ",
            "Repeat new SO-PIN: ",
            "00000000",
            NEW_APPLET[1],
        ),
        (
            "New PUK of “SO-PIN”: ",
            "Repeat new PUK: ",
            NEW_APPLET[1],
            NEW_APPLET[2],
        ),
    ] {
        for secret in [refused, right] {
            terminal.wait_for(prompt);
            terminal.press(&format!("{secret}\r"));
            terminal.wait_for(repeat);
            terminal.press(&format!("{secret}\r"));
            if secret == refused {
                terminal.wait_for("Nothing was sent; no try was lost.");
            }
        }
    }
    terminal.wait_for("New PIN “User PIN”: ");
    terminal.press("\u{3}");
    terminal.ended(8);
}

#[test]
fn what_an_applet_cannot_do_is_said_in_words() {
    let practice = Practice::new("muscle-used");
    for profile in [
        "[[rename]]\nwhat='token'\nlabel='B'\n",
        "[[rename]]\nwhat='key'\nid='45'\nlabel='B'\n[delete]\nkeys=['45']\n",
        "secure=true\n",
        "erase='card'\n",
    ] {
        let file = practice.file("a.toml", &format!("name='A'\n{profile}"));
        let words = practice.plan(&["show", &file], "").said(1);
        let title = "The MUSCLE applet cannot do everything in this profile";
        assert!(words.contains(title), "{profile}: {words}");
    }
    let file = practice.file("a.toml", "name='A'\n[delete]\nkeys=['45']\n");
    practice.plan(&["show", &file], "").result();
}

#[test]
fn a_dry_run_writes_nothing() {
    let lent = Lent::new("cardos-blank");
    let profile = lent.file("a.toml", WITH_OFFICER);
    let ended = lent.run(
        &[
            "--trace",
            "plan",
            "run",
            &profile,
            "--name",
            "A",
            "--dry-run",
        ],
        "",
    );
    assert!(
        ended
            .stdout
            .contains("All 2 steps would work on this token as it is now."),
        "{ended:?}"
    );
    assert!(
        ended.stdout.ends_with("\nNothing was written.\n"),
        "{ended:?}"
    );
    for word in ["CREATE", "PUT DATA", "UPDATE", "VERIFY", "00E0"] {
        assert!(!ended.stderr.contains(word), "{word}: {ended:?}");
    }
    assert_eq!(ended.code, 0);
    assert!(!lent.journal().exists());
    assert!(lent.contents()[0].is_empty());
}

#[test]
#[allow(clippy::too_many_lines, reason = "one story")]
fn a_token_is_set_up_used_and_told_of() {
    let lent = Lent::new("cardos-blank");
    let profile = lent.file("a.toml", &format!("{WITH_OFFICER}[[key]]\nsize = 1024\n"));
    let secrets = lent.file("secrets", NEW);
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o600)).unwrap();
    let run = [
        "--trace",
        "plan",
        "run",
        &profile,
        "--name",
        "Anna",
        "--pin-file",
        &secrets,
    ];
    let ended = lent.run(&run, "");
    assert_eq!(ended.code, 0, "{ended:?}");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let at = |line: &str| {
        let found = lines.iter().position(|shown| *shown == line);
        found.unwrap_or_else(|| panic!("no {line}: {ended:?}"))
    };
    let steps = [
        at("1 of 3  Create PKCS#15 “VPN Anna” with SO-PIN"),
        at("2 of 3  Set Anna"),
        at("3 of 3  Generate RSA 1024: Signature key (sign and sign in)"),
        at("Promised 3, found 3"),
    ];
    assert!(steps.is_sorted(), "{ended:?}");
    let journal = lent.journal();
    assert!(
        ended
            .stdout
            .ends_with(&format!("Journal: {}\n", journal.display())),
        "{ended:?}"
    );
    assert_eq!(
        ended.stderr.matches("Do not remove the token").count(),
        1,
        "{ended:?}"
    );

    // No secret is in anything that was said or written, in no form.
    let written = fs::read_to_string(&journal).unwrap();
    for secret in NEW.lines() {
        let digits: String = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
        for text in [&ended.stdout, &ended.stderr, &written] {
            assert!(
                !text.contains(secret) && !text.to_uppercase().contains(&digits),
                "{text}"
            );
        }
    }

    for (pin, secret) in [("user", "271828\n"), ("so", "24681357\n"), ("puk", "")] {
        if !secret.is_empty() {
            lent.run(&["pin", "verify", "--pin", pin, "--pin-fd", "0"], secret)
                .result();
        }
    }
    let page = lent.run(&["show"], "").result();
    assert!(
        page.contains("VPN Anna") && page.contains("ID 45 · RSA 1024"),
        "{page}"
    );
    assert!(!page.contains("stopped"), "{page}");

    // Once more is not possible, and says why; nothing is asked.
    let words = lent
        .plan(&["run", &profile, "--name", "Anna", "--pin-fd", "0"], NEW)
        .said(1);
    assert!(words.contains("The token is set up already"), "{words}");

    // It is for its owner alone: it tells whose token it is.
    let mode = fs::metadata(&journal).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let list = lent.plan(&["journal"], "").result();
    let row: Vec<&str> = list.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[..3], ["2737C0092B18", "New", "Finished"], "{list}");
    let told = lent.plan(&["journal", "2737C0092B18"], "").result();
    for line in [
        "Plan “New” with 3 steps",
        "Step 1: Create PKCS#15 “VPN Anna” with SO-PIN",
        "Step 1 is done",
        "Finished; promised 3, found 3",
    ] {
        assert!(
            told.lines().any(|shown| shown.ends_with(line)),
            "no {line}: {told}"
        );
    }
    let schemas = Schemas::read();
    for (name, arguments) in [
        ("journals", &["journal", "--json"][..]),
        ("journal", &["journal", "2737C0092B18", "--json"]),
    ] {
        let [document] = documents(&lent.plan(arguments, "")).try_into().unwrap();
        check(&schemas.validator(name), &document);
    }

    // Somebody has changed it.
    fs::write(&journal, written.replacen("VPN Anna", "VPN Anne", 1)).unwrap();
    let ended = lent.plan(&["journal"], "");
    assert!(
        ended
            .stdout
            .contains("The journal of this token was changed"),
        "{ended:?}"
    );
    assert!(ended.stderr.contains("line 2"), "{ended:?}");
    assert_eq!(ended.code, 1);
    let [document] = documents(&lent.plan(&["journal", "--json"], ""))
        .try_into()
        .unwrap();
    check(&schemas.validator("journals"), &document);
    assert_eq!(document["journals"][0]["state"], "changed");
    let words = lent.plan(&["journal", "2737C0092B18"], "").said(1);
    assert!(words.contains("was changed"), "{words}");
    // And then nothing is done to the token: what was is not known.
    let keys = lent.file("b.toml", "name='B'\n[[key]]\n");
    let words = lent.plan(&["show", &keys], "").said(1);
    assert!(words.contains("was changed"), "{words}");
}

#[test]
fn there_may_be_no_journal() {
    let practice = Practice::new("cardos-blank");
    let ended = practice.plan(&["journal"], "");
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{ended:?}");
    assert!(ended.stderr.contains("There is no journal"), "{ended:?}");
    let words = practice.plan(&["journal", "0102"], "").said(2);
    assert!(words.contains("There is no journal of 0102"), "{words}");
    practice.plan(&["journal", "what"], "").said(2);
    let words = practice.plan(&["resume"], "").said(2);
    assert!(words.contains("There is nothing to go on with"), "{words}");
    practice.plan(&["give-up", "--yes"], "").said(2);
}

#[test]
fn what_cannot_be_a_pin_is_refused_before_anything_is_sent() {
    let practice = Practice::new("cardos-blank");
    let profile = practice.file("a.toml", WITH_OFFICER);
    for secrets in [
        "12345\n11335577\n271828\n97531864\n",
        "24681357\n11335577\n27182\n97531864\n",
        "24681357\n11335577\n271828182\n97531864\n",
        "24681357\n113\n271828\n97531864\n",
        "24681357\n11335577\nä71828\n97531864\n",
    ] {
        let mut command = program();
        command
            .env("XDG_STATE_HOME", practice.folder.path())
            .args([
                "--practice=cardos-blank",
                "--trace",
                "plan",
                "run",
                &profile,
            ])
            .args(["--name", "A", "--pin-fd", "0"]);
        let ended = Ended::new(output(&mut command, secrets.as_bytes()));
        assert_eq!(ended.code, 9, "{ended:?}");
        assert!(
            ended.stderr.contains("Nothing was sent; no try was lost."),
            "{ended:?}"
        );
        for word in ["PUT DATA", "VERIFY", "Do not remove"] {
            assert!(!ended.stderr.contains(word), "{ended:?}");
        }
    }
    // Fewer than are needed.
    let ended = practice.plan(
        &["run", &profile, "--name", "A", "--pin-fd", "0"],
        "24681357\n",
    );
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("What is missing: New PUK of “Security officer PIN”."),
        "{ended:?}"
    );
    // Neither a terminal nor a file.
    let ended = practice.plan(&["run", &profile, "--name", "A"], "");
    assert!(
        ended.stderr.contains("There is no terminal to ask on"),
        "{ended:?}"
    );
    // No name, or nothing that could be one; nothing is asked.
    for arguments in [&["run", &profile][..], &["run", &profile, "--name", " "]] {
        let words = practice.plan(arguments, "").said(2);
        assert!(
            words.contains("This profile wants a name") && words.contains("--name"),
            "{words}"
        );
    }
    // A place that only a table fills.
    let other = practice.file("b.toml", "name='B'\nlabel='{team}'\n[[pin]]\n");
    let words = practice.plan(&["run", &other, "--name", "A"], "").said(2);
    assert!(
        words.contains("This profile is for the bench") && words.contains("“team”"),
        "{words}"
    );
    // A name that does not fit.
    let name = "A name that has no place on it";
    let words = practice
        .plan(&["run", &profile, "--name", name, "--pin-fd", "0"], NEW)
        .said(1);
    assert!(words.contains("too long for a name"), "{words}");
}

#[test]
fn what_the_token_cannot_become_is_said() {
    let practice = Practice::new("cardos-used");
    let words = |text: &str, code: i32| {
        let profile = practice.file("a.toml", text);
        practice
            .plan(&["run", &profile, "--pin-fd", "0"], "")
            .said(code)
    };
    let key = "name='A'\n[[key]]\n";
    let said = words(&format!("{key}id='45'\n"), 1);
    assert!(said.contains("The ID 45 is in use"), "{said}");
    let said = words(&format!("{key}pin='07'\n"), 1);
    assert!(said.contains("There is no PIN 07 on the token"), "{said}");
    let said = words("name='A'\nlabel='A'\n[[pin]]\n", 1);
    assert!(said.contains("The token is set up already"), "{said}");
    let said = words("name='A'\n[delete]\nkeys=['99']\n", 1);
    assert!(said.contains("There is no 99 on the token"), "{said}");
    let said = words("name='A'\n[[key]]\nfile='b.key'\n", 1);
    assert!(said.contains("b.key cannot be read"), "{said}");
    practice.file("b.key", "no key\n");
    let said = words("name='A'\n[[key]]\nfile='b.key'\n", 1);
    assert!(said.contains("b.key: This is not a key file"), "{said}");

    let blank = Practice::new("cardos-blank");
    let profile = blank.file("a.toml", key);
    let said = blank.plan(&["run", &profile], "").said(1);
    assert!(said.contains("The token is not set up"), "{said}");
    let other = Practice::new("piv-used");
    let profile = other.file("a.toml", key);
    let said = other.plan(&["show", &profile], "").said(1);
    assert!(said.contains("This card cannot be set up"), "{said}");
}

#[test]
fn mistakes_in_a_profile_have_a_place() {
    let practice = Practice::new("cardos-blank");
    let file = practice.folder.path().join("a.toml");
    for (text, place, what) in [
        (
            "name='A'\nlabel='A'\n[[pin]]\nmin=3\n",
            "Line 4, column 5",
            "from 4 to 8",
        ),
        (
            "name='A'\n[[key]]\n  size = 4096\n",
            "Line 3, column 10",
            "512 to 2048 bits",
        ),
        (
            "name='A'\n[[kex]]\n",
            "Line 2, column 3",
            "not the form of a profile",
        ),
        ("name='A'\n", "Line 2, column 1", "does nothing"),
        (
            "name='A'\n[[key]]\nid='xyz'\n",
            "Line 3, column 4",
            "in hexadecimal",
        ),
    ] {
        let profile = practice.file("a.toml", text);
        let words = practice.plan(&["show", &profile], "").said(2);
        let begin = format!("symbolonctl: {}: {place}: ", file.display());
        assert!(words.starts_with(&begin) && words.contains(what), "{words}");
        assert!(words.contains("nothing was sent to a card"), "{words}");
    }
    let words = practice.plan(&["show", "/nonexistent.toml"], "").said(1);
    assert!(
        words.contains("/nonexistent.toml cannot be read"),
        "{words}"
    );
    let profile = practice.file(
        "a.toml",
        "name='A'\n[[certificate]]\nid='45'\nfile='none.crt'\n",
    );
    let words = practice.plan(&["show", &profile], "").said(1);
    assert!(words.contains("none.crt cannot be read"), "{words}");
}

#[test]
fn a_certificate_belongs_to_its_key() {
    let practice = Practice::new("cardos-used");
    let text = "name='A'\n[[certificate]]\nid='45'\nlabel='Renewed'\nfile='sub/a.crt'\n";
    let profile = practice.file("a.toml", text);
    let folder = practice.folder.path().join("sub");
    fs::create_dir(&folder).unwrap();
    let run = || practice.plan(&["run", &profile, "--pin-fd", "0"], "12345678\n654321\n");
    fs::copy(data("practice/anna-signature.crt"), folder.join("a.crt")).unwrap();
    let words = run().said(1);
    assert!(
        words.contains("This certificate belongs to another key"),
        "{words}"
    );
    fs::write(folder.join("a.crt"), "no certificate\n").unwrap();
    let words = run().said(1);
    assert!(
        words.contains("a.crt: there is no certificate in it"),
        "{words}"
    );
    // In DER, and in text as another program has it.
    fs::copy(
        data("practice/anna-authentication.crt"),
        folder.join("a.crt"),
    )
    .unwrap();
    let page = run().result();
    assert!(
        page.contains("1 of 1  Store the certificate “Renewed” (ID 45)"),
        "{page}"
    );
    assert!(page.contains("Promised 1, found 1"), "{page}");
    let mut export = program();
    export.args(["--practice=cardos-used", "cert", "export", "1"]);
    let pem = Ended::new(output(&mut export, b"")).result();
    fs::write(folder.join("a.crt"), &pem).unwrap();
    assert!(run().result().contains("Promised 1, found 1"));
    fs::write(folder.join("a.crt"), pem.repeat(2)).unwrap();
    let words = run().said(2);
    assert!(words.contains("there are 2 certificates in it"), "{words}");
}

#[test]
fn a_wrong_so_pin_costs_one_try_and_leaves_the_token_as_it_was() {
    let lent = Lent::new("cardos-used");
    let before = lent.contents();
    let profile = lent.file(
        "a.toml",
        "name='A'\n[[rename]]\nwhat='pin'\nid='01'\nlabel='Another'\n",
    );
    let sent = || {
        let all = lent.service.exchanges();
        let tries = all
            .iter()
            .filter(|exchange| exchange.command.starts_with("0020") && exchange.command.len() > 10);
        tries.count()
    };
    let before_it = sent();
    let ended = lent.plan(&["run", &profile, "--pin-fd", "0"], "99999999\n");
    assert_eq!(ended.code, 5, "{ended:?}");
    assert_eq!(sent() - before_it, 1);
    assert!(
        ended
            .stderr
            .contains("Stopped at step 1 of 1: Call the PIN 01 “Another”"),
        "{ended:?}"
    );
    assert!(
        ended.stderr.contains("symbolonctl: Wrong SO-PIN\n"),
        "{ended:?}"
    );
    assert!(
        ended
            .stderr
            .contains("“symbolonctl plan resume” goes on with it"),
        "{ended:?}"
    );
    assert_eq!(lent.contents(), before);

    let page = lent.run(&["show"], "").result();
    assert!(
        page.contains("Set-up stopped at step 1 of 1. “symbolonctl plan resume”"),
        "{page}"
    );
    // Another plan waits for its end; a look at it does not.
    let other = lent.file("b.toml", "name='B'\n[[key]]\nsize = 1024\n");
    for arguments in [
        &["run", &other, "--pin-fd", "0"][..],
        &["run", &other, "--dry-run"],
    ] {
        let words = lent.plan(arguments, "12345678\n").said(2);
        assert!(
            words.contains("plan resume") && words.contains("plan give-up"),
            "{words}"
        );
    }
    let ended = lent.plan(&["show", &other], "");
    assert!(
        ended.code == 0 && ended.stderr.contains("plan give-up"),
        "{ended:?}"
    );
    let list = lent.plan(&["journal"], "").result();
    assert!(list.contains("Stopped at step 1 of 1"), "{list}");

    let page = lent
        .plan(&["resume", "--pin-fd", "0"], "12345678\n")
        .result();
    assert!(page.contains("1 of 1  Call the PIN 01 “Another”"), "{page}");
    assert!(page.contains("Promised 1, found 1"), "{page}");
    assert!(lent.contents().iter().any(|line| line.contains("Another")));
    assert!(!lent.run(&["show"], "").result().contains("stopped"));
}

#[test]
fn a_plan_is_given_up_after_a_yes() {
    let lent = Lent::new("cardos-used");
    let profile = lent.file("a.toml", "name='A'\n[[key]]\nsize = 1024\n");
    let ended = lent.plan(&["run", &profile, "--pin-fd", "0"], "99999999\n999999\n");
    assert_eq!(ended.code, 5, "{ended:?}");
    let words = lent.plan(&["give-up"], "yes\n").said(2);
    assert!(words.contains("--yes"), "{words}");
    let words = lent.plan(&["give-up", "--yes"], "").result();
    assert!(words.contains("The plan is given up."), "{words}");
    lent.plan(&["resume", "--pin-fd", "0"], "").said(2);
    let list = lent.plan(&["journal"], "").result();
    assert!(list.contains("Given up"), "{list}");
    // Then another one may begin.
    let ended = lent.plan(&["run", &profile, "--pin-fd", "0"], "12345678\n654321\n");
    assert!(ended.result().contains("Promised 1, found 1"));
}

#[test]
fn what_is_lost_is_lost_only_after_a_yes() {
    let practice = Practice::new("cardos-used");
    let profile = practice.file(
        "a.toml",
        "name='A'\nerase='card'\nlabel='T'\n[[pin]]\nmin = 6\n",
    );
    // Nobody can be asked: then nothing is done, and nothing is read from the file.
    let ended = practice.plan(&["run", &profile, "--pin-fd", "0"], NEW_HOLDER);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("With --yes it is done without a question."),
        "{ended:?}"
    );
    let ended = practice.plan(&["run", &profile, "--yes", "--pin-fd", "0"], NEW_HOLDER);
    assert!(
        ended
            .stderr
            .contains("Export the certificates that are still needed first."),
        "{ended:?}"
    );
    assert!(ended.stdout.contains("Promised 1, found 1"), "{ended:?}");

    for (answer, code) in [("no\r", 8), ("\u{3}", 8), ("yes\r", 0)] {
        let mut terminal = OnTerminal::start(&format!("--practice=cardos-used plan run {profile}"));
        terminal.wait_for("No way back from here on");
        for (prompt, repeat, secret) in [
            ("New PIN “User PIN”: ", "Repeat new PIN: ", "271828"),
            ("New PUK of “User PIN”: ", "Repeat new PUK: ", "97531864"),
        ] {
            // Too short, then two that differ, then right.
            terminal.wait_for(prompt);
            terminal.press("12\r");
            terminal.wait_for(repeat);
            terminal.press("12\r");
            terminal.wait_for("Nothing was sent; no try was lost.");
            terminal.wait_for(prompt);
            terminal.press(&format!("{secret}\r"));
            terminal.wait_for(repeat);
            terminal.press("99999999\r");
            terminal.wait_for("differ");
            terminal.wait_for(prompt);
            terminal.press(&format!("{secret}\r"));
            terminal.wait_for(repeat);
            terminal.press(&format!("{secret}\r"));
        }
        terminal.wait_for("Export the certificates that are still needed first.");
        terminal.wait_for(
            "What this plan takes from VPN Anna Rossi (serial number 2737C0092B19) cannot be brought back.",
        );
        terminal.wait_for("Type “yes” to go on:");
        terminal.press(answer);
        let screen = terminal.ended(code);
        assert_eq!(
            screen.contains("Promised 1, found 1"),
            code == 0,
            "{screen}"
        );
        assert_eq!(
            screen.contains("Do not remove the token"),
            code == 0,
            "{screen}"
        );
        assert!(
            !screen.contains("97531864") && !screen.contains("271828"),
            "{screen}"
        );
    }
}

#[test]
fn a_key_comes_from_its_file() {
    let lent = Lent::new("cardos-used");
    let profile = lent.file(
        "a.toml",
        "name='A'\n[[key]]\nid='46'\nlabel='Mail'\nuse='decrypt'\nfile='a.key'\n",
    );
    let protected = lent.folder.path().join("a.key");
    let made = Command::new("openssl")
        .args([
            "pkcs8",
            "-topk8",
            "-v2",
            "aes-256-cbc",
            "-passout",
            "pass:correct horse",
            "-inform",
            "DER",
        ])
        .arg("-in")
        .arg(data("practice/thomas-authentication.key"))
        .arg("-out")
        .arg(&protected)
        .status()
        .unwrap();
    assert!(made.success());
    let run = ["run", &profile, "--pin-fd", "0"];
    let words = lent.plan(&run, "wrong horse\n").said(1);
    assert!(
        words.contains("a.key: This password does not open the file"),
        "{words}"
    );
    let words = lent.plan(&["show", &profile], "").said(2);
    assert!(words.contains("There is no terminal to ask on"), "{words}");
    let page = lent
        .plan(&["show", &profile, "--pin-fd", "0"], "correct horse\n")
        .result();
    assert!(
        page.contains("1  Import RSA 2048: Mail (decrypt)"),
        "{page}"
    );
    assert!(
        page.contains("A key that the card makes has never been anywhere else."),
        "{page}"
    );
    assert!(!page.contains("Key file"), "{page}");
    // Stopped by a wrong PIN, it wants its file again.
    let ended = lent.plan(&run, "correct horse\n99999999\n654321\n");
    assert_eq!(ended.code, 5, "{ended:?}");
    let words = lent.plan(&["resume", "--pin-fd", "0"], "12345678\n654321\n");
    assert!(
        words.stderr.contains("symbolonctl plan resume PROFILE"),
        "{words:?}"
    );
    let secrets = "correct horse\n12345678\n654321\n";
    let ended = lent.plan(&["resume", &profile, "--pin-fd", "0"], secrets);
    assert!(!ended.stderr.contains("correct horse"), "{ended:?}");
    assert!(ended.result().contains("Promised 1, found 1"));
    let page = lent.run(&["show"], "").result();
    assert!(
        page.contains("Mail") && page.contains("ID 46 · RSA 2048"),
        "{page}"
    );
}

#[test]
fn data_comes_from_its_file_when_a_plan_goes_on() {
    let lent = Lent::new("cardos-used");
    lent.file("data.bin", "some data");
    let text = "name='A'\n[[data]]\nlabel='For {name}'\nfile='data.bin'\npin='01'\n";
    let profile = lent.file("a.toml", text);
    let run = ["run", &profile, "--name", "Anna", "--pin-fd", "0"];
    assert_eq!(lent.plan(&run, "99999999\n").code, 5);
    let ended = lent.plan(&["resume", "--pin-fd", "0"], "12345678\n");
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(
        ended.stderr.contains("symbolonctl plan resume PROFILE"),
        "{ended:?}"
    );
    lent.file("data.bin", "longer than that it was");
    let ended = lent.plan(&["resume", &profile, "--pin-fd", "0"], "12345678\n");
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.stderr.contains("is not the one of the plan"),
        "{ended:?}"
    );
    lent.file("data.bin", "some data");
    let ended = lent.plan(&["resume", &profile, "--pin-fd", "0"], "12345678\n");
    assert!(ended.result().contains("Promised 1, found 1"));
}

#[test]
fn an_empty_card_is_known_by_its_chip() {
    let lent = Lent::new("cardos-blank");
    let journals = Journals::Folder(lent.folder.path().join("symbolon/journals"));
    let serial = Hex(vec![0x27, 0x37, 0xC0, 0x09, 0x2B, 0x18]);
    let mut journal = journals.open(&serial).unwrap();
    // As a program leaves it that was killed right after it had begun.
    let plan = Plan {
        name: "A".to_owned(),
        subject: Subject {
            serial,
            atr: Hex(vec![
                0x3B, 0xF2, 0x18, 0x00, 0x02, 0xC1, 0x0A, 0x31, 0xFE, 0x58, 0xC8, 0x09, 0x75,
            ]),
            label: None,
        },
        made: 0,
        opening: Default::default(),
        tasks: vec![Task::Format],
    };
    journal.append(1, Record::Planned { plan }).unwrap();
    // While another program has the journal, nothing is done.
    let words = lent.plan(&["resume"], "");
    assert_eq!(words.code, 3, "{words:?}");
    assert!(
        words
            .stderr
            .contains("Another Symbolon is at work on this token"),
        "{words:?}"
    );
    drop(journal);
    let page = lent.run(&["show"], "").result();
    assert!(page.contains("Set-up stopped at step 1 of 1."), "{page}");
    let ended = lent.plan(&["resume"], "");
    assert!(ended.result().contains("Promised 1, found 1"));
    assert!(!lent.run(&["show"], "").result().contains("stopped"));
}

#[test]
fn without_a_journal_nothing_is_done() {
    let lent = Lent::new("cardos-blank");
    let profile = lent.file("a.toml", WITH_OFFICER);
    for place in ["/proc/nowhere", "/dev/null/nowhere"] {
        let mut command = program();
        lent.dress(&mut command)
            .env("XDG_STATE_HOME", place)
            .args(["--trace", "plan", "run", &profile, "--name", "A"])
            .args(["--pin-fd", "0"]);
        let ended = Ended::new(output(&mut command, NEW.as_bytes()));
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.stderr.contains("The journal cannot be"), "{ended:?}");
        for word in ["PUT DATA", "UPDATE", "00E0"] {
            assert!(!ended.stderr.contains(word), "{word}: {ended:?}");
        }
    }
    assert!(lent.contents()[0].is_empty());
}

#[test]
fn secrets_are_not_taken_from_where_others_can_see_them() {
    let practice = Practice::new("cardos-blank");
    let profile = practice.file("a.toml", WITH_OFFICER);
    for arguments in [
        &["run", &profile, "271828"][..],
        &["run", &profile, "--pin-fd", "271828"],
        &["run", &profile, "--yes=271828"],
        &["resume", &profile, "271828"],
        &["give-up", "271828"],
    ] {
        let words = practice.plan(arguments, NEW).said(2);
        assert!(!words.contains("271828"), "{words}");
    }
    let mut command = program();
    command
        .args(["--practice=cardos-blank", "plan", "run", &profile])
        .args(["--name", "A"]);
    for variable in ["PIN", "SYMBOLON_PIN", "PIN_FD", "PIN_FILE", "SO_PIN"] {
        command.env(variable, "271828");
    }
    let ended = Ended::new(output(&mut command, NEW.as_bytes()));
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(
        ended.stderr.contains("There is no terminal to ask on"),
        "{ended:?}"
    );
}

/// A long plan in the middle of a step. It does not get on, since nobody reads its trace.
struct HeldUp {
    run: Daemon,
    log: PathBuf,
    trace: File,
}

impl HeldUp {
    fn new(lent: &Lent) -> Self {
        let profile = lent.file("long.toml", LONG);
        let secrets = lent.file("secrets", NEW_LONG);
        let pipe = lent.folder.path().join("trace");
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, &pipe, FileType::Fifo, mode, 0).unwrap();
        let trace = File::options()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&pipe)
            .unwrap();
        // Some commands have room in it, but not the half of this plan.
        fcntl_setpipe_size(&trace, 4096).unwrap();
        let pipe = pipe.to_str().unwrap();
        let arguments = [
            "run",
            &profile,
            "--pin-file",
            &secrets,
            "--trace-file",
            pipe,
        ];
        let (run, log) = lent.begin(&arguments);
        let mut held_up = Self { run, log, trace };
        // The first key is made in the fourth step.
        held_up.read_until(": 00460000");
        wait_for("the step", NOTICE_LIMIT, || {
            held_up.said().contains("\n4 of 10  ").then_some(())
        });
        held_up
    }

    fn read_until(&mut self, text: &str) {
        let mut seen = String::new();
        wait_for(text, NOTICE_LIMIT, || {
            let mut bytes = [0; 256];
            while !seen.contains(text) {
                match self.trace.read(&mut bytes) {
                    Ok(count) if count > 0 => {
                        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
                    }
                    // Nobody writes yet, or nothing just now.
                    Ok(_) => return None,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                    Err(error) => panic!("{error}"),
                }
            }
            Some(())
        });
    }

    /// Everything that it said so far.
    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Lets it get on, and tells its exit code and all that it said.
    fn let_go(mut self) -> (Option<i32>, String) {
        let mut bytes = [0; 4096];
        let status = wait_for("the end", NOTICE_LIMIT, || {
            while self.trace.read(&mut bytes).is_ok_and(|count| count > 0) {}
            self.run.ended()
        });
        (status.code(), self.said())
    }
}

/// What [`LONG`] makes when nothing comes between.
fn undisturbed() -> Vec<String> {
    let lent = Lent::new("cardos-blank");
    let profile = lent.file("long.toml", LONG);
    let ended = lent.plan(&["run", &profile, "--pin-fd", "0"], NEW_LONG);
    assert!(ended.result().contains("Promised "));
    lent.contents()
}

/// Goes on with [`LONG`] at the step that the journal says, and looks at the token.
fn go_on(lent: &Lent) {
    let list = lent.plan(&["journal", "--json"], "");
    let [list] = documents(&list).try_into().unwrap();
    let journal = &list["journals"][0];
    assert_eq!(journal["state"], "stopped", "{journal}");
    let next = journal["next"].as_u64().unwrap();
    assert!((4..=6).contains(&next), "{journal}");
    let page = lent.run(&["show"], "").result();
    assert!(
        page.contains(&format!("Set-up stopped at step {next} of 10.")),
        "{page}"
    );
    // What the rest needs depends on how far it is; it is listed before it is asked for.
    let asked = lent.plan(&["resume", "--pin-fd", "0"], "");
    assert!(
        asked.stderr.contains(&format!("✓ {}  ", next - 1)),
        "{asked:?}"
    );
    assert!(!asked.stderr.contains(&format!("✓ {next}  ")), "{asked:?}");
    let (_, wanted) = asked.stderr.split_once("What will be asked for\n").unwrap();
    let mut secrets = String::new();
    for line in wanted.lines().take_while(|line| line.starts_with("  ")) {
        let known = [
            ("  Current SO-PIN", "24681357"),
            ("  New PUK of “User PIN”", "97531864"),
            ("  New PIN “User PIN”", "271828"),
            ("  Current PIN", "271828"),
        ];
        let found = known.iter().find(|(name, _)| line.starts_with(name));
        secrets.push_str(found.unwrap_or_else(|| panic!("{line}")).1);
        secrets.push('\n');
    }
    let ended = lent.plan(&["resume", "--pin-fd", "0"], &secrets);
    let first = ended.stdout.lines().next().unwrap_or_default();
    assert!(first.starts_with(&format!("{next} of 10  ")), "{ended:?}");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(lent.contents(), undisturbed());
    lent.run(
        &["pin", "verify", "--pin", "so", "--pin-fd", "0"],
        "24681357\n",
    )
    .result();
    let list = lent.plan(&["journal"], "").result();
    assert!(list.contains("Finished"), "{list}");
}

#[test]
fn a_run_that_was_killed_is_gone_on_with_by_another_one() {
    let lent = Lent::new("cardos-blank");
    let held_up = HeldUp::new(&lent);
    held_up.run.kill();
    go_on(&lent);
}

#[test]
fn ctrl_c_stops_between_two_steps() {
    let lent = Lent::new("cardos-blank");
    let held_up = HeldUp::new(&lent);
    held_up.run.signal(Signal::INT);
    wait_for("the word", NOTICE_LIMIT, || {
        let said = held_up.said().contains("It stops after this step.");
        said.then_some(())
    });
    let before = held_up.said();
    let (code, whole) = held_up.let_go();
    assert_eq!(code, Some(8), "{whole}");
    let after = &whole[before.len()..];
    assert!(
        !after.contains(" of 10  "),
        "another step was begun: {whole}"
    );
    assert!(
        after.contains("symbolonctl: Stopped between two steps\n"),
        "{whole}"
    );
    assert!(
        after.contains("No step is half done. “symbolonctl plan resume” goes on"),
        "{whole}"
    );
    let told = lent.plan(&["journal", "2737C0092B18"], "").result();
    assert!(told.trim_end().ends_with(" is done"), "{told}");
    go_on(&lent);
}
