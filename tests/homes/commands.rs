//! The whole product on the command line: start, read, do something with a PIN, say what is wrong.

/// A command and how it ends at an ordinary desk.
#[derive(Debug)]
pub(crate) struct Command {
    /// Its arguments, parted by blanks; `{home}` is the home.
    pub(crate) line: &'static str,
    /// What is typed into standard input.
    pub(crate) input: &'static str,
    /// The exit code, as the manual page has it.
    pub(crate) code: i32,
    /// The file in the home that it writes.
    pub(crate) writes: Option<&'static str>,
}

impl Command {
    /// Whether its result is for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.line.contains("--json")
    }

    /// Whether its result is the help, which is as wide as the terminal.
    pub(crate) fn is_help(&self) -> bool {
        self.line.contains("--help")
    }

    /// Whether it reads a secret; where a PIN is blocked, or the last try is kept, none is asked for.
    pub(crate) fn reads(&self) -> bool {
        !self.input.is_empty() && !matches!(self.code, 6 | 7)
    }

    /// Whether it did something to a card, which stays done when nobody can be told.
    pub(crate) fn is_deed(&self) -> bool {
        let does = [" pin ", " plan run "];
        let does = does.iter().any(|word| self.line.contains(word));
        does && self.code == 0 && !self.input.is_empty()
    }
}

const fn shows(line: &'static str, code: i32) -> Command {
    Command {
        line,
        input: "",
        code,
        writes: None,
    }
}

const fn types(line: &'static str, input: &'static str, code: i32) -> Command {
    Command {
        line,
        input,
        code,
        writes: None,
    }
}

const fn writes(line: &'static str, file: &'static str) -> Command {
    Command {
        line,
        input: "",
        code: 0,
        writes: Some(file),
    }
}

/// Every command, with every kind of end.
pub(crate) const COMMANDS: &[Command] = &[
    // Start.
    shows("--version", 0),
    shows("--help", 0),
    shows("pin change --help", 0),
    shows("practice list", 0),
    shows("practice list --json", 0),
    // Read.
    shows("--practice=both readers", 0),
    shows("--practice=both readers --json", 0),
    shows("--practice=both show", 0),
    shows("--practice=both show --json", 0),
    shows("--practice=piv-used,openpgp-curves show --json", 0),
    shows("--practice=expired-certificate show", 0),
    shows("--practice=unknown show", 0),
    shows("--practice=rubbish show --json", 0),
    shows("--practice=both cert list", 0),
    shows("--practice=odd-certificates cert list --json", 0),
    shows("--practice=piv-used cert show 9A", 0),
    shows("--practice=piv-used cert show 9A --json", 0),
    shows("--practice=piv-used cert export 9A", 0),
    shows("--practice=piv-used cert export 9A --der", 0),
    writes(
        "--practice=piv-used cert export 9A --output {home}/a.pem",
        "a.pem",
    ),
    writes(
        "--practice=piv-used cert export 9A --der --force --output {home}/a.der",
        "a.der",
    ),
    shows("--practice=piv-used cert ssh 9A", 0),
    shows("--practice=openpgp-used cert key 1", 0),
    shows("--practice=both pin status", 0),
    shows("--practice=both pin status --json", 0),
    shows(
        "--practice=piv-used apdu --yes 00A4040009A00000030800001000",
        0,
    ),
    shows(
        "--practice=piv-used apdu --yes --json 00A4040009A00000030800001000",
        0,
    ),
    // Plans: on paper, and carried out.
    shows(
        concat!(
            "--practice=cardos-used plan show ",
            env!("CARGO_MANIFEST_DIR"),
            "/data/profiles/erase.toml"
        ),
        0,
    ),
    types(
        concat!(
            "--practice=cardos-blank plan run ",
            env!("CARGO_MANIFEST_DIR"),
            "/data/profiles/set-up-without-so-pin.toml --name Anna --pin-fd 0"
        ),
        "271828\n97531864\n",
        0,
    ),
    // Do something with a PIN.
    types("--practice=piv-used pin verify --pin-fd 0", "654321\n", 0),
    types(
        "--practice=piv-used pin change --pin-fd 0",
        "654321\n271828\n",
        0,
    ),
    types(
        "--practice=blocked-pin pin unblock --application piv --pin-fd 0",
        "12345678\n271828\n",
        0,
    ),
    types(
        "--practice=openpgp-used pin set --pin-fd 0",
        "87654321\n31415926\n",
        0,
    ),
    // Say what is wrong.
    types("--practice=piv-used pin verify --pin-fd 0", "111111\n", 5),
    types(
        "--practice=blocked-pin pin verify --application piv --pin-fd 0",
        "123456\n",
        6,
    ),
    types(
        "--practice=openpgp-used pin verify --pin-fd 0",
        "654321\n",
        7,
    ),
    types(
        "--practice=piv-used pin change --pin-fd 0",
        "654321\n12\n",
        9,
    ),
    shows("--practice=piv-used pin verify", 2),
    shows("--practice=no-such-card show", 2),
    shows("--no-such-option", 2),
    shows("--practice=piv-used cert show 9E9E", 1),
    shows("--practice=piv-used --reader nobody show", 3),
    shows("--practice=pulled show", 3),
    shows("show", 4),
    shows("readers --json", 4),
];
