//! Java cards: an issuer security domain with which packages are loaded and applets installed,
//! behind the secure channels of GlobalPlatform and of Open Platform before it. Facts: sheet
//! "globalplatform".
//!
//! The code of applets is not run. What is installed is played by what a [`Factory`] makes of it,
//! or by something that can be selected and no more.

mod cap;
mod content;
mod issuer;
mod keys;
mod load;
mod model;
mod registry;
mod scp;
mod session;
mod small;
mod status;

use super::card::Card;
use super::chip::Applet;
use super::interface::{Answer, Inside, Interface};
use super::random::Random;
use crate::iso7816::{Parsed, StatusWord};
pub use keys::Diversification;
use keys::{FACTORY, KeyRing, KeySet, TEST_KEY};
pub use model::{Model, Protocol};
use registry::{Instance, Package, Registry, SELECTABLE, Selectable, TERMINATED};
use session::Session;

/// Not enough room on the card.
const NO_MEMORY: StatusWord = StatusWord(0x6A84);
/// The card is locked, but was selected.
const LOCKED_WARNING: StatusWord = StatusWord(0x6283);

/// SELECT.
const SELECT: u8 = 0xA4;

/// Makes what plays an applet, from the names of its package, of its class in there, and of the
/// instance, and the parameters for its installation; nothing if it knows no such class.
pub type Factory = fn(
    package: &[u8],
    module: &[u8],
    instance: &[u8],
    parameters: &[u8],
) -> Option<Box<dyn Applet>>;

/// A card.
pub struct GlobalPlatform {
    interface: Interface,
    card: Java,
}

/// What is behind the interface.
struct Java {
    model: Model,
    registry: Registry,
    keys: KeyRing,
    /// Key diversification data: the first ten bytes of the answer to INITIALIZE UPDATE.
    diversification: [u8; 10],
    /// What STORE DATA left: the issuer's and the card's numbers.
    issuer_number: Option<Vec<u8>>,
    card_number: Option<Vec<u8>>,
    /// Whether INITIALIZE UPDATE takes a try by itself.
    counts_beginnings: bool,
    factory: Option<Factory>,
    random: Random,
    selected: Selectable,
    session: Session,
}

impl GlobalPlatform {
    /// A card as its maker sells it, with the keys of test cards.
    #[must_use]
    pub fn new(model: Model) -> Self {
        let mut interface = Interface::new(model.atr);
        interface.extended = model.extended;
        interface.chaining = model.extended;
        let [.., a, b] = *model.aid.as_slice() else {
            return Self::new(model.with_aid(&[0xA0, 0, 0, 0, 0x03, 0, 0, 0]));
        };
        let [s0, s1, s2, s3] = model.serial;
        let keys = KeyRing::new(KeySet {
            version: FACTORY,
            cipher: model.protocol.cipher(),
            keys: [TEST_KEY; 3].map(Vec::from),
            sequence: 0,
        });
        let known = |value: &[u8]| (!model.open_platform).then(|| value.to_vec());
        Self {
            interface,
            card: Java {
                registry: Registry::new(&model),
                keys,
                // As VISA2 reads it: the end of the name, and the serial number (sheet, 2.5).
                diversification: [a, b, 0, 0, s0, s1, s2, s3, 0, 0],
                issuer_number: known(&[0x00, 0x00, 0x01]),
                card_number: known(&model.serial),
                counts_beginnings: false,
                factory: None,
                random: Random::default(),
                selected: Selectable::Issuer,
                session: Session::default(),
                model,
            },
        }
    }

    /// With an applet for every class that `factory` knows, from now on.
    #[must_use]
    pub fn with_factory(mut self, factory: Factory) -> Self {
        self.card.factory = Some(factory);
        self
    }

    /// With other factory keys: for encryption, for codes, for keys. 16 bytes each, with SCP03 also
    /// 24 or 32.
    #[must_use]
    pub fn with_keys(mut self, keys: [&[u8]; 3]) -> Self {
        for set in self.card.keys.sets_mut() {
            set.keys = keys.map(<[u8]>::to_vec);
        }
        self
    }

    /// With keys of its own, derived from a master key and from what
    /// [`GlobalPlatform::with_diversification_data`] said before. A master key that does not fit
    /// leaves the keys as they were.
    #[must_use]
    pub fn with_diversified_keys(mut self, scheme: Diversification, master: &[u8]) -> Self {
        if let Some(keys) = scheme.keys(master, self.card.diversification) {
            for set in self.card.keys.sets_mut() {
                set.keys.clone_from(&keys);
            }
        }
        self
    }

    /// With keys of another version than the factory's, FF.
    #[must_use]
    pub fn with_key_version(mut self, version: u8) -> Self {
        for set in self.card.keys.sets_mut() {
            set.version = version;
        }
        self
    }

    /// With these ten bytes at the beginning of every answer to INITIALIZE UPDATE.
    #[must_use]
    pub fn with_diversification_data(mut self, data: [u8; 10]) -> Self {
        self.card.diversification = data;
        self
    }

    /// With this number of the next channel (SCP02, and SCP03 with a counter).
    #[must_use]
    pub fn with_sequence_counter(mut self, next: u32) -> Self {
        for set in self.card.keys.sets_mut() {
            set.sequence = next;
        }
        self
    }

    /// Takes the card's challenges from here: sixteen bytes for each INITIALIZE UPDATE, of which
    /// the first are used.
    #[must_use]
    pub fn with_random(mut self, random: Random) -> Self {
        self.card.random = random;
        self
    }

    /// Counts every INITIALIZE UPDATE as a failure until a channel is opened, as some cards do.
    #[must_use]
    pub fn counting_every_beginning(mut self) -> Self {
        self.card.counts_beginnings = true;
        self
    }

    /// With a package of `size` bytes that has one class, and an instance of it that can be
    /// selected.
    #[must_use]
    pub fn with_applet(
        mut self,
        package: &[u8],
        module: &[u8],
        privileges: u8,
        size: usize,
        applet: Box<dyn Applet>,
    ) -> Self {
        let registry = &mut self.card.registry;
        if registry.package(package).is_none() {
            registry.packages.push(Package {
                aid: package.to_vec(),
                version: [1, 0],
                modules: vec![module.to_vec()],
                imports: Vec::new(),
                domain: registry.aid.clone(),
                size,
            });
        }
        registry.instances.push(Instance {
            aid: applet.aid(),
            state: SELECTABLE,
            privileges: [privileges, 0, 0],
            package: package.to_vec(),
            module: module.to_vec(),
            domain: registry.aid.clone(),
            size: 0,
            volatile: 0,
            applet,
        });
        self.reset();
        self
    }

    /// Bytes left for packages and instances.
    #[must_use]
    pub fn free_memory(&self) -> usize {
        self.card.registry.free()
    }

    /// What the card manager keeps without power, to tell whether two cards are in the same state:
    /// not how many channels were opened, nor what the applets keep.
    #[must_use]
    pub fn image(&self) -> String {
        let Java {
            registry,
            keys,
            issuer_number,
            card_number,
            ..
        } = &self.card;
        format!(
            "{}{}{issuer_number:02X?} {card_number:02X?}",
            registry.image(),
            keys.image()
        )
    }
}

impl Java {
    /// The applet that is selected.
    fn applet(&self) -> Option<&dyn Applet> {
        let Selectable::Instance(aid) = &self.selected else {
            return None;
        };
        Some(&*self.registry.instance(aid)?.applet)
    }

    fn applet_mut(&mut self) -> Option<&mut Box<dyn Applet>> {
        let Selectable::Instance(aid) = &self.selected else {
            return None;
        };
        Some(&mut self.registry.instance_mut(aid)?.applet)
    }

    /// SELECT by name. Whatever comes of it, the channel and a half-loaded package are gone.
    fn select(&mut self, command: &Parsed<'_>) -> Answer {
        const NEXT: u8 = 0x02;
        let [.., p2] = command.header;
        if !matches!(p2, 0x00 | NEXT) {
            return Answer::from(Err(StatusWord::WRONG_P1P2));
        }
        self.session = Session::default();
        let wanted = command.data;
        let bearers = if (1..5).contains(&wanted.len()) {
            Vec::new()
        } else {
            self.registry.bearers(wanted)
        };
        let after = bearers.iter().position(|who| *who == self.selected);
        let place = match (p2, after) {
            (NEXT, Some(current)) => current + 1,
            _ => 0,
        };
        let Some(found) = bearers.into_iter().nth(place) else {
            return match self.applet_mut() {
                Some(applet) if applet.takes_foreign_select() => applet.process(command).into(),
                _ => Answer::from(Err(StatusWord::NOT_FOUND)),
            };
        };
        let again = found == self.selected;
        if !again {
            self.leave();
        }
        self.selected = found;
        match self.applet_mut() {
            Some(applet) => applet.select(again).into(),
            None => self.issuer_selected(),
        }
    }

    fn leave(&mut self) {
        if let Some(applet) = self.applet_mut() {
            applet.deselect();
        }
    }
}

impl Inside for Java {
    fn takes_as_it_is(&self, cla: u8) -> bool {
        match self.applet() {
            Some(applet) => applet.own_class() == Some(cla),
            None => matches!(cla, 0x04 | 0x84),
        }
    }

    fn carry_out(&mut self, command: &Parsed<'_>) -> Answer {
        let [cla, ins, p1, _] = command.header;
        if cla == 0x00 && ins == SELECT && p1 == 0x04 {
            // Nothing can be selected any more; GET DATA still works.
            if self.registry.state == TERMINATED {
                return Answer::from(Err(StatusWord::CONDITIONS));
            }
            return self.select(command);
        }
        match self.applet_mut() {
            Some(applet) => applet.process(command).into(),
            None => self.issuer(command),
        }
    }
}

impl Card for GlobalPlatform {
    fn atr(&self) -> &[u8] {
        self.card.model.atr
    }

    fn reset(&mut self) {
        self.interface.reset();
        let card = &mut self.card;
        card.session = Session::default();
        card.leave();
        card.selected = card.registry.default();
        if let Some(applet) = card.applet_mut() {
            // What it answers goes nowhere: nobody asked for it.
            let _ = applet.select(false);
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.interface.transmit(command, &mut self.card)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]
mod tests;
