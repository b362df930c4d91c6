//! Keyrings that behave as none should, and some do.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::fdo;
use zbus::fdo::RequestNameFlags;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

use crate::session::NAME;

const SERVICE: &str = "/org/freedesktop/secrets";
const COLLECTION: &str = "/org/freedesktop/secrets/collection/strange";
const ITEM: &str = "/org/freedesktop/secrets/collection/strange/1";
const PROMPT: &str = "/org/freedesktop/secrets/prompt/1";
const NOTHING: &str = "/";

/// What is strange about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mood {
    /// Has no collection.
    Empty,
    /// Does not even open a session.
    Denying,
    /// Answers nothing.
    Mute,
    /// Opens a session, and then answers nothing.
    MuteOnceOpen,
    /// Wants to ask a person about everything, and gets no answer.
    Prompting,
    /// The same, and gets one.
    Asking,
    /// Gives its name to another one as soon as it is asked for items.
    Leaving,
}

/// The keyring, until it is dropped.
pub(crate) struct Strange {
    prompts: Arc<AtomicU32>,
    _connection: Connection,
}

impl Strange {
    /// Where there is one already, this one takes the name when that one gives it up.
    pub(crate) fn start(bus: &str, mood: Mood) -> Self {
        let prompts = Arc::new(AtomicU32::new(0));
        let served = Builder::address(bus).unwrap();
        let served = served.serve_at(SERVICE, Service(mood)).unwrap();
        let served = served.serve_at(COLLECTION, Collection(mood)).unwrap();
        let served = served.serve_at(ITEM, Item(mood)).unwrap();
        let prompt = Prompt {
            mood,
            asked: Arc::clone(&prompts),
        };
        let connection = served.serve_at(PROMPT, prompt).unwrap().build().unwrap();
        let waits_in_line = RequestNameFlags::AllowReplacement.into();
        connection
            .request_name_with_flags(NAME, waits_in_line)
            .unwrap();
        Self {
            prompts,
            _connection: connection,
        }
    }

    /// How many prompts were to be shown.
    pub(crate) fn prompts(&self) -> u32 {
        self.prompts.load(Ordering::SeqCst)
    }
}

/// Path, parameters, value, content type.
type Content = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

fn path(path: &str) -> OwnedObjectPath {
    ObjectPath::try_from(path.to_owned()).unwrap().into()
}

struct Service(Mood);

#[zbus::interface(name = "org.freedesktop.Secret.Service")]
impl Service {
    async fn open_session(
        &self,
        algorithm: String,
        _input: OwnedValue,
    ) -> fdo::Result<(OwnedValue, OwnedObjectPath)> {
        assert_eq!(algorithm, "dh-ietf1024-sha256-aes128-cbc-pkcs7");
        match self.0 {
            Mood::Denying => Err(fdo::Error::AccessDenied("not you".to_owned())),
            Mood::Mute => pending().await,
            // Any number is a public key.
            _ => Ok((
                Value::from(vec![2_u8]).try_into().unwrap(),
                path("/org/freedesktop/secrets/session/1"),
            )),
        }
    }

    async fn search_items(
        &self,
        #[zbus(connection)] connection: &zbus::Connection,
        _attributes: HashMap<String, String>,
    ) -> (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) {
        match self.0 {
            Mood::MuteOnceOpen => pending().await,
            Mood::Empty => (Vec::new(), Vec::new()),
            Mood::Leaving => {
                connection.release_name(NAME).await.unwrap();
                (vec![path(ITEM)], Vec::new())
            }
            _ => (vec![path(ITEM)], Vec::new()),
        }
    }

    async fn read_alias(&self, name: String) -> OwnedObjectPath {
        assert_eq!(name, "default");
        match self.0 {
            Mood::MuteOnceOpen => pending().await,
            Mood::Empty => path(NOTHING),
            _ => path(COLLECTION),
        }
    }
}

struct Collection(Mood);

#[zbus::interface(name = "org.freedesktop.Secret.Collection")]
impl Collection {
    fn create_item(
        &self,
        _properties: HashMap<String, OwnedValue>,
        _secret: Content,
        replace: bool,
    ) -> (OwnedObjectPath, OwnedObjectPath) {
        assert!(replace, "{:?}", self.0);
        (path(NOTHING), path(PROMPT))
    }

    #[zbus(property)]
    fn locked(&self) -> bool {
        false
    }
}

struct Item(Mood);

#[zbus::interface(name = "org.freedesktop.Secret.Item")]
impl Item {
    /// The one who gave its name away does not get here, and another one knows no such session.
    fn get_secret(&self, _session: OwnedObjectPath) -> fdo::Result<(Content,)> {
        Err(fdo::Error::Failed(format!("{:?}: no session", self.0)))
    }

    fn delete(&self) -> OwnedObjectPath {
        path(PROMPT)
    }

    #[zbus(property)]
    fn locked(&self) -> bool {
        false
    }
}

struct Prompt {
    mood: Mood,
    asked: Arc<AtomicU32>,
}

#[zbus::interface(name = "org.freedesktop.Secret.Prompt")]
impl Prompt {
    async fn prompt(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        _window: String,
    ) -> fdo::Result<()> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.mood == Mood::Asking {
            let made = Value::from(ObjectPath::try_from(ITEM).unwrap());
            Self::completed(&emitter, false, made).await?;
        }
        Ok(())
    }

    #[zbus(signal)]
    async fn completed(
        emitter: &SignalEmitter<'_>,
        dismissed: bool,
        result: Value<'_>,
    ) -> zbus::Result<()>;
}
