//! Between the thread that talks to the agent and the one that owns the window.
//!
//! The dialog sends [`Errand`]s, the last of which is its answer; the other way go questions and
//! [`Reply`]s, by a function that the owner of the window gives. Nobody polls: the thread of the
//! agent sleeps until there is an errand or the agent is gone.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};

use super::prompt::{Agent, Answer, Check, Front, Prompt};
use super::requester::End;
use crate::base::secret::Secret;

/// What a dialog wants.
#[derive(Debug)]
pub enum Errand {
    /// To know how good this is.
    Quality(Secret),
    /// To know whether this may be used.
    Check(Secret),
    /// A passphrase that is made up.
    Generate,
    /// Nothing more: this is the answer.
    Answered(Answer),
}

/// What it is told.
#[derive(Debug)]
pub enum Reply {
    /// From 0 to 100, below 0 where it would be refused; nothing if the agent does not say.
    Quality(Option<i8>),
    /// Whether it may be used.
    Checked(Check),
    /// One that was made up.
    Generated(Option<Secret>),
}

/// What goes to the thread of the window.
#[derive(Debug)]
pub enum ToWindow {
    /// A question.
    Show(Box<Prompt>),
    /// A reply to an errand.
    Reply(Reply),
    /// The question is to be taken away: nobody waits for an answer.
    Dismiss,
}

/// The end of the dialog.
#[derive(Clone, Debug)]
pub struct Bell {
    errands: Sender<Errand>,
    wake: Arc<OwnedFd>,
}

impl Bell {
    /// Sends an errand. After the conversation it goes nowhere.
    pub fn send(&self, errand: Errand) {
        if self.errands.send(errand).is_ok() {
            // Full only if nobody has looked for 2^64 errands.
            let _ = rustix::io::write(&*self.wake, &1_u64.to_ne_bytes());
        }
    }
}

/// The end of the conversation.
pub struct Desk {
    errands: Receiver<Errand>,
    wake: Arc<OwnedFd>,
    show: Box<dyn FnMut(ToWindow) + Send>,
}

/// Both ends; `show` hands things to the thread of the window.
///
/// # Errors
///
/// The system gives no more descriptors.
pub fn desk(show: impl FnMut(ToWindow) + Send + 'static) -> io::Result<(Desk, Bell)> {
    let (sender, receiver) = channel();
    let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
    let desk = Desk {
        errands: receiver,
        wake: Arc::clone(&wake),
        show: Box::new(show),
    };
    let bell = Bell {
        errands: sender,
        wake,
    };
    Ok((desk, bell))
}

/// Why the conversation goes on.
enum Woken {
    Errand,
    AgentGone,
    AskerGone,
}

impl Desk {
    /// Waits for an errand, or for an end.
    fn wait(&self, agent: &dyn Agent, asking: Option<&OwnedFd>) -> Woken {
        let mut ends = vec![
            PollFd::new(&*self.wake, PollFlags::IN),
            // Trouble at the other end is told without being asked for.
            PollFd::from_borrowed_fd(agent.gone(), PollFlags::empty()),
        ];
        ends.extend(asking.map(|end| PollFd::new(end, PollFlags::IN)));
        if rustix::io::retry_on_intr(|| poll(&mut ends, None)).is_err() {
            return Woken::AgentGone;
        }
        let mut count = [0; 8];
        let _ = rustix::io::read(&*self.wake, &mut count);
        let seen = |place: usize| ends.get(place).map_or(PollFlags::empty(), PollFd::revents);
        if seen(1).intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL) {
            Woken::AgentGone
        } else if !seen(2).is_empty() {
            Woken::AskerGone
        } else {
            Woken::Errand
        }
    }
}

impl Front for Desk {
    fn ask(&mut self, prompt: Prompt, agent: &mut dyn Agent) -> Answer {
        // What a dialog before this one wanted, after its answer.
        while self.errands.try_recv().is_ok() {}
        // GnuPG 2.2 goes on waiting for the answer to a program that has ended.
        let asking = match prompt.requester.end() {
            End::Watched(end) => Some(end),
            End::Over => return Answer::Cancelled,
            End::Unknown => None,
        };
        (self.show)(ToWindow::Show(Box::new(prompt)));
        loop {
            // The newest text is the one whose quality is wanted.
            let mut quality = None;
            let mut checked = None;
            while let Ok(errand) = self.errands.try_recv() {
                match errand {
                    Errand::Answered(answer) => return answer,
                    Errand::Quality(passphrase) => quality = Some(passphrase),
                    Errand::Check(passphrase) => checked = Some(passphrase),
                    Errand::Generate => {
                        let made = agent.generate();
                        (self.show)(ToWindow::Reply(Reply::Generated(made)));
                    }
                }
            }
            if let Some(passphrase) = quality {
                let quality = agent.quality(&passphrase);
                (self.show)(ToWindow::Reply(Reply::Quality(quality)));
            }
            if let Some(passphrase) = checked {
                let check = agent.check(&passphrase);
                (self.show)(ToWindow::Reply(Reply::Checked(check)));
            }
            let answer = match self.wait(agent, asking.as_ref()) {
                Woken::Errand => continue,
                Woken::AgentGone => Answer::AgentGone,
                Woken::AskerGone => Answer::Cancelled,
            };
            (self.show)(ToWindow::Dismiss);
            return answer;
        }
    }

    fn flavour(&self) -> &'static str {
        "symbolon"
    }
}
