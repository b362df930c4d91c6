//! A token is set up, page by page: what it is for, details, secrets, the plan, the work, the
//! result.
//!
//! Nothing is written before the page with the plan was shown. A token that is pulled on the way
//! is waited for, and the work goes on where it was. What was typed is kept until then, and wiped
//! when the window closes.

mod applet;
mod choose;
mod details;

mod flow;

mod show;
mod tidy;
mod wish;
mod work;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use self::applet::AppletEdit;
use self::choose::ChoosePage;
use self::details::DetailsPage;
use self::flow::{Page, Way};
use self::tidy::{Change, Item};

use self::wish::{Details, Purpose};
use crate::base::i18n::gettext;
use crate::base::secret::Secret;
use crate::explain::Explanation;
use crate::plan::files::Files;
use crate::plan::{About, SecretName, Survey};
use crate::token::{Identity, PinRole, Token, TriesLeft};
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::{add_access_key, close_on_escape, scrolled};
use crate::ui::dialogs::password;
use crate::ui::wizards::plan::{
    Buttons, Course, Made, PlanNews, PlanOutput, PlanPage, Refused, Request, ResultPage,
    RunningPage, leave_page, looking, stacked,
};
use crate::ui::wizards::profile_file::{self, Opened, Passwords, Unopened};
use crate::ui::wizards::secrets::SecretFields;

/// The wizard.
#[derive(Debug)]
pub struct SetupWizard {
    reader_name: String,
    token: Arc<Token>,
    survey: Option<Arc<Survey>>,
    course: Course,
    purpose: Purpose,
    opened: Option<Opened>,
    /// A key file that was opened.
    key: Option<Opened>,
    /// Why no profile was opened.
    not_opened: Option<Explanation>,
    person: String,
    /// What is on the token, and what is done with it.
    items: Vec<Item>,
    details: Option<Details>,
    /// Why there is no plan for what is decided.
    trouble: Option<Explanation>,
    page: Page,
    way: Way,
    /// What was typed, for this run and for those that go on with it.
    kept: BTreeMap<SecretName, Secret>,
    /// What the card has just called wrong.
    wrong: Option<(PinRole, TriesLeft)>,
    /// What was just not taken as a new PIN, and why.
    refused: Option<(Refused, Explanation)>,
    pages: Pages,
    buttons: Buttons,
}

/// All pages.
#[derive(Debug)]
struct Pages {
    looking: gtk::Box,
    choose: ChoosePage,
    details: DetailsPage,
    secrets: SecretFields,
    secrets_page: gtk::ScrolledWindow,
    plan: PlanPage,
    running: RunningPage,
    result: ResultPage,
}

/// What it is opened for.
#[derive(Debug)]
pub struct SetupInit {
    /// The name under which the reader is shown.
    pub reader_name: String,
    /// Which card.
    pub identity: Identity,
    /// What is on it.
    pub token: Arc<Token>,
}

/// Something that the person decides on the second page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Detail {
    /// What the token is called.
    Label(String),
    /// The place of the size in the list.
    Size(u32),
    /// Whether there is a PIN of the security officer.
    Officer(bool),
    /// What the PIN is called.
    PinLabel(String),
    /// Whether it has a PUK.
    Puk(bool),
    /// Whose token it is.
    Name(String),
    /// What the key from a file is called.
    KeyLabel(String),
    /// The place in the list of what it is good for.
    KeyPurpose(u32),
    /// The place of something on the token, and what is done with it.
    Item(usize, Change),
    /// Something of the first set-up of an applet.
    Applet(AppletEdit),
}

/// What can happen to it.
#[derive(Debug)]
pub enum SetupInput {
    /// It is on the screen.
    Appeared,
    /// Something happened to its plan.
    News(PlanNews),
    /// A token was read again.
    TokenChanged(Identity, Arc<Token>),
    /// What the token is for was chosen.
    Choose(Purpose),
    /// Whether the card is formatted in place of using its PINs.
    Format(bool),
    /// Somebody wants to open a profile.
    OpenProfile,
    /// Somebody wants to open a key file.
    OpenKey,
    /// A file was chosen for this, with the passwords that are known.
    Chosen(Purpose, PathBuf, Passwords),
    /// A detail was decided.
    Detail(Detail),
    /// Something secret was typed.
    Typed,
    /// Show or hide everything secret.
    ToggleSecrets,
    /// The main button, or Enter in the last entry.
    Primary,
    /// The button beside it.
    Secondary,
    /// To the page before.
    Back,
    /// A moment has passed.
    Beat,
    /// Close, if nothing runs.
    Close,
    /// End after the step that is being done.
    Stop,
}

/// Results of the work that it gave away.
#[derive(Debug)]
pub enum SetupCommandOutput {
    /// A file was read for this, or not.
    Read(Purpose, PathBuf, Passwords, Box<Result<Opened, Unopened>>),
    /// What a profile names was read, or not.
    FilesRead(Box<Result<Files, Explanation>>),
}

impl From<PlanNews> for SetupInput {
    fn from(news: PlanNews) -> Self {
        Self::News(news)
    }
}

#[relm4::component(pub)]
impl Component for SetupWizard {
    type Init = SetupInit;
    type Input = SetupInput;
    type Output = PlanOutput;
    type CommandOutput = SetupCommandOutput;

    view! {
        #[root]
        adw::Window {
            set_modal: true,
            set_default_size: (640, 560),
            set_size_request: (360, 300),
            set_title: Some(&gettext("Set up token")),
            connect_close_request[sender] => move |_| {
                sender.input(SetupInput::Close);
                gtk::glib::Propagation::Stop
            },

            gtk::Box {
                set_orientation: gtk::Orientation::Vertical,

                adw::HeaderBar {
                    set_show_start_title_buttons: false,

                    pack_start = &gtk::Button {
                        set_icon_name: "go-previous-symbolic",
                        set_tooltip_text: Some(&gettext("Back")),
                        set_a11y_label: &gettext("Back"),
                        #[watch]
                        set_visible: model.can_go_back(),
                        connect_clicked => SetupInput::Back,
                    },
                    #[wrap(Some)]
                    set_title_widget = &adw::WindowTitle {
                        #[watch]
                        set_title: &model.page.title(),
                        #[watch]
                        set_subtitle: &model.step(),
                    },
                },
                #[local_ref]
                shown -> gtk::Box {},
                #[name(bar)]
                gtk::Box {
                    add_css_class: "dialog-actions",
                    #[watch]
                    set_visible: model.buttons.are_shown(),
                    append: &actions,
                },
            },
        }
    }

    fn init(
        init: SetupInit,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let buttons = Buttons::new(
            sender.input_sender(),
            || SetupInput::Primary,
            || SetupInput::Secondary,
        );
        let mut model = Self {
            reader_name: init.reader_name,
            token: init.token,
            survey: None,
            course: Course::new(About::Token, init.identity),
            purpose: Purpose::Vpn,
            opened: None,
            key: None,
            not_opened: None,
            person: String::new(),
            items: Vec::new(),
            details: None,
            trouble: None,
            page: Page::Looking,
            way: Way::default(),
            kept: BTreeMap::new(),
            wrong: None,
            refused: None,
            pages: Pages::new(&sender),
            buttons,
        };
        let shown = &stacked(Page::ALL.map(|page| model.pages.widget(page)));
        let actions = model.buttons.folded();
        let widgets = view_output!();
        close_on_escape(&root);
        let input = sender.input_sender().clone();
        add_access_key(&root, move || input.emit(SetupInput::ToggleSecrets));
        // Only when it is on the screen: on GTK 4.8 a window that gets a focus before loses its
        // role for screen readers.
        let input = sender.input_sender().clone();
        root.connect_map(move |_| input.emit(SetupInput::Appeared));
        model.begin(&sender);
        model.refresh();
        ComponentParts { model, widgets }
    }

    fn update(&mut self, input: SetupInput, sender: ComponentSender<Self>, root: &Self::Root) {
        let before = self.page;
        match input {
            SetupInput::Appeared => self.focus(),
            SetupInput::News(news) => self.happened(news, &sender),
            SetupInput::TokenChanged(identity, token) => {
                if identity == self.course.identity() {
                    self.token = token;
                }
            }
            SetupInput::Choose(purpose) => self.choose(purpose),
            SetupInput::Format(on) => self.decide(|details| details.format = on),
            SetupInput::OpenProfile => {
                profile_file::ask(root, chosen(Purpose::Profile, &sender));
            }
            SetupInput::OpenKey => profile_file::ask_key(root, chosen(Purpose::Import, &sender)),
            SetupInput::Chosen(purpose, path, passwords) => {
                sender.spawn_oneshot_command(move || {
                    let read = match purpose {
                        Purpose::Import => profile_file::read_key(&path, &passwords),
                        _ => profile_file::read(&path, &passwords),
                    };
                    SetupCommandOutput::Read(purpose, path, passwords, Box::new(read))
                });
            }
            SetupInput::Detail(detail) => self.detail(detail),
            SetupInput::Typed => self.pages.secrets.typing(),
            SetupInput::ToggleSecrets => self.pages.secrets.toggle(),
            SetupInput::Primary => self.primary(&sender, root),
            SetupInput::Secondary => self.secondary(&sender, root),
            SetupInput::Back => {
                if let Some(page) = self.way.before(self.page) {
                    self.page = page;
                }
            }
            SetupInput::Beat => return self.pages.running.beat(),
            SetupInput::Close => self.close(&sender, root),
            SetupInput::Stop => self.stop(&sender),
        }
        if self.page != before {
            leave_page(root);
        }
        self.refresh();
        if self.page != before {
            self.focus();
        }
    }

    fn update_cmd(
        &mut self,
        output: SetupCommandOutput,
        sender: ComponentSender<Self>,
        root: &Self::Root,
    ) {
        let before = self.page;
        match output {
            // Who went on meanwhile has decided for something else.
            SetupCommandOutput::Read(..) if self.page != Page::Choose => {}
            SetupCommandOutput::Read(purpose, path, passwords, read) => match *read {
                Ok(opened) => self.is_open(purpose, opened),
                Err(Unopened::For(words) | Unopened::NoKey(words)) => {
                    self.not_opened = Some(words);
                }
                Err(Unopened::Locked { file, wrong }) => {
                    let input = sender.input_sender().clone();
                    let name = profile_file::name_of(&file);
                    password::ask(root, &name, wrong, move |password| {
                        let passwords = passwords.with(file.clone(), password);
                        input.emit(SetupInput::Chosen(purpose, path.clone(), passwords));
                    });
                }
            },
            SetupCommandOutput::FilesRead(read) => self.files_read(*read, &sender),
        }
        self.refresh();
        if self.page != before {
            self.focus();
        }
    }
}

/// What becomes of a file that was chosen for this.
fn chosen(
    purpose: Purpose,
    sender: &ComponentSender<SetupWizard>,
) -> impl Fn(PathBuf) + 'static + use<> {
    let input = sender.input_sender().clone();
    move |path| input.emit(SetupInput::Chosen(purpose, path, Passwords::default()))
}

impl SetupWizard {
    fn can_go_back(&self) -> bool {
        self.course.request == Request::None && self.way.before(self.page).is_some()
    }

    fn step(&self) -> String {
        self.way.step(self.page).unwrap_or_default()
    }

    fn plan(&self) -> Option<&Made> {
        self.course.made.as_ref()
    }

    fn focus(&self) {
        match self.page {
            Page::Looking => {}
            Page::Choose => self.pages.choose.focus(),
            Page::Details => self.pages.details.focus(),
            Page::Secrets => self.pages.secrets.focus(),
            Page::Plan | Page::Running | Page::Result => self.buttons.focus(),
        }
    }
}

/// The fields for what is secret; Enter goes on.
fn secret_fields(sender: &ComponentSender<SetupWizard>) -> SecretFields {
    let (entered, typed) = (sender.input_sender().clone(), sender.input_sender().clone());
    SecretFields::new(
        move || entered.emit(SetupInput::Primary),
        move || typed.emit(SetupInput::Typed),
    )
}

impl Pages {
    fn new(sender: &ComponentSender<SetupWizard>) -> Self {
        let secrets = secret_fields(sender);
        let (copied, reported) = (
            sender.output_sender().clone(),
            sender.output_sender().clone(),
        );
        Self {
            looking: looking(),
            choose: ChoosePage::new(sender),
            details: DetailsPage::new(sender),
            secrets_page: scrolled(&secrets.root),
            secrets,
            plan: PlanPage::new(move |what| copied.emit(PlanOutput::Copied(what))),
            running: RunningPage::new(),
            result: ResultPage::new(move |what| reported.emit(PlanOutput::Copied(what))),
        }
    }

    fn widget(&self, page: Page) -> &gtk::Widget {
        match page {
            Page::Looking => self.looking.upcast_ref(),
            Page::Choose => self.choose.root.upcast_ref(),
            Page::Details => self.details.root.upcast_ref(),
            Page::Secrets => self.secrets_page.upcast_ref(),
            Page::Plan => self.plan.root.upcast_ref(),
            Page::Running => self.running.root.upcast_ref(),
            Page::Result => self.result.root.upcast_ref(),
        }
    }
}
