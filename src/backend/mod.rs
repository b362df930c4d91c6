//! The only owner of readers and cards.
//!
//! One thread routes (`router`), one waits for cards (`transport::watch`), and each reader
//! has one of its own (`lane`). Requests go in through a [`Handle`]; everything that happens
//! comes out as [`Event`]s, in the order in which it happened.

mod bench;
mod cache;
mod command;
mod event;
mod handle;
mod helpers;
mod keys;
mod lane;
mod manager;
mod plans;
pub mod practice;
mod router;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};

pub use crate::card::CardError;
pub use crate::card::driver::KeyWork;
pub use crate::card::java::{Look, ManagerAccess, Opened};
pub use crate::iso7816::StatusWord;
pub use crate::transport::link::LinkError;
pub use crate::transport::names::{carries_pin, hands_over_pin, hands_over_secret};
pub use crate::transport::trace::{Entry as TraceEntry, Shown};
pub use bench::Workbench;
pub use command::{
    Command, KeyCommand, PinAction, PinCommand, PlanAction, PlanCommand, PracticeCommand, RequestId,
};
pub use event::{Done, Event, Failure, Progress};
pub use handle::Handle;

/// What the backend is to look at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Options {
    /// Whether to talk to the smart card service.
    pub pcsc: bool,
    /// Names of the practice cards that are in practice readers from the start.
    pub practice: Vec<String>,
    /// The folder with what the cards of known tokens answered. Without one, nothing is read or
    /// written; practice cards of the program are never in it.
    pub cache: Option<PathBuf>,
}

/// Starts the backend; `sink` is called from its threads and must not block.
///
/// # Errors
///
/// If the operating system has no thread for it.
pub fn start(options: Options, sink: impl Fn(Event) + Send + Sync + 'static) -> io::Result<Handle> {
    let (letters, inbox) = mpsc::channel();
    let trace = Arc::new(Mutex::default());
    let cache = cache::Cache::new(options.cache.clone());
    let handle = Handle::new(letters.clone(), Arc::clone(&trace));
    let router = router::Router::new(Arc::new(sink), letters, trace, cache);
    std::thread::Builder::new()
        .name("backend".into())
        .spawn(move || router.run(&options, &inbox))?;
    Ok(handle)
}
