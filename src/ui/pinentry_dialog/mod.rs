//! The window of `pinentry-symbolon`: plain GTK, for it has to be there before the person looks.
//!
//! GTK has the main thread; the conversation with the agent, or with ssh, is on one of its own and
//! sends questions here by [`desk`]. Without a display the terminal takes over.

mod dialog;
mod facts;
mod field;
mod look;
mod quality;
mod words;

use std::cell::RefCell;
use std::process::ExitCode;
use std::thread;

use clap::Parser as _;
use relm4::gtk;
use relm4::gtk::glib;

use crate::base::{i18n, interrupt, os, paths};
use crate::pinentry::arguments::Arguments;
use crate::pinentry::desk::{Bell, Desk, ToWindow, desk};
use crate::pinentry::session::{self, Streams};
use crate::pinentry::terminal;
use dialog::Dialog;

/// What the name of the program on the desktop is.
const PROGRAM: &str = "pinentry-symbolon";

thread_local! {
    /// The dialog that is open, on the thread of the window.
    static OPEN: RefCell<Option<Dialog>> = const { RefCell::new(None) };
}

/// Prepares what has to be there before GTK, and before any thread.
///
/// GTK 4.8 opens EGL even when it draws with Cairo, which costs 60 MiB and 60 ms; see
/// `facts/window.md`.
fn prepare(arguments: &Arguments) {
    os::set_env_before_threads("GDK_DEBUG", "gl-disable");
    os::set_env_before_threads("GSK_RENDERER", "cairo");
    if !paths::session_bus_answers() {
        // GTK 4.8 finds the accessibility bus by the screen then, and falls over its own paths.
        os::set_env_before_threads("GTK_A11Y", "none");
    }
    if let Some(display) = &arguments.display {
        // The agent names the display of whoever it works for, which need not be ours.
        os::set_env_before_threads("DISPLAY", display);
    }
}

/// Asks, in a window where there is a display, until the agent has no more questions.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(help_or_error) => return session::told(&help_or_error),
    };
    prepare(&arguments);
    // Before GTK can print anything.
    let Ok(streams) = Streams::take() else {
        return ExitCode::FAILURE;
    };
    i18n::open(&i18n::folder());
    if gtk::init().is_err() {
        return terminal::go_on(&arguments, streams);
    }
    glib::set_prgname(Some(PROGRAM));
    glib::set_application_name("Symbolon");
    look::load();
    // The agent ends questions by SIGINT. One that was started in the background of a script hands down
    // that it is ignored; without an ear it only works otherwise.
    let _ = interrupt::end_after(|| ());
    let Ok((front, bell)) = desk(to_window) else {
        return ExitCode::FAILURE;
    };
    converse(arguments, streams, front, bell)
}

/// Lets the conversation run beside the window, and ends with it.
fn converse(arguments: Arguments, streams: Streams, mut front: Desk, bell: Bell) -> ExitCode {
    BELL.with(|place| place.replace(Some(bell)));
    let main_loop = glib::MainLoop::new(None, false);
    let ended = Ended(main_loop.clone());
    let conversation = thread::Builder::new()
        .name("agent".to_owned())
        .spawn(move || {
            let _ended = ended;
            session::converse(&arguments, streams, &mut front)
        });
    let Ok(conversation) = conversation else {
        return ExitCode::FAILURE;
    };
    main_loop.run();
    OPEN.with(|open| drop(open.take()));
    conversation.join().unwrap_or(ExitCode::FAILURE)
}

/// Ends the main loop when the conversation ends, however it does.
struct Ended(glib::MainLoop);

impl Drop for Ended {
    fn drop(&mut self) {
        let main_loop = self.0.clone();
        on_window_thread(move || main_loop.quit());
    }
}

thread_local! {
    /// What dialogs call the conversation with.
    static BELL: RefCell<Option<Bell>> = const { RefCell::new(None) };
}

/// Called on the thread of the conversation.
fn to_window(message: ToWindow) {
    on_window_thread(move || received(message));
}

/// Has the main loop call `act`. `MainContext::invoke` would call it here and now as long as the loop
/// does not run yet, and GTK belongs to one thread.
fn on_window_thread(act: impl FnOnce() + Send + 'static) {
    let mut act = Some(act);
    glib::source::idle_add_full(glib::Priority::DEFAULT, move || {
        if let Some(act) = act.take() {
            act();
        }
        glib::ControlFlow::Break
    });
}

/// Called on the thread of the window.
fn received(message: ToWindow) {
    match message {
        ToWindow::Show(prompt) => {
            let Some(bell) = BELL.with(|bell| bell.borrow().clone()) else {
                return;
            };
            let dialog = Dialog::open(*prompt, bell);
            OPEN.with(|open| drop(open.replace(Some(dialog))));
        }
        ToWindow::Reply(reply) => {
            let dialog = OPEN.with(|open| open.borrow().clone());
            if let Some(dialog) = dialog {
                dialog.told(reply);
            }
        }
        ToWindow::Dismiss => OPEN.with(|open| drop(open.take())),
    }
}
