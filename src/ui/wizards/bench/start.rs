//! The page on which a bench is laid out: what, for whom, in which readers.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use relm4::adw::prelude::*;
use relm4::{ComponentSender, adw, gtk};

use super::files::{self, Kind, Table};
use super::{BenchInput, BenchPage, BenchReader};
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::base::secret::Secret;
use crate::explain::{Explanation, bench as words};
use crate::plan::bench::{self, Sample};
use crate::plan::{SecretName, recipe::Given};
use crate::token::{ReaderId, Text, Token};
use crate::ui::a11y::A11yExt as _;
use crate::ui::dialogs::frame::{group, scrolled};
use crate::ui::widgets::RowList;
use crate::ui::wizards::parts::{Warning, column, label, switch_row};
use crate::ui::wizards::profile_file::Opened;
use crate::ui::wizards::secrets::SecretFields;

/// What is laid out so far.
#[derive(Debug, Default)]
pub(super) struct Laid {
    pub(super) profile: Option<Opened>,
    pub(super) table: Option<Table>,
    /// Where the results go, and whether the person chose that.
    pub(super) results: Option<(PathBuf, bool)>,
    /// What is wrong with what was chosen last.
    pub(super) trouble: Option<Explanation>,
    /// Why it could not begin: that may be over by now.
    pub(super) unready: Option<Explanation>,
    /// All readers.
    readers: Vec<BenchReader>,
    /// Readers about which the person decided.
    decided: Vec<(ReaderId, bool)>,
    /// Whether practice cards are set up, if the person decided.
    practice: Option<bool>,
    sample: Option<Result<Sample, Explanation>>,
}

impl Laid {
    /// These readers there are.
    pub(super) fn readers_are(&mut self, readers: Vec<BenchReader>) {
        self.readers = readers;
    }

    /// A profile was chosen.
    pub(super) fn profile_is(&mut self, opened: Opened) {
        self.profile = Some(opened);
        self.trouble = None;
        self.try_out();
    }

    /// A table of names was chosen. The results go beside it if nobody said where.
    pub(super) fn table_is(&mut self, table: Table) {
        if !matches!(self.results, Some((_, true))) {
            self.results = Some((files::results_beside(&table.path), false));
        }
        self.table = Some(table);
        self.trouble = None;
        self.try_out();
    }

    /// Another bench is laid out: the profile is likely the same, the names are not.
    pub(super) fn again(&mut self) {
        self.table = None;
        self.results = None;
        self.sample = None;
        self.trouble = None;
        self.unready = None;
        self.decided.clear();
    }

    /// Whether a reader belongs to the bench is decided. A switch that only follows says the same.
    pub(super) fn use_reader(&mut self, reader: ReaderId, on: bool) {
        let mut readers = self.readers.iter();
        let known = readers.find(|known| known.reader == reader);
        if known.is_some_and(|known| self.uses(known) == on) {
            return;
        }
        self.decided.retain(|(other, _)| *other != reader);
        self.decided.push((reader, on));
    }

    pub(super) fn practise(&mut self, on: bool) {
        self.practice = Some(on);
    }

    /// What the profile comes to for the first name.
    fn try_out(&mut self) {
        let (Some(opened), Some(table)) = (&self.profile, &self.table) else {
            return;
        };
        let fit = table.names.fit(&opened.profile);
        let fit = fit.map_err(|error| words::names_error(&error));
        let first = table.names.people.first();
        let given = first.map_or_else(Given::default, |person| person.given(&opened.given));
        self.sample = Some(fit.and_then(|()| {
            bench::sample(&opened.profile, &given).map_err(|why| words::trouble(&why))
        }));
    }

    /// What the profile comes to, if it comes to something.
    pub(super) fn sample(&self) -> Option<&Sample> {
        self.sample.as_ref()?.as_ref().ok()
    }

    /// What is in the way.
    fn in_the_way(&self) -> Option<&Explanation> {
        let sample = self.sample.as_ref();
        self.trouble
            .as_ref()
            .or_else(|| sample.and_then(|sample| sample.as_ref().err()))
            .or(self.unready.as_ref())
    }

    /// Whether practice cards are set up. Where there are no others, they are meant.
    pub(super) fn practises(&self) -> bool {
        let real = self.readers.iter().any(|reader| !reader.practice);
        let practice = self.readers.iter().any(|reader| reader.practice);
        practice && self.practice.unwrap_or(!real)
    }

    /// Whether a reader belongs to the bench. One with a token that holds something is left alone
    /// unless the person says otherwise: it may be their own.
    fn uses(&self, reader: &BenchReader) -> bool {
        let mut decided = self.decided.iter();
        let decided = decided.find(|(other, _)| *other == reader.reader);
        decided.map_or(!reader.holds, |(_, on)| *on)
    }

    /// The readers that the person can choose from.
    fn choice(&self) -> impl Iterator<Item = &BenchReader> {
        let practises = self.practises();
        self.readers
            .iter()
            .filter(move |reader| reader.practice == practises)
    }

    /// Whether what is on the tokens is lost.
    fn destroys(&self) -> bool {
        let opened = self.profile.as_ref();
        opened.is_some_and(|opened| opened.profile.erase.is_some())
    }

    /// What is begun with all this; nothing if it is not whole. What is chosen later is not in it.
    pub(super) fn order(&self) -> Option<Order> {
        self.sample()?;
        let left: Vec<&BenchReader> = self.choice().filter(|reader| !self.uses(reader)).collect();
        let (results, chosen) = self.results.clone()?;
        Some(Order {
            profile: self.profile.clone()?,
            table: self.table.clone()?,
            results,
            chosen,
            practises: self.practises(),
            left_out: left.iter().map(|reader| reader.reader).collect(),
            left_alone: left
                .iter()
                .filter_map(|reader| reader.serial.clone())
                .collect(),
        })
    }
}

/// A bench as somebody wants it.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) profile: Opened,
    pub(super) table: Table,
    /// Where the results go, and whether the person chose that.
    pub(super) results: PathBuf,
    pub(super) chosen: bool,
    /// Whether practice cards are set up.
    pub(super) practises: bool,
    /// Readers that are left alone as long as their tokens are in them, and these tokens.
    pub(super) left_out: HashSet<ReaderId>,
    pub(super) left_alone: HashSet<Text>,
}

impl Order {
    /// Whether what is on the tokens is lost.
    pub(super) fn destroys(&self) -> bool {
        self.profile.profile.erase.is_some()
    }
}

/// The page.
#[derive(Debug)]
pub(super) struct StartPage {
    pub(super) root: gtk::ScrolledWindow,
    trouble: Warning,
    profile: FileRow,
    names: FileRow,
    results: FileRow,
    practice: adw::PreferencesGroup,
    practice_switch: gtk::Switch,
    readers: adw::PreferencesGroup,
    rows: Vec<ReaderRow>,
    every: gtk::Box,
    every_list: RowList<String>,
    made_up: gtk::Label,
    pub(super) secrets: SecretFields,
    loses: Warning,
    pub(super) start: gtk::Button,
}

/// What the row of a reader shows.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Line {
    reader: ReaderId,
    title: String,
    subtitle: String,
    on: bool,
}

/// The row of a reader.
#[derive(Debug)]
struct ReaderRow {
    line: Line,
    row: adw::ActionRow,
    switch: gtk::Switch,
}

impl ReaderRow {
    fn show(&mut self, line: Line) {
        if self.line == line {
            return;
        }
        self.row
            .set_title(&gtk::glib::markup_escape_text(&line.title));
        self.row
            .set_subtitle(&gtk::glib::markup_escape_text(&line.subtitle));
        self.switch.set_a11y_label(&line.title);
        self.switch.set_a11y_description(&line.subtitle);
        if self.switch.is_active() != line.on {
            self.switch.set_active(line.on);
        }
        self.line = line;
    }
}

impl StartPage {
    pub(super) fn new(sender: &ComponentSender<BenchPage>) -> Self {
        let trouble = Warning::new(true);
        let what = group("");
        let profile = FileRow::new(
            &gettext("Profile"),
            &gettext("Open…"),
            Kind::Profile,
            sender,
        );
        let names = FileRow::new(&gettext("Names"), &gettext("Open…"), Kind::Names, sender);
        let results = FileRow::new(
            &gettext("Results"),
            &gettext("Change…"),
            Kind::Results,
            sender,
        );
        for row in [&profile, &names, &results] {
            what.add(&row.row);
        }
        let input = sender.input_sender().clone();
        let (practice_row, practice_switch) = switch_row(
            &gettext("With practice cards"),
            &gettext("To rehearse. No token in a reader of this computer is touched."),
            false,
            move |on| input.emit(BenchInput::Practise(on)),
        );
        let practice = group("");
        practice.add(&practice_row);
        let readers = group(&gettext("Readers of the bench"));
        readers.set_description(Some(&gtk::glib::markup_escape_text(&gettext(
            "Readers that are connected later belong to the bench too.",
        ))));
        let every = column(9);
        every.append(&label(&gettext("Every token gets this"), &["heading"]));
        let every_list = RowList::new();
        every.append(every_list.widget());
        let made_up = label("", &["caption", "dim-label"]);
        every.append(&made_up);
        let (entered, typed) = (sender.input_sender().clone(), sender.input_sender().clone());
        let secrets = SecretFields::new(
            move || entered.emit(BenchInput::Start),
            move || typed.emit(BenchInput::Typed),
        );
        let loses = Warning::new(false);
        let start = start_button(sender);
        let content = column(24);
        content.append(&intro());
        content.append(trouble.widget());
        content.append(&what);
        content.append(&practice);
        content.append(&readers);
        content.append(&every);
        content.append(&secrets.root);
        content.append(loses.widget());
        content.append(&start);
        let root = scrolled(&content);
        content.remove_css_class("dialog-page");
        content.add_css_class("page");
        Self {
            root,
            trouble,
            profile,
            names,
            results,
            practice,
            practice_switch,
            readers,
            rows: Vec::new(),
            every,
            every_list,
            made_up,
            secrets,
            loses,
            start,
        }
    }

    /// Brings the page to what is laid out.
    pub(super) fn show(&mut self, laid: &Laid, busy: bool, sender: &ComponentSender<BenchPage>) {
        let trouble = laid.in_the_way();
        let trouble = trouble.map(|words| {
            let body = [Some(words.body.clone()), words.details.clone()];
            let body: Vec<_> = body.into_iter().flatten().collect();
            (words.title.clone(), body.join("\n"))
        });
        let trouble = trouble.as_ref();
        self.trouble
            .show(trouble.map(|(title, body)| (title.as_str(), body.as_str())));
        self.profile.show(laid.profile.as_ref().map(|opened| {
            let name = Text::from(opened.profile.name.as_str());
            (name.to_string(), files::name(&opened.path))
        }));
        self.names.show(laid.table.as_ref().map(|table| {
            let count = table.names.people.len();
            let names = ngettext_f(
                "{count} name",
                "{count} names",
                u32::try_from(count).unwrap_or(u32::MAX),
                &[("count", &count.to_string())],
            );
            (files::name(&table.path), names)
        }));
        let results = laid.results.as_ref();
        self.results.root_visible(results.is_some());
        self.results.show(results.map(|(path, _)| {
            let folder = path.parent().map(Path::to_owned).unwrap_or_default();
            let folder = Text::from_path(&folder).to_string();
            (files::name(path), folder)
        }));
        let both = |practice| {
            laid.readers
                .iter()
                .any(|reader| reader.practice == practice)
        };
        self.practice.set_visible(both(true) && both(false));
        if self.practice_switch.is_active() != laid.practises() {
            self.practice_switch.set_active(laid.practises());
        }
        self.show_readers(laid, sender);
        self.show_every(laid);
        let needs = laid.sample().map(|sample| sample.needs.as_slice());
        self.secrets
            .ask(needs.unwrap_or_default(), &Token::default());
        let fits = self.secrets.judge();
        self.secrets
            .root
            .set_visible(needs.is_some_and(|needs| !needs.is_empty()));
        let words = [
            gettext("What is on the tokens is lost"),
            gettext(
                "Whatever token is put in is erased first, and nobody is asked again. Keys without a copy are gone for good.",
            ),
        ];
        let loses = laid.destroys() && laid.sample().is_some();
        self.loses
            .show(loses.then_some((words[0].as_str(), words[1].as_str())));
        let ready = laid.sample().is_some() && laid.trouble.is_none() && fits && !busy;
        self.start.set_sensitive(ready);
        let class = if laid.destroys() {
            "destructive-action"
        } else {
            "suggested-action"
        };
        for other in ["destructive-action", "suggested-action"] {
            if other == class {
                self.start.add_css_class(other);
            } else {
                self.start.remove_css_class(other);
            }
        }
        self.start.set_label(&if laid.destroys() {
            gettext("Start…")
        } else {
            gettext("Start")
        });
    }

    fn show_readers(&mut self, laid: &Laid, sender: &ComponentSender<BenchPage>) {
        let lines: Vec<Line> = laid
            .choice()
            .map(|reader| Line {
                reader: reader.reader,
                title: reader.name.clone(),
                subtitle: if reader.holds && !laid.uses(reader) {
                    gettext_f(
                        "{token}: left alone until it is taken out",
                        &[("token", &reader.holding)],
                    )
                } else {
                    reader.holding.clone()
                },
                on: laid.uses(reader),
            })
            .collect();
        self.readers.set_visible(!lines.is_empty());
        let readers = self.rows.iter().map(|row| row.line.reader);
        if readers.eq(lines.iter().map(|line| line.reader)) {
            // The switch that has the keyboard keeps it.
            for (row, line) in self.rows.iter_mut().zip(lines) {
                row.show(line);
            }
            return;
        }
        for row in self.rows.drain(..) {
            self.readers.remove(&row.row);
        }
        for line in lines {
            let input = sender.input_sender().clone();
            let reader = line.reader;
            let (row, switch) = switch_row(&line.title, &line.subtitle, line.on, move |on| {
                input.emit(BenchInput::Use(reader, on));
            });
            self.readers.add(&row);
            self.rows.push(ReaderRow { line, row, switch });
        }
    }

    fn show_every(&mut self, laid: &Laid) {
        let lines = match (laid.sample(), &laid.profile) {
            (Some(sample), Some(opened)) => words::every_token(&opened.profile, &sample.plan),
            _ => Vec::new(),
        };
        self.every.set_visible(!lines.is_empty());
        let made_up = laid.sample().is_some_and(|sample| sample.made_up);
        self.made_up.set_label(&gettext(
            "PINs and PUKs of the holders are made up for each token. They are known to nobody until their letters are printed or saved.",
        ));
        self.made_up.set_visible(made_up);
        self.every_list.show(&lines, |line| {
            let words = label(line, &["slim"]);
            let row = gtk::ListBoxRow::builder()
                .activatable(false)
                .focusable(false)
                .child(&words)
                .build();
            row.set_a11y_label(line);
            row.upcast()
        });
    }

    /// What was typed, which is not kept here.
    pub(super) fn take_secrets(&self) -> Vec<(SecretName, Secret)> {
        let typed = self.secrets.typed().collect();
        self.secrets.clear();
        typed
    }

    /// Gives the focus to the first thing that is still to be done.
    pub(super) fn focus(&self, laid: &Laid) {
        let missing = [
            (&self.profile, laid.profile.is_none()),
            (&self.names, laid.table.is_none()),
        ];
        match missing.iter().find(|(_, missing)| *missing) {
            Some((row, _)) => drop(row.button.grab_focus()),
            None if laid.sample().is_some_and(|sample| !sample.needs.is_empty()) => {
                self.secrets.focus();
            }
            None => drop(self.start.grab_focus()),
        }
    }
}

/// What the page is for.
fn intro() -> gtk::Box {
    let intro = column(6);
    intro.append(&label(&gettext("Set up many tokens"), &["title-2"]));
    intro.append(&label(
        &gettext(
            "One profile and a table of names. Each token that is put in gets the next name, in all readers side by side; what is done is taken out, and the next one is put in.",
        ),
        &["dim-label"],
    ));
    intro
}

/// The one button of the page.
fn start_button(sender: &ComponentSender<BenchPage>) -> gtk::Button {
    let start = gtk::Button::builder()
        .label(gettext("Start"))
        .halign(gtk::Align::Center)
        .css_classes(["pill"])
        .build();
    let input = sender.input_sender().clone();
    start.connect_clicked(move |_| input.emit(BenchInput::Start));
    start
}

/// The row of a file: what was chosen, and the way to another one.
#[derive(Debug)]
struct FileRow {
    row: adw::ActionRow,
    button: gtk::Button,
}

impl FileRow {
    fn new(title: &str, act: &str, kind: Kind, sender: &ComponentSender<BenchPage>) -> Self {
        let button = gtk::Button::builder()
            .label(act)
            .valign(gtk::Align::Center)
            .build();
        button.set_a11y_label(&format!("{act} {title}"));
        let input = sender.input_sender().clone();
        button.connect_clicked(move |_| input.emit(BenchInput::Ask(kind)));
        let row = adw::ActionRow::builder()
            .title(gtk::glib::markup_escape_text(title))
            .subtitle_lines(0)
            .build();
        row.add_suffix(&button);
        Self { row, button }
    }

    fn root_visible(&self, visible: bool) {
        self.row.set_visible(visible);
    }

    fn show(&self, chosen: Option<(String, String)>) {
        let words = match chosen {
            Some((first, second)) => crate::explain::dotted(&[first, second]),
            None => gettext("Not chosen"),
        };
        self.row
            .set_subtitle(&gtk::glib::markup_escape_text(&words));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{BenchReader, Laid, ReaderId, Text};

    fn reader(id: u32, practice: bool, holds: bool) -> BenchReader {
        BenchReader {
            reader: ReaderId(id),
            name: format!("Reader {id}"),
            holding: String::new(),
            practice,
            holds,
            serial: holds.then(|| Text::from("2737")),
        }
    }

    #[test]
    fn a_token_that_holds_something_is_left_alone_unless_somebody_decides() {
        let mut laid = Laid::default();
        laid.readers_are(vec![reader(1, false, false), reader(2, false, true)]);
        let left = |laid: &Laid| {
            let left = laid.choice().filter(|reader| !laid.uses(reader));
            left.map(|reader| reader.reader.0).collect::<Vec<_>>()
        };
        assert_eq!(left(&laid), [2]);
        laid.use_reader(ReaderId(2), true);
        laid.use_reader(ReaderId(1), false);
        assert_eq!(left(&laid), [1]);
    }

    #[test]
    fn practice_cards_are_meant_only_where_there_are_no_others() {
        let mut laid = Laid::default();
        assert!(!laid.practises());
        laid.readers_are(vec![reader(1, true, false)]);
        assert!(laid.practises());
        laid.readers_are(vec![reader(1, true, false), reader(2, false, false)]);
        assert!(!laid.practises());
        laid.practise(true);
        assert!(laid.practises());
        // What went away does not come back in another shape.
        laid.readers_are(vec![reader(2, false, false)]);
        assert!(!laid.practises());
    }
}
