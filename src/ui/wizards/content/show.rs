//! What the wizard shows of its state.

use relm4::adw::prelude::*;

use super::file_page::Shown as ShownFile;
use super::lines::{self, FindingLine, Sign};
use super::{ContentWizard, Page, Wish, flow, loss};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::plan::Plan;
use crate::plan::content::{self, CardSide};
use crate::ui::wizards::plan::{
    Ending, Made, Request, Shown, plan_label, result_labels, running_labels, step_words,
};

impl ContentWizard {
    pub(super) fn can_go_back(&self) -> bool {
        self.page == Page::Plan && self.file.is_some() && !self.course.has_begun()
    }

    pub(super) fn title(&self) -> String {
        match self.page {
            Page::Looking => gettext("Change the card"),
            // TRANSLATORS: A kind of file.
            Page::File => gettext("CAP file"),
            Page::Plan => gettext("What will be done"),
            Page::Running => gettext("At work"),
            Page::Result => gettext("Result"),
        }
    }

    /// "Step 1 of 3"; nothing where it is over, and where the pages have been counted before.
    pub(super) fn step(&self) -> String {
        if self.resumed || self.wish == Wish::GoOn {
            return String::new();
        }
        let pages = [Page::File, Page::Plan, Page::Running];
        let pages = match self.wish {
            Wish::File(_) => &pages[..],
            Wish::Change(_) | Wish::Steps(..) | Wish::GoOn => pages.get(1..).unwrap_or_default(),
        };
        let place = pages.iter().position(|page| *page == self.page);
        place
            .map(|place| step_words(place, pages.len()))
            .unwrap_or_default()
    }

    /// Whether the keys have to be asked for before this page leads anywhere.
    pub(super) fn wants_keys(&self) -> bool {
        matches!(self.page, Page::File | Page::Plan) && self.access.is_none()
    }

    /// Whether the main button does something.
    pub(super) fn is_live(&self) -> bool {
        if self.course.request != Request::None {
            return false;
        }
        match self.page {
            Page::Looking | Page::Running => false,
            Page::File | Page::Plan if self.access.is_none() => true,
            Page::File => {
                let options = self.options.as_ref();
                let typed = options.is_some_and(|options| options.wish().is_ok());
                // What the card would refuse is not begun.
                let in_the_way = |line: &FindingLine| line.sign == Sign::InTheWay;
                typed && !self.findings().iter().any(in_the_way)
            }
            Page::Plan => self.course.made.is_some(),
            Page::Result => match &self.course.ending {
                Some(Ending::Stopped { live, .. }) => *live,
                Some(_) => true,
                None => false,
            },
        }
    }

    pub(super) fn focus(&self) {
        if self.page != Page::Looking {
            self.buttons.focus();
        }
    }

    /// Brings everything that is shown into line with the state.
    pub(super) fn refresh(&mut self) {
        for (page, widget) in self.pages.all() {
            widget.set_visible(page == self.page);
        }
        match self.page {
            Page::Looking => {}
            Page::File => self.show_file(),
            Page::Plan => self.show_plan(),
            Page::Running => self.pages.running.follow(&self.course),
            Page::Result => self.pages.result.follow(&self.course, &self.token),
        }
        self.show_buttons();
    }

    /// What is to be known of the file on this card.
    fn findings(&self) -> Vec<FindingLine> {
        let (Some(file), Some(options)) = (&self.file, &self.options) else {
            return Vec::new();
        };
        let look = self.look.as_ref();
        let side = look.map_or_else(CardSide::default, |look| {
            content::card_side(&look.manager, look.registry.as_ref())
        });
        lines::findings(file, &side, options.last())
    }

    fn show_file(&mut self) {
        let (Some(file), Some(options)) = (&self.file, &self.options) else {
            return;
        };
        let findings = self.findings();
        let (title, body) = (
            gettext("The card manager is closed"),
            gettext("Loading takes its keys. Nothing that is decided here is lost meanwhile."),
        );
        let closed = self.access.is_none();
        let notice = closed.then_some((title.as_str(), body.as_str()));
        self.pages.file.show(&ShownFile {
            file,
            with_descriptor: options.with_descriptor,
            findings: &findings,
            notice,
            fault: options.wish().err(),
        });
    }

    fn show_plan(&mut self) {
        let Some(made) = self.course.made.clone() else {
            return;
        };
        let registry = self.look.as_ref().and_then(|look| look.registry.as_ref());
        // What is known to go is said by its step.
        let told = made.preview.steps.iter().any(|step| step.loses.is_some());
        let more = loss::data(&made.plan, made.first, registry).filter(|_| !told);
        self.pages
            .plan
            .show(&made.plan, &made.preview, made.first, more.as_deref());
        let title = explain::token::title(&self.token);
        self.pages.plan.name(&title, &self.subtitle(&made.plan));
        let new_keys = !made.begun && flow::new_keys(&made.plan.tasks).is_some();
        let (title, body) = if new_keys && self.access.is_some() {
            (
                gettext("Keep the new keys"),
                gettext("Who loses them can never manage the card again."),
            )
        } else if self.access.is_none() {
            (
                gettext("The card manager is closed"),
                gettext("Each step takes its keys."),
            )
        } else {
            (
                gettext("The work goes on where it stopped"),
                explain::plan::stopped_means(),
            )
        };
        let said = made.begun || new_keys || self.access.is_none();
        self.pages
            .plan
            .warn(said.then_some((title.as_str(), body.as_str())));
    }

    /// What tells the card from others of its kind.
    fn subtitle(&self, plan: &Plan) -> String {
        let number = plan.subject.serial.to_string();
        let number = gettext_f("chip {number}", &[("number", &number)]);
        explain::dotted(&[number, self.reader_name.clone()])
    }

    fn show_buttons(&self) {
        let made = self.course.made.as_ref();
        self.buttons.show(Shown {
            labels: self.labels(),
            destroys: self.page == Page::Plan
                && !self.wants_keys()
                && made.is_some_and(Made::is_final),
            live: self.is_live(),
            idle: self.course.can_be_left(),
        });
    }

    /// The words on the two buttons.
    fn labels(&self) -> (Option<String>, Option<String>) {
        let begun = self.course.has_begun();
        match self.page {
            Page::Looking => (None, None),
            Page::File | Page::Plan if self.wants_keys() => {
                (Some(gettext("Open Card Manager…")), Some(gettext("Cancel")))
            }
            Page::File => (Some(gettext("Load…")), Some(gettext("Cancel"))),
            Page::Plan => {
                let made = self.course.made.as_ref();
                let verb = made.map(|made| flow::verb(&made.plan, made.first));
                (verb, Some(plan_label(begun)))
            }
            Page::Running => running_labels(),
            Page::Result => result_labels(self.course.ending.as_ref()),
        }
    }
}
