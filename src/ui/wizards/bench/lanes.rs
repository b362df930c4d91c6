//! The readers side by side, a card for each.

use std::collections::BTreeMap;
use std::time::Instant;

use relm4::adw::prelude::*;
use relm4::{ComponentSender, gtk};

use super::{BenchInput, BenchPage, LaneAct};
use crate::base::i18n::gettext;
use crate::explain::{self, bench as words};
use crate::plan::Task;
use crate::plan::bench::{Bench, Refusal, Stage};
use crate::token::ReaderId;
use crate::ui::a11y::A11yExt as _;
use crate::ui::widgets::{Chip, ChipKind, chip};
use crate::ui::wizards::parts::{column, label, set_once};

/// The least width of a lane, in pixels.
const LEAST: i32 = 260;
/// The most lanes beside each other.
const MOST: u32 = 4;

/// All lanes.
#[derive(Debug)]
pub(super) struct Lanes {
    pub(super) root: gtk::Stack,
    flow: gtk::FlowBox,
    lanes: BTreeMap<ReaderId, Lane>,
}

/// A lane.
#[derive(Debug)]
struct Lane {
    child: gtk::FlowBoxChild,
    name: gtk::Label,
    words: gtk::Label,
    chip: gtk::Box,
    shown: Option<Chip>,
    /// How far it is, while it is at work.
    progress: gtk::Box,
    bar: gtk::ProgressBar,
    count: gtk::Label,
    clock: gtk::Label,
    advice: gtk::Label,
    buttons: gtk::Box,
    skip: gtk::Button,
    retry: gtk::Button,
    give_up: gtk::Button,
    /// Whose token is in there, also when it is done.
    whose: Option<String>,
    /// Since when it has been at work on this card.
    since: Option<Instant>,
    pulses: bool,
}

impl Lanes {
    pub(super) fn new() -> Self {
        let flow = gtk::FlowBox::builder()
            .selection_mode(gtk::SelectionMode::None)
            .homogeneous(true)
            .min_children_per_line(1)
            .max_children_per_line(MOST)
            .column_spacing(12)
            .row_spacing(12)
            .valign(gtk::Align::Start)
            .build();
        flow.add_css_class("lanes");
        flow.set_a11y_label(&gettext("Readers side by side"));
        let scrolled = gtk::ScrolledWindow::builder()
            .hscrollbar_policy(gtk::PolicyType::Never)
            .vexpand(true)
            .child(&flow)
            .build();
        let none = relm4::adw::StatusPage::builder()
            .icon_name("auth-sim-missing-symbolic")
            .title(gettext("No reader belongs to the bench"))
            .description(gettext("Connect one, or a token that is its own reader."))
            .build();
        let root = gtk::Stack::new();
        root.add_named(&scrolled, Some("lanes"));
        root.add_named(&none, Some("none"));
        Self {
            root,
            flow,
            lanes: BTreeMap::new(),
        }
    }

    /// Brings all lanes to how the bench stands. `name_of` tells what a reader is called.
    pub(super) fn show(
        &mut self,
        bench: &Bench,
        name_of: &dyn Fn(ReaderId) -> String,
        sender: &ComponentSender<BenchPage>,
    ) {
        let gone: Vec<ReaderId> = self
            .lanes
            .keys()
            .copied()
            .filter(|reader| bench.lane(*reader).is_none())
            .collect();
        for lane in gone.iter().filter_map(|reader| self.lanes.remove(reader)) {
            self.flow.remove(&lane.child);
        }
        for reader in bench.lanes() {
            let lane = self.lanes.entry(reader).or_insert_with(|| {
                let lane = Lane::new(reader, &name_of(reader), sender);
                self.flow.insert(&lane.child, -1);
                lane
            });
            lane.show(bench, reader, &name_of(reader));
        }
        let page = if self.lanes.is_empty() {
            "none"
        } else {
            "lanes"
        };
        self.root.set_visible_child_name(page);
    }

    /// A moment has passed.
    pub(super) fn beat(&self) {
        for lane in self.lanes.values() {
            lane.beat();
        }
    }
}

impl Lane {
    fn new(reader: ReaderId, reader_name: &str, sender: &ComponentSender<BenchPage>) -> Self {
        let name = label("", &["heading"]);
        let words = label("", &[]);
        let bar = gtk::ProgressBar::builder()
            .valign(gtk::Align::Center)
            .hexpand(true)
            .build();
        let count = gtk::Label::builder()
            .css_classes(["caption", "numeric"])
            .build();
        let clock = gtk::Label::builder()
            .css_classes(["caption", "numeric"])
            .build();
        let progress = gtk::Box::new(gtk::Orientation::Horizontal, 9);
        progress.append(&bar);
        progress.append(&count);
        progress.append(&clock);
        let advice = label("", &["caption", "dim-label"]);
        let button = |text: String, act: LaneAct| {
            let button = gtk::Button::with_label(&text);
            let input = sender.input_sender().clone();
            button.connect_clicked(move |_| input.emit(BenchInput::Lane(reader, act)));
            button.set_a11y_description(reader_name);
            button
        };
        let skip = button(gettext("Skip"), LaneAct::Skip);
        let retry = button(gettext("Try Again"), LaneAct::Retry);
        let give_up = button(gettext("Give Up Its Set-Up…"), LaneAct::GiveUp);
        let buttons = gtk::Box::new(gtk::Orientation::Horizontal, 6);
        buttons.set_valign(gtk::Align::End);
        buttons.set_vexpand(true);
        for button in [&skip, &retry, &give_up] {
            buttons.append(button);
        }
        let chip_place = gtk::Box::builder().valign(gtk::Align::Center).build();
        let reader_label = gtk::Label::builder()
            .label(reader_name)
            .xalign(0.0)
            .hexpand(true)
            .ellipsize(gtk::pango::EllipsizeMode::End)
            .tooltip_text(reader_name)
            .css_classes(["caption", "dim-label"])
            .build();
        let head = gtk::Box::new(gtk::Orientation::Horizontal, 9);
        head.append(&reader_label);
        head.append(&chip_place);
        let content = column(6);
        content.add_css_class("card");
        content.add_css_class("lane");
        content.set_width_request(LEAST);
        content.append(&head);
        content.append(&name);
        content.append(&words);
        content.append(&progress);
        content.append(&advice);
        content.append(&buttons);
        let child = gtk::FlowBoxChild::builder()
            .focusable(false)
            .child(&content)
            .build();
        Self {
            child,
            name,
            words,
            chip: chip_place,
            shown: None,
            progress,
            bar,
            count,
            clock,
            advice,
            buttons,
            skip,
            retry,
            give_up,
            whose: None,
            since: None,
            pulses: false,
        }
    }

    fn show(&mut self, bench: &Bench, reader: ReaderId, reader_name: &str) {
        let Some((stage, place)) = bench.lane(reader) else {
            return;
        };
        let name = place.and_then(|place| bench.rows().get(place));
        let name = name.map(|row| row.name.to_string());
        match (name, stage) {
            // The bench has no name there any more; who takes the token out wants to know.
            (None, Stage::Done) => {}
            (name, _) => self.whose = name,
        }
        let name = self.whose.clone();
        set_once(&self.name, name.as_deref().unwrap_or_default());
        self.name.set_visible(name.is_some());
        let what = words::stage(stage, bench.is_paused());
        set_once(&self.words, &what);
        self.show_chip(Chip::new(
            kind(stage),
            words::chip(stage, bench.is_paused()),
        ));
        let advice = words::advice(stage);
        set_once(&self.advice, advice.as_deref().unwrap_or_default());
        self.advice.set_visible(advice.is_some());
        self.show_progress(stage);
        let failed = matches!(stage, Stage::Failed(_));
        self.skip.set_visible(failed);
        self.retry.set_visible(failed);
        let unfinished = *stage == Stage::Refused(Refusal::Unfinished);
        self.give_up.set_visible(unfinished);
        self.buttons.set_visible(failed || unfinished);
        let mut sentence = vec![reader_name.to_owned()];
        sentence.extend(name);
        sentence.push(what);
        self.child.set_a11y_label(&sentence.join(", "));
    }

    fn show_progress(&mut self, stage: &Stage) {
        let Stage::Working { plan, step, .. } = stage else {
            self.since = None;
            self.pulses = false;
            self.progress.set_visible(false);
            return;
        };
        self.progress.set_visible(true);
        self.since.get_or_insert_with(Instant::now);
        // How far a card is with a key, nobody can tell.
        self.pulses = matches!(plan.tasks.get(*step), Some(Task::GenerateKey(_)));
        let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        self.bar
            .set_fraction(number(*step) / number(plan.tasks.len().max(1)));
        let count = explain::plan::step_of(*step, plan);
        self.bar.set_a11y_label(&count);
        set_once(&self.count, &count);
        self.beat();
    }

    fn show_chip(&mut self, new: Chip) {
        if self.shown.as_ref() == Some(&new) {
            return;
        }
        if let Some(old) = self.chip.first_child() {
            self.chip.remove(&old);
        }
        self.chip.append(&chip(&new));
        self.shown = Some(new);
    }

    fn beat(&self) {
        let Some(since) = self.since else { return };
        let clock = explain::dates::clock(since.elapsed().as_secs());
        if self.clock.label() != clock {
            self.clock.set_label(&clock);
        }
        if self.pulses && self.bar.settings().is_gtk_enable_animations() {
            self.bar.pulse();
        }
    }
}

fn kind(stage: &Stage) -> ChipKind {
    match stage {
        Stage::Empty | Stage::Waiting | Stage::Surveying { .. } | Stage::Working { .. } => {
            ChipKind::Plain
        }
        Stage::Done => ChipKind::Success,
        Stage::Refused(_) => ChipKind::Warning,
        Stage::Failed(_) => ChipKind::Error,
    }
}
