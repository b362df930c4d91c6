//! What is on a Java card is changed: a package is loaded from a file and its applets are made, or
//! something is deleted, locked or unlocked.
//!
//! Nothing is written before the page with the plan was shown. A card that is pulled on the way is
//! waited for, and the work goes on where it was. The keys are kept until then, and wiped when the
//! window closes.

mod file_page;
mod flow;
mod lines;
mod loss;
mod options;
mod show;
mod work;

use std::path::PathBuf;
use std::sync::Arc;

use relm4::adw::prelude::*;
use relm4::prelude::*;

use self::file_page::FilePage;
pub(in crate::ui) use self::file_page::building_row;
pub use self::flow::{Access, Change, Choice, new_keys};
use self::options::Options;
pub use self::options::{AppletEdit, Edit};
use crate::backend::Look;
use crate::base::i18n::gettext;
use crate::explain::Explanation;
use crate::plan::content::CapFile;
use crate::plan::{About, Survey, Task};
use crate::token::{Identity, Token};
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::close_on_escape;
use crate::ui::wizards::plan::{
    Buttons, Course, PlanNews, PlanOutput, PlanPage, ResultPage, RunningPage, leave_page, looking,
    stacked,
};

/// The wizard.
#[derive(Debug)]
pub struct ContentWizard {
    reader_name: String,
    token: Arc<Token>,
    /// What the card manager told last.
    look: Option<Arc<Look>>,
    access: Option<Access>,
    wish: Wish,
    /// The file, once it was read.
    file: Option<Arc<CapFile>>,
    options: Option<Options>,
    survey: Option<Arc<Survey>>,
    course: Course,
    /// Whether the plan was begun before; its pages have been counted then.
    resumed: bool,
    page: Page,
    pages: Pages,
    buttons: Buttons,
}

/// What it is opened for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Wish {
    /// The package in this file is looked at, and loaded perhaps.
    File(PathBuf),
    /// Something on the card is changed.
    Change(Choice),
    /// These steps are done, under this name.
    Steps(String, Vec<Task>),
    /// What was broken off is gone on with.
    GoOn,
}

/// A page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Page {
    Looking,
    File,
    Plan,
    Running,
    Result,
}

/// All pages.
#[derive(Debug)]
struct Pages {
    looking: gtk::Box,
    file: FilePage,
    plan: PlanPage,
    running: RunningPage,
    result: ResultPage,
}

/// What it is opened for.
#[derive(Debug)]
pub struct ContentInit {
    /// The name under which the reader is shown.
    pub reader_name: String,
    /// Which card.
    pub identity: Identity,
    /// What is read of it.
    pub token: Arc<Token>,
    /// What its card manager told.
    pub look: Option<Arc<Look>>,
    /// How it is opened, if somebody gave its keys.
    pub access: Option<Access>,
    /// What for.
    pub wish: Wish,
}

/// What can happen to it.
#[derive(Debug)]
pub enum ContentInput {
    /// It is on the screen.
    Appeared,
    /// Something happened to its plan.
    News(PlanNews),
    /// The card manager of this card was opened in this way, and told this.
    Access(Identity, Access, Arc<Look>),
    /// An option was changed.
    Edit(Edit),
    /// The main button, or Enter in an entry.
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

impl From<PlanNews> for ContentInput {
    fn from(news: PlanNews) -> Self {
        Self::News(news)
    }
}

/// Results of the work that it gave away.
#[derive(Debug)]
pub enum ContentCommandOutput {
    /// A file was read, or not.
    Read(Box<Result<CapFile, Explanation>>),
}

#[relm4::component(pub)]
impl Component for ContentWizard {
    type Init = ContentInit;
    type Input = ContentInput;
    type Output = PlanOutput;
    type CommandOutput = ContentCommandOutput;

    view! {
        #[root]
        adw::Window {
            set_modal: true,
            set_default_size: (640, 620),
            set_size_request: (360, 300),
            set_title: Some(&gettext("Change the card")),
            connect_close_request[sender] => move |_| {
                sender.input(ContentInput::Close);
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
                        connect_clicked => ContentInput::Back,
                    },
                    #[wrap(Some)]
                    set_title_widget = &adw::WindowTitle {
                        #[watch]
                        set_title: &model.title(),
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
        init: ContentInit,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let buttons = Buttons::new(
            sender.input_sender(),
            || ContentInput::Primary,
            || ContentInput::Secondary,
        );
        let mut model = Self {
            reader_name: init.reader_name,
            token: init.token,
            look: init.look,
            access: init.access,
            wish: init.wish,
            file: None,
            options: None,
            survey: None,
            course: Course::new(About::Content, init.identity),
            resumed: false,
            page: Page::Looking,
            pages: Pages::new(&sender),
            buttons,
        };
        let shown = &stacked(model.pages.all().map(|(_, page)| page));
        let actions = model.buttons.folded();
        let widgets = view_output!();
        close_on_escape(&root);
        // Only when it is on the screen: on GTK 4.8 a window that gets a focus before loses its
        // role for screen readers.
        let input = sender.input_sender().clone();
        root.connect_map(move |_| input.emit(ContentInput::Appeared));
        model.begin(&sender);
        model.refresh();
        ComponentParts { model, widgets }
    }

    fn update(&mut self, input: ContentInput, sender: ComponentSender<Self>, root: &Self::Root) {
        let (before, asked) = (self.page, self.wants_keys());
        match input {
            ContentInput::Appeared => self.focus(),
            ContentInput::News(news) => self.happened(news, &sender),
            ContentInput::Access(identity, access, look) => {
                self.is_opened(identity, access, look);
            }
            ContentInput::Edit(edit) => {
                if let Some(options) = &mut self.options {
                    options.edit(edit);
                }
            }
            ContentInput::Primary => self.primary(&sender, root),
            ContentInput::Secondary => self.secondary(&sender, root),
            ContentInput::Back => {
                if self.can_go_back() {
                    self.page = Page::File;
                }
            }
            ContentInput::Beat => return self.pages.running.beat(),
            ContentInput::Close => self.close(&sender, root),
            ContentInput::Stop => self.stop(&sender),
        }
        if self.page != before {
            leave_page(root);
        }
        self.refresh();
        // With the keys the button becomes another one on the same page.
        if self.page != before || self.wants_keys() != asked {
            self.focus();
        }
    }

    fn update_cmd(
        &mut self,
        output: ContentCommandOutput,
        sender: ComponentSender<Self>,
        root: &Self::Root,
    ) {
        let ContentCommandOutput::Read(read) = output;
        match *read {
            Ok(file) => self.is_open(file, &sender),
            Err(words) => alert(&words, &sender, root),
        }
        self.refresh();
        self.focus();
    }
}

/// Says why a file is of no use; there is nothing else to do then.
fn alert(words: &Explanation, sender: &ComponentSender<ContentWizard>, root: &adw::Window) {
    let body = match &words.details {
        Some(details) => format!("{}\n\n{details}", words.body),
        None => words.body.clone(),
    };
    let dialog = adw::MessageDialog::builder()
        .transient_for(root)
        .modal(true)
        .title(&words.title)
        .heading(&words.title)
        .body(body)
        .default_response("close")
        .close_response("close")
        .build();
    dialog.add_response("close", &gettext("Close"));
    let input = sender.input_sender().clone();
    dialog.connect_response(None, move |_, _| input.emit(ContentInput::Close));
    dialog.present();
}

impl Pages {
    fn new(sender: &ComponentSender<ContentWizard>) -> Self {
        let (copied, reported) = (
            sender.output_sender().clone(),
            sender.output_sender().clone(),
        );
        Self {
            looking: looking(),
            file: FilePage::new(),
            plan: PlanPage::new(move |what| copied.emit(PlanOutput::Copied(what))),
            running: RunningPage::new(),
            result: ResultPage::new(move |what| reported.emit(PlanOutput::Copied(what))),
        }
    }

    fn all(&self) -> [(Page, &gtk::Widget); 5] {
        [
            (Page::Looking, self.looking.upcast_ref()),
            (Page::File, self.file.root.upcast_ref()),
            (Page::Plan, self.plan.root.upcast_ref()),
            (Page::Running, self.running.root.upcast_ref()),
            (Page::Result, self.result.root.upcast_ref()),
        ]
    }
}
