//! Lines for every pinentry: every command and option, in every form that one of them might take for another. None opens
//! a dialog, and `debug-wait` is left out: others wait then.

/// Options with a value that suits them; nothing if they have none.
const OPTIONS: [(&str, Option<&str>); 31] = [
    ("grab", None),
    ("no-grab", None),
    ("ttyname", Some("/dev/null")),
    ("ttytype", Some("xterm")),
    ("ttyalert", Some("beep")),
    ("lc-ctype", Some("C.UTF-8")),
    ("lc-messages", Some("C.UTF-8")),
    ("display", Some(":7")),
    ("parent-wid", Some("5")),
    ("owner", Some("1/0 laptop")),
    ("touch-file", Some("/nowhere/at/all")),
    ("allow-external-password-cache", None),
    ("allow-emacs-prompt", None),
    ("pinentry-user-data", Some("a b c")),
    ("formatted-passphrase", None),
    ("formatted-passphrase-hint", Some("no blanks")),
    ("constraints-enforce", None),
    ("constraints-hint-short", Some("8 characters")),
    ("constraints-hint-long", Some("8 characters%0Aand more")),
    ("constraints-error-title", Some("Not allowed")),
    ("default-ok", Some("_OK")),
    ("default-cancel", Some("_Cancel")),
    ("default-yes", Some("_Yes")),
    ("default-no", Some("_No")),
    ("default-prompt", Some("PIN:")),
    ("default-pwmngr", Some("_Save")),
    ("default-cf-visi", Some("Show it?")),
    ("default-tt-visi", Some("Show")),
    ("default-tt-hide", Some("Hide")),
    ("default-capshint", Some("Caps Lock")),
    ("invisible-char", Some("*")),
];

/// Commands with a text.
const TEXTS: [&str; 15] = [
    "SETDESC",
    "SETPROMPT",
    "SETTITLE",
    "SETERROR",
    "SETOK",
    "SETNOTOK",
    "SETCANCEL",
    "SETREPEAT",
    "SETREPEATERROR",
    "SETREPEATOK",
    "SETQUALITYBAR",
    "SETQUALITYBAR_TT",
    "SETGENPIN",
    "SETGENPIN_TT",
    "SETKEYINFO",
];

/// Everything else.
const OTHERS: [&str; 77] = [
    "NOP",
    "nop",
    "NoP",
    "NOP and more",
    "NOP ",
    "  NOP",
    "\tNOP",
    "NOPE",
    "NOP\t",
    "",
    " ",
    "\t",
    "#",
    "# a comment",
    " # no comment",
    "#NOP",
    "%4e%4f%50",
    "bogus",
    "BOGUS with words",
    "-",
    "--",
    "OK",
    "ERR 1",
    "S x",
    "D",
    "D x",
    "D %41",
    "d x",
    "END",
    "end",
    "END x",
    "CAN",
    "can",
    "CAN x",
    "CANCEL",
    "AUTH",
    "AUTH x",
    "RESET",
    "reset",
    "RESET x",
    "HELP",
    "help",
    "HELP GETPIN",
    "HELP bogus",
    "GETINFO",
    "GETINFO pid",
    "getinfo pid",
    "GETINFO  pid",
    "GETINFO pid ",
    "GETINFO PID",
    "GETINFO version",
    "GETINFO flavor",
    "GETINFO ttyinfo",
    "GETINFO bogus",
    "GETINFO pid version",
    "SETTIMEOUT 25",
    "SETTIMEOUT 0",
    "SETTIMEOUT -1",
    "SETTIMEOUT 1000000000000",
    "SETTIMEOUT",
    "SETTIMEOUT x",
    "SETKEYINFO --clear",
    "SETKEYINFO n/0123456789ABCDEF0123456789ABCDEF01234567",
    "CLEARPASSPHRASE n/0123",
    "CLEARPASSPHRASE",
    "OPTION",
    "OPTION ",
    "OPTION bogus",
    "OPTION bogus=1",
    "OPTION =x",
    "OPTION = x",
    "OPTION -grab",
    "OPTION ---grab",
    "OPTION GRAB",
    "OPTION grab=1",
    "OPTION no-grab=0",
    "option grab",
];

/// All of them, in the order in which they are sent.
pub(crate) fn lines() -> Vec<String> {
    let mut lines: Vec<String> = OTHERS.map(str::to_owned).to_vec();
    for (name, value) in OPTIONS {
        let value = value.unwrap_or("1");
        lines.push(format!("OPTION {name}"));
        lines.push(format!("OPTION {name}={value}"));
        lines.push(format!("OPTION {name} = {value}"));
        lines.push(format!("OPTION --{name}"));
        lines.push(format!("OPTION --{name} {value}"));
        lines.push(format!("OPTION {name}="));
        lines.push(format!("OPTION {}={value}", name.to_uppercase()));
    }
    for text in TEXTS {
        lines.push(text.to_owned());
        lines.push(format!("{text} a b_c  "));
        lines.push(format!("{} %41%0A%zz%%4+%00", text.to_lowercase()));
    }
    // What is said stays, and what belongs to a question goes.
    for line in [
        "OPTION ttyname=/dev/null",
        "OPTION ttytype=dumb",
        "OPTION display=:8",
        "GETINFO ttyinfo",
        "RESET",
        "GETINFO ttyinfo",
        "OPTION ttyname=/nowhere/at/all",
        "GETINFO ttyinfo",
        "OPTION ttyname=100%25",
        "GETINFO ttyinfo",
    ] {
        lines.push(line.to_owned());
    }
    // Of the longest length, and longer.
    for length in [900, 1000, 1001, 1002, 2000, 5000] {
        let text = "x".repeat(length - "SETDESC ".len());
        lines.push(format!("SETDESC {text}"));
    }
    lines.push("BYE".to_owned());
    lines
}
