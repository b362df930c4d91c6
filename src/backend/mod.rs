//! The only owner of readers and cards.

mod command;
mod event;
mod handle;

pub use crate::card::CardError;
pub use crate::transport::link::LinkError;
pub use crate::transport::trace::{Entry as TraceEntry, Shown};
pub use command::{Command, PinAction, PinCommand, PracticeCommand, RequestId};
pub use event::{Done, Event, Failure, Progress};
pub use handle::Handle;
