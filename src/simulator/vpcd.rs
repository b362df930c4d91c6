//! Serves a card to a real smart card service, by the protocol of vsmartcard's virtual reader: each
//! message is a length of two bytes and as many bytes; one byte from the reader is an order, more
//! are a command APDU.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::net::sockopt;

use super::card::{Brake, Card};

/// Orders of the reader.
const POWER_OFF: u8 = 0;
const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const SEND_ATR: u8 = 4;

/// Pulls a card that is served, from another thread. Clones pull the same card.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Mutex<Plug>>);

#[derive(Debug, Default)]
struct Plug {
    stopped: bool,
    connection: Option<TcpStream>,
    brake: Option<Brake>,
}

/// Why serving ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Served {
    /// Somebody said stop.
    Stopped,
    /// The card pulled itself out, as one in the wardrobe does.
    Pulled,
    /// The smart card service ended, or gave the slot to another card.
    ServiceLeft,
}

impl Stop {
    /// Not stopped yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Pulls the card, now or before it is put in.
    pub fn stop(&self) {
        let mut plug = self.plug();
        plug.stopped = true;
        if let Some(brake) = &plug.brake {
            brake.release();
        }
        if let Some(connection) = &plug.connection {
            // It ends the read that serving waits in. If the other end was faster, fine.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    fn is_stopped(&self) -> bool {
        self.plug().stopped
    }

    fn plug(&self) -> MutexGuard<'_, Plug> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts `card` into the virtual reader that listens on `port` of this computer, and answers until
/// it is pulled. The first command may come at once.
///
/// # Errors
///
/// Nobody listens there, or the connection broke in the middle of a message.
pub fn serve(card: &mut dyn Card, port: u16, stop: &Stop) -> io::Result<Served> {
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    {
        let mut plug = stop.plug();
        if plug.stopped {
            return Ok(Served::Stopped);
        }
        plug.connection = Some(connection.try_clone()?);
        plug.brake = card.brake();
    }
    card.reset();
    let served = answer(card, &mut connection, stop);
    stop.plug().connection = None;
    match served {
        _ if stop.is_stopped() => Ok(Served::Stopped),
        served => served,
    }
}

fn answer(card: &mut dyn Card, connection: &mut TcpStream, stop: &Stop) -> io::Result<Served> {
    loop {
        let mut len = [0; 2];
        match read(connection, &mut len) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Ok(Served::ServiceLeft);
            }
            read => read?,
        }
        let mut message = vec![0; usize::from(u16::from_be_bytes(len))];
        read(connection, &mut message)?;
        let response = match message.as_slice() {
            [] => continue,
            [POWER_OFF | POWER_ON | RESET] => {
                card.reset();
                continue;
            }
            [SEND_ATR] => card.atr().to_vec(),
            [_] => continue,
            command => card.transmit(command),
        };
        if !card.is_present() || stop.is_stopped() {
            return Ok(Served::Pulled);
        }
        let len = u16::try_from(response.len()).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, "response too long for vpcd")
        })?;
        // In one piece: a second one would wait for the acknowledgement of the first.
        let mut framed = len.to_be_bytes().to_vec();
        framed.extend(response);
        connection.write_all(&framed)?;
    }
}

/// Fills `buffer`. The virtual reader sends length and message in two pieces and waits with the
/// second until the first is acknowledged, which the kernel puts off by 40 ms unless told each
/// time not to.
fn read(connection: &mut TcpStream, buffer: &mut [u8]) -> io::Result<()> {
    sockopt::set_tcp_quickack(&*connection, true)?;
    connection.read_exact(buffer)
}
