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
use crate::ui::dialogs::frame::{group, scrolled};
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
    /// What is in the file, as much of it as is loaded.
    told: RowList<FactText>,
    applets: Vec<AppletRows>,
    code: Option<(adw::ExpanderRow, adw::EntryRow)>,
    copied: Option<relm4::Sender<PlanOutput>>,
}

/// What the page shows.
pub(super) struct Shown<'a> {
    pub(super) file: &'a CapFile,
    pub(super) with_descriptor: bool,
    pub(super) findings: &'a [FindingLine],
    /// What is in the way of going on.
    pub(super) notice: Option<(&'a str, &'a str)>,
    /// What cannot be as it was typed.
    pub(super) fault: Option<Fault>,
}

/// What is typed for an applet.
#[derive(Debug)]
struct AppletRows {
    root: adw::ExpanderRow,
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
            told: RowList::new(),
            applets: Vec::new(),
            code: None,
            copied: None,
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
        self.copied = Some(sender.output_sender().clone());
        if !options.applets.is_empty() {
            let group = self.applet_group(options, sender);
            self.content.append(&group);
        }
        let told = group(&gettext("In the file"));
        told.add(self.told.widget());
        self.content.append(&told);
        let group = self.code_group(options, sender);
        self.content.append(&group);
        let building = self::group("");
        building.add(&building_row(copied(sender.output_sender())));
        self.content.append(&building);
    }

    /// The findings, what is loaded of the file, and what is in the way of going on.
    pub(super) fn show(&mut self, shown: &Shown<'_>) {
        self.findings.show(shown.findings, build_finding);
        // What is loaded, and so its size and its digest, is with the descriptor or without.
        let told = lines::facts(shown.file, shown.with_descriptor);
        let output = self.copied.clone();
        self.told.show(&told, |fact| match &output {
            Some(output) => FactRow::new(fact, copied(output)).upcast(),
            None => FactRow::new(fact, |_| ()).upcast(),
        });
        let fault = shown.fault.map(Fault::words);
        let title = gettext("An option cannot be taken as it is");
        let said = fault.as_ref().map(|words| (title.as_str(), words.as_str()));
        self.notice.show(said.or(shown.notice));
        let fault = shown.fault;
        for (place, rows) in self.applets.iter().enumerate() {
            wrong(&rows.root, &rows.instance, fault, Fault::Instance(place));
            wrong(
                &rows.root,
                &rows.parameters,
                fault,
                Fault::Parameters(place),
            );
            wrong(&rows.root, &rows.data_limit, fault, Fault::DataLimit(place));
        }
        if let Some((root, row)) = &self.code {
            wrong(root, row, fault, Fault::CodeLimit);
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
            let name = cap::named(&applet.module);
            let row = adw::ExpanderRow::builder()
                .use_markup(false)
                .title(&title)
                .subtitle(applet.module.to_string())
                .build();
            row.set_a11y_label(&gettext_f("Options of {name}", &[("name", &name)]));
            let input = sender.input_sender().clone();
            let (install, switch) = switch_row(
                &gettext("Install it"),
                &gettext("Without it the package does nothing. It can be installed later."),
                applet.install,
                move |on| input.emit(ContentInput::Edit(tell(AppletEdit::Install(on)))),
            );
            switch.set_a11y_label(&gettext_f("Install {name}", &[("name", &name)]));
            row.add_row(&install);
            let field = |title: &str, text: &str, edit: fn(String) -> AppletEdit| {
                let field = entry(title, text, sender, move |text| tell(edit(text)));
                let words = [("field", title), ("name", name.as_str())];
                // TRANSLATORS: {field} is for example "Instance AID", {name} the applet it is for.
                field.set_a11y_label(&gettext_f("{field}: {name}", &words));
                field
            };
            let rows = AppletRows {
                root: row.clone(),
                instance: field(
                    &gettext("Instance AID"),
                    &applet.instance,
                    AppletEdit::Instance,
                ),
                parameters: field(
                    &gettext("Parameters, in hexadecimal digits"),
                    &applet.parameters,
                    AppletEdit::Parameters,
                ),
                data_limit: field(
                    &gettext("Bytes for its data at most"),
                    &applet.data_limit,
                    AppletEdit::DataLimit,
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
        self.code = Some((row, limit));
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

/// Marks a field whose text cannot be taken, and opens what it is folded away in.
fn wrong(root: &adw::ExpanderRow, row: &adw::EntryRow, found: Option<Fault>, its: Fault) {
    let wrong = found == Some(its);
    toggle(row, "error", wrong);
    row.set_a11y_wrong(wrong);
    row.set_a11y_description(&if wrong { its.words() } else { String::new() });
    if wrong {
        root.set_expanded(true);
    }
}

fn copied(output: &relm4::Sender<PlanOutput>) -> impl Fn(&str) + Clone + 'static {
    let output = output.clone();
    move |name| output.emit(PlanOutput::Copied(name.to_owned()))
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
    let (sign, words) = (finding.sign.words(), &finding.words);
    // TRANSLATORS: {sign} is for example "In the way", {finding} a sentence.
    let spoken = gettext_f("{sign}: {finding}", &[("sign", &sign), ("finding", words)]);
    row.set_a11y_label(&spoken);
    row.upcast()
}

/// How the MUSCLE applet is built: for those who have no file yet, or not the right one.
pub(in crate::ui) fn building_row(copied: impl Fn(&str) + Clone + 'static) -> adw::ExpanderRow {
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
    row
}
