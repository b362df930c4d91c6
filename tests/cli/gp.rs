//! Java cards: looked at, loaded, given new keys; scripts of gpshell; and keys that are wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::cap::Made;
use crate::json::{Schemas, check, documents};
use crate::plan::Lent;
use crate::program::{Ended, output, program, run};
use crate::support::on_terminal::OnTerminal;
use crate::support::process::private_directory;

/// The script that uploads the MUSCLE applet, as the HOWTO prints it (1.2).
pub(crate) const UPLOAD: &str = r"enable_trace
establish_context
card_connect
select -AID a000000003000000
open_sc -security 1 -keyind 0 -keyver 0 \
   -mac_key 404142434445464748494a4b4c4d4e4f \
   -enc_key 404142434445464748494a4b4c4d4e4f
delete -AID a00000000101
delete -AID a000000001
delete -AID a0000003230101
delete -AID a00000032301
install_for_load -pkgAID a000000001 -nvCodeLimit 16000 \
   -sdAID a000000003000000
load -file CardEdgeCflex.ijc
install_for_install -instParam 00 -priv 02 -AID a00000000101 \
   -pkgAID a000000001 -instAID a00000000101 -nvDataLimit 32000
card_disconnect
release_context
";

/// The script that finds the card manager out, as the HOWTO prints it (1.2.1).
const FIND: &str = r"enable_trace
establish_context
card_connect
open_sc -security 1 -keyind 0 -keyver 0 \
   -mac_key 404142434445464748494a4b4c4d4e4f \
   -enc_key 404142434445464748494a4b4c4d4e4f
get_status -element 80
card_disconnect
release_context
";

const WRONG: &str = "00112233445566778899AABBCCDDEEFF";
const NEW: &str = "A0B1C2D3E4F5061728394A5B6C7D8E9F";

/// The MUSCLE applet by its name on the card.
pub(crate) const MUSCLE: &str = "A00000000101";

/// A folder of its own, and the program with a practice card in it.
struct Practice {
    folder: TempDir,
    card: &'static str,
}

impl Practice {
    fn new(card: &'static str) -> Self {
        let folder = private_directory("gp-");
        fs::write(folder.path().join("CardEdge.cap"), Made::muscle().archive()).unwrap();
        Self { folder, card }
    }

    fn file(&self, name: &str, text: &str) -> String {
        private(&self.folder, name, text)
    }

    fn cap(&self) -> String {
        let path = self.folder.path().join("CardEdge.cap");
        path.to_str().unwrap().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command
            .env("XDG_STATE_HOME", self.folder.path())
            .arg(format!("--practice={}", self.card))
            .arg("gp")
            .args(arguments);
        command
    }

    fn gp(&self, arguments: &[&str]) -> Ended {
        Ended::new(output(&mut self.command(arguments), b""))
    }
}

/// A file that its owner alone may read.
fn private(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// How often a channel was begun, by the log of the service.
fn initialize_updates(lent: &Lent) -> usize {
    let exchanges = lent.service.exchanges();
    let begun = exchanges
        .iter()
        .filter(|exchange| exchange.command.replace(' ', "").starts_with("8050"));
    begun.count()
}

#[test]
fn the_card_manager_tells_about_the_card_without_keys() {
    for (card, manager) in [
        ("java-cyberflex", "A000000003000000"),
        ("java-gp211", "A000000003000000"),
        ("java-modern", "A000000151000000"),
    ] {
        let page = Practice::new(card).gp(&["info"]).result();
        for part in ["Developer card: ", manager, "Chip maker", "no failed try"] {
            assert!(page.contains(part), "{card}: no {part}: {page}");
        }
        let [document] = documents(&run(&format!("--practice={card} gp info --json")))
            .try_into()
            .unwrap();
        assert_eq!(document["manager"]["aid"], manager);
        let family = if card == "java-modern" {
            "aes"
        } else {
            "triple_des"
        };
        assert_eq!(document["key_family"], family);
    }
}

#[test]
fn what_is_on_the_card_is_listed_with_its_keys() {
    for card in ["java-cyberflex", "java-gp211", "java-modern"] {
        let practice = Practice::new(card);
        let ended = practice.gp(&["list", "--keys", "test"]);
        assert!(
            ended.stderr.contains("public test keys 404142…4F"),
            "{ended:?}"
        );
        let page = ended.result();
        assert!(page.contains("Card manager") && page.contains("Opened with SCP"));
        // The same keys from a file, which others may read.
        let keys = practice.file("keys", "# of the maker\n404142434445464748494A4B4C4D4E4F\n");
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o644)).unwrap();
        let ended = practice.gp(&["list", "--keys", &format!("file:{keys}")]);
        assert!(
            ended.stderr.contains("can be read by other users"),
            "{ended:?}"
        );
        assert_eq!(ended.result(), page);
    }
}

#[test]
fn keys_are_no_arguments_and_are_not_repeated() {
    let practice = Practice::new("java-modern");
    let said = practice.gp(&["list", "--keys", WRONG]).said(2);
    assert!(said.contains("Keys come from no such place"), "{said}");
    assert!(!said.contains("0011"), "{said}");
    let said = practice.gp(&["list"]).said(2);
    assert!(said.contains("--keys"), "{said}");
    for (text, what) in [
        ("hello", "Line 1 is not hexadecimal"),
        ("40\n41", "There are 2 keys"),
        ("4041", "A key has the wrong length"),
    ] {
        let keys = practice.file("keys", text);
        let said = practice
            .gp(&["--trace", "list", "--keys", &format!("file:{keys}")])
            .said(2);
        assert!(said.contains(what), "{said}");
        assert!(!said.contains("INITIALIZE UPDATE"), "{said}");
    }
}

#[test]
fn typed_keys_are_shown_by_their_check_value_before_they_are_sent() {
    let line = format!(
        "{} --practice=java-modern --trace gp list",
        env!("CARGO_BIN_EXE_symbolonctl")
    );
    for (answer, code) in [("yes\r", 0), ("no\r", 8)] {
        let mut terminal = OnTerminal::start(&line, [("NO_COLOR", "1")]);
        terminal.wait_for("Key for encryption (ENC)");
        terminal.press("404142434445464748494A4B4C4D4E4F\r");
        terminal.wait_for("Key for MACs");
        terminal.press("\r");
        terminal.wait_for("Check value of the key: 504A77");
        terminal.wait_for("Type “yes” to go on:");
        terminal.press(answer);
        let screen = terminal.ended(code);
        assert!(!screen.contains("404142434445"), "{screen}");
        assert_eq!(screen.contains("INITIALIZE UPDATE"), code == 0, "{screen}");
    }
}

#[test]
fn a_cap_file_is_shown_and_held_against_the_card() {
    let schemas = Schemas::read();
    let practice = Practice::new("java-cyberflex");
    let cap = practice.cap();
    let page = practice.gp(&["cap", &cap]).result();
    for part in [
        "CardEdge.cap",
        "MUSCLE applet (A00000000101)",
        "SHA-256",
        "Before it is loaded",
    ] {
        assert!(page.contains(part), "no {part}: {page}");
    }
    let mut alone = program();
    alone.args(["gp", "cap", &cap, "--json"]);
    let ended = Ended::new(output(&mut alone, b""));
    assert!(
        ended.stderr.contains("no card to hold it against"),
        "{ended:?}"
    );
    let with = practice.gp(&["cap", &cap, "--json", "--keys", "test"]);
    for (ended, has_reader) in [(ended, false), (with, true)] {
        let [document] = documents(&ended).try_into().unwrap();
        check(&schemas.validator("cap"), &document);
        assert_eq!(document["reader"].is_object(), has_reader);
        assert_eq!(document["applets"][0], MUSCLE);
    }
    let howto = run("gp cap --howto").result();
    for part in [
        "Cflex.properties",
        "-DWITH_RSA_2048",
        "BOOTCLASSPATH",
        "svn://",
    ] {
        assert!(howto.contains(part), "no {part}: {howto}");
    }
    fs::write(&cap, &Made::muscle().archive()[..4000]).unwrap();
    for arguments in [
        &["cap", &cap][..],
        &["load", &cap, "--keys", "test", "--yes"],
    ] {
        let said = practice.gp(&[&["--trace"], arguments].concat()).said(1);
        assert!(
            said.contains("damaged") && !said.contains("INITIALIZE"),
            "{said}"
        );
    }
}

#[test]
fn a_package_is_loaded_and_installed_by_a_plan() {
    for card in ["java-cyberflex", "java-gp211", "java-modern"] {
        let practice = Practice::new(card);
        let cap = practice.cap();
        let page = practice.gp(&["load", &cap, "--dry-run"]).result();
        assert!(
            page.contains("Load CardEdge.cap") && page.contains("Nothing was written"),
            "{page}"
        );
        // Without a terminal nobody agrees.
        let said = practice.gp(&["load", &cap, "--keys", "test"]).said(2);
        assert!(said.contains("--yes"), "{said}");
        let ended = practice.gp(&["load", &cap, "--keys", "test", "--yes"]);
        assert!(ended.stderr.contains("Install MUSCLE applet"), "{ended:?}");
        let done = ended.result();
        assert!(done.contains("Load CardEdge.cap"), "{card}: {done}");
    }
    let practice = Practice::new("java-modern");
    let said = practice
        .gp(&["load", &practice.cap(), "--privileges", "0102"])
        .said(2);
    assert!(said.contains("one byte, or three"), "{said}");
    let said = practice.gp(&["delete", "A0000000", "--yes"]).said(2);
    assert!(said.contains("5 to 16 bytes"), "{said}");
}

#[test]
fn a_package_is_exported_as_a_script_that_is_read_again() {
    let practice = Practice::new("java-gp211");
    let script = practice.gp(&["export", &practice.cap()]).result();
    assert!(script.contains("load -file CardEdge.cap"), "{script}");
    assert!(!script.to_lowercase().contains("404142"), "{script}");
    let file = practice.file("upload.gpshell", &script);
    let ended = practice.gp(&["script", &file, "--keys", "test", "--yes"]);
    let done = ended.result();
    assert!(done.contains("Install MUSCLE applet"), "{done}");
}

#[test]
fn scripts_that_cannot_be_done_are_refused_whole() {
    let practice = Practice::new("java-cyberflex");
    let open = "open_sc -security 1 -key 404142434445464748494a4b4c4d4e4f\n";
    for (text, what) in [
        (
            "card_connect\nfrobnicate\n".to_owned(),
            "Line 2 of the script",
        ),
        (
            format!("{open}delete -AID a00000000101\nsend_apdu -APDU 80F24000024F00\n"),
            "Line 3",
        ),
        (
            "delete -AID a00000000101\n".to_owned(),
            "open_sc has to stand before it",
        ),
        (
            format!("{open}put_sc_key -keyver 0 -newkeyver 1 -mac_key {NEW} -enc_key {NEW}\n"),
            "Keys are missing",
        ),
        (
            format!("{open}load -file CardEdge.cap\n"),
            "install_for_load",
        ),
    ] {
        let file = practice.file("script", &text);
        let said = practice.gp(&["--trace", "script", &file, "--yes"]).said(2);
        assert!(said.contains(what), "{what}: {said}");
        assert!(said.contains("Nothing of the script was done"), "{said}");
        // No card was asked for anything.
        assert!(!said.contains("SELECT"), "{said}");
        assert!(!said.contains(NEW) && !said.contains("404142"), "{said}");
    }
    let other = practice.file(
        "script",
        &format!("select -AID a000000151000000\n{open}get_status -element 80\n"),
    );
    let said = practice.gp(&["script", &other]).said(1);
    assert!(
        said.contains("is not the card manager of this card"),
        "{said}"
    );
}

#[test]
fn a_card_goes_through_its_states_in_their_order() {
    let practice = Practice::new("java-modern");
    let state = |name: &str| practice.gp(&["set-state", name, "--keys", "test", "--yes"]);
    let done = state("secured").result();
    assert!(
        done.contains("1 of 2") && done.contains("2 of 2") && done.contains("Every step was done"),
        "{done}"
    );
    let said = practice.gp(&["set-state", "terminated", "--keys", "test", "--yes"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.stderr.contains("somebody who types the word"),
        "{said:?}"
    );
}

#[test]
fn cards_without_a_card_manager_are_told_as_such() {
    let practice = Practice::new("piv-used");
    for arguments in [
        &["info"][..],
        &["list", "--keys", "test"],
        &["delete", MUSCLE, "--yes", "--keys", "test"],
    ] {
        let said = practice.gp(arguments).said(1);
        assert!(said.contains("no card manager that answers"), "{said}");
    }
}

#[test]
fn the_scripts_of_the_howto_run_as_they_stand() {
    let lent = Lent::new("java-cyberflex");
    fs::write(
        lent.folder.path().join("CardEdgeCflex.ijc"),
        Made::muscle().loaded(),
    )
    .unwrap();
    let upload = lent.file("upload.gpshell", UPLOAD);
    let find = lent.file("find.gpshell", FIND);
    let found = lent.run(&["gp", "script", &find], "").result();
    assert!(found.contains("Card manager  A000000003000000"), "{found}");
    assert!(!found.contains("Package"), "{found}");
    for _ in 0..2 {
        let done = lent.run(&["gp", "script", &upload, "--yes"], "").result();
        assert!(done.contains("Install MUSCLE applet"), "{done}");
        let entries = registry(&lent);
        assert!(
            entries.contains(&(MUSCLE.to_owned(), "application".to_owned())),
            "{entries:?}"
        );
    }
    let delete = [
        "gp",
        "delete",
        MUSCLE,
        "A000000001",
        "--keys",
        "test",
        "--yes",
    ];
    lent.run(&delete, "").result();
    assert!(registry(&lent).iter().all(|(aid, _)| aid != MUSCLE));
}

#[test]
fn an_applet_is_locked_unlocked_and_deleted() {
    let lent = Lent::new("java-modern");
    let cap = lent.folder.path().join("CardEdge.cap");
    fs::write(&cap, Made::muscle().archive()).unwrap();
    let gp = |arguments: &[&str]| {
        let all = [&["gp"], arguments, &["--keys", "test", "--yes"]].concat();
        lent.run(&all, "")
    };
    gp(&["load", cap.to_str().unwrap()]).result();
    gp(&["lock", MUSCLE]).result();
    assert_eq!(state(&lent, MUSCLE), "locked");
    gp(&["unlock", MUSCLE]).result();
    assert_ne!(state(&lent, MUSCLE), "locked");
    let said = gp(&["lock", "A0000000999901"]).said(1);
    assert!(
        said.contains("There is no A0000000999901 on the card"),
        "{said}"
    );
    gp(&["delete", MUSCLE, "A000000001"]).result();
    assert!(registry(&lent).iter().all(|(aid, _)| aid != MUSCLE));
}

/// What is on the card: identifier and kind.
fn registry(lent: &Lent) -> Vec<(String, String)> {
    let document = listed(lent);
    let entries = document["registry"]["entries"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries
        .iter()
        .map(|entry| (text(&entry["aid"]), text(&entry["kind"])))
        .collect()
}

fn state(lent: &Lent, aid: &str) -> Value {
    let document = listed(lent);
    let entries = document["registry"]["entries"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["aid"] == aid).unwrap();
    entry["life_cycle"].clone()
}

fn listed(lent: &Lent) -> Value {
    let ended = lent.run(&["gp", "list", "--keys", "test", "--json"], "");
    let [document] = documents(&ended).try_into().unwrap();
    document
}

#[test]
fn wrong_keys_cost_one_try_however_often_they_are_given() {
    let lent = Lent::new("java-modern");
    let wrong = private(&lent.folder, "wrong", WRONG);
    let wrong = format!("file:{wrong}");
    let list = ["gp", "list", "--keys", &wrong];
    let said = lent.run(&list, "").said(5);
    assert!(
        said.contains("These are not the keys of this card"),
        "{said}"
    );
    for _ in 0..8 {
        let said = lent.run(&list, "").said(7);
        assert!(said.contains("wrong on this card before"), "{said}");
    }
    let said = lent
        .run(&["gp", "delete", MUSCLE, "--keys", &wrong, "--yes"], "")
        .said(7);
    assert!(said.contains("wrong on this card before"), "{said}");
    assert_eq!(initialize_updates(&lent), 1);
    // Only with the word for it.
    lent.run(&[&list[..], &["--try-again"]].concat(), "")
        .said(5);
    assert_eq!(initialize_updates(&lent), 2);
    // The right ones open it, and no plan was left behind.
    assert!(!registry(&lent).is_empty());
}

#[test]
fn new_keys_take_the_place_of_the_old_ones_only_when_they_open_the_card() {
    let lent = Lent::new("java-modern");
    let new = private(&lent.folder, "new", &format!("{NEW}\n"));
    let new = format!("file:{new}");
    let put = [
        "gp",
        "put-keys",
        "--new-keys",
        &new,
        "--version",
        "48",
        "--keys",
        "test",
        "--yes",
    ];
    let done = lent.run(&put, "").result();
    assert!(done.contains("version 48"), "{done}");
    lent.run(&["gp", "list", "--keys", &new, "--key-version", "48"], "")
        .result();
    // No end without a person.
    let said = lent
        .run(
            &[
                "gp",
                "set-state",
                "terminated",
                "--keys",
                &new,
                "--key-version",
                "48",
                "--yes",
            ],
            "",
        )
        .code;
    assert_eq!(said, 2);
    let journals = lent.folder.path().join("symbolon/journals");
    for entry in fs::read_dir(journals).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(
            !text.contains(NEW) && !text.contains("404142434445"),
            "{text}"
        );
    }
}

#[test]
fn test_keys_go_to_a_card_with_keys_of_its_owner_only_with_the_word_for_it() {
    let lent = Lent::new("java-modern");
    let new = private(&lent.folder, "new", &format!("{NEW}\n"));
    let new = format!("file:{new}");
    let mut put = vec!["gp", "put-keys", "--new-keys", &new, "--version", "48"];
    put.extend(["--replace", "255", "--keys", "test", "--yes"]);
    lent.run(&put, "").result();
    let before = initialize_updates(&lent);
    let list = ["gp", "list", "--keys", "test"];
    let said = lent.run(&list, "").said(1);
    assert!(
        said.contains("hardly has the public test keys")
            && said.contains("Somebody has given it keys of their own")
            && said.contains("--test-keys-anyway"),
        "{said}"
    );
    assert_eq!(initialize_updates(&lent), before);
    lent.run(&[&list[..], &["--test-keys-anyway"]].concat(), "")
        .said(5);
    assert_eq!(initialize_updates(&lent), before + 1);
}

#[test]
fn a_plan_that_was_stopped_goes_on_with_the_same_options_for_keys() {
    let lent = Lent::new("java-modern");
    let mut made = Made::muscle();
    made.imports
        .push((0, 9, vec![0xA0, 0, 0, 0, 0x62, 0x09, 0x09]));
    let cap = lent.folder.path().join("CardEdge.cap");
    fs::write(&cap, made.archive()).unwrap();
    let load = [
        "gp",
        "load",
        cap.to_str().unwrap(),
        "--keys",
        "test",
        "--yes",
    ];
    let ended = lent.run(&load, "");
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.stderr.contains("symbolonctl plan resume"),
        "{ended:?}"
    );
    // It comes first.
    let said = lent
        .run(&["gp", "delete", MUSCLE, "--keys", "test", "--yes"], "")
        .said(2);
    assert!(said.contains("symbolonctl plan resume"), "{said}");
    let said = lent.run(&["plan", "resume"], "").said(2);
    assert!(said.contains("--keys"), "{said}");
    let again = lent.run(&["plan", "resume", "--keys", "test"], "");
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stderr.contains("Stopped at step"), "{again:?}");
    lent.run(&["plan", "give-up", "--yes"], "").result();
    lent.run(&["gp", "delete", MUSCLE, "--keys", "test", "--yes"], "")
        .result();
}

/// What a change would do, written down instead: read again it does the same, and what cannot be said is
/// not left out.
#[test]
fn a_change_is_written_as_a_script_instead_of_done() {
    let practice = Practice::new("java-cyberflex");
    let (cap, applet) = (practice.cap(), "A0000000010199");
    let opening = [
        "--edition",
        "op201",
        "--level",
        "enc",
        "--key-version",
        "1",
        "--key-index",
        "2",
    ];
    for (change, commands) in [
        (
            vec!["load", &cap],
            "load -file CardEdge.cap\ninstall_for_install ",
        ),
        (
            vec!["delete", applet, MUSCLE],
            "delete -AID A0000000010199\ndelete -AID A00000000101\n",
        ),
        (
            vec!["install", "A000000001", MUSCLE, "--parameters", "00"],
            "install_for_install -instParam 00 -priv 00 -AID A00000000101 -pkgAID A000000001",
        ),
    ] {
        let arguments = [&change[..], &opening, &["--export", "-"]].concat();
        let text = practice.gp(&arguments).result();
        let expected =
            "mode_201\nestablish_context\ncard_connect\nopen_sc -security 3 -keyind 2 -keyver 1\n";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.contains(commands), "{text}");
        let script = practice.file("written", &text);
        let done = practice.gp(&["script", &script, "--dry-run"]).result();
        assert!(done.contains("Nothing was written"), "{done}");
    }
    // What is not said is as the card has it.
    let text = practice.gp(&["delete", MUSCLE, "--export", "-"]).result();
    assert!(text.starts_with("mode_201\n"), "{text}");
    let said = practice.gp(&["delete", MUSCLE, "--export", "-"]).stderr;
    assert!(said.contains("all applets of it"), "{said}");
    // The same without a card.
    let text = practice
        .gp(&[&["export", &cap][..], &opening].concat())
        .result();
    assert!(
        text.starts_with("mode_201\n") && text.contains("-keyver 1"),
        "{text}"
    );
    let text = practice.gp(&["export", &cap]).result();
    assert!(text.starts_with("mode_211\n"), "{text}");
    // A file that is there stays.
    let file = practice.file("there", "mine");
    let said = practice.gp(&["delete", MUSCLE, "--export", &file]).said(1);
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    for change in [
        vec!["lock", MUSCLE],
        vec!["set-state", "secured"],
        vec!["delete-keys", "--version", "1"],
        vec!["put-keys", "--version", "1", "--new-keys", "test"],
    ] {
        let said = practice
            .gp(&[&change[..], &["--export", "-"]].concat())
            .said(1);
        assert!(said.contains("cannot be written as a script"), "{said}");
    }
}

#[test]
fn a_script_says_what_of_it_does_nothing_and_what_is_meant_otherwise() {
    let practice = Practice::new("java-gp211");
    let open = "open_sc -security 1 -key 404142434445464748494a4b4c4d4e4f\n";
    let file = practice.file(
        "trace",
        &format!("enable_trace\n{open}get_status -element 80\n"),
    );
    let ended = practice.gp(&["script", &file]);
    assert!(
        ended
            .stderr
            .contains("Line 1: enable_trace does nothing here")
            && ended.stderr.contains("--trace"),
        "{ended:?}"
    );
    let other = practice.file(
        "other",
        &format!("card_connect -reader \"Other 00\"\n{open}"),
    );
    let said = practice.gp(&["script", &other]).said(2);
    assert!(said.contains("names the reader Other 00"), "{said}");
    let scp = open.replace("-key ", "-scp 3 -key ");
    let scp = practice.file("scp", &format!("mode_211\n{scp}delete -AID {MUSCLE}\n"));
    let said = practice.gp(&["script", &scp, "--yes"]).said(1);
    assert!(
        said.contains("another protocol than the card speaks"),
        "{said}"
    );
    let said = practice
        .gp(&[
            "put-keys",
            "--version",
            "1",
            "--replace",
            "128",
            "--new-keys",
            "test",
        ])
        .said(2);
    assert!(said.contains("1 to 127"), "{said}");
}

/// A card of Open Platform knows nothing of what is related: each applet goes by its name.
#[test]
fn a_package_goes_with_all_its_applets_from_every_card() {
    for card in ["java-cyberflex", "java-gp211", "java-modern"] {
        let lent = Lent::new(card);
        let cap = lent.folder.path().join("CardEdge.cap");
        fs::write(&cap, Made::muscle().archive()).unwrap();
        let cap = cap.to_str().unwrap();
        let gp = |arguments: &[&str]| {
            let all = [&["gp"], arguments, &["--keys", "test", "--yes"]].concat();
            lent.run(&all, "")
        };
        let second = "A0000000010199";
        let names = || registry(&lent).into_iter().map(|(aid, _)| aid);
        gp(&["load", cap]).result();
        let install = ["install", "A000000001", MUSCLE, "--instance", second];
        gp(&[&install[..], &["--data-limit", "2000"]].concat()).result();
        assert!(names().any(|aid| aid == second), "{card}");
        // Loaded anew, the second one is no surprise in the middle.
        gp(&["load", cap]).result();
        assert!(names().all(|aid| aid != second), "{card}");
        gp(&install).result();
        gp(&["delete", "A000000001", "--related"]).result();
        let left = ["A000000001", MUSCLE, second];
        assert!(names().all(|aid| !left.contains(&aid.as_str())), "{card}");
    }
}
