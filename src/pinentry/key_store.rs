//! Keys of card managers in the keyring of the desktop (Secret Service API, draft 0.2), each under a name that a person
//! gave them.
//!
//! An item has the attributes `xdg:schema` = `org.symbolon.CardManagerKeys` and `name`; it lies in the default collection
//! and has the keys as hexadecimal text, a line each. Waiting, unlocking and what stays in memory are as with
//! passphrases ([`super::keyring`]).

use std::collections::HashMap;
use std::time::Duration;

use secret_service::SecretService;
use zbus::address::Address;
use zeroize::Zeroize as _;

use super::keyring::{Unavailable, in_time, is_key, newest_first, open, unlocked};
use crate::base::secret::Secret;

/// The longest text of keys, in bytes.
const MAX_LEN: usize = 4096;

const SCHEMA: (&str, &str) = ("xdg:schema", "org.symbolon.CardManagerKeys");
const NAME: &str = "name";
const CONTENT_TYPE: &str = "text/plain";

/// The keys that were saved under a name, as text; nothing if there are none.
///
/// # Errors
///
/// [`Unavailable`].
pub fn look_up(name: &str, limit: Duration) -> Result<Option<Secret>, Unavailable> {
    if !is_key(name) {
        return Ok(None);
    }
    let name = name.to_owned();
    in_time(limit, |bus| read(bus, name))
}

/// Saves keys under a name, in the place of those that were saved there before.
///
/// # Errors
///
/// Nothing is saved, except perhaps with [`Unavailable::Silent`].
pub fn save(name: &str, keys: Secret, limit: Duration) -> Result<(), Unavailable> {
    if !is_key(name) || keys.is_empty() || keys.len() > MAX_LEN {
        return Err(Unavailable::Unfit);
    }
    let name = name.to_owned();
    in_time(limit, |bus| write(bus, name, keys))
}

/// Removes what is saved under a name, and says whether there was anything.
///
/// # Errors
///
/// Something is still there, or may be.
pub fn forget(name: &str, limit: Duration) -> Result<bool, Unavailable> {
    if !is_key(name) {
        return Ok(false);
    }
    let name = name.to_owned();
    in_time(limit, |bus| remove(bus, name))
}

/// The names of all keys, in their order.
///
/// # Errors
///
/// [`Unavailable`].
pub fn names(limit: Duration) -> Result<Vec<String>, Unavailable> {
    in_time(limit, list)
}

async fn read(bus: Address, name: String) -> Result<Option<Secret>, Unavailable> {
    let service = open(bus).await?;
    let items = service.search_items(attributes(&name)).await?;
    if items.unlocked.is_empty() {
        unlocked(&service, &items.locked).await?;
    }
    for item in newest_first(items.unlocked).await {
        let mut bytes = item.get_secret().await?;
        if (1..=MAX_LEN).contains(&bytes.len()) {
            return Ok(Some(Secret::take(bytes)));
        }
        bytes.zeroize();
    }
    Ok(None)
}

async fn write(bus: Address, name: String, keys: Secret) -> Result<(), Unavailable> {
    let service = open(bus).await?;
    let collection = service.get_default_collection().await?;
    collection.ensure_unlocked().await?;
    let label = format!("Symbolon: {name}");
    collection
        .create_item(&label, attributes(&name), keys.expose(), true, CONTENT_TYPE)
        .await?;
    Ok(())
}

async fn remove(bus: Address, name: String) -> Result<bool, Unavailable> {
    let service = open(bus).await?;
    let items = service.search_items(attributes(&name)).await?;
    if items.unlocked.is_empty() {
        unlocked(&service, &items.locked).await?;
        return Ok(false);
    }
    for item in &items.unlocked {
        item.delete().await?;
    }
    match items.locked.as_slice() {
        [] => Ok(true),
        [..] => Err(Unavailable::Locked),
    }
}

async fn list(bus: Address) -> Result<Vec<String>, Unavailable> {
    let service: SecretService<'_> = open(bus).await?;
    let items = service.search_items(HashMap::from([SCHEMA])).await?;
    if items.unlocked.is_empty() {
        unlocked(&service, &items.locked).await?;
    }
    let mut names = Vec::new();
    for item in &items.unlocked {
        names.extend(item.get_attributes().await?.remove(NAME));
    }
    names.sort();
    names.dedup();
    Ok(names)
}

fn attributes(name: &str) -> HashMap<&str, &str> {
    HashMap::from([SCHEMA, (NAME, name)])
}
