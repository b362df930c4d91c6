//! Stands between a virtual reader and its card, and holds what the test wants to look at.
//!
//! The protocol of vsmartcard: each message is a length of two bytes and as many bytes; one byte from
//! the reader is an order, more are a command APDU.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use symbolon::simulator::faults::carries_pin;

/// How long the test may keep something held, and wait for something to hold.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hold {
    /// The answer to a command with a PIN in it, which the card has carried out.
    Answer,
    /// The command that takes it back (VERIFY with P1 = FF), which has not reached the card.
    TakingBack,
}

/// The way between a reader and a card.
pub(crate) struct Between {
    /// Where the card is to call.
    pub(crate) port: u16,
    order: Arc<Mutex<Option<Order>>>,
}

/// Something to hold, once.
struct Order {
    hold: Hold,
    holding: Sender<()>,
    release: Receiver<()>,
    /// Whether the command with the PIN was seen.
    due: bool,
}

/// Something that is held, or will be.
pub(crate) struct Held {
    holding: Receiver<()>,
    release: Sender<()>,
}

impl Held {
    /// Waits until it is.
    #[track_caller]
    pub(crate) fn wait(&self) {
        self.holding
            .recv_timeout(PATIENCE)
            .expect("nothing came to be held");
    }

    /// Lets it go.
    pub(crate) fn release(&self) {
        let _ = self.release.send(());
    }
}

impl Between {
    /// Before the reader that listens on `reader`.
    pub(crate) fn new(reader: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let order: Arc<Mutex<Option<Order>>> = Arc::default();
        let orders = Arc::clone(&order);
        thread::spawn(move || {
            for card in listener.incoming() {
                let card = card.unwrap();
                let reader = TcpStream::connect((Ipv4Addr::LOCALHOST, reader)).unwrap();
                let orders = Arc::clone(&orders);
                // Ends when either side goes.
                thread::spawn(move || carry(reader, card, &orders));
            }
        });
        Self { port, order }
    }

    /// Holds the next of this kind.
    pub(crate) fn hold(&self, hold: Hold) -> Held {
        let (holding, waits) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let order = Order {
            hold,
            holding,
            release: released,
            due: false,
        };
        *self.order.lock().unwrap() = Some(order);
        Held {
            holding: waits,
            release,
        }
    }
}

/// The reader talks, the card answers.
fn carry(
    mut reader: TcpStream,
    mut card: TcpStream,
    orders: &Mutex<Option<Order>>,
) -> io::Result<()> {
    loop {
        let message = receive(&mut reader)?;
        if message.starts_with(&[0x00, 0x20, 0xFF]) {
            wait(orders, Hold::TakingBack);
        }
        if carries_pin(&message)
            && let Some(order) = orders.lock().unwrap().as_mut()
        {
            order.due = true;
        }
        send(&mut card, &message)?;
        // Power and reset have no answer; the answer to reset and commands do.
        if message.len() == 1 && message != [4] {
            continue;
        }
        let answer = receive(&mut card)?;
        if carries_pin(&message) {
            wait(orders, Hold::Answer);
        }
        send(&mut reader, &answer)?;
    }
}

fn wait(orders: &Mutex<Option<Order>>, now: Hold) {
    let mut place = orders.lock().unwrap();
    let Some(order) = place.take_if(|order| order.due && order.hold == now) else {
        return;
    };
    drop(place);
    let _ = order.holding.send(());
    let _ = order.release.recv_timeout(PATIENCE);
}

fn receive(from: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut len = [0; 2];
    from.read_exact(&mut len)?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(len))];
    from.read_exact(&mut message)?;
    Ok(message)
}

fn send(to: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let mut framed = u16::try_from(message.len()).unwrap().to_be_bytes().to_vec();
    framed.extend(message);
    to.set_nodelay(true)?;
    to.write_all(&framed)
}
