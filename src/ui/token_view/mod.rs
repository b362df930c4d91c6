//! Stands in until the token view is there.
use crate::token::{ApplicationKind, Identity, KeyRef, OperationKind, PinReference, Reader, Token};
use relm4::adw::prelude::*;
use relm4::prelude::*;
use std::sync::Arc;

/// Pages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Page {
    Overview,
    Pins,
    Keys,
    Data,
    Technical,
}
#[derive(Debug)]
pub enum TokenViewInput {
    Show {
        reader: Reader,
        identity: Identity,
        token: Arc<Token>,
    },
    Page(Page),
    Clear,
}
#[derive(Debug)]
pub enum TokenViewOutput {
    PinChosen {
        application: ApplicationKind,
        pin: PinReference,
        operation: OperationKind,
    },
    CertificateChosen {
        application: ApplicationKind,
        slot: KeyRef,
    },
    CommandChosen,
    Copied(String),
    PageShown(Page),
}
pub struct TokenView {
    token: Option<Arc<Token>>,
}
#[relm4::component(pub)]
impl SimpleComponent for TokenView {
    type Init = ();
    type Input = TokenViewInput;
    type Output = TokenViewOutput;
    view! {
        adw::ViewStack {
            add_titled[Some("overview"), "Overview"] = &gtk::Label {
                #[watch]
                set_label: &model.token.as_ref().and_then(|t| t.label.as_ref()).map(ToString::to_string).unwrap_or_default(),
            } -> { set_icon_name: Some("auth-smartcard-symbolic") },
            add_titled[Some("pins"), "PINs"] = &gtk::Label { set_label: "pins" } -> { set_icon_name: Some("input-dialpad-symbolic") },
            add_titled[Some("keys"), "Keys"] = &gtk::Label { set_label: "keys" } -> { set_icon_name: Some("application-certificate-symbolic") },
            add_titled[Some("data"), "Data"] = &gtk::Label { set_label: "data" } -> { set_icon_name: Some("folder-documents-symbolic") },
            add_titled[Some("technical"), "Technical"] = &gtk::Label { set_label: "technical" } -> { set_icon_name: Some("applications-engineering-symbolic") },
        }
    }
    fn init(_: (), root: Self::Root, _sender: ComponentSender<Self>) -> ComponentParts<Self> {
        let model = Self { token: None };
        let widgets = view_output!();
        ComponentParts { model, widgets }
    }
    fn update(&mut self, input: TokenViewInput, _sender: ComponentSender<Self>) {
        match input {
            TokenViewInput::Show { token, .. } => self.token = Some(token),
            TokenViewInput::Clear => self.token = None,
            TokenViewInput::Page(_) => {}
        }
    }
}
