//! Stands in until the dialog is there.
use crate::backend::*;
use crate::token::*;
use relm4::adw::prelude::*;
use relm4::prelude::*;
use std::sync::Arc;
#[derive(Debug)]
pub struct CommandDialogInit {
    pub reader: Reader,
    pub identity: Identity,
    pub token: Arc<Token>,
}
#[derive(Debug)]
pub enum CommandDialogInput {
    Finished(Result<Done, Failure>),
}
#[derive(Debug)]
pub enum CommandDialogOutput {
    Submitted(crate::base::secret::Secret),
}
#[derive(Debug)]
pub struct CommandDialog {}
#[relm4::component(pub)]
impl SimpleComponent for CommandDialog {
    type Init = CommandDialogInit;
    type Input = CommandDialogInput;
    type Output = CommandDialogOutput;
    view! { adw::Window { set_modal: true, set_title: Some("PIN") } }
    fn init(
        _i: CommandDialogInit,
        root: Self::Root,
        _s: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let model = Self {};
        let widgets = view_output!();
        ComponentParts { model, widgets }
    }
}
