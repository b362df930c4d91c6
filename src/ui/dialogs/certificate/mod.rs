//! The dialog for one certificate: where it stands, whose it is, who issued it, what it is for,
//! and the way out of the token as a file or as text.

mod export;
mod facts;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::frame::{close_on_escape, facts as group_of_facts, group, scrolled};
use crate::base::i18n::gettext;
use crate::explain;
use crate::pki::certificate::Certificate;
use crate::pki::chain::{self, Chain};
use crate::pki::export::Format;
use crate::pki::pem;
use crate::token::Flaw;
use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::{
    BarKind, FactRow, FactText, RowList, Span, ValidityBar, chips, fill_when_opened, settle,
    settle_title,
};

use self::facts::ChainLine;

/// The dialog.
#[derive(Debug)]
pub struct CertificateDialog {
    title: String,
    location: String,
    /// What stands there, which is written as it is.
    der: Vec<u8>,
    /// Nothing if it cannot be read.
    certificate: Option<Certificate>,
    others: Vec<Vec<u8>>,
    issuer: adw::PreferencesGroup,
    chain: RowList<ChainLine>,
    /// Those of the issuer, while nothing better is known.
    issuer_facts: gtk::Box,
    above: Option<Controller<Self>>,
}

/// What it shows.
#[derive(Debug)]
pub struct CertificateDialogInit {
    /// Whose certificate it is.
    pub title: String,
    /// The certificate, X.509 in DER.
    pub der: Vec<u8>,
    /// Why it cannot be read, where that is known.
    pub flaw: Option<Flaw>,
    /// Other certificates among which its issuer may be.
    pub others: Vec<Vec<u8>>,
    /// Whether the key beside it is the one that it was made for, as far as that is known.
    pub key_matches: Option<bool>,
    /// Where it is: "PIV · Authentication (9A)".
    pub location: String,
}

/// What can happen to it.
#[derive(Debug)]
pub enum CertificateDialogInput {
    /// Ask where to save it.
    Export,
    /// Save it.
    ExportTo(PathBuf, Format),
    /// Put it on the clipboard.
    CopyPem,
    /// Something was put on the clipboard.
    Copied(String),
    /// Show a certificate of the chain.
    OpenAbove(String, Vec<u8>),
    /// What came of showing it.
    Above(CertificateDialogOutput),
}

/// What happened in it.
#[derive(Debug)]
pub enum CertificateDialogOutput {
    /// Something is on the clipboard: "PEM".
    Copied(String),
    /// The certificate is in this file.
    Exported(PathBuf),
    /// It is not, for the reason in these words.
    Failed(String),
}

/// Results of the work that is not for the thread of the window.
#[derive(Debug)]
pub enum CertificateDialogCommandOutput {
    /// Who issued it, as far as that can be found.
    Followed(Box<Chain>),
    /// A file was written, or not.
    Written(PathBuf, Result<(), String>),
}

#[relm4::component(pub)]
impl Component for CertificateDialog {
    type Init = CertificateDialogInit;
    type Input = CertificateDialogInput;
    type Output = CertificateDialogOutput;
    type CommandOutput = CertificateDialogCommandOutput;

    view! {
        #[root]
        adw::Window {
            set_modal: true,
            set_default_width: 520,
            set_default_height: 640,
            set_title: Some(&model.title),

            gtk::Box {
                set_orientation: gtk::Orientation::Vertical,

                adw::HeaderBar {
                    set_title_widget: Some(&adw::WindowTitle::new(&model.title, &model.location)),
                },

                #[local_ref]
                scroller -> gtk::ScrolledWindow {},

                gtk::Box {
                    set_spacing: 12,
                    set_halign: gtk::Align::Center,
                    add_css_class: "dialog-actions",

                    gtk::Button {
                        set_label: &gettext("Export…"),
                        connect_clicked => CertificateDialogInput::Export,
                    },
                    gtk::Button {
                        set_label: &gettext("Copy PEM"),
                        connect_clicked => CertificateDialogInput::CopyPem,
                    },
                },
            },
        }
    }

    fn init(
        init: CertificateDialogInit,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        close_on_escape(&root);
        let parsed = Certificate::parse(&init.der);
        let flaw = init.flaw.or(parsed.as_ref().err().copied());
        let model = Self {
            title: init.title,
            location: init.location,
            certificate: parsed.ok(),
            der: init.der,
            others: init.others,
            issuer: group(&gettext("Issued by")),
            chain: RowList::new(),
            issuer_facts: gtk::Box::new(gtk::Orientation::Vertical, 0),
            above: None,
        };
        let content = gtk::Box::new(gtk::Orientation::Vertical, 24);
        match &model.certificate {
            Some(certificate) => {
                model.fill(&content, certificate, init.key_matches, &sender);
                follow(certificate.clone(), model.others.clone(), &sender);
            }
            None => fill_unreadable(&content, &model.der, flaw, &sender),
        }
        let scroller = scrolled(&content);
        let scroller = &scroller;
        let widgets = view_output!();
        ComponentParts { model, widgets }
    }

    fn update(
        &mut self,
        input: CertificateDialogInput,
        sender: ComponentSender<Self>,
        root: &Self::Root,
    ) {
        let tell = |output| sender.output_sender().emit(output);
        match input {
            CertificateDialogInput::Export => self.ask_where(&sender, root),
            CertificateDialogInput::ExportTo(path, format) => {
                let der = self.bytes().to_vec();
                sender.spawn_oneshot_command(move || {
                    let outcome = export::write(&path, &der, format);
                    CertificateDialogCommandOutput::Written(path, outcome)
                });
            }
            CertificateDialogInput::CopyPem => {
                let text = pem::encode("CERTIFICATE", self.bytes());
                root.clipboard().set_text(&text);
                tell(CertificateDialogOutput::Copied(gettext("PEM")));
            }
            CertificateDialogInput::Copied(name) => tell(CertificateDialogOutput::Copied(name)),
            CertificateDialogInput::OpenAbove(title, der) => {
                self.open_above(title, der, &sender, root);
            }
            CertificateDialogInput::Above(output) => tell(output),
        }
    }

    fn update_cmd(
        &mut self,
        output: CertificateDialogCommandOutput,
        sender: ComponentSender<Self>,
        _root: &Self::Root,
    ) {
        match output {
            CertificateDialogCommandOutput::Followed(chain) => self.show_chain(&chain),
            CertificateDialogCommandOutput::Written(path, outcome) => {
                sender.output_sender().emit(match outcome {
                    Ok(()) => CertificateDialogOutput::Exported(path),
                    Err(words) => CertificateDialogOutput::Failed(words),
                });
            }
        }
    }
}

/// Looks for the issuers, on the token first and then on this computer.
fn follow(
    certificate: Certificate,
    others: Vec<Vec<u8>>,
    sender: &ComponentSender<CertificateDialog>,
) {
    sender.spawn_oneshot_command(move || {
        let mut known: Vec<Certificate> = others
            .iter()
            .filter_map(|der| Certificate::parse(der).ok())
            .collect();
        known.extend(chain::local_authorities());
        let chain = chain::chain(&certificate, &known);
        CertificateDialogCommandOutput::Followed(Box::new(chain))
    });
}

/// For copy buttons.
fn copied(sender: &ComponentSender<CertificateDialog>) -> impl Fn(&str) + Clone + 'static {
    let input = sender.input_sender().clone();
    move |name| input.emit(CertificateDialogInput::Copied(name.to_owned()))
}

impl CertificateDialog {
    fn fill(
        &self,
        content: &gtk::Box,
        certificate: &Certificate,
        key_matches: Option<bool>,
        sender: &ComponentSender<Self>,
    ) {
        let copied = copied(sender);
        content.append(&standing(certificate, key_matches));
        let add = |title: &str, facts: &[FactText]| {
            if let Some(group) = group_of_facts(title, facts, &copied) {
                content.append(&group);
            }
        };
        add(&gettext("Issued to"), &facts::issued_to(certificate));
        self.fill_issuer(content, certificate, sender);
        add(&gettext("Used for"), &facts::used_for(certificate));
        add(
            &gettext("Key"),
            &facts::key(certificate, key_matches, &self.location),
        );
        let details = group(&gettext("Details"));
        let identifiers = facts::identifiers(certificate);
        details.add(&expander(&gettext("Identifiers"), &identifiers, &copied));
        let extensions = facts::extensions(certificate);
        if !extensions.is_empty() {
            details.add(&expander(&gettext("All extensions"), &extensions, &copied));
        }
        content.append(&details);
    }

    /// The issuer by its name; the chain takes its place when it is found.
    fn fill_issuer(
        &self,
        content: &gtk::Box,
        certificate: &Certificate,
        sender: &ComponentSender<Self>,
    ) {
        let list = gtk::ListBox::builder()
            .selection_mode(gtk::SelectionMode::None)
            .css_classes(["boxed-list"])
            .build();
        for fact in facts::issuer(certificate) {
            list.append(&FactRow::new(&fact, copied(sender)));
        }
        self.issuer_facts.append(&list);
        self.issuer.add(&self.issuer_facts);
        self.chain.widget().set_visible(false);
        self.issuer.add(self.chain.widget());
        let input = sender.input_sender().clone();
        self.chain.connect_activated(move |line| {
            let (name, der) = (line.name.clone(), line.der.clone());
            input.emit(CertificateDialogInput::OpenAbove(name, der));
        });
        content.append(&self.issuer);
    }

    fn show_chain(&mut self, chain: &Chain) {
        let lines = facts::chain_lines(chain);
        self.issuer_facts.set_visible(lines.is_empty());
        self.chain.show(&lines, chain_row);
        // A group reads its description as markup in libadwaita 1.2.
        let words = explain::certificates::chain(chain);
        let words = gtk::glib::markup_escape_text(&words);
        self.issuer.set_description(Some(&words));
    }

    fn ask_where(&self, sender: &ComponentSender<Self>, root: &adw::Window) {
        let input = sender.input_sender().clone();
        let subject = self.certificate.as_ref().and_then(Certificate::name);
        let chosen = move |path, format| {
            input.emit(CertificateDialogInput::ExportTo(path, format));
        };
        export::ask(root, subject.as_ref(), chosen);
    }

    /// What is written: the certificate without the padding of its file, else all there is.
    fn bytes(&self) -> &[u8] {
        let certificate = self.certificate.as_ref();
        certificate.map_or(&self.der, |certificate| &certificate.der)
    }

    fn open_above(
        &mut self,
        title: String,
        der: Vec<u8>,
        sender: &ComponentSender<Self>,
        root: &adw::Window,
    ) {
        let dialog = Self::builder()
            .launch(CertificateDialogInit {
                title,
                der,
                flaw: None,
                others: self.others.clone(),
                key_matches: None,
                location: gettext("Issuer"),
            })
            .forward(sender.input_sender(), CertificateDialogInput::Above);
        dialog.widget().set_transient_for(Some(root));
        dialog.widget().present();
        self.above = Some(dialog);
    }
}

/// Chips, the picture of its validity, and what is wrong with it.
fn standing(certificate: &Certificate, key_matches: Option<bool>) -> gtk::Box {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let now = now.and_then(|since| i64::try_from(since.as_secs()).ok());
    let now = now.unwrap_or_default();
    let (start, end) = (certificate.not_before, certificate.not_after);
    let standing = certificate.standing(now);
    let top = gtk::Box::new(gtk::Orientation::Vertical, 18);
    top.append(&chips(&facts::chips(certificate, standing, key_matches)));
    let picture = gtk::Box::new(gtk::Orientation::Vertical, 6);
    let words = explain::certificates::validity(standing, start, end);
    let span = Span { start, end, now };
    picture.append(&ValidityBar::named(span, BarKind::of(standing), &words));
    let distance = explain::certificates::standing_distance(standing, start, end);
    picture.append(&text(&distance, &[]));
    top.append(&picture);
    for &weakness in &certificate.weaknesses {
        let line = gtk::Box::new(gtk::Orientation::Horizontal, 8);
        let icon = gtk::Image::builder()
            .icon_name("dialog-warning-symbolic")
            .accessible_role(gtk::AccessibleRole::Presentation)
            .valign(gtk::Align::Start)
            .css_classes(["warning"])
            .build();
        line.append(&icon);
        line.append(&text(&explain::certificates::weakness(weakness), &[]));
        top.append(&line);
    }
    top
}

fn text(words: &str, classes: &[&str]) -> gtk::Label {
    let label = gtk::Label::builder()
        .label(words)
        .xalign(0.0)
        .wrap(true)
        .wrap_mode(gtk::pango::WrapMode::WordChar)
        .natural_wrap_mode(gtk::NaturalWrapMode::None)
        .css_classes(classes.to_vec())
        .build();
    settle(&label);
    label
}

fn expander(
    title: &str,
    facts: &[FactText],
    copied: &(impl Fn(&str) + Clone + 'static),
) -> adw::ExpanderRow {
    let row = adw::ExpanderRow::builder()
        .use_markup(false)
        .title(title)
        .build();
    row.set_a11y_label(title);
    let (facts, copied) = (facts.to_vec(), copied.clone());
    fill_when_opened(&row, move || {
        let rows = facts.iter().map(|fact| FactRow::new(fact, copied.clone()));
        rows.collect()
    });
    row
}

fn chain_row(line: &ChainLine) -> gtk::Widget {
    let name = text(&line.name, &[]);
    settle_title(&name);
    let caption = text(&line.caption, &["caption", "dim-label"]);
    let words = gtk::Box::new(gtk::Orientation::Vertical, 3);
    words.set_hexpand(true);
    words.append(&name);
    words.append(&caption);
    let arrow = gtk::Image::builder()
        .icon_name("go-next-symbolic")
        .accessible_role(gtk::AccessibleRole::Presentation)
        .build();
    let whole = gtk::Box::new(gtk::Orientation::Horizontal, 12);
    whole.add_css_class("line");
    whole.append(&words);
    whole.append(&arrow);
    let row = adw::PreferencesRow::builder().child(&whole).build();
    row.set_a11y_label(&format!("{}, {}", line.name, line.caption));
    row.upcast()
}

/// Something in the place of a certificate that is none: its bytes are all there is to show.
fn fill_unreadable(
    content: &gtk::Box,
    der: &[u8],
    flaw: Option<Flaw>,
    sender: &ComponentSender<CertificateDialog>,
) {
    let words = gettext("This cannot be read as a certificate. These are its bytes.");
    let why = flaw.map(explain::certificates::flaw).unwrap_or_default();
    content.append(&text(&explain::sentences(&[words, why]), &[]));
    let fact = FactText::bytes(gettext("Bytes"), der);
    if let Some(group) = group_of_facts("", &[fact], &copied(sender)) {
        content.append(&group);
    }
}
