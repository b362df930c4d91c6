//! Passphrases that a person had saved in the keyring of the desktop (Secret Service API, draft 0.2).
//!
//! Items are those of GnuPG's own pinentries (`pinentry/password-cache.c` of pinentry 1.3.1): what one of them saved is
//! found here, and the other way round. An item has the attributes `xdg:schema` = `org.gnupg.Passphrase`, `stored-by` =
//! `GnuPG Pinentry` and `keygrip` = the whole argument of `SETKEYINFO`, mostly `n/` and the keygrip in hexadecimal; its
//! label is `GnuPG: ` and the same. It lies in the default collection and has the passphrase as `text/plain`, without a
//! line end. Looked for are items of all collections with that schema and that keygrip, whoever stored them. A keygrip is
//! a digest of a public key: neither attributes nor label, which every program of the session can read, tell the number
//! of a card.
//!
//! Different from them, nothing here unlocks a keyring. Saving in one that is not locked follows the prompt that the
//! keyring may ask for, as `KeePassXC` does for every new item, and so does forgetting; the time limit holds for both.
//!
//! # Waiting
//!
//! Every call works on a thread of its own, which gives up when the time is up, and the caller does not wait for it
//! longer than that. No thread keeps the program from ending. D-Bus may start the keyring; nothing here starts a D-Bus.
//!
//! # What stays in memory
//!
//! A passphrase goes over the bus encrypted with a key that is agreed on for each call, so `zbus` never has it in clear.
//! `secret-service` has it in clear in one buffer, which is taken over and wiped, and on the stack of the thread, which is
//! wiped too. Not wiped is the buffer of a passphrase that does not decrypt (the keyring is broken), and what the crate
//! keeps of the key that was agreed on: with that, and with the encrypted passphrase in the buffers of `zbus`, whoever
//! reads the memory of the program could work out the passphrase until these places are used for something else. Programs
//! that ask here are not readable for others ([`crate::base::os::forbid_core_dumps`]), and only those who have their
//! passphrases saved have them there.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::env;
use std::future::poll_fn;
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use async_io::Timer;
use secret_service::{EncryptionType, Error, Item, SecretService};
use zbus::address::Address;
use zbus::address::transport::{Transport, Unix, UnixSocket};
use zbus::{DBusError, connection, fdo};
use zeroize::Zeroize;

use crate::base::secret::{Secret, wipe_stack};

/// The longest passphrase in bytes, as `gpg-agent` has it (`MAX_PASSPHRASE_LEN`).
const MAX_PASSPHRASE_LEN: usize = 255;

/// More items for one key than this are not looked at.
const MAX_ITEMS: usize = 16;

/// No call waits longer, whatever it is told.
const LONGEST_LIMIT: Duration = Duration::from_secs(600);

const SCHEMA: (&str, &str) = ("xdg:schema", "org.gnupg.Passphrase");
const STORED_BY: (&str, &str) = ("stored-by", "GnuPG Pinentry");
const KEYGRIP: &str = "keygrip";
const CONTENT_TYPE: &str = "text/plain";

/// What the keyring has for a key.
#[derive(Debug)]
pub enum Found {
    /// The passphrase. Whether it is the right one, only the key can tell.
    Saved(Secret),
    /// Nothing that could be a passphrase.
    Nothing,
    /// The keyring could not be asked.
    Unavailable(Unavailable),
}

/// Why the keyring did not do what it was asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unavailable {
    /// There is no session bus, no keyring on it, or no collection in it to save to.
    #[error("there is no keyring")]
    Absent,
    /// It has to be unlocked first, and that is not done here.
    #[error("the keyring is locked")]
    Locked,
    /// It answered with an error, with something that is no answer, or a person said no.
    #[error("the keyring refused")]
    Refused,
    /// It did not answer in time. What it was asked to write may be written yet.
    #[error("the keyring did not answer in time")]
    Silent,
    /// It was not asked: the passphrase is empty, has more than 255 bytes or a NUL, or the key is none.
    #[error("this is not kept in keyrings")]
    Unfit,
}

/// Asks for the passphrase saved for `key`, which is the argument of `SETKEYINFO`.
///
/// Never has anybody asked to unlock anything. Of several passphrases it is the one saved last.
#[must_use]
pub fn look_up(key: &str, limit: Duration) -> Found {
    if !is_key(key) {
        return Found::Nothing;
    }
    let key = key.to_owned();
    match in_time(limit, |bus| read(bus, key)) {
        Ok(Some(passphrase)) => Found::Saved(passphrase),
        Ok(None) => Found::Nothing,
        Err(why) => Found::Unavailable(why),
    }
}

/// Saves the passphrase of `key` in the default collection, in the place of the one that was saved there before.
///
/// # Errors
///
/// Nothing is saved, except perhaps with [`Unavailable::Silent`].
pub fn save(key: &str, passphrase: Secret, limit: Duration) -> Result<(), Unavailable> {
    if !is_key(key) || !is_passphrase(passphrase.expose()) {
        return Err(Unavailable::Unfit);
    }
    let key = key.to_owned();
    in_time(limit, |bus| write(bus, key, passphrase))
}

/// Removes what is saved for `key`, all of it, and says whether there was anything.
///
/// # Errors
///
/// Something is still there, or may be.
pub fn forget(key: &str, limit: Duration) -> Result<bool, Unavailable> {
    if !is_key(key) {
        return Ok(false);
    }
    let key = key.to_owned();
    in_time(limit, |bus| remove(bus, key))
}

async fn read(bus: Address, key: String) -> Result<Option<Secret>, Unavailable> {
    let service = open(bus).await?;
    let items = service.search_items(attributes(&key)).await?;
    if items.unlocked.is_empty() {
        unlocked(&service, &items.locked).await?;
    }
    for item in newest_first(items.unlocked).await {
        if let Some(passphrase) = passphrase(item.get_secret().await?) {
            return Ok(Some(passphrase));
        }
    }
    Ok(None)
}

async fn write(bus: Address, key: String, passphrase: Secret) -> Result<(), Unavailable> {
    let service = open(bus).await?;
    let collection = service.get_default_collection().await?;
    collection.ensure_unlocked().await?;
    let mut attributes = attributes(&key);
    attributes.extend([STORED_BY]);
    let label = format!("GnuPG: {key}");
    collection
        .create_item(&label, attributes, passphrase.expose(), true, CONTENT_TYPE)
        .await?;
    Ok(())
}

async fn remove(bus: Address, key: String) -> Result<bool, Unavailable> {
    let service = open(bus).await?;
    let items = service.search_items(attributes(&key)).await?;
    if items.unlocked.is_empty() {
        unlocked(&service, &items.locked).await?;
        return Ok(false);
    }
    // One that cannot be removed does not save the others.
    let mut outcome = match items.locked.as_slice() {
        [] => Ok(true),
        [..] => Err(Unavailable::Locked),
    };
    for item in &items.unlocked {
        if let Err(error) = item.delete().await {
            outcome = Err(error.into());
        }
    }
    outcome
}

/// A connection of its own, and a key for what goes over it. Both end with the value.
pub(super) async fn open(bus: Address) -> Result<SecretService<'static>, Unavailable> {
    let builder = connection::Builder::address(bus);
    let connection = async { builder?.build().await }.await;
    // Whatever is wrong with the bus, there is no way to a keyring.
    let connection = connection.map_err(|_| Unavailable::Absent)?;
    // Never in clear, even if a keyring knows nothing else.
    Ok(SecretService::connect_with_existing(EncryptionType::Dh, connection).await?)
}

/// What an item is found by.
fn attributes(key: &str) -> HashMap<&str, &str> {
    HashMap::from([SCHEMA, (KEYGRIP, key)])
}

/// Whether nothing found means that there is nothing.
///
/// Some keyrings show what a locked collection has, some hide it.
///
/// # Errors
///
/// [`Unavailable::Locked`] if there is, or may be, something in a locked collection.
pub(super) async fn unlocked(
    service: &SecretService<'_>,
    locked: &[Item<'_>],
) -> Result<(), Unavailable> {
    if !locked.is_empty() {
        return Err(Unavailable::Locked);
    }
    match service.get_default_collection().await {
        Ok(collection) => Ok(collection.ensure_unlocked().await?),
        Err(Error::NoResult) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The items in the order of their age: two programs may have saved one each.
pub(super) async fn newest_first(items: Vec<Item<'_>>) -> Vec<Item<'_>> {
    if items.len() < 2 {
        return items;
    }
    let mut dated = Vec::new();
    for item in items.into_iter().take(MAX_ITEMS) {
        // Removed meanwhile, it is the last to be asked.
        dated.push((item.get_modified().await.unwrap_or(0), item));
    }
    dated.sort_by_key(|(modified, _)| Reverse(*modified));
    dated.into_iter().map(|(_, item)| item).collect()
}

/// Takes over and wipes what the crate decrypted.
fn passphrase(mut bytes: Vec<u8>) -> Option<Secret> {
    if is_passphrase(&bytes) {
        return Some(Secret::take(bytes));
    }
    bytes.zeroize();
    None
}

fn is_passphrase(bytes: &[u8]) -> bool {
    (1..=MAX_PASSPHRASE_LEN).contains(&bytes.len()) && !bytes.contains(&0)
}

/// Whether a keyring can be asked for it: text on D-Bus has no NUL, and no key has control characters.
pub(super) fn is_key(key: &str) -> bool {
    !key.is_empty() && !key.contains(char::is_control)
}

/// Has `work` done on a thread of its own, and waits for it until the time is up.
pub(super) fn in_time<T, Working>(
    limit: Duration,
    work: impl FnOnce(Address) -> Working + Send + 'static,
) -> Result<T, Unavailable>
where
    T: Send + 'static,
    Working: Future<Output = Result<T, Unavailable>>,
{
    let deadline = Instant::now() + limit.min(LONGEST_LIMIT);
    let bus = session_bus().ok_or(Unavailable::Absent)?;
    let (answer, answered) = mpsc::channel();
    let started = thread::Builder::new()
        .name("keyring".to_owned())
        .spawn(move || {
            let outcome = async_io::block_on(before(deadline, work(bus)));
            wipe_stack();
            // Nobody waits for it any more if it is late; a passphrase in it is wiped then.
            let _ = answer.send(outcome);
        });
    if started.is_err() {
        return Err(Unavailable::Absent);
    }
    let left = deadline.saturating_duration_since(Instant::now());
    answered
        .recv_timeout(left)
        .unwrap_or(Err(Unavailable::Silent))
}

/// Does `work` until the time is up. What it had is dropped then: the connection, and with it whatever prompt waits for
/// an answer, and the passphrase.
async fn before<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, Unavailable>>,
) -> Result<T, Unavailable> {
    let mut work = pin!(work);
    let mut end = Timer::at(deadline);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(outcome),
        Poll::Pending => Pin::new(&mut end)
            .poll(context)
            .map(|_| Err(Unavailable::Silent)),
    })
    .await
}

/// Where the bus of this session is, if there is one.
///
/// Without one, libraries of D-Bus start or guess one; a keyring there would be one that the person does not know.
fn session_bus() -> Option<Address> {
    let told = env::var_os("DBUS_SESSION_BUS_ADDRESS").filter(|address| !address.is_empty());
    if let Some(told) = told {
        // Several places for one bus (D-Bus Specification, "Server Addresses").
        return told
            .to_str()?
            .split(';')
            .filter(|address| !address.starts_with("autolaunch:"))
            .find_map(|address| address.parse().ok());
    }
    let socket = Path::new(&env::var_os("XDG_RUNTIME_DIR")?).join("bus");
    let unix = |socket| Transport::Unix(Unix::new(UnixSocket::File(socket)));
    socket.exists().then(|| Address::new(unix(socket)))
}

impl From<Error> for Unavailable {
    fn from(error: Error) -> Self {
        match error {
            Error::Locked => Self::Locked,
            Error::NoResult | Error::Unavailable => Self::Absent,
            Error::Zbus(error) => of_bus(error),
            Error::ZbusFdo(error) => of_call(&error),
            // A prompt that was dismissed, a passphrase that does not decrypt, an answer of another form.
            _ => Self::Refused,
        }
    }
}

fn of_bus(error: zbus::Error) -> Unavailable {
    match error {
        zbus::Error::MethodError(name, ..) => of_name(&name),
        zbus::Error::FDO(error) => of_call(&error),
        // The bus ended.
        zbus::Error::InputOutput(_) => Unavailable::Absent,
        _ => Unavailable::Refused,
    }
}

fn of_call(error: &fdo::Error) -> Unavailable {
    match error {
        fdo::Error::ZBus(error) => of_bus(error.clone()),
        error => of_name(&error.name()),
    }
}

/// What an error means, by its name (D-Bus Specification, "Standard errors"; Secret Service API, "Errors").
fn of_name(name: &str) -> Unavailable {
    match name.rsplit('.').next() {
        Some("IsLocked") => Unavailable::Locked,
        Some("ServiceUnknown" | "NameHasNoOwner" | "Disconnected" | "NoServer") => {
            Unavailable::Absent
        }
        Some("NoReply" | "Timeout" | "TimedOut") => Unavailable::Silent,
        // It is installed and could not be started.
        _ if name.starts_with("org.freedesktop.DBus.Error.Spawn.") => Unavailable::Absent,
        _ => Unavailable::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::{Unavailable, is_key, is_passphrase, of_name, passphrase};

    #[test]
    fn a_passphrase_has_at_most_255_bytes_and_no_nul() {
        assert!(!is_passphrase(b""));
        assert!(is_passphrase(&[b'x'; 255]));
        assert!(!is_passphrase(&[b'x'; 256]));
        assert!(!is_passphrase(b"pass\0phrase"));
        assert!(passphrase(vec![b'x'; 1 << 20]).is_none());
        assert!(passphrase(b"\xFF\n".to_vec()).is_some());
    }

    #[test]
    fn a_key_is_what_can_stand_on_the_bus() {
        assert!(is_key("n/0123456789ABCDEF0123456789ABCDEF01234567"));
        assert!(!is_key(""));
        assert!(!is_key("n/0\0"));
        assert!(!is_key("n/0\n"));
    }

    #[test]
    fn errors_are_told_apart_by_what_can_be_done() {
        for (name, meaning) in [
            ("org.freedesktop.Secret.Error.IsLocked", Unavailable::Locked),
            (
                "org.freedesktop.DBus.Error.ServiceUnknown",
                Unavailable::Absent,
            ),
            (
                "org.freedesktop.DBus.Error.Spawn.ChildExited",
                Unavailable::Absent,
            ),
            ("org.freedesktop.DBus.Error.NoReply", Unavailable::Silent),
            (
                "org.freedesktop.DBus.Error.AccessDenied",
                Unavailable::Refused,
            ),
            (
                "org.freedesktop.Secret.Error.NoSession",
                Unavailable::Refused,
            ),
        ] {
            assert_eq!(of_name(name), meaning, "{name}");
        }
    }
}
