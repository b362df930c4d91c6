//! The contacts of the card: vpcd's messages over TCP, with the protocol crate `vpicc`.

use std::fs::File;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ExitCode;
use std::time::Instant;

use rustix::net::sockopt::set_tcp_quickack;
use vpicc::{Connection, VSmartCard};

use crate::arguments::Arguments;
use crate::firmware::{self, Client, Next};
use crate::front_end::{Application, FrontEnd};

/// A kind of card, before it is powered.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The name of the application in the card's memory.
    pub name: &'static str,
    /// What it answers to a reset.
    pub atr: &'static [u8],
    /// Starts the application; the number is the serial number.
    pub power_up: for<'a> fn(Client<'a>, [u8; 4]) -> Box<dyn Application + 'a>,
}

/// The whole of a card's program: what is wrong is said on standard error.
pub fn main(kind: Kind) -> ExitCode {
    let served = match Arguments::from_command_line() {
        Ok(Some(arguments)) => serve(kind, &arguments).map_err(|failure| failure.to_string()),
        Ok(None) => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{}: {why}", kind.name);
            ExitCode::FAILURE
        }
    }
}

/// Inserts the card and serves it until the reader lets go of it.
///
/// # Errors
///
/// Nothing listens on the port, or the memory or the log cannot be used.
pub fn serve(kind: Kind, arguments: &Arguments) -> Result<(), Failure> {
    let mut log = arguments.open_log()?;
    let store = arguments.store()?;
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, arguments.port))?;
    socket.set_nodelay(true)?;
    let mut reader = Connection::from(socket.try_clone()?);

    firmware::run(store, kind.name, arguments.serial, |client| {
        let mut card = Powered {
            atr: kind.atr,
            front_end: FrontEnd::new((kind.power_up)(client, arguments.serial)),
            log: log.as_mut(),
            used: false,
            reset: false,
        };
        while !card.reset {
            // vpcd writes the length and the message as two segments. Without this, Nagle's algorithm
            // there waits for the delayed acknowledgement here: 40 ms for each command. The kernel
            // forgets the option, so it is set before each read.
            set_tcp_quickack(&socket, true).map_err(io::Error::from)?;
            match reader.poll(&mut card) {
                Ok(()) => {}
                Err(error) if is_gone(&error) => return Ok(Next::PowerDown),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Next::Reset)
    })
}

/// Why a card could not be served.
#[derive(Debug)]
pub enum Failure {
    /// The socket, the log or the memory's directory.
    Io(io::Error),
    /// The file system in the card's memory.
    Memory(littlefs2_core::Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Memory(error) => write!(f, "memory of the card: {error:?}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<littlefs2_core::Error> for Failure {
    fn from(error: littlefs2_core::Error) -> Self {
        Self::Memory(error)
    }
}

/// The service was stopped or killed.
fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

/// The card between two resets.
struct Powered<'a> {
    atr: &'static [u8],
    front_end: FrontEnd<'a>,
    log: Option<&'a mut File>,
    /// A command was carried out, so that there is something to forget.
    used: bool,
    reset: bool,
}

impl Powered<'_> {
    fn write_log(&mut self, line: &str) {
        if let Some(log) = &mut self.log {
            // A full disk is no reason to die in the middle of a key generation.
            let _ = writeln!(log, "{line}");
        }
    }
}

impl VSmartCard for Powered<'_> {
    fn atr(&self) -> &[u8] {
        self.atr
    }

    fn power_off(&mut self) {
        self.reset();
    }

    fn reset(&mut self) {
        self.reset = self.used;
        self.write_log("-- reset");
    }

    fn execute(&mut self, apdu: &[u8]) -> Vec<u8> {
        self.used = true;
        let begin = Instant::now();
        let response = self.front_end.respond(apdu);
        self.write_log(&format!(
            ">> {}\n<< {} [{} us]",
            hex(apdu),
            hex(&response),
            begin.elapsed().as_micros()
        ));
        response
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
