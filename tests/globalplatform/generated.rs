//! SCP03 in all its variants and levels, against `scp03.txt`, which an independent program has made.

use crate::script::Script;
use crate::script::{bytes, command, keys, open, send, wish};
use symbolon::base::hex;
use symbolon::globalplatform::channel::CounterRule;
use symbolon::globalplatform::{Aid, KeyFamily, Wish};
use symbolon::iso7816::Response;

const SESSIONS: &str = include_str!("scp03.txt");

/// One session of the file, as its words.
struct Session<'a> {
    head: Vec<&'a str>,
    lines: Vec<Vec<&'a str>>,
}

impl Session<'_> {
    fn value(&self, name: &str) -> &str {
        let mut values = self.head.iter().filter_map(|word| word.split_once('='));
        values.find(|(found, _)| *found == name).unwrap().1
    }

    fn byte(&self, name: &str) -> u8 {
        bytes(self.value(name))[0]
    }
}

fn sessions() -> Vec<Session<'static>> {
    let mut sessions: Vec<Session<'static>> = Vec::new();
    for line in SESSIONS.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words[0] == "session" {
            sessions.push(Session {
                head: words,
                lines: Vec::new(),
            });
        } else {
            sessions.last_mut().unwrap().lines.push(words);
        }
    }
    sessions
}

/// Bytes of the file; a dash for none.
fn of(text: &str) -> Vec<u8> {
    bytes(text.trim_matches('-'))
}

fn wish_of(session: &Session<'_>) -> Wish {
    let mut wish = wish(session.byte("level"));
    wish.domain = Some(Aid::new(&bytes("A000000151000000")).unwrap());
    wish.long_challenge = session.byte("i") & 0x01 != 0;
    if session.value("counts") == "data" {
        wish.counter = CounterRule::CommandsWithData;
    }
    wish
}

fn play(session: &Session<'_>) {
    let host = session.value("host");
    let update = format!("80500000{:02X}{host}00", host.len() / 2);
    let answer = format!("{}9000", session.lines[0][1]);
    let mut script = vec![(&update[..], &answer[..]), (session.lines[1][1], "9000")];
    script.extend(session.lines[2..].iter().map(|line| (line[4], line[5])));
    let mut card = Script::new(&script);
    let keys = keys(KeyFamily::Aes, session.value("key"));
    let mut secure = open(&mut card, &keys, &wish_of(session), host).unwrap();
    let pseudo_random = session.byte("i") & 0x10 != 0 && session.head[1] != "hello";
    if pseudo_random {
        assert_eq!(secure.challenge_fits(), Some(true), "{:?}", session.head);
    }
    for line in &session.lines[2..] {
        let plain = command(line[1], line[2].trim_matches('-'), line[3] == "1");
        let answer = send(&mut secure, &mut card, &plain).unwrap();
        let meant = Response::from_bytes(&of(line[6])).unwrap();
        assert_eq!(answer, meant, "{:?}", session.head);
    }
    assert!(card.is_through());
}

#[test]
fn every_variant_and_level_is_as_computed_elsewhere() {
    let sessions = sessions();
    assert!(sessions.len() > 40);
    for session in &sessions {
        play(session);
    }
}

#[test]
fn the_long_command_is_the_published_one() {
    let sessions = sessions();
    let wire = sessions[0].lines[2][4];
    assert_eq!(sessions[0].head[1], "hello");
    assert!(wire.starts_with("84400000B80422E602DD973125102DDE05875CA115"));
    assert!(wire.ends_with(&hex::encode(&bytes("D815245F7F2D9A9A 87D9BDA54B188DCB"))));
}
