//! Objects inside objects without end, on a small stack.

use symbolon::card;
use symbolon::iso7816::atr::Atr;
use symbolon::iso7816::tlv::{ber, compact};
use symbolon::pki::{certificate::Certificate, pem, public_key};
use symbolon::simulator::SimulatedReader;
use symbolon::simulator::faults::{Fault, Trigger};
use symbolon::token::ReaderId;
use symbolon::transport::channel::{Cancel, Channel};
use symbolon::transport::link::Reader;
use symbolon::transport::trace::Tracer;

use crate::corpus;
use crate::desk::Desk;
use crate::families::{FAMILIES, neighbour};

/// What is enough for everything that reads bytes: 256 KiB.
const STACK: usize = 256 << 10;

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work);
    thread.unwrap().join().unwrap();
}

#[test]
fn depth_is_refused_at_32() {
    for (item, shallow) in [
        ("tlv/nested-32", true),
        ("tlv/nested-33", false),
        ("tlv/nested-4000", false),
        // Not in definite form, so there is nothing inside.
        ("tlv/nested-indefinite", true),
        ("tlv/nested-long", true),
    ] {
        assert_eq!(
            ber::is_shallow(&corpus::item(item).bytes()),
            shallow,
            "{item}"
        );
    }
    assert_eq!(ber::MAX_DEPTH, 32);
}

#[test]
fn every_parser_takes_every_item_on_a_small_stack() {
    on_a_small_stack(|| {
        for kind in ["tlv", "apdu", "atr"] {
            for item in corpus::of(kind) {
                let bytes = item.bytes();
                let _ = ber::is_shallow(&bytes);
                let _ = ber::find(&bytes, &[0x30, 0x30, 0x30]);
                let _ = (
                    ber::objects(&bytes).count(),
                    compact::objects(&bytes).count(),
                );
                let _ = Atr::parse(&bytes).as_ref().and_then(Atr::text);
                let _ = Certificate::parse(&bytes);
                let _ = (public_key::from_spki(&bytes), pem::certificates(&bytes));
            }
        }
    });
}

#[test]
fn whole_readings_do_with_a_small_stack() {
    on_a_small_stack(|| {
        for family in FAMILIES[..3].iter().chain(FAMILIES.last()) {
            let desk = Desk::new(family, neighbour(family));
            for item in corpus::of("tlv").iter().filter(|item| item.id == "H-13") {
                for number in [1, 2, 3, 5, 8, 12] {
                    let fault = Fault::data(&item.bytes());
                    let (card, _) = desk.card(|card| card.with(Trigger::From(number), fault), None);
                    let mut reader = SimulatedReader::new("small");
                    reader.insert(card);
                    let mut link = reader.connect().unwrap();
                    let protocol = link.protocol();
                    let tracer = Tracer::silent(ReaderId(1));
                    let mut channel = Channel::new(link.as_mut(), &tracer, Cancel::default());
                    let token = card::read(&mut channel, protocol, &mut |_| {});
                    assert!(token.unwrap().complete, "{} from {number} on", item.name);
                }
            }
        }
    });
}
