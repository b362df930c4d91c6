//! ssh, by way of GnuPG's agent.

use crate::room::{Errand, GOOD, Room};
use crate::support::process::find;

#[test]
fn each_use_of_an_ssh_key_is_allowed_or_denied() {
    find("ssh-add", "openssh-client");
    let room = Room::new("enable-ssh-support\n");
    let make = [
        "-q",
        "-t",
        "ed25519",
        "-N",
        "",
        "-C",
        "a key of ssh",
        "-f",
        "key",
    ];
    room.start("ssh-keygen", &make).succeeds();
    room.start("gpgconf", &["--launch", "gpg-agent"]).succeeds();
    let socket = room
        .start("gpgconf", &["--list-dirs", "agent-ssh-socket"])
        .succeeds();
    let ssh = |program: &str, arguments: &[&str]| -> Errand {
        let mut command = room.command(program);
        command.env("SSH_AUTH_SOCK", socket.trim()).args(arguments);
        room.run(command)
    };

    let add = ssh("ssh-add", &["-c", "key"]);
    let dialog = room.dialog("New Passphrase");
    dialog.says("a key of ssh").says("Asked by ssh-add");
    dialog
        .fill("Passphrase", GOOD)
        .fill("Repeat", GOOD)
        .click("OK")
        .gone();
    add.succeeds();
    // Nobody but the agent has it.
    std::fs::remove_file(room.file("key")).unwrap();

    let sign = ["-q", "-Y", "sign", "-f", "key.pub", "-n", "file", "text"];
    let signing = ssh("ssh-keygen", &sign);
    let question = room.dialog("Confirm");
    question
        .says("An ssh process requested the use of key")
        .says("a key of ssh");
    question.picture("pinentry-ssh");
    question.click("Deny").gone();
    signing.fails("agent refused operation");

    let signing = ssh("ssh-keygen", &sign);
    room.dialog("Confirm").click("Allow").gone();
    signing.succeeds();
    assert!(room.file("text.sig").exists());
}
