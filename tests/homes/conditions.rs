//! The conditions, and what difference each may make.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

/// Something that is not as usual at the desk.
pub(crate) struct Condition {
    /// For the one who reads the failure.
    pub(crate) name: &'static str,
    /// Variables that are set; `{home}` and `{locales}` are places, `{bytes}` no UTF-8. Nothing:
    /// they are taken away.
    pub(crate) variables: &'static [(&'static str, Option<&'static str>)],
    /// What is done to the home before.
    pub(crate) prepare: fn(&Path),
    /// What the home is made to.
    pub(crate) home: Home,
    /// Where the standard streams go.
    pub(crate) streams: Streams,
    /// A shell command around the program, which is `"$@"`.
    pub(crate) around: &'static str,
    /// What may differ from the run at an ordinary desk.
    pub(crate) differs: Differs,
}

/// What the home can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Home {
    /// All that homes do.
    Usual,
    /// Its owner may only look.
    ReadOnly,
    /// A file system without room, mounted for this run alone.
    Full,
    /// It is not there.
    Absent,
    /// It is a file.
    File,
}

/// Where the standard streams go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Streams {
    /// To the test.
    Usual,
    /// Standard input is shut.
    NoInput,
    /// Standard output is shut.
    NoOutput,
    /// Standard output is `/dev/full`.
    FullOutput,
    /// Standard output is a pipe from which nobody reads.
    BrokenPipe,
    /// Standard error is shut.
    NoErrors,
    /// Standard error is `/dev/full`.
    FullErrors,
    /// All three are shut.
    Nothing,
}

/// What may differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Differs {
    /// Nothing, to the byte. What must not be written into this home, or cannot be read or told
    /// with these streams, follows from [`Home`] and [`Streams`].
    Nothing,
    /// Where the lines of the help end.
    HelpLines,
    /// The words, not the numbers in them.
    Words,
}

/// An ordinary desk.
pub(crate) const ORDINARY: Condition = Condition {
    name: "ordinary",
    variables: &[],
    prepare: |_| (),
    home: Home::Usual,
    streams: Streams::Usual,
    around: "exec \"$@\"",
    differs: Differs::Nothing,
};

const fn set(
    name: &'static str,
    variables: &'static [(&'static str, Option<&'static str>)],
) -> Condition {
    Condition {
        name,
        variables,
        ..ORDINARY
    }
}

const fn home(name: &'static str, home: Home) -> Condition {
    Condition {
        name,
        home,
        ..ORDINARY
    }
}

const fn settings(name: &'static str, prepare: fn(&Path)) -> Condition {
    Condition {
        name,
        prepare,
        ..ORDINARY
    }
}

const fn streams(name: &'static str, streams: Streams) -> Condition {
    Condition {
        name,
        streams,
        ..ORDINARY
    }
}

const fn around(name: &'static str, around: &'static str) -> Condition {
    Condition {
        name,
        around,
        ..ORDINARY
    }
}

const fn help(
    name: &'static str,
    variables: &'static [(&'static str, Option<&'static str>)],
) -> Condition {
    Condition {
        name,
        variables,
        differs: Differs::HelpLines,
        ..ORDINARY
    }
}

/// Writes the settings.
fn write(home: &Path, bytes: &[u8]) {
    let folder = home.join(".config/symbolon");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("settings.toml"), bytes).unwrap();
}

/// Every condition.
pub(crate) const CONDITIONS: &[Condition] = &[
    // The home.
    home("HOME read-only", Home::ReadOnly),
    home("HOME full", Home::Full),
    home("HOME not there", Home::Absent),
    home("HOME a file", Home::File),
    set("HOME unset", &[("HOME", None)]),
    set("HOME empty", &[("HOME", Some(""))]),
    set("HOME relative", &[("HOME", Some("here"))]),
    set("HOME no UTF-8", &[("HOME", Some("{bytes}"))]),
    settings("settings of 0 bytes", |home| write(home, b"")),
    settings("settings of garbage", |home| {
        write(home, &(0..=255).cycle().take(5000).collect::<Vec<u8>>());
    }),
    settings("settings of 1 MiB", |home| {
        write(home, "[".repeat(1024 * 1024).as_bytes());
    }),
    settings("settings of wrong types", |home| {
        write(home, b"practice = 3\ntrace = \"\"\n[[window]]\n");
    }),
    settings("settings of a newer version", |home| {
        write(home, b"version = 99\n[practice]\non_start = \"often\"\n");
    }),
    settings("settings that are a folder", |home| {
        fs::create_dir_all(home.join(".config/symbolon/settings.toml")).unwrap();
    }),
    set(
        "XDG unset",
        &[
            ("XDG_CONFIG_HOME", None),
            ("XDG_CACHE_HOME", None),
            ("XDG_RUNTIME_DIR", None),
        ],
    ),
    set(
        "XDG empty",
        &[
            ("XDG_CONFIG_HOME", Some("")),
            ("XDG_CACHE_HOME", Some("")),
            ("XDG_DATA_HOME", Some("")),
            ("XDG_DATA_DIRS", Some("")),
            ("XDG_RUNTIME_DIR", Some("")),
        ],
    ),
    set(
        "XDG relative",
        &[
            ("XDG_CONFIG_HOME", Some("../a")),
            ("XDG_CACHE_HOME", Some("b")),
            ("XDG_DATA_HOME", Some(".")),
            ("XDG_RUNTIME_DIR", Some("./c")),
        ],
    ),
    // The desktop.
    set("no D-Bus", &[("DBUS_SESSION_BUS_ADDRESS", None)]),
    set(
        "D-Bus to nowhere",
        &[("DBUS_SESSION_BUS_ADDRESS", Some("unix:path=/nonexistent"))],
    ),
    set(
        "display to nowhere",
        &[("DISPLAY", Some(":4711")), ("WAYLAND_DISPLAY", Some("no"))],
    ),
    // Languages.
    set("locale C", &[("LC_ALL", Some("C"))]),
    set("locale POSIX", &[("LC_ALL", Some("POSIX"))]),
    set("no locale", &[("LC_ALL", None), ("LANG", None)]),
    set("locale empty", &[("LC_ALL", Some("")), ("LANG", Some(""))]),
    set("locale that is none", &[("LC_ALL", Some("xx_YY.UTF-8"))]),
    set("locale of garbage", &[("LC_ALL", Some("{bytes}/../%s%n"))]),
    set("Turkish", &[("LC_ALL", Some("tr_TR.UTF-8"))]),
    set("Arabic", &[("LC_ALL", Some("ar_EG.UTF-8"))]),
    set("Japanese", &[("LC_ALL", Some("ja_JP.UTF-8"))]),
    set("Japanese in EUC-JP", &[("LC_ALL", Some("ja_JP.EUC-JP"))]),
    set("Thai", &[("LC_ALL", Some("th_TH.UTF-8"))]),
    set(
        "German numbers, no German",
        &[("LC_ALL", None), ("LC_NUMERIC", Some("de_DE.UTF-8"))],
    ),
    set(
        "languages that are none",
        &[("LC_ALL", Some("tr_TR.UTF-8")), ("LANGUAGE", Some("x:/:."))],
    ),
    Condition {
        differs: Differs::Words,
        ..set("German", &[("LC_ALL", Some("de_DE.UTF-8"))])
    },
    Condition {
        differs: Differs::Words,
        ..set(
            "German in ISO 8859-1",
            &[("LC_ALL", Some("de_DE.ISO-8859-1"))],
        )
    },
    Condition {
        differs: Differs::Words,
        ..set(
            "Italian in Turkey",
            &[("LC_ALL", Some("tr_TR.UTF-8")), ("LANGUAGE", Some("it"))],
        )
    },
    // Time.
    set(
        "no time zones",
        &[
            ("TZ", Some("Asia/Kathmandu")),
            ("TZDIR", Some("/nonexistent")),
        ],
    ),
    Condition {
        prepare: |home| fs::create_dir(home.join("zones")).unwrap(),
        ..set(
            "time zones in an empty folder",
            &[
                ("TZ", Some("Asia/Kathmandu")),
                ("TZDIR", Some("{home}/zones")),
            ],
        )
    },
    set("time zone of garbage", &[("TZ", Some("\u{1b}Nowhere/99+"))]),
    set("time zone Kathmandu", &[("TZ", Some(":Asia/Kathmandu"))]),
    // The terminal.
    set("TERM unset", &[("TERM", None)]),
    set("TERM dumb", &[("TERM", Some("dumb"))]),
    set("TERM of garbage", &[("TERM", Some("{bytes}"))]),
    help("COLUMNS 0", &[("COLUMNS", Some("0"))]),
    help("COLUMNS 1", &[("COLUMNS", Some("1"))]),
    help("COLUMNS huge", &[("COLUMNS", Some("18446744073709551615"))]),
    set("COLUMNS less than none", &[("COLUMNS", Some("-1"))]),
    set("COLUMNS of garbage", &[("COLUMNS", Some("{bytes}"))]),
    // Standard streams.
    streams("standard input shut", Streams::NoInput),
    streams("standard output shut", Streams::NoOutput),
    streams("standard output full", Streams::FullOutput),
    streams("standard output to nobody", Streams::BrokenPipe),
    streams("standard error shut", Streams::NoErrors),
    streams("standard error full", Streams::FullErrors),
    streams("all standard streams shut", Streams::Nothing),
    // The rest of the system.
    set("PATH empty", &[("PATH", Some(""))]),
    set("PATH unset", &[("PATH", None)]),
    set("TMPDIR to nowhere", &[("TMPDIR", Some("/nonexistent"))]),
    set("log wanted", &[("SYMBOLON_LOG", Some("trace"))]),
    set("log of garbage", &[("SYMBOLON_LOG", Some("=,,=[{"))]),
    around("no memory to lock", "ulimit -l 0; exec \"$@\""),
    around("few files", "ulimit -n 16; exec \"$@\""),
    around(
        "a folder that is gone",
        "mkdir x && cd x && rmdir ../x; exec \"$@\"",
    ),
    around("a mask that hides all", "umask 0777; exec \"$@\""),
];

/// Programs that do what ours must not, for the control.
pub(crate) const PLANTED: &[Condition] = &[
    around(
        "planted: another digit",
        "set -o pipefail; \"$@\" | LC_ALL=C sed s/3/8/",
    ),
    around("planted: always well", "\"$@\"; exit 0"),
    around(
        "planted: a panic",
        "\"$@\"; code=$?; echo \"thread 'main' panicked at src/x.rs:1:1\" >&2; exit $code",
    ),
];

/// A value with its places filled in.
pub(crate) fn value(text: &str, home: &Path, locales: &Path) -> OsString {
    let text = text
        .replace("{home}", home.to_str().unwrap())
        .replace("{locales}", locales.to_str().unwrap());
    // 92 is a Latin-1 control, FF is never part of UTF-8.
    let mut bytes = Vec::new();
    for (index, part) in text.split("{bytes}").enumerate() {
        if index > 0 {
            bytes.extend(b"/\xFF\x92");
        }
        bytes.extend(part.as_bytes());
    }
    OsString::from_vec(bytes)
}
