//! The settings, and where they are kept.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use relm4::adw;
use relm4::adw::prelude::*;

use crate::base::settings::Settings;

/// Settings that several parts of the window share.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    settings: Rc<RefCell<Settings>>,
    path: Option<PathBuf>,
}

impl Kept {
    pub(super) fn new(settings: Settings, path: Option<PathBuf>) -> Self {
        Self {
            settings: Rc::new(RefCell::new(settings)),
            path,
        }
    }

    /// As they are now.
    pub(super) fn get(&self) -> Settings {
        self.settings.borrow().clone()
    }

    /// Takes over what the person set. The size of the window is not set by hand.
    pub(super) fn replace(&self, new: Settings) {
        let mut settings = self.settings.borrow_mut();
        settings.practice = new.practice;
        settings.trace = new.trace;
        settings.window.remember = new.window.remember;
    }

    /// Remembers the size of the window, if that is wanted.
    pub(super) fn remember_size(&self, window: &adw::ApplicationWindow) {
        {
            let mut settings = self.settings.borrow_mut();
            if !settings.window.remember {
                return;
            }
            settings.window.maximized = window.is_maximized();
            if !window.is_maximized() {
                let (width, height) = window.default_size();
                settings.window.width = width;
                settings.window.height = height;
            }
        }
        self.save();
    }

    /// Writes them to disk, and tells whether they are there. A disk that does not take them is no
    /// reason to stop; they hold until the window is closed.
    pub(super) fn save(&self) -> bool {
        let Some(path) = &self.path else {
            tracing::warn!("settings not saved: this user has no home");
            return false;
        };
        let saved = self.settings.borrow().save(path);
        if let Err(error) = &saved {
            tracing::warn!(%error, ?path, "settings not saved");
        }
        saved.is_ok()
    }
}
