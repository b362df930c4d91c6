//! For the real ssh, as its SSH_ASKPASS.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::desk::TTY;
use crate::support::on_terminal::OnTerminal;
use crate::support::process::{finish, private_directory, tool};

const PASSPHRASE: &str = "seven 7 lamps%";

/// A key that has a passphrase, in a folder of its own.
fn key() -> TempDir {
    let folder = private_directory("ssh-");
    let mut keygen = tool("ssh-keygen", "openssh-client");
    keygen
        .args(["-q", "-t", "ed25519", "-C", "ada", "-N", PASSPHRASE, "-f"])
        .arg(folder.path().join("key"));
    finish(&mut keygen, "").succeeded();
    folder
}

fn on_terminal(folder: &Path, line: &str) -> OnTerminal {
    let line = format!("cd {}; {line}", folder.display());
    OnTerminal::start(
        &line,
        [("SSH_ASKPASS", TTY), ("SSH_ASKPASS_REQUIRE", "force")],
    )
}

#[test]
fn a_passphrase_opens_a_key() {
    let folder = key();
    let mut keygen = on_terminal(folder.path(), "ssh-keygen -y -f key > public");
    keygen.wait_for("Asked by ssh-keygen");
    keygen.wait_for("Enter passphrase");
    keygen.wait_for("Passphrase: ");
    keygen.press(&format!("{PASSPHRASE}\r"));
    let seen = keygen.ended(0);
    assert!(!seen.contains("seven"), "{seen}");
    let public = |name: &str| {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        words[..2].to_vec()
    };
    assert_eq!(public("public"), public("key.pub"));
}

#[test]
fn nothing_is_written_when_it_is_cancelled() {
    let folder = key();
    for key in ["\u{3}", "\u{1b}", "half\u{3}"] {
        let line = format!("{TTY} 'Enter passphrase for key: ' > answer");
        let mut asked = on_terminal(folder.path(), &line);
        asked.wait_for("Passphrase: ");
        asked.press(key);
        let seen = asked.ended(1);
        assert!(!seen.contains("half"), "{seen}");
        assert_eq!(fs::read(folder.path().join("answer")).unwrap(), b"");
    }
    let mut keygen = on_terminal(folder.path(), "ssh-keygen -y -f key");
    keygen.wait_for("Passphrase: ");
    keygen.press("\u{3}");
    keygen.ended(255);
}

#[test]
fn the_use_of_a_key_is_allowed_or_not() {
    for (letter, code) in [("a", 0), ("d", 1)] {
        let folder = key();
        // In the foreground, where the agent has a terminal. It is ready when its socket is there.
        let line = "export SSH_AUTH_SOCK=$PWD/agent; ssh-agent -D -a agent > log & agent=$!; \
                    until test -S agent; do :; done; \
                    ssh-add -c key; ssh-add -T key.pub; code=$?; kill $agent; (exit $code)";
        let mut agent = on_terminal(folder.path(), line);
        agent.wait_for("Passphrase: ");
        agent.press(&format!("{PASSPHRASE}\r"));
        agent.wait_for("Identity added");
        agent.wait_for("Allow use of key");
        agent.wait_for("Key fingerprint SHA256:");
        agent.wait_for("[a] Allow   [d] Deny: ");
        agent.press(letter);
        agent.ended(code);
    }
}

#[test]
fn a_host_is_accepted_in_words() {
    // The question of OpenSSH 9.2, sshconnect.c.
    let question = "The authenticity of host '[127.0.0.1]:2222 ([127.0.0.1]:2222)' can't be established.\n\
                    ED25519 key fingerprint is SHA256:x.\n\
                    This key is not known by any other names.\n\
                    Are you sure you want to continue connecting (yes/no/[fingerprint])? ";
    let folder = private_directory("ssh-");
    fs::write(folder.path().join("question"), question).unwrap();
    for (key, answer, code) in [("y", "yes\n", 0), ("n", "no\n", 0), ("c", "", 1)] {
        let line = format!("{TTY} \"$(cat question)\" > answer");
        let mut asked = on_terminal(folder.path(), &line);
        asked.wait_for("(yes/no/[fingerprint])?");
        asked.wait_for("[y] Yes   [n] No   [c] Cancel: ");
        asked.press(key);
        asked.ended(code);
        let said = fs::read_to_string(folder.path().join("answer")).unwrap();
        assert_eq!(said, answer);
    }
}

#[test]
fn something_is_told_until_ssh_takes_it_away() {
    let folder = private_directory("ssh-");
    let line = format!(
        "mkfifo gate; SSH_ASKPASS_PROMPT=none {TTY} 'Confirm user presence for key' > answer & told=$!; \
         read go < gate; kill $told; wait $told"
    );
    let mut asked = on_terminal(folder.path(), &line);
    asked.wait_for("Touch the Token Now");
    asked.wait_for("Confirm user presence for key");
    asked.wait_for("[Enter] Close: ");
    fs::write(folder.path().join("gate"), "go\n").unwrap();
    // Ended by SIGTERM.
    asked.ended(128 + 15);
    assert_eq!(fs::read(folder.path().join("answer")).unwrap(), b"");
}

#[test]
fn nobody_is_asked_where_there_is_no_terminal() {
    let folder = key();
    let mut keygen = tool("setsid", "util-linux");
    keygen
        .args(["--wait", "ssh-keygen", "-y", "-f"])
        .arg(folder.path().join("key"))
        .envs([("SSH_ASKPASS", TTY), ("SSH_ASKPASS_REQUIRE", "force")]);
    let ended = finish(&mut keygen, "");
    assert!(!ended.status.success(), "{ended}");
    assert_eq!(ended.stdout, "");
}
