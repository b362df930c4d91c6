//! What the wizard shows of its state.

use relm4::adw::prelude::*;

use super::lines::{self, FindingLine, Sign};
use super::{ContentWizard, Page, flow};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::plan::Plan;
use crate::plan::content::{self, CardSide};
use crate::ui::wizards::plan::{Ending, Made, Request, Shown, result_labels, running_labels};

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

    /// Whether the main button does something.
    pub(super) fn is_live(&self) -> bool {
        if self.course.request != Request::None {
            return false;
        }
        match self.page {
            Page::Looking | Page::Running => false,
            Page::File => {
                let options = self.options.as_ref();
                let typed = options.is_some_and(|options| options.wish().is_ok());
                // What the card would refuse is not begun.
                let in_the_way = |line: &FindingLine| line.sign == Sign::InTheWay;
                self.access.is_some() && typed && !self.findings().iter().any(in_the_way)
            }
            Page::Plan => self.access.is_some() && self.course.made.is_some(),
            Page::Result => match &self.course.ending {
                Some(Ending::Stopped { live, .. }) => *live && self.access.is_some(),
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
            Page::Result => self.pages.result.follow(&self.course),
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
        lines::findings(file, &side, options.wish().ok().as_ref())
    }

    fn show_file(&mut self) {
        let Some(options) = &self.options else {
            return;
        };
        let findings = self.findings();
        let (title, body) = (
            gettext("The card manager is closed"),
            gettext("Loading takes its keys. Close this, open the card manager, and come back."),
        );
        let closed = self.access.is_none();
        let notice = closed.then_some((title.as_str(), body.as_str()));
        let fault = options.wish().err();
        self.pages.file.show(&findings, notice, fault);
    }

    fn show_plan(&mut self) {
        let Some(made) = self.course.made.clone() else {
            return;
        };
        self.pages.plan.show(&made.plan, &made.preview, made.first);
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
                gettext(
                    "Each step takes its keys. Close this, open the card manager, and come back.",
                ),
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
            destroys: self.page == Page::Plan && made.is_some_and(Made::is_final),
            live: self.is_live(),
            idle: self.course.can_be_left(),
        });
    }

    /// The words on the two buttons.
    fn labels(&self) -> (Option<String>, Option<String>) {
        match self.page {
            Page::Looking => (None, None),
            Page::File => (Some(gettext("Load…")), Some(gettext("Cancel"))),
            Page::Plan => {
                let made = self.course.made.as_ref();
                let verb = made.map(|made| flow::verb(&made.plan, made.first));
                (verb, Some(gettext("Cancel")))
            }
            Page::Running => running_labels(),
            Page::Result => result_labels(self.course.ending.as_ref()),
        }
    }
}
