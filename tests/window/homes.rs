//! The window in odd homes: with one that is full, closed or not there, with settings of garbage,
//! in every script, without a session bus, without screen readers, without a display.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::driver::{Look, Node, Program, wait};

#[path = "../homes/locales.rs"]
mod locales;

/// A card whose PIN is 654321.
const ARGUMENTS: [&str; 2] = ["--no-readers", "--practice=piv-used"];

/// Starts, in a mount namespace of its own, where `script` can do to `$HOME` what it likes.
fn within(script: &str, dress: impl FnOnce(&Path, &mut Command)) -> Program {
    let root = rustix::process::getuid().is_root();
    let script = format!("{script} && exec \"$@\"");
    let around = [
        "unshare",
        if root { "-m" } else { "-rm" },
        "sh",
        "-c",
        &script,
        "sh",
    ];
    Program::dressed(&ARGUMENTS, Look::WIDE, &around, |home, command| {
        let own = home.join("own");
        fs::create_dir(&own).unwrap();
        command.env("HOME", &own).env_remove("XDG_CONFIG_HOME");
        dress(&own, command);
    })
}

/// Start, read, change a PIN, say what is wrong, end.
fn whole_story(mut window: Program) -> Program {
    window.tree.find_part("list item", "Thomas Mustermann");
    window.press(&["ctrl+shift+p"]);
    let dialog = window.tree.find("window", "Change PIN");
    for (name, pin) in [
        ("Current PIN", "13579246"),
        ("New PIN", "24681357"),
        ("Repeat new PIN", "24681357"),
    ] {
        dialog.find("text box", name).set_text(pin);
    }
    let button = dialog.find("button", "Change");
    button.wait_until("live", Node::is_sensitive);
    button.click();
    dialog.find_part("alert", "2 of 3 tries left");
    window.typed("654321");
    button.wait_until("live", Node::is_sensitive);
    button.click();
    window.tree.gone("window", "Change PIN");
    window.tree.find("status", "The PIN is changed");
    ends_well(&mut window);
    window
}

/// Ctrl+Q ends it, and all that it said meanwhile was calm.
#[track_caller]
fn ends_well(window: &mut Program) {
    window.press(&["ctrl+q"]);
    assert!(window.ended(), "{}", window.log());
    let log = window.log();
    // What GTK says of a bus that is not there is true.
    let mut lines = log
        .lines()
        .filter(|line| !line.contains("Unable to connect to the accessibility bus"));
    let bad = ["panicked", "CRITICAL"];
    assert!(
        !lines.any(|line| bad.iter().any(|word| line.contains(word))),
        "{log}"
    );
}

/// A setting that cannot be kept is said to be so; what is set is set all the same.
fn cannot_be_saved(window: Program) {
    window.tree.find_part("list item", "Thomas Mustermann");
    window.press(&["ctrl+comma"]);
    let preferences = window.tree.find("window", "Preferences");
    preferences.find("switch", "Keep a trace").click();
    window.tree.find_part("status", "could not be saved");
    window.press(&["Escape"]);
    window.tree.gone("window", "Preferences");
    let window = whole_story(window);
    assert!(
        window.log().contains("settings not saved"),
        "{}",
        window.log()
    );
}

#[test]
fn a_home_that_can_only_be_read() {
    let closed = "mount --bind \"$HOME\" \"$HOME\" && mount -o remount,bind,ro \"$HOME\" \
         && ! touch \"$HOME/file\"";
    cannot_be_saved(within(closed, |_, _| ()));
}

#[test]
fn a_home_that_is_full() {
    let full = "mount -t tmpfs -o size=4k,nr_inodes=32 none \"$HOME\" \
         && ! head -c 65536 /dev/zero > \"$HOME/filler\"";
    cannot_be_saved(within(full, |_, _| ()));
}

#[test]
fn a_home_that_is_not_there() {
    cannot_be_saved(within("true", |_, command| {
        command.env("HOME", "/proc/no/home");
        command
            .env_remove("XDG_DATA_HOME")
            .env("XDG_CACHE_HOME", "relative");
    }));
}

/// Settings that are none, and what the window looks like with them.
#[test]
fn settings_that_are_none() {
    let garbage: Vec<u8> = (0..=255).cycle().take(5000).collect();
    for (name, bytes) in [
        ("0 bytes", Vec::new()),
        ("garbage", garbage),
        ("1 MiB", "[".repeat(1 << 20).into_bytes()),
        (
            "wrong types",
            b"practice = 3\n[window]\nwidth = \"wide\"\n".to_vec(),
        ),
        (
            "no size",
            b"[window]\nwidth = -2147483648\nheight = 0\n".to_vec(),
        ),
        (
            "newer",
            b"version = 99\n[window]\nwidth = 900\nheight = 600\nsnapped = \"left\"\n".to_vec(),
        ),
    ] {
        println!("settings: {name}");
        let mut window = Program::dressed(&ARGUMENTS, Look::WIDE, &[], |home, _| {
            fs::write(home.join("config/symbolon/settings.toml"), &bytes).unwrap();
        });
        window.tree.find_part("list item", "Thomas Mustermann");
        ends_well(&mut window);
        // What it wrote at its end is whole, and it is all there is.
        let folder = window.home().join("config/symbolon");
        let saved = fs::read_to_string(folder.join("settings.toml")).unwrap();
        assert!(saved.contains("remember = true"), "{name}: {saved}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "{name}");
    }
}

/// Settings that are kept somewhere else stay there.
#[test]
fn settings_behind_a_link_stay_behind_it() {
    let mut window = Program::dressed(&ARGUMENTS, Look::WIDE, &[], |home, _| {
        let file = home.join("config/symbolon/settings.toml");
        fs::rename(&file, home.join("kept.toml")).unwrap();
        symlink("../../kept.toml", file).unwrap();
    });
    window.tree.find_part("list item", "Thomas Mustermann");
    window.press(&["ctrl+comma"]);
    let preferences = window.tree.find("window", "Preferences");
    preferences.find("switch", "Keep a trace").click();
    window.saved("[trace]\nkeep = false");
    window.press(&["Escape"]);
    window.tree.gone("window", "Preferences");
    ends_well(&mut window);
    let kept = fs::read_to_string(window.home().join("kept.toml")).unwrap();
    assert!(kept.contains("keep = false"), "{kept}");
}

/// The locales, made once for all tests here.
fn locale_folder() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let wanted = ["tr_TR.UTF-8", "ar_EG.UTF-8", "ja_JP.EUC-JP", "th_TH.UTF-8"];
        locales::make(folder.path(), |name| wanted.contains(&name));
        folder
    });
    folder.path()
}

/// Starts in a locale.
fn speaking(locale: &str) -> Program {
    Program::dressed(&ARGUMENTS, Look::WIDE, &[], |_, command| {
        command
            .env("LC_ALL", locale)
            .env("LOCPATH", locale_folder());
    })
}

#[test]
fn languages_that_have_no_translation() {
    for locale in [
        "C",
        "tr_TR.UTF-8",
        "ja_JP.EUC-JP",
        "th_TH.UTF-8",
        "ar_EG.UTF-8",
        "xx_YY.UTF-8",
    ] {
        println!("locale: {locale}");
        whole_story(speaking(locale));
    }
}

/// The program as it is installed, with a translation into Arabic: GLib lets no library speak, or
/// write from the right, in a language that the program itself does not have.
fn arabic_program() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = folder.path().join("share/locale/ar/LC_MESSAGES");
        fs::create_dir_all(&catalogue).unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        let program = folder.path().join("bin/symbolon");
        fs::copy(env!("CARGO_BIN_EXE_symbolon"), program).unwrap();
        let source = folder.path().join("ar.po");
        fs::write(&source, ARABIC).unwrap();
        let made = Command::new("msgfmt")
            .arg("--check")
            .arg("-o")
            .arg(catalogue.join("symbolon.mo"))
            .arg(source)
            .output()
            .expect("msgfmt is installed");
        assert!(made.status.success(), "{made:?}");
        folder
    });
    folder.path()
}

/// A few words: a mirror is looked at with letters that go its way, and with some that do not.
const ARABIC: &str = r#"msgid ""
msgstr ""
"Project-Id-Version: test\n"
"PO-Revision-Date: 2026-01-01 00:00+0000\n"
"Last-Translator: test\n"
"Language-Team: test\n"
"Language: ar\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"

msgid "Overview"
msgstr "نظرة عامة"

msgid "Keys"
msgstr "المفاتيح"

msgid "Data"
msgstr "البيانات"

msgid "Technical"
msgstr "تقني"

msgid "Needs attention"
msgstr "يحتاج إلى انتباه"

msgid "Keys and certificates"
msgstr "المفاتيح والشهادات"

msgid "Practice card"
msgstr "بطاقة تدريب"

msgid "serial {serial}"
msgstr "الرقم التسلسلي {serial}"

msgid "A certificate has expired"
msgstr "انتهت صلاحية شهادة"
"#;

/// Starts it in Arabic.
fn in_arabic(look: Look, scale: i32) -> Program {
    let program = arabic_program().join("bin/symbolon");
    let around = ["sh", "-c", "shift; exec \"$INSTALLED\" \"$@\"", "sh"];
    Program::dressed(&ARGUMENTS, look, &around, |home, command| {
        command
            .env("INSTALLED", program)
            .env("LC_ALL", "ar_EG.UTF-8")
            .env("LOCPATH", locale_folder());
        let text = home.join("config/gtk-4.0/settings.ini");
        let before = fs::read_to_string(&text).unwrap();
        let large = format!("Cantarell {}", 11 * scale);
        fs::write(text, before.replace("Cantarell 11", &large)).unwrap();
    })
}

/// In Arabic everything stands the other way round, and nothing is lost.
#[test]
fn arabic_is_a_mirror() {
    assert!(
        Path::new("/usr/share/locale/ar/LC_MESSAGES/gtk40.mo").exists(),
        "GTK's Arabic is missing: install it with `apt-get install --reinstall libgtk-4-common`, \
         with locales not excluded"
    );
    let middle = |window: &Program, role: &str, name: &str| {
        let (x, _, width, _) = window.tree.find(role, name).extents();
        x + width / 2
    };
    let straight = Program::practising("piv-used", Look::WIDE);
    let mirrored = in_arabic(Look::WIDE, 1);
    for window in [&straight, &mirrored] {
        window.tree.find_part("list item", "Thomas Mustermann");
    }
    let half = Look::WIDE.width / 2;
    assert!(middle(&straight, "list", "Readers") < half);
    assert!(middle(&mirrored, "list", "Readers") > half);
    for (key, page) in [
        ("ctrl+1", "overview"),
        ("ctrl+2", "pins"),
        ("ctrl+3", "keys"),
        ("ctrl+5", "technical"),
    ] {
        mirrored.press(&[key]);
        mirrored.picture("Symbolon", &format!("{page}-arabic"));
    }
    whole_story(mirrored);
    for (name, look, scale) in [
        ("dark", Look::WIDE.dark(), 1),
        ("large", Look::WIDE, 2),
        ("narrow", Look::NARROW, 1),
    ] {
        let window = in_arabic(look, scale);
        window.tree.find_part("list item", "Thomas Mustermann");
        if look.width < 640 {
            window.press(&["Return"]);
        }
        window.press(&["ctrl+1"]);
        window.picture("Symbolon", &format!("overview-arabic-{name}"));
        window.press(&["ctrl+2"]);
        window.picture("Symbolon", &format!("pins-arabic-{name}"));
        window.press(&["ctrl+shift+p"]);
        window.tree.find("window", "Change PIN");
        window.picture("Change PIN", &format!("pin-change-arabic-{name}"));
    }
}

/// Minutes since midnight on the clock of the first line of the trace.
fn clock_in_trace(dress: impl FnOnce(&Path, &mut Command)) -> i64 {
    let mut window = Program::dressed(&ARGUMENTS, Look::WIDE, &[], dress);
    window.tree.find_part("list item", "Thomas Mustermann");
    window.press(&["ctrl+t"]);
    let trace = window.tree.find("window", "Trace");
    let minutes = wait("a time", || {
        let mut found = None;
        trace.walk(&mut |node, _| found = found.or_else(|| minutes(&node.name())));
        found
    });
    window.press(&["ctrl+w"]);
    window.tree.gone("window", "Trace");
    ends_well(&mut window);
    minutes
}

/// `14:02:11.120`, wherever it stands in a text, in minutes.
fn minutes(text: &str) -> Option<i64> {
    text.split([' ', ',']).find_map(|word| {
        let (clock, thousandths) = word.split_once('.')?;
        let parts: Vec<i64> = clock
            .split(':')
            .map(|part| part.parse().ok())
            .collect::<Option<_>>()?;
        let [hours, minutes, _] = parts[..] else {
            return None;
        };
        (thousandths.len() == 3).then_some(60 * hours + minutes)
    })
}

/// A zone that cannot be read is none; the window starts, and its clock goes by UTC.
#[test]
fn without_time_zones_the_clock_goes_by_utc() {
    const DAY: i64 = 24 * 60;
    for (zone, folder, ahead) in [
        ("Asia/Kathmandu", Some("/nonexistent"), 0),
        ("Asia/Kathmandu", Some("{home}"), 0),
        // The control: the same zone where it is, a quarter to six ahead.
        ("Asia/Kathmandu", None, 5 * 60 + 45),
    ] {
        let shown = clock_in_trace(|home, command| {
            command.env("TZ", zone);
            let empty = home.join("zones");
            fs::create_dir(&empty).unwrap();
            if let Some(folder) = folder {
                command.env("TZDIR", folder.replace("{home}", empty.to_str().unwrap()));
            }
        });
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
        let now = i64::try_from(since.as_secs() / 60).unwrap();
        // The trace is from some seconds ago.
        let late = (now + ahead - shown).rem_euclid(DAY);
        assert!(late < 10, "{zone} in {folder:?}: {shown}, {late} too late");
    }
}

/// Nobody hears it, so it is looked at: windows come and go as they must.
fn story_by_sight(dress: impl FnOnce(&Path, &mut Command)) {
    let mut window = Program::unheard(&ARGUMENTS, Look::WIDE, &[], dress);
    window.appears("Symbolon");
    // The key does nothing before the card is read.
    wait("the dialog", || {
        window.press(&["ctrl+shift+p"]);
        window.has_keyboard("Change PIN").then_some(())
    });
    let fill = |pins: [&str; 3]| {
        window.typed(pins[0]);
        for pin in &pins[1..] {
            window.press(&["Tab"]);
            window.typed(pin);
        }
        window.press(&["Return"]);
    };
    fill(["654321", "24681357", "24681357"]);
    window.disappears("Change PIN");
    // The old one is wrong by now, so the dialog stays, with the keyboard back in its first field.
    wait("the dialog again", || {
        window.press(&["ctrl+shift+p"]);
        window.has_keyboard("Change PIN").then_some(())
    });
    fill(["654321", "97531864", "97531864"]);
    window.picture("Change PIN", "pin-wrong-unheard");
    assert!(window.shows("Change PIN"));
    window.typed("24681357");
    window.press(&["Return"]);
    window.disappears("Change PIN");
    ends_well(&mut window);
}

#[test]
fn without_a_session_bus() {
    story_by_sight(|_, command| {
        command.env_remove("DBUS_SESSION_BUS_ADDRESS");
        command.env_remove("XDG_RUNTIME_DIR");
    });
    story_by_sight(|_, command| {
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    });
}

#[test]
fn without_screen_readers() {
    story_by_sight(|_, command| {
        command.env("GTK_A11Y", "none").env("NO_AT_BRIDGE", "1");
    });
    story_by_sight(|_, command| {
        command.env("AT_SPI_BUS_ADDRESS", "unix:path=/nonexistent/at-spi");
    });
}

#[test]
fn without_a_display_it_says_so() {
    for (display, wayland) in [(None, None), (Some(":4711"), None), (None, Some("nowhere"))] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_symbolon"));
        command
            .env("LC_ALL", "C.UTF-8")
            .env_remove("LANGUAGE")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
        let set = [("DISPLAY", display), ("WAYLAND_DISPLAY", wayland)];
        command.envs(
            set.iter()
                .filter_map(|(name, value)| Some((name, (*value)?))),
        );
        let output = command.output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(
            words.starts_with("symbolon: There is no display for the window\n")
                && words.contains("symbolonctl"),
            "{words}"
        );
    }
}
