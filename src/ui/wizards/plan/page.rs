//! The page without which nothing is written: what is going to be done.

use relm4::adw::prelude::*;
use relm4::{adw, gtk};

use super::steps::{self, StepList};
use crate::base::i18n::gettext;
use crate::explain;
use crate::plan::Plan;
use crate::plan::preview::{Loss, Preview};
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::{group, scrolled};
use crate::ui::wizards::parts::{Subject, Warning, column, label, set_once};

/// Height of the list of commands, in pixels.
const COMMANDS_HEIGHT: i32 = 220;

/// The page.
#[derive(Debug)]
pub(in crate::ui::wizards) struct PlanPage {
    pub(in crate::ui::wizards) root: gtk::ScrolledWindow,
    subject: Subject,
    notice: Warning,
    backup: Warning,
    caution: Warning,
    steps: StepList,
    cost: gtk::Label,
    commands: gtk::TextBuffer,
}

impl PlanPage {
    /// An empty page. `copied` is told the name of what is on the clipboard.
    pub(in crate::ui::wizards) fn new(copied: impl Fn(String) + 'static) -> Self {
        let page = Self {
            root: gtk::ScrolledWindow::new(),
            subject: Subject::new(),
            notice: Warning::new(true),
            backup: Warning::new(false),
            caution: Warning::new(false),
            steps: StepList::new(),
            cost: label("", &["dim-label"]),
            commands: gtk::TextBuffer::new(None),
        };
        let content = column(18);
        content.append(page.subject.widget());
        content.append(page.notice.widget());
        content.append(page.backup.widget());
        content.append(page.caution.widget());
        let list = column(9);
        list.append(page.steps.widget());
        page.cost.set_margin_start(6);
        list.append(&page.cost);
        content.append(&list);
        content.append(&page.command_group(copied));
        Self {
            root: scrolled(&content),
            ..page
        }
    }

    fn command_group(&self, copied: impl Fn(String) + 'static) -> adw::PreferencesGroup {
        // Not a label: GTK 4.8 takes minutes to find out how narrow so long a text can be.
        let text = gtk::TextView::builder()
            .buffer(&self.commands)
            .editable(false)
            .cursor_visible(false)
            .monospace(true)
            .wrap_mode(gtk::WrapMode::Char)
            .accepts_tab(false)
            .left_margin(12)
            .right_margin(12)
            .top_margin(9)
            .bottom_margin(9)
            .build();
        text.set_a11y_label(&gettext("Commands"));
        let scroller = gtk::ScrolledWindow::builder()
            .hscrollbar_policy(gtk::PolicyType::Never)
            .height_request(COMMANDS_HEIGHT)
            .child(&text)
            .build();
        let copy = gtk::Button::builder()
            .icon_name("edit-copy-symbolic")
            .tooltip_text(gettext("Copy the commands"))
            .valign(gtk::Align::Center)
            .css_classes(["flat"])
            .build();
        copy.set_a11y_label(&gettext("Copy the commands"));
        let commands = self.commands.clone();
        copy.connect_clicked(move |button| {
            let (from, to) = commands.bounds();
            button
                .clipboard()
                .set_text(&commands.text(&from, &to, false));
            copied(gettext("Commands"));
        });
        let row = adw::ExpanderRow::builder()
            .title(gettext("As commands"))
            .build();
        row.add_action(&copy);
        row.set_a11y_label(&gettext("As commands"));
        let inside = adw::PreferencesRow::builder()
            .activatable(false)
            .focusable(false)
            .child(&scroller)
            .build();
        inside.set_a11y_label(&gettext("Commands"));
        row.add_row(&inside);
        let group = group("");
        group.add(&row);
        group
    }

    /// Shows a plan of which the steps before `first` are done. `more` is something else to be known
    /// before.
    pub(in crate::ui::wizards) fn show(
        &mut self,
        plan: &Plan,
        preview: &Preview,
        first: usize,
        more: Option<&str>,
    ) {
        let lines = steps::lines(plan, preview, first);
        self.steps.show(&lines);
        set_once(&self.cost, &explain::plan::whole_cost(preview));
        let losses = losses(preview);
        let title = gettext("There will be no copy");
        let body = gettext(
            "Keys cannot be taken off a token: mail that was encrypted to them can no longer be read. Certificates can be exported before, on the page of the keys.",
        );
        let lost = losses.keys > 0 || losses.certificates > 0;
        self.backup
            .show(lost.then_some((title.as_str(), body.as_str())));
        let warnings = preview.warnings.iter().copied();
        let mut warnings: Vec<String> = warnings.map(explain::plan::warning).collect();
        warnings.extend(more.map(str::to_owned));
        let title = gettext("To be known before");
        let body = warnings.join("\n");
        let warned = !warnings.is_empty();
        self.caution
            .show(warned.then_some((title.as_str(), body.as_str())));
        let commands: Vec<&str> = preview
            .steps
            .iter()
            .flat_map(|step| step.commands.iter().map(String::as_str))
            .collect();
        self.commands.set_text(&commands.join("\n"));
    }

    /// Says which token it is about.
    pub(in crate::ui::wizards) fn name(&self, title: &str, subtitle: &str) {
        self.subject.show(title, subtitle);
    }

    /// Says what is in the way.
    pub(in crate::ui::wizards) fn warn(&self, words: Option<(&str, &str)>) {
        self.notice.show(words);
    }
}

/// Everything that a plan takes away for ever, together.
fn losses(preview: &Preview) -> Loss {
    let lost = preview.steps.iter().filter_map(|step| step.loses);
    lost.fold(Loss::default(), |sum, loss| Loss {
        keys: sum.keys + loss.keys,
        certificates: sum.certificates + loss.certificates,
        data: sum.data + loss.data,
        pins: sum.pins + loss.pins,
    })
}
