//! Stands in until the dialog is there.
use relm4::adw::prelude::*;
use relm4::prelude::*;
#[derive(Debug)]
pub struct CertificateDialogInit {
    pub title: String,
    pub der: Vec<u8>,
    pub others: Vec<Vec<u8>>,
    pub key_matches: Option<bool>,
    pub location: String,
}
#[derive(Debug)]
pub enum CertificateDialogOutput {
    Copied(String),
    Exported(std::path::PathBuf),
    Failed(String),
}
#[derive(Debug)]
pub struct CertificateDialog {}
#[relm4::component(pub)]
impl SimpleComponent for CertificateDialog {
    type Init = CertificateDialogInit;
    type Input = ();
    type Output = CertificateDialogOutput;
    view! { adw::Window { set_modal: true, set_title: Some("PIN") } }
    fn init(
        _i: CertificateDialogInit,
        root: Self::Root,
        _s: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let model = Self {};
        let widgets = view_output!();
        ComponentParts { model, widgets }
    }
}
