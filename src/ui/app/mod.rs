//! The main window: it keeps the model, shows it, and sends what the person wants to the
//! backend.
//!
//! `view` below only wires; what an event changes is in `crate::ui::model`, what an action
//! does in `act`, what a dialog wants in `requests`.

mod act;
mod bench;
mod card_keys;
mod kept;
mod manager;
mod new_keys;
mod requests;
mod setup;
mod words;

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use relm4::adw::prelude::*;
use relm4::gtk::{gdk, glib};
use relm4::prelude::*;

use crate::backend::{Event, Handle, Options};
use crate::base::clock;
use crate::base::i18n::gettext;
use crate::base::settings::Settings;
use crate::plan::About;
use crate::token::{Identity, Reader, ReaderId, Token};
use crate::ui::a11y::A11yExt;
use crate::ui::actions::{self, Action};
use crate::ui::dialogs::certificate::CertificateDialogOutput;
use crate::ui::dialogs::command::CommandDialogOutput;
use crate::ui::dialogs::manager::{NewKeysOutput, OpenManagerOutput};
use crate::ui::dialogs::pin::PinDialogOutput;
use crate::ui::model::{Model, Notice, Place, Shown, Situation};
use crate::ui::reader_panel::{self, ReaderPanel, ReaderPanelInput, ReaderPanelOutput};
use crate::ui::status_pages::{StatusPages, StatusPagesInput, StatusPagesOutput};
use crate::ui::token_view::{Page, TokenView, TokenViewInput, TokenViewOutput};
use crate::ui::tools::practice::{PracticeCards, PracticeCardsOutput};
use crate::ui::tools::preferences::Preferences;
use crate::ui::tools::trace::{Trace, TraceInput, TraceOutput, Traced};
use crate::ui::wizards::bench::BenchOutput;
use crate::ui::wizards::content::Wish;
use crate::ui::wizards::plan::PlanOutput;

use kept::Kept;
use requests::Requests;

/// Reading that lasts longer is shown as such.
const PATIENCE: Duration = Duration::from_millis(300);

/// Seconds that a toast with a button stays: it has to be reached by keyboard.
const TOAST_WITH_BUTTON: u32 = 12;

/// The main window.
pub struct App {
    model: Model,
    backend: Handle,
    settings: Kept,
    panel: Controller<ReaderPanel>,
    view: Controller<TokenView>,
    status: Controller<StatusPages>,
    trace: Option<Controller<Trace>>,
    /// Who is told of exchanges: the trace, while it is open.
    traced: Traced,
    practice: Option<Controller<PracticeCards>>,
    preferences: Option<Controller<Preferences>>,
    requests: Requests,
    bench: bench::Bench,
    /// What the content side was last told to show.
    shown: Option<Shown>,
    /// Whether something happened since, and will be shown before the window is drawn again.
    stale: bool,
    page: Page,
    title: words::Title,
    leaflet: adw::Leaflet,
    toasts: adw::ToastOverlay,
    /// Says to screen readers what others see happen.
    voice: gtk::Label,
}

/// What the window starts with.
#[derive(Debug)]
pub struct AppInit {
    /// Which readers to use.
    pub options: Options,
    /// What the person has set.
    pub settings: Settings,
    /// Where that is kept.
    pub settings_path: Option<PathBuf>,
}

/// What can happen to the window.
#[derive(Debug)]
pub enum AppInput {
    /// The backend reported.
    Happened(Event),
    /// Everything that the backend reported so far has been taken in.
    Show,
    /// A first reading takes long.
    Slow(Identity),
    /// The person used a key, a menu or a button of the header.
    Act(Action),
    /// The person used the sidebar.
    Panel(ReaderPanelOutput),
    /// The person used the token view.
    View(TokenViewOutput),
    /// The person used a page without a token.
    Status(StatusPagesOutput),
    /// The person wants to see the card that came.
    Go(ReaderId),
    /// The person used the PIN dialog.
    Pin(PinDialogOutput),
    /// The person used the certificate dialog.
    Certificate(CertificateDialogOutput),
    /// The person used the dialog for a command.
    Command(CommandDialogOutput),
    /// The person used the wizard that sets tokens up.
    Setup(PlanOutput),
    /// The person used the dialog for the keys of a card manager.
    Manager(OpenManagerOutput),
    /// The person used the dialog for new keys of a card manager.
    NewKeys(NewKeysOutput),
    /// The person used the wizard that changes what is on a Java card.
    Content(PlanOutput),
    /// The person chose a file with a package for a Java card.
    OpenPackage(PathBuf),
    /// The bench spoke.
    Bench(BenchOutput),
    /// The window is to close, which would lose something.
    CloseAsked,
    /// The person gives up what was begun on this card.
    GiveUp(Identity, About),
    /// The person used the window with the practice cards.
    Practice(PracticeCardsOutput),
    /// The person used the trace.
    Trace(TraceOutput),
    /// The person changed the settings.
    Set(Settings),
    /// The person copied something.
    Copied,
}

#[relm4::component(pub)]
impl Component for App {
    type Init = AppInit;
    type Input = AppInput;
    type Output = ();
    type CommandOutput = ();

    view! {
        #[name(window)]
        adw::ApplicationWindow {
            set_title: Some("Symbolon"),
            set_size_request: (360, 500),
            set_default_size: (width, height),
            set_maximized: maximized,
            connect_close_request => move |window| {
                if bench::holds_window(&bench_stands.borrow()) {
                    closing_asked.emit(AppInput::CloseAsked);
                    return glib::Propagation::Stop;
                }
                kept.remember_size(window);
                // Windows beside it would keep the program alive.
                relm4::main_application().quit();
                glib::Propagation::Proceed
            },

            #[local_ref]
            toasts -> adw::ToastOverlay {
                gtk::Overlay {
                    #[local_ref]
                    leaflet -> adw::Leaflet {
                        set_can_navigate_back: true,
                        set_fold_threshold_policy: adw::FoldThresholdPolicy::Minimum,

                        #[name(sidebar)]
                        append = &gtk::Box {
                            set_orientation: gtk::Orientation::Vertical,
                            set_width_request: 270,

                            #[name(sidebar_header)]
                            adw::HeaderBar {
                                #[wrap(Some)]
                                set_title_widget = &adw::WindowTitle {
                                    set_title: "Symbolon",
                                },
                                pack_end = &gtk::MenuButton {
                                    set_icon_name: "open-menu-symbolic",
                                    set_primary: true,
                                    set_tooltip_text: Some(&gettext("Main menu")),
                                    set_menu_model: Some(&words::main_menu()),
                                    set_a11y_label: &gettext("Main menu"),
                                },
                            },
                            append: model.panel.widget(),
                        },
                        append = &gtk::Separator {
                            set_orientation: gtk::Orientation::Vertical,
                        } -> {
                            set_navigatable: false,
                        },
                        #[name(content)]
                        append = &gtk::Box {
                            set_orientation: gtk::Orientation::Vertical,
                            set_hexpand: true,
                            set_width_request: 360,

                            #[name(content_header)]
                            adw::HeaderBar {
                                set_centering_policy: adw::CenteringPolicy::Strict,
                                #[name(back)]
                                pack_start = &gtk::Button {
                                    set_icon_name: "go-previous-symbolic",
                                    set_tooltip_text: Some(&gettext("Back to the readers")),
                                    set_a11y_label: &gettext("Back to the readers"),
                                    set_action_name: Some(&Action::Back.detailed_name()),
                                },
                                #[name(switcher)]
                                #[wrap(Some)]
                                set_title_widget = &adw::ViewSwitcherTitle {
                                    set_stack: Some(model.view.widget()),
                                    #[watch]
                                    set_title: &model.title.title,
                                    #[watch]
                                    set_subtitle: &model.title.subtitle,
                                    #[watch]
                                    set_view_switcher_enabled: model.card().is_some(),
                                },
                                pack_end = &gtk::MenuButton {
                                    set_icon_name: "view-more-symbolic",
                                    set_tooltip_text: Some(&gettext("Token menu")),
                                    set_menu_model: Some(&words::token_menu()),
                                    set_a11y_label: &gettext("Token menu"),
                                    #[watch]
                                    set_visible: model.identity().is_some(),
                                },
                            },
                            #[name(stack)]
                            gtk::Stack {
                                set_vexpand: true,
                                add_child: model.status.widget(),
                                add_child: model.view.widget(),
                            },
                            #[name(bar)]
                            adw::ViewSwitcherBar {
                                set_stack: Some(model.view.widget()),
                            },
                        },
                    },
                    add_overlay: &voice,
                },
            },
        }
    }

    fn init(
        init: AppInit,
        root: Self::Root,
        sender: ComponentSender<Self>,
    ) -> ComponentParts<Self> {
        let input = sender.input_sender();
        let panel = ReaderPanel::builder()
            .launch(())
            .forward(input, AppInput::Panel);
        let view = TokenView::builder()
            .launch(())
            .forward(input, AppInput::View);
        let status = StatusPages::builder()
            .launch(())
            .forward(input, AppInput::Status);
        let traced = Traced::default();
        let (events, listener) = (input.clone(), traced.clone());
        let started = crate::backend::start(init.options, move |event| match event {
            // A reading has dozens of exchanges: none of them is for the main window.
            Event::Traced(entry) => listener.tell(TraceInput::Recorded(entry)),
            event => events.emit(AppInput::Happened(event)),
        });
        let backend = match started {
            Ok(backend) => backend,
            Err(error) => {
                // Without threads there are no cards, and GTK would not get far either.
                tracing::error!(%error, "the backend has no thread");
                std::process::exit(1);
            }
        };
        backend.keep_trace(init.settings.trace.keep);
        act::remember_tokens(&backend, &init.settings);
        let closing = backend.clone();
        relm4::main_application().connect_shutdown(move |_| closing.close());
        let (width, height) = init.settings.window.size();
        let maximized = init.settings.window.maximized;
        let settings = Kept::new(init.settings, init.settings_path);
        let kept = settings.clone();
        let leaflet = adw::Leaflet::new();
        let toasts = adw::ToastOverlay::new();
        let voice = gtk::Label::builder()
            .accessible_role(gtk::AccessibleRole::Status)
            .opacity(0.0)
            .can_target(false)
            .halign(gtk::Align::Start)
            .valign(gtk::Align::End)
            .ellipsize(gtk::pango::EllipsizeMode::End)
            .build();
        let mut model = Self {
            model: Model::default(),
            backend,
            settings,
            panel,
            view,
            status,
            trace: None,
            traced,
            practice: None,
            preferences: None,
            requests: Requests::default(),
            bench: bench::Bench::default(),
            shown: None,
            stale: false,
            page: Page::Overview,
            title: words::Title::default(),
            leaflet: leaflet.clone(),
            toasts: toasts.clone(),
            voice: voice.clone(),
        };
        let bench_stands = model.bench_standing();
        let closing_asked = input.clone();
        let widgets = view_output!();
        widgets.wire(&sender);
        model.show(&widgets, &sender, &root);
        ComponentParts { model, widgets }
    }

    fn update_with_view(
        &mut self,
        widgets: &mut Self::Widgets,
        input: AppInput,
        sender: ComponentSender<Self>,
        root: &Self::Root,
    ) {
        match input {
            AppInput::Happened(event) => {
                self.happened(event, &sender, root);
                return self.show_soon(&sender);
            }
            AppInput::Show => {}
            AppInput::Slow(identity) => self.model.slow(identity),
            AppInput::Act(action) => self.act(action, &sender, root),
            AppInput::Panel(ReaderPanelOutput::Chosen(place)) => self.model.choose(place),
            AppInput::Panel(ReaderPanelOutput::Opened(place)) => {
                self.open(place);
                self.show(widgets, &sender, root);
                if place == Place::Bench {
                    self.focus_bench();
                }
            }
            AppInput::Go(reader) => self.open(Place::Reader(reader)),
            AppInput::View(output) => {
                self.view_output(output, &sender, root);
                self.turn_stack(widgets);
            }
            AppInput::Status(StatusPagesOutput::Chosen(choice)) => {
                self.status_choice(choice, &sender, root);
            }
            AppInput::Status(StatusPagesOutput::Copied(what)) => self.toast(&words::copied(&what)),
            AppInput::Pin(output) => self.pin_output(output),
            AppInput::Certificate(output) => self.certificate_output(&output),
            AppInput::Command(output) => self.command_output(output),
            AppInput::Setup(output) => self.setup_output(output),
            AppInput::Manager(output) => self.manager_output(output),
            AppInput::NewKeys(output) => self.new_keys_output(output, &sender, root),
            AppInput::Content(output) => self.content_output(output, &sender),
            AppInput::OpenPackage(path) => self.open_content(Wish::File(path), &sender, root),
            AppInput::Bench(output) => self.bench_output(output),
            AppInput::CloseAsked => self.ask_to_close(&sender, root),
            AppInput::GiveUp(identity, about) => self.give_up(identity, about),
            AppInput::Practice(output) => self.practice_output(output),
            AppInput::Set(settings) => self.settings_changed(settings),
            AppInput::Trace(TraceOutput::Closed) => self.close_trace(),
            AppInput::Copied => self.toast(&gettext("Copied")),
        }
        self.show(widgets, &sender, root);
        self.update_view(widgets, sender);
    }
}

impl App {
    /// Shows what happened when all of it has been taken in: reports come in crowds, and only
    /// what they add up to is ever drawn.
    fn show_soon(&mut self, sender: &ComponentSender<Self>) {
        if !std::mem::replace(&mut self.stale, true) {
            // Behind the reports that wait already.
            sender.input(AppInput::Show);
        }
    }

    /// Brings sidebar and content to what the model says.
    fn show(
        &mut self,
        widgets: &AppWidgets,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        self.stale = false;
        let rows = reader_panel::rows(&self.model, clock::now(), &self.bench_words());
        let chosen = self.model.place();
        self.panel.emit(ReaderPanelInput::Show { rows, chosen });
        self.show_tools();
        self.tell_bench_of_readers();
        let shown = self.model.shown();
        self.title = words::title(&self.model, &shown);
        if self.shown.as_ref() != Some(&shown) {
            self.show_content(widgets, shown, sender, root);
        }
        self.enable(&widgets.window);
    }

    fn show_content(
        &mut self,
        widgets: &AppWidgets,
        shown: Shown,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        match &shown {
            Shown::Token {
                reader,
                identity,
                token,
                unfinished,
            } => {
                self.view.emit(TokenViewInput::Show {
                    reader: reader.clone(),
                    identity: *identity,
                    token: token.clone(),
                    unfinished: unfinished.clone(),
                });
                widgets.stack.set_visible_child(self.view.widget());
            }
            Shown::Situation(Situation::Unknown {
                reader,
                identity,
                token,
                unfinished,
            }) => {
                let same = self.card().is_some_and(|(_, shown, _)| shown == *identity);
                self.status.emit(StatusPagesInput::Show {
                    situation: Situation::Unknown {
                        reader: reader.clone(),
                        identity: *identity,
                        token: token.clone(),
                        unfinished: unfinished.clone(),
                    },
                    name: self.title.title.clone(),
                });
                self.view.emit(TokenViewInput::Show {
                    reader: reader.clone(),
                    identity: *identity,
                    token: token.clone(),
                    unfinished: unfinished.clone(),
                });
                // Such a card says first that it is unknown; so does the view.
                if !same {
                    self.page = Page::Overview;
                }
                self.shown = Some(shown.clone());
                self.turn_stack(widgets);
            }
            Shown::Situation(situation) => {
                self.status.emit(StatusPagesInput::Show {
                    situation: situation.clone(),
                    name: self.title.title.clone(),
                });
                widgets.stack.set_visible_child(self.status.widget());
                self.view.emit(TokenViewInput::Clear);
            }
            Shown::Bench => {
                self.show_bench(widgets, sender, root);
                self.view.emit(TokenViewInput::Clear);
            }
        }
        self.shown = Some(shown);
    }

    /// The overview of an unknown card is the page that says so; its other pages are those of a token.
    fn turn_stack(&self, widgets: &AppWidgets) {
        if let Some(Shown::Situation(Situation::Unknown { .. })) = &self.shown {
            if self.page == Page::Overview {
                widgets.stack.set_visible_child(self.status.widget());
            } else {
                widgets.stack.set_visible_child(self.view.widget());
            }
        }
    }

    fn happened(
        &mut self,
        event: Event,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        self.tell_bench(&event);
        let event = match event {
            Event::Finished { id, outcome } => return self.finished(id, outcome, sender, root),
            Event::Progressed { id, progress } => return self.progressed(id, progress),
            event => event,
        };
        for notice in self.model.apply(event) {
            self.notice(notice, sender);
        }
    }

    fn notice(&mut self, notice: Notice, sender: &ComponentSender<Self>) {
        match notice {
            Notice::Waiting(identity) => {
                let input = sender.input_sender().clone();
                glib::timeout_add_local_once(PATIENCE, move || {
                    input.emit(AppInput::Slow(identity));
                });
            }
            // Whoever swaps tokens there sees each of them in its lane.
            Notice::Arrived(_) if self.bench_is_watched() => {}
            Notice::Arrived(reader) => self.announce_arrival(reader, sender),
            Notice::Read(identity, token) => {
                self.token_read(identity, &token);
                if token.complete && !token.remembered {
                    self.view.emit(TokenViewInput::ReadAnew(identity));
                }
            }
            Notice::Unfinished(identity, unfinished) => self.plan_unfinished(identity, &unfinished),
            Notice::Removed(identity) => {
                self.card_removed(identity);
                self.say(&gettext("The token was removed"));
            }
        }
    }

    fn announce_arrival(&self, reader: ReaderId, sender: &ComponentSender<Self>) {
        let text = words::arrival(&self.model, reader);
        let toast = adw::Toast::builder()
            .title(glib::markup_escape_text(&text))
            .button_label(gettext("Show"))
            .timeout(TOAST_WITH_BUTTON)
            .build();
        let input = sender.input_sender().clone();
        toast.connect_button_clicked(move |_| input.emit(AppInput::Go(reader)));
        self.toasts.add_toast(toast);
        self.say(&text);
    }

    /// A short message that goes away by itself.
    fn toast(&self, text: &str) {
        let toast = adw::Toast::new(&glib::markup_escape_text(text));
        self.toasts.add_toast(toast);
        self.say(text);
    }

    /// Tells screen readers.
    fn say(&self, text: &str) {
        self.voice.set_label(text);
    }

    /// Shows a place, also where the sidebar covers it.
    fn open(&mut self, place: Place) {
        self.model.choose(place);
        self.leaflet.navigate(adw::NavigationDirection::Forward);
    }

    /// The token on show.
    fn token(&self) -> Option<&Token> {
        match &self.shown {
            Some(Shown::Token { token, .. }) => Some(token),
            _ => None,
        }
    }

    /// The card on show with what was read of it, whether a driver knows it or not.
    fn card(&self) -> Option<(Reader, Identity, Arc<Token>)> {
        match self.shown.clone()? {
            Shown::Token {
                reader,
                identity,
                token,
                ..
            }
            | Shown::Situation(Situation::Unknown {
                reader,
                identity,
                token,
                ..
            }) => Some((reader, identity, token)),
            Shown::Situation(_) | Shown::Bench => None,
        }
    }

    /// The card on show, read or not.
    fn identity(&self) -> Option<Identity> {
        match self.model.place()? {
            Place::Reader(reader) => self.model.slot(reader)?.identity(),
            Place::NoReader | Place::Bench => None,
        }
    }
}

impl AppWidgets {
    /// What the window does by itself: keys, and what depends on its width.
    fn wire(&self, sender: &ComponentSender<App>) {
        let input = sender.input_sender().clone();
        actions::install(
            self.window.upcast_ref(),
            relm4::main_application().upcast_ref(),
            move |action| input.emit(AppInput::Act(action)),
        );
        let folded = |target: &glib::Object, property: &str| {
            self.leaflet
                .bind_property("folded", target, property)
                .sync_create()
                .build();
        };
        folded(self.sidebar_header.upcast_ref(), "show-end-title-buttons");
        folded(self.content_header.upcast_ref(), "show-start-title-buttons");
        folded(self.back.upcast_ref(), "visible");
        let bar = self.bar.clone();
        let reveal = move |title: &adw::ViewSwitcherTitle| {
            let (bar, title) = (bar.clone(), title.clone());
            // Whether there is room is known while sizes are given out, and a bar that comes in
            // the middle of that may be left without one.
            glib::idle_add_local_full(glib::Priority::DEFAULT, move || {
                bar.set_reveal(title.is_title_visible() && title.is_view_switcher_enabled());
                glib::ControlFlow::Break
            });
        };
        reveal(&self.switcher);
        self.switcher.connect_title_visible_notify(reveal.clone());
        self.switcher.connect_view_switcher_enabled_notify(reveal);
        self.escape_goes_back();
        self.come_up_without_a_change();
    }

    /// Escape, where nothing else wants it.
    fn escape_goes_back(&self) {
        let keys = gtk::EventControllerKey::new();
        let leaflet = self.leaflet.clone();
        keys.connect_key_pressed(move |_, key, _, _| {
            if key == gdk::Key::Escape && leaflet.is_folded() {
                leaflet.navigate(adw::NavigationDirection::Back);
                return glib::Propagation::Stop;
            }
            glib::Propagation::Proceed
        });
        self.content.add_controller(keys);
    }

    /// The title and the bar that belong to what the first frame shows are there at once. They
    /// would fade and slide in from what the window is made with: a fifth of a second in which
    /// everything moves and is laid out and drawn again and again.
    fn come_up_without_a_change(&self) {
        let title = self.switcher.first_child();
        let title = title.and_downcast::<adw::Squeezer>();
        let bar = self.bar.first_child().and_then(|bar| bar.first_child());
        let bar = bar.and_downcast::<gtk::Revealer>();
        // Both libraries keep these to themselves, so they may be somewhere else one day.
        let (Some(title), Some(bar)) = (title, bar) else {
            return;
        };
        let usual = (title.transition_type(), bar.transition_duration());
        title.set_transition_type(adw::SqueezerTransitionType::None);
        bar.set_transition_duration(0);
        let first = Cell::new(true);
        self.window.add_tick_callback(move |_, _| {
            if first.replace(false) {
                return glib::ControlFlow::Continue;
            }
            title.set_transition_type(usual.0);
            bar.set_transition_duration(usual.1);
            glib::ControlFlow::Break
        });
    }
}
