//! The page of a file with a package: what is in it, what is to be known, how it is installed.

use relm4::adw::prelude::*;
use relm4::{ComponentSender, adw, gtk};

use super::lines::{self, FindingLine};
use super::options::{AppletEdit, Edit, Fault, Options};
use super::{ContentInput, ContentWizard};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::cap;
use crate::plan::content::CapFile;
use crate::plan::content::cap::building;
use crate::token::Privilege;
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::{facts, group, scrolled};
use crate::ui::widgets::{FactRow, FactText, RowList, fill_when_opened};
use crate::ui::wizards::parts::{Subject, Warning, column, icon, label, switch_row, toggle};
use crate::ui::wizards::plan::PlanOutput;

/// The page.
#[derive(Debug)]
pub(super) struct FilePage {
    pub(super) root: gtk::ScrolledWindow,
    content: gtk::Box,
    subject: Subject,
    notice: Warning,
    findings: RowList<FindingLine>,
    applets: Vec<AppletRows>,
    code_limit: Option<adw::EntryRow>,
}

/// What is typed for an applet.
#[derive(Debug)]
struct AppletRows {
    instance: adw::EntryRow,
    parameters: adw::EntryRow,
    data_limit: adw::EntryRow,
}

impl FilePage {
    /// An empty page.
    pub(super) fn new() -> Self {
        let content = column(24);
        let (subject, notice) = (Subject::new(), Warning::new(true));
        let findings = RowList::new();
        content.append(subject.widget());
        content.append(notice.widget());
        let before = group(&gettext("Before it is loaded"));
        before.add(findings.widget());
        content.append(&before);
        Self {
            root: scrolled(&content),
            content,
            subject,
            notice,
            findings,
            applets: Vec::new(),
            code_limit: None,
        }
    }

    /// Shows a file, once.
    pub(super) fn fill(
        &mut self,
        file: &CapFile,
        name: &str,
        options: &Options,
        sender: &ComponentSender<ContentWizard>,
    ) {
        let title = cap::name(file.package()).unwrap_or_else(|| gettext("Package"));
        self.subject.show(&title, name);
        let output = sender.output_sender().clone();
        let copied = move |name: &str| output.emit(PlanOutput::Copied(name.to_owned()));
        if !options.applets.is_empty() {
            let group = self.applet_group(options, sender);
            self.content.append(&group);
        }
        let told = lines::facts(file, options.with_descriptor);
        if let Some(group) = facts(&gettext("In the file"), &told, &copied) {
            self.content.append(&group);
        }
        let group = self.code_group(options, sender);
        self.content.append(&group);
        self.content.append(&building_group(copied));
    }

    /// The findings, and what is in the way of going on.
    pub(super) fn show(
        &mut self,
        findings: &[FindingLine],
        notice: Option<(&str, &str)>,
        fault: Option<Fault>,
    ) {
        self.findings.show(findings, build_finding);
        self.notice.show(notice);
        for (place, rows) in self.applets.iter().enumerate() {
            wrong(&rows.instance, fault == Some(Fault::Instance(place)));
            wrong(&rows.parameters, fault == Some(Fault::Parameters(place)));
            wrong(&rows.data_limit, fault == Some(Fault::DataLimit(place)));
        }
        if let Some(row) = &self.code_limit {
            wrong(row, fault == Some(Fault::CodeLimit));
        }
    }

    fn applet_group(
        &mut self,
        options: &Options,
        sender: &ComponentSender<ContentWizard>,
    ) -> adw::PreferencesGroup {
        let group = group(&gettext("Install options"));
        let words = gettext("What is made of the package. What stands here is usual for it.");
        group.set_description(Some(&gtk::glib::markup_escape_text(&words)));
        for (place, applet) in options.applets.iter().enumerate() {
            let tell = move |edit: AppletEdit| Edit::Applet(place, edit);
            let title = cap::name(&applet.module).unwrap_or_else(|| gettext("Applet"));
            let row = adw::ExpanderRow::builder()
                .use_markup(false)
                .title(&title)
                .subtitle(applet.module.to_string())
                .build();
            row.set_a11y_label(&gettext_f("Options of {name}", &[("name", &title)]));
            let input = sender.input_sender().clone();
            let (install, _) = switch_row(
                &gettext("Install it"),
                &gettext("Without it the package does nothing. It can be installed later."),
                applet.install,
                move |on| input.emit(ContentInput::Edit(tell(AppletEdit::Install(on)))),
            );
            row.add_row(&install);
            let rows = AppletRows {
                instance: entry(
                    &gettext("Instance AID"),
                    &applet.instance,
                    sender,
                    move |text| tell(AppletEdit::Instance(text)),
                ),
                parameters: entry(
                    &gettext("Parameters, in hexadecimal digits"),
                    &applet.parameters,
                    sender,
                    move |text| tell(AppletEdit::Parameters(text)),
                ),
                data_limit: entry(
                    &gettext("Bytes for its data at most"),
                    &applet.data_limit,
                    sender,
                    move |text| tell(AppletEdit::DataLimit(text)),
                ),
            };
            row.add_row(&rows.instance);
            for (privilege, words, caption) in privileges() {
                let input = sender.input_sender().clone();
                let on = applet.privileges.contains(&privilege);
                let (switch, _) = switch_row(&words, &caption, on, move |on| {
                    let edit = tell(AppletEdit::Privilege(privilege, on));
                    input.emit(ContentInput::Edit(edit));
                });
                row.add_row(&switch);
            }
            row.add_row(&rows.parameters);
            row.add_row(&rows.data_limit);
            group.add(&row);
            self.applets.push(rows);
        }
        group
    }

    fn code_group(
        &mut self,
        options: &Options,
        sender: &ComponentSender<ContentWizard>,
    ) -> adw::PreferencesGroup {
        let group = group("");
        let row = adw::ExpanderRow::builder()
            .title(gettext("Load options"))
            .build();
        row.set_a11y_label(&gettext("Load options"));
        let limit = entry(
            &gettext("Bytes for its code at most"),
            &options.code_limit,
            sender,
            Edit::CodeLimit,
        );
        let input = sender.input_sender().clone();
        let (descriptor, _) = switch_row(
            &gettext("With the descriptor"),
            &gettext("A component that most cards do not need and some do not take."),
            options.with_descriptor,
            move |on| input.emit(ContentInput::Edit(Edit::Descriptor(on))),
        );
        row.add_row(&limit);
        row.add_row(&descriptor);
        group.add(&row);
        self.code_limit = Some(limit);
        group
    }
}

/// The privileges that are given to applets; the others are for security domains.
fn privileges() -> [(Privilege, String, String); 2] {
    [
        (
            Privilege::DefaultSelected,
            gettext("Selected when the card is switched on"),
            gettext("For terminals that select nothing. Only one applet of a card can be this."),
        ),
        (
            Privilege::CvmManagement,
            gettext("May change the PIN of the whole card"),
            gettext("The MUSCLE applet is usually installed with this."),
        ),
    ]
}

fn entry(
    title: &str,
    text: &str,
    sender: &ComponentSender<ContentWizard>,
    edit: impl Fn(String) -> Edit + 'static,
) -> adw::EntryRow {
    let row = adw::EntryRow::builder().title(title).text(text).build();
    let input = sender.input_sender().clone();
    row.connect_changed(move |row| input.emit(ContentInput::Edit(edit(row.text().into()))));
    let input = sender.input_sender().clone();
    row.connect_entry_activated(move |_| input.emit(ContentInput::Primary));
    row
}

fn wrong(row: &adw::EntryRow, wrong: bool) {
    toggle(row, "error", wrong);
    row.set_a11y_wrong(wrong);
}

fn build_finding(finding: &FindingLine) -> gtk::Widget {
    let line = gtk::Box::new(gtk::Orientation::Horizontal, 12);
    line.add_css_class("line");
    let (sign, class) = finding.sign.icon();
    line.append(&icon(sign, class));
    line.append(&label(&finding.words, &[]));
    let row = adw::PreferencesRow::builder()
        .activatable(false)
        .child(&line)
        .build();
    row.set_a11y_label(&format!("{}, {}", finding.words, finding.sign.words()));
    row.upcast()
}

/// How the MUSCLE applet is built: for those who have no file yet.
fn building_group(copied: impl Fn(&str) + Clone + 'static) -> adw::PreferencesGroup {
    let title = gettext("How the MUSCLE applet is built");
    let caption = gettext("What has to be set before, and why");
    let row = adw::ExpanderRow::builder()
        .title(&title)
        .subtitle(&caption)
        .build();
    row.set_a11y_label(&format!("{title}, {caption}"));
    fill_when_opened(&row, move || {
        let source = FactText::new(gettext("Sources"), building::SOURCE).monospace();
        let read = FactText::new(gettext("To be read first"), building::INSTRUCTIONS).monospace();
        let settings = lines::building()
            .into_iter()
            .map(|(set, why)| FactText::new(why, set).monospace());
        let all = [source, read].into_iter().chain(settings);
        all.map(|fact| FactRow::new(&fact, copied.clone()))
            .collect()
    });
    let group = group("");
    group.add(&row);
    group
}
