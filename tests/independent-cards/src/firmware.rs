//! The platform under an application: memory, random numbers, and what a power-up begins anew.

use littlefs2_core::Error;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use trussed::pipe::TrussedChannel;
use trussed::platform;
use trussed::virt::{self, Runner, StorageConfig, Store, StoreConfig, UserInterface};

use crate::dispatch::{BACKENDS, Dispatch};

/// What an application holds: the way to its keys and files.
pub type Client<'a> = virt::Client<'a, Dispatch>;

/// Runs the card from one reset to the next, for as long as `session` asks for another.
///
/// A reset is a new platform over the same memory: whatever an application knew of verified PINs is
/// gone, as on a real card, and no application has to remember to forget. `piv_authenticator`
/// would not (its `deselect` is empty).
///
/// `name` is the directory of the application in the card's memory.
///
/// # Errors
///
/// The memory could not be mounted, or what `session` returned.
pub fn run<E: From<Error>>(
    mut store: StoreConfig<'_>,
    name: &str,
    serial: [u8; 4],
    mut session: impl FnMut(Client<'_>) -> Result<Next, E>,
) -> Result<(), E> {
    let StoreConfig {
        internal, external, ..
    } = &mut store;
    internal.with_fs(|internal| {
        external.with_fs(|external| {
            loop {
                let next = StorageConfig::ram().with_fs(|volatile| {
                    let platform = Platform::new(serial, internal, external, volatile);
                    power_up(platform, name, serial, &mut session)
                })??;
                if let Next::PowerDown = next {
                    return Ok(());
                }
            }
        })?
    })?
}

/// How a session ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// The reader reset the card.
    Reset,
    /// The reader is gone.
    PowerDown,
}

fn power_up<R>(
    platform: Platform<'_>,
    name: &str,
    serial: [u8; 4],
    session: impl FnOnce(Client<'_>) -> R,
) -> R {
    let channel = TrussedChannel::new();
    let mut runner = Runner::new();
    #[expect(clippy::expect_used, reason = "a new channel was never split")]
    let (requester, responder) = channel.split().expect("a fresh channel");
    runner.add_endpoint(responder, name, BACKENDS);
    let client = Client::new(requester, runner.syscall(), None);
    runner.run(platform, Dispatch::new(serial), || session(client))
}

/// Memory and random numbers of one card.
struct Platform<'a> {
    random: ChaCha8Rng,
    store: Store<'a>,
    user: UserInterface,
}

impl<'a> Platform<'a> {
    /// Random numbers begin with the serial number, so that a test meets the same primes each time:
    /// key generation then always takes equally long. From the first use on, Trussed stirs in a seed
    /// that it keeps in the memory, so a second power-up does not repeat the first.
    fn new(
        serial: [u8; 4],
        internal: &'a dyn littlefs2_core::DynFilesystem,
        external: &'a dyn littlefs2_core::DynFilesystem,
        volatile: &'a dyn littlefs2_core::DynFilesystem,
    ) -> Self {
        Self {
            random: ChaCha8Rng::seed_from_u64(u32::from_be_bytes(serial).into()),
            store: Store {
                internal,
                external,
                volatile,
            },
            user: UserInterface::new(),
        }
    }
}

impl<'a> platform::Platform for Platform<'a> {
    type R = ChaCha8Rng;
    type S = Store<'a>;
    type UI = UserInterface;

    fn rng(&mut self) -> &mut Self::R {
        &mut self.random
    }

    fn store(&self) -> Self::S {
        self.store
    }

    fn user_interface(&mut self) -> &mut Self::UI {
        &mut self.user
    }
}
