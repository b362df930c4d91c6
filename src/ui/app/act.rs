//! What the actions do.
use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::App;
use crate::ui::actions::Action;
use crate::ui::status_pages::StatusChoice;
use crate::ui::token_view::TokenViewOutput;

impl App {
    pub(super) fn act(&mut self, action: Action, _sender: &ComponentSender<Self>, root: &adw::ApplicationWindow) {
        match action {
            Action::Close | Action::Quit => root.close(),
            _ => {}
        }
    }
    pub(super) fn view_output(&mut self, _o: TokenViewOutput, _sender: &ComponentSender<Self>, _root: &adw::ApplicationWindow) {}
    pub(super) fn status_choice(&mut self, _o: StatusChoice, _sender: &ComponentSender<Self>, _root: &adw::ApplicationWindow) {}
    pub(super) fn enable(&self, _w: &adw::ApplicationWindow) {}
}
