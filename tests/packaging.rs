//! What `make install` lays out, and what others make of it: desktops, software centres, `man`, and the linker.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

const ID: &str = "org.symbolon.Symbolon";
const SYMBOLON: &str = env!("CARGO_BIN_EXE_symbolon");
const SYMBOLONCTL: &str = env!("CARGO_BIN_EXE_symbolonctl");
const PINENTRY: &str = env!("CARGO_BIN_EXE_pinentry-symbolon");
const PINENTRY_TTY: &str = env!("CARGO_BIN_EXE_pinentry-symbolon-tty");

/// Held while make runs: it lays everything out in one place first.
static MAKE: Mutex<()> = Mutex::new(());

/// An installation into a folder of its own.
struct Installed {
    root: tempfile::TempDir,
}

impl Installed {
    fn new() -> Self {
        let installed = Self {
            root: tempfile::tempdir().unwrap(),
        };
        installed.make("install");
        installed
    }

    /// Runs make with the programs that cargo has built for this test.
    fn make(&self, target: &str) {
        let _turn = MAKE.lock().unwrap_or_else(PoisonError::into_inner);
        let built = Path::new(SYMBOLONCTL).parent().unwrap();
        let made = run(Command::new("make")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            // Not those of a make that runs this test.
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .env_remove("MFLAGS")
            .arg(target)
            .arg("PREFIX=/usr")
            .arg(format!("DESTDIR={}", self.root.path().display()))
            .arg(format!("BUILT={}", built.display())));
        assert!(made.status.success(), "{}", words(&made));
    }

    fn path(&self, below_prefix: &str) -> PathBuf {
        self.root.path().join("usr").join(below_prefix)
    }

    /// All files, by their names below PREFIX.
    fn files(&self) -> BTreeSet<String> {
        let top = self.root.path().join("usr");
        let mut folders = vec![top.clone()];
        let mut files = BTreeSet::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(
                        path.strip_prefix(&top)
                            .unwrap()
                            .to_str()
                            .unwrap()
                            .to_owned(),
                    );
                }
            }
        }
        files
    }
}

#[test]
fn everything_is_installed_and_uninstalled() {
    let installed = Installed::new();
    let mut expected: BTreeSet<String> = [
        "bin/pinentry-symbolon",
        "bin/pinentry-symbolon-tty",
        "bin/symbolon",
        "bin/symbolonctl",
        "share/applications/org.symbolon.Symbolon.desktop",
        "share/icons/hicolor/scalable/apps/org.symbolon.Symbolon.svg",
        "share/icons/hicolor/symbolic/apps/org.symbolon.Symbolon-symbolic.svg",
        "share/locale/de/LC_MESSAGES/symbolon.mo",
        "share/locale/it/LC_MESSAGES/symbolon.mo",
        "share/man/man1/pinentry-symbolon-tty.1",
        "share/man/man1/pinentry-symbolon.1",
        "share/man/man1/symbolon.1",
        "share/man/man1/symbolonctl.1",
        "share/man/man5/symbolon-profile.5",
        "share/metainfo/org.symbolon.Symbolon.metainfo.xml",
    ]
    .map(str::to_owned)
    .into();
    for entry in fs::read_dir(package("data")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".schema.json") || name == "json.md" {
            expected.insert(format!("share/symbolon/{name}"));
        }
    }
    for entry in fs::read_dir(package("data/profiles")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        expected.insert(format!("share/symbolon/profiles/{name}"));
    }
    assert_eq!(installed.files(), expected);
    for file in &expected {
        let mode = fs::metadata(installed.path(file))
            .unwrap()
            .permissions()
            .mode()
            & 0o7777;
        assert_eq!(
            mode,
            if file.starts_with("bin/") {
                0o755
            } else {
                0o644
            },
            "{file}"
        );
    }

    // What is not ours stays.
    let other = installed.path("share/icons/hicolor/scalable/apps/other.svg");
    fs::write(&other, "").unwrap();
    installed.make("uninstall");
    assert!(other.exists());
    fs::remove_file(other).unwrap();
    assert_eq!(installed.files(), BTreeSet::new());
    assert!(!installed.path("share/symbolon").exists());
}

/// What `update-alternatives` is called with, by one that only writes it down; `id` names root.
fn alternatives(installed: &Installed, destination: &Path, target: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    for (name, text) in [
        ("id", "echo 0".to_owned()),
        (
            "update-alternatives",
            format!("echo \"$@\" >> {}", log.display()),
        ),
    ] {
        let program = folder.path().join(name);
        fs::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = std::env::var("PATH").unwrap();
    let _turn = MAKE.lock().unwrap_or_else(PoisonError::into_inner);
    let made = run(Command::new("make")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .env_remove("MFLAGS")
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .arg(target)
        .arg(format!(
            "PREFIX={}",
            installed.root.path().join("usr").display()
        ))
        .arg(format!("DESTDIR={}", destination.display()))
        .arg(format!(
            "BUILT={}",
            Path::new(SYMBOLONCTL).parent().unwrap().display()
        )));
    assert!(made.status.success(), "{}", words(&made));
    fs::read_to_string(log).unwrap_or_default()
}

#[test]
fn root_enters_the_pinentry_among_the_alternatives_and_takes_it_out() {
    let installed = Installed::new();
    let program = installed.path("bin/pinentry-symbolon");
    fs::write(&program, "").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let (program, page) = (
        program.display().to_string(),
        installed.path("share/man/man1/pinentry-symbolon.1"),
    );
    let page = page.display();
    let (mut added, mut removed) = (String::new(), String::new());
    for name in ["pinentry", "pinentry-x11"] {
        added += &format!(
            "--quiet --install /usr/bin/{name} {name} {program} 70 --slave \
             /usr/share/man/man1/{name}.1 {name}.1 {page}\n"
        );
        removed += &format!("--quiet --remove {name} {program}\n");
    }
    let here = Path::new("");
    assert_eq!(alternatives(&installed, here, "install"), added);
    assert_eq!(alternatives(&installed, here, "uninstall"), removed);

    // A package is made: its own scripts do it.
    let package = tempfile::tempdir().unwrap();
    for target in ["install", "uninstall"] {
        assert_eq!(alternatives(&installed, package.path(), target), "");
    }
}

#[test]
fn desktops_and_software_centres_accept_the_entries() {
    let installed = Installed::new();
    let entry = installed.path(&format!("share/applications/{ID}.desktop"));
    let validated = run(Command::new("desktop-file-validate").arg(&entry));
    assert!(
        validated.status.success() && words(&validated).is_empty(),
        "{}",
        words(&validated)
    );
    let metainfo = installed.path(&format!("share/metainfo/{ID}.metainfo.xml"));
    let validated = run(Command::new("appstreamcli")
        .args(["validate", "--no-net"])
        .arg(&metainfo));
    assert!(validated.status.success(), "{}", words(&validated));

    let entry = fs::read_to_string(entry).unwrap();
    for language in ["de", "it"] {
        assert!(
            entry.contains(&format!("\nComment[{language}]=")),
            "{entry}"
        );
    }
    assert!(entry.contains(&format!("\nIcon={ID}\n")));
    assert!(
        fs::read_to_string(metainfo)
            .unwrap()
            .contains("<summary xml:lang=\"de\">")
    );
}

#[test]
fn installed_programs_speak_the_language_of_the_user() {
    let installed = Installed::new();
    let help = |language: &str| {
        let shown = Command::new(installed.path("bin/symbolonctl"))
            .arg("--help")
            .env("LC_ALL", "C.UTF-8")
            .env("LANGUAGE", language)
            .output()
            .unwrap();
        String::from_utf8(shown.stdout).unwrap()
    };
    let (english, german, italian) = (help("en"), help("de"), help("it"));
    assert!(english.contains("Usage"), "{english}");
    assert!(
        !german.contains("Usage") && german.contains("symbolonctl"),
        "{german}"
    );
    assert!(!italian.contains("Usage") && italian != german, "{italian}");
    // From there, and not from where they were built.
    fs::remove_file(installed.path("share/locale/de/LC_MESSAGES/symbolon.mo")).unwrap();
    assert_eq!(help("de"), english);
}

#[test]
fn manual_pages_are_set_without_a_warning() {
    for page in [
        "symbolon.1",
        "symbolonctl.1",
        "pinentry-symbolon.1",
        "symbolon-profile.5",
    ] {
        let set = run(Command::new("man")
            .args(["--warnings", "--encoding=UTF-8", "--local-file"])
            .arg(package(&format!("data/man/{page}")))
            .env("MANROFFSEQ", "")
            .env("MANWIDTH", "80"));
        let warnings = String::from_utf8_lossy(&set.stderr);
        assert!(
            set.status.success() && warnings.is_empty(),
            "{page}: {warnings}"
        );
        let text = String::from_utf8_lossy(&set.stdout);
        let sections: &[&str] = if page.ends_with(".1") {
            &["SYNOPSIS", "OPTIONS", "ENVIRONMENT"]
        } else {
            &["FILES", "EXAMPLES"]
        };
        for section in ["NAME", "DESCRIPTION", "SEE ALSO"].iter().chain(sections) {
            assert!(text.contains(section), "{page}: no {section}");
        }
    }
}

#[test]
fn the_manual_tells_of_everything_in_a_profile() {
    let source = fs::read_to_string(package("src/plan/profile.rs")).unwrap();
    let manual = fs::read_to_string(package("data/man/symbolon-profile.5")).unwrap();
    let mut count = 0;
    // The structures that the parser fills, each from its derive to its end.
    for part in source.split("deny_unknown_fields)]\n").skip(1) {
        let (body, _) = part.split_once("\n}").unwrap();
        for line in body.lines().skip(1).map(str::trim) {
            let renamed = line.strip_prefix("#[serde(rename = \"");
            let name = match (renamed, line.split_once(": ")) {
                (Some(name), _) => name.split('"').next().unwrap().to_owned(),
                (None, Some(("purpose", _))) => continue,
                (None, Some((name, _))) if !line.starts_with('#') => name.replace('_', "-"),
                _ => continue,
            };
            let item = format!("\n.It Ic {name}");
            let section = format!("\n.It Ic [[{name}]]");
            let table = format!("\n.It Ic [{name}]");
            assert!(
                [item, section, table]
                    .iter()
                    .any(|known| manual.contains(known)),
                "symbolon-profile.5 does not tell of “{name}”"
            );
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

#[test]
fn manual_pages_tell_of_every_command_and_option() {
    for (program, name, least) in [
        (SYMBOLON, "symbolon", 0),
        (SYMBOLONCTL, "symbolonctl", 12),
        // One page for both.
        (PINENTRY, "pinentry-symbolon", 0),
        (PINENTRY_TTY, "pinentry-symbolon", 0),
    ] {
        let mut options = BTreeSet::new();
        let mut commands = Vec::new();
        read_help(program, &mut Vec::new(), &mut options, &mut commands);
        assert!(
            options.len() > 2 && commands.len() >= least,
            "{name} --help names {options:?} and {commands:?}"
        );

        let source = fs::read_to_string(package(&format!("data/man/{name}.1"))).unwrap();
        // mdoc writes --option as `Fl -option`.
        let documented: BTreeSet<String> = source
            .split_whitespace()
            .collect::<Vec<_>>()
            .windows(2)
            .filter(|pair| pair[0].trim_start_matches('.') == "Fl" && pair[1].starts_with('-'))
            .map(|pair| format!("-{}", pair[1]))
            .collect();
        assert_eq!(documented, options, "{name}: manual (left), --help (right)");
        for command in commands {
            assert!(
                source.contains(&format!("\n.It Cm {command}\n"))
                    || source.contains(&format!("\n.It Cm {command} ")),
                "{name}.1 does not tell of “{command}”"
            );
        }
    }
}

/// Collects the long options and the commands without further commands of `program`, from its help and theirs.
fn read_help(
    program: &str,
    path: &mut Vec<String>,
    options: &mut BTreeSet<String>,
    commands: &mut Vec<String>,
) {
    let shown = run(Command::new(program).args(&*path).arg("--help"));
    assert!(
        shown.status.success(),
        "{program} {path:?}: {}",
        words(&shown)
    );
    let help = String::from_utf8(shown.stdout).unwrap();
    let mut below = Vec::new();
    let mut heading = "";
    for line in help.lines() {
        if !line.starts_with(' ') {
            heading = line;
        }
        let Some(entry) = line.strip_prefix("  ") else {
            continue;
        };
        let mut entry_words = entry.split_whitespace();
        if heading == "Commands:" && !entry.starts_with(' ') {
            below.extend(
                entry_words
                    .next()
                    .filter(|word| *word != "help")
                    .map(str::to_owned),
            );
        } else if entry.trim_start().starts_with('-') {
            let long = entry_words.find(|word| word.starts_with("--"));
            options.extend(long.map(|long| {
                let end = long.find(['=', '[', ',', '<']).unwrap_or(long.len());
                long[..end].to_owned()
            }));
        }
    }
    if below.is_empty() && !path.is_empty() {
        commands.push(path.join(" "));
    }
    for command in below {
        path.push(command);
        read_help(program, path, options, commands);
        path.pop();
    }
}

#[test]
fn programs_for_the_terminal_need_no_window_library() {
    for program in [SYMBOLON, PINENTRY] {
        let window = libraries(program);
        assert!(
            window.iter().any(|name| name.starts_with("libgtk-4")),
            "{window:?}"
        );
    }
    for program in [SYMBOLONCTL, PINENTRY_TTY] {
        let terminal = libraries(program);
        for library in [
            "libadwaita",
            "libcairo",
            "libgdk",
            "libgio",
            "libglib",
            "libgobject",
            "libgraphene",
            "libgtk",
            "libpango",
        ] {
            assert!(
                !terminal.iter().any(|name| name.starts_with(library)),
                "{program} needs {library}: {terminal:?}"
            );
        }
    }
}

/// Every library that is loaded with `program`.
fn libraries(program: &str) -> Vec<String> {
    let listed = run(Command::new("ldd").arg(program));
    assert!(listed.status.success(), "{}", words(&listed));
    let names: Vec<String> = String::from_utf8_lossy(&listed.stdout)
        .lines()
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect();
    assert!(
        names.iter().any(|name| name.starts_with("libc.so")),
        "{names:?}"
    );
    names
}

#[test]
fn the_package_is_of_one_version() {
    let version = env!("CARGO_PKG_VERSION");
    for (file, sign) in [
        (
            format!("data/{ID}.metainfo.xml.in"),
            format!("<release version=\"{version}\""),
        ),
        ("CHANGELOG.md".to_owned(), format!("\n## [{version}]")),
    ] {
        let text = fs::read_to_string(package(&file)).unwrap();
        assert!(text.contains(&sign), "{file} does not tell of {version}");
    }
}

#[test]
fn every_resource_is_packed() {
    let packed = fs::read_to_string(package("resources/symbolon.gresource.xml")).unwrap();
    let mut count = 0;
    for folder in ["resources", "resources/icons"] {
        for entry in fs::read_dir(package(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_file() && !name.ends_with(".gresource.xml") {
                assert!(
                    packed.contains(&format!("{name}</file>")),
                    "{folder}/{name} is not packed"
                );
                count += 1;
            }
        }
    }
    assert!(count >= 2);
}

fn package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn run(command: &mut Command) -> Output {
    command
        .env("LC_ALL", "C.UTF-8")
        .env_remove("LANGUAGE")
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; make test installs it"))
}

/// All that a program has said.
fn words(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
