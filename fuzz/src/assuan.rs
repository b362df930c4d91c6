//! The conversation with an agent: what it sends to a pinentry.
//!
//! The first line is the plan of the dialogs (`tests/assuan/model.rs` tells its letters), the rest
//! are the lines of the agent.

#[path = "../../tests/assuan/model.rs"]
mod model;

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::OwnedFd;

use rustix::fs::{MemfdFlags, memfd_create};
use symbolon::pinentry::lines::{Lines, Replies};
use symbolon::pinentry::server::{Server, Setup};

use crate::oracle;

pub(crate) fn run(bytes: &[u8]) {
    let end = bytes.iter().position(|&byte| byte == b'\n');
    let (plan, sent) = bytes.split_at(end.unwrap_or(bytes.len()));
    let sent = sent.get(1..).unwrap_or_default();
    let replies = converse(plan, sent);
    if crate::talks() {
        println!("{}", String::from_utf8_lossy(&replies));
    }
    judge(&replies, sent, plan);
}

/// Looks at what the agent got.
///
/// # Panics
///
/// If anything is not answered, is answered twice or out of order, or is no line of the protocol.
pub(crate) fn judge(replies: &[u8], sent: &[u8], plan: &[u8]) {
    assert_eq!(
        model::shapes(replies),
        model::expected(sent, plan),
        "out of step"
    );
}

/// What the agent gets. Files in memory stand for the pipes: nobody waits for anybody.
fn converse(plan: &[u8], sent: &[u8]) -> Vec<u8> {
    let file = || File::from(memfd_create("assuan", MemfdFlags::CLOEXEC).expect("a file"));
    let (mut input, output) = (file(), file());
    input.write_all(sent).expect("a file in memory");
    input.rewind().expect("a file in memory");
    let lines = Lines::new(OwnedFd::from(input));
    let to = output.try_clone().expect("a second descriptor");
    let mut front = model::Scripted::new(plan, oracle::clean);
    let mut keyring = model::NoKeyring;
    Server::new(
        lines,
        Replies::new(OwnedFd::from(to)),
        &mut front,
        &mut keyring,
        Setup::default(),
    )
    .run()
    .expect("files in memory");
    let mut output = output;
    let mut replies = Vec::new();
    output.rewind().expect("a file in memory");
    output.read_to_end(&mut replies).expect("a file in memory");
    replies
}
