//! Stands in until the dialogs are there.
pub mod pin {
    use crate::backend::*;
    use crate::token::*;
    use relm4::adw::prelude::*;
    use relm4::prelude::*;
    use std::sync::Arc;
    #[derive(Debug)]
    pub struct PinDialogInit {
        pub reader: Reader,
        pub identity: Identity,
        pub token: Arc<Token>,
        pub application: ApplicationKind,
        pub pin: PinReference,
        pub operation: OperationKind,
    }
    #[derive(Debug)]
    pub enum PinDialogInput {
        Finished(Result<Done, Failure>),
        Progressed(Progress),
        TokenChanged(Arc<Token>),
        Removed,
    }
    #[derive(Debug)]
    pub enum PinDialogOutput {
        Submitted(PinCommand),
        Cancelled,
        Closed { done: bool },
    }
    #[derive(Debug)]
    pub struct PinDialog {}
    #[relm4::component(pub)]
    impl SimpleComponent for PinDialog {
        type Init = PinDialogInit;
        type Input = PinDialogInput;
        type Output = PinDialogOutput;
        view! { adw::Window { set_modal: true, set_title: Some("PIN") } }
        fn init(
            _i: PinDialogInit,
            root: Self::Root,
            _s: ComponentSender<Self>,
        ) -> ComponentParts<Self> {
            let model = Self {};
            let widgets = view_output!();
            ComponentParts { model, widgets }
        }
    }
}
pub mod certificate {
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
}
pub mod command {
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
}
