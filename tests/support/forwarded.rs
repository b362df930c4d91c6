//! A card that this project did not write as a [`Card`] of the simulator, so that something can
//! stand before it: a script of faults, a simulated reader, or a real service.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use symbolon::simulator::Card;
use tempfile::TempDir;

use super::cards::programs;
use super::process::{Daemon, private_directory, wait_for};

/// Orders of a reader, in vsmartcard's protocol.
const RESET: u8 = 2;
const SEND_ATR: u8 = 4;

/// How long the program may take to connect.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How long it may take to answer a command; longer than a key generation.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);

/// A program that speaks vsmartcard's protocol, and this end of it, which is the reader's.
#[derive(Debug)]
pub(crate) struct ForwardedCard {
    atr: Vec<u8>,
    connection: TcpStream,
    _running: Daemon,
    _memory: TempDir,
}

impl ForwardedCard {
    /// A new OpenPGP card 3.4 with this serial number of eight digits: PW1 123456, PW3 12345678,
    /// no key.
    #[track_caller]
    pub(crate) fn openpgp(serial: &str) -> Self {
        Self::start("opcard-vpicc", serial)
    }

    /// A new PIV card with this serial number of eight digits: PIN 123456, PUK 12345678, no key.
    #[track_caller]
    pub(crate) fn piv(serial: &str) -> Self {
        Self::start("piv-vpicc", serial)
    }

    #[track_caller]
    fn start(program: &str, serial: &str) -> Self {
        let memory = private_directory("forwarded-");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let mut command = Command::new(programs().join(program));
        command.args(["--port", &port.to_string(), "--serial", serial]);
        command.arg("--state").arg(memory.path().join("state"));
        let mut running = Daemon::spawn(&mut command, &memory.path().join("words"));
        let connection = wait_for("a card to connect", START_LIMIT, || {
            running.assert_runs();
            listener.accept().ok().map(|(connection, _)| connection)
        });
        connection.set_nonblocking(false).unwrap();
        connection.set_nodelay(true).unwrap();
        connection.set_read_timeout(Some(ANSWER_LIMIT)).unwrap();
        let mut card = Self {
            atr: Vec::new(),
            connection,
            _running: running,
            _memory: memory,
        };
        card.send(&[SEND_ATR]);
        card.atr = card.receive();
        card
    }

    /// In one piece: a second one would wait for the acknowledgement of the first.
    fn send(&mut self, message: &[u8]) {
        let len = u16::try_from(message.len()).unwrap();
        let framed = [&len.to_be_bytes(), message].concat();
        self.connection.write_all(&framed).unwrap();
    }

    fn receive(&mut self) -> Vec<u8> {
        let mut len = [0; 2];
        self.connection.read_exact(&mut len).unwrap();
        let mut message = vec![0; usize::from(u16::from_be_bytes(len))];
        self.connection.read_exact(&mut message).unwrap();
        message
    }
}

impl Card for ForwardedCard {
    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reset(&mut self) {
        self.send(&[RESET]);
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.send(command);
        self.receive()
    }
}
