//! What the wizard shows of its state.

use std::sync::Arc;

use relm4::adw::prelude::*;

use super::file_page::Shown;
use super::lines::{self, FindingLine, Sign};
use super::{ContentWizard, Page, Request, flow};
use crate::base::i18n::{gettext, gettext_f, pgettext};
use crate::explain;
use crate::plan::Plan;
use crate::plan::content::{self, CardSide};
use crate::ui::wizards::parts::toggle;
use crate::ui::wizards::plan::Ending;

impl ContentWizard {
    pub(super) fn can_go_back(&self) -> bool {
        let begun = self.made.as_ref().is_some_and(|made| made.begun);
        self.page == Page::Plan && self.file.is_some() && !begun
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

    pub(super) fn has_bar(&self) -> bool {
        self.primary.get_visible() || self.secondary.get_visible()
    }

    /// Whether the main button does something.
    pub(super) fn is_live(&self) -> bool {
        if self.request != Request::None {
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
            Page::Plan => self.access.is_some() && self.made.is_some(),
            Page::Result => match &self.ending {
                Some(Ending::Stopped { live, .. }) => *live && self.access.is_some(),
                Some(_) => true,
                None => false,
            },
        }
    }

    pub(super) fn focus(&self) {
        let destroys = self.primary.has_css_class("destructive-action");
        let live = self.primary.is_sensitive() && self.primary.get_visible();
        match self.page {
            Page::Looking => {}
            // What is in the file is read first, and what destroys is not one key away.
            Page::Plan | Page::Result | Page::File if live && !destroys => {
                self.primary.grab_focus();
            }
            Page::Plan | Page::Result | Page::File | Page::Running => {
                self.secondary.grab_focus();
            }
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
            Page::Running => self.show_running(),
            Page::Result => {
                let plan = self.made.as_ref().map(|made| Arc::clone(&made.plan));
                if let Some(ending) = &self.ending {
                    self.pages.result.show(ending, plan.as_deref());
                }
            }
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
            gettext("Loading takes its keys. Close this, open the card manager, and come back."),
        );
        let closed = self.access.is_none();
        let notice = closed.then_some((title.as_str(), body.as_str()));
        self.pages.file.show(&Shown {
            file,
            with_descriptor: options.with_descriptor,
            findings: &findings,
            notice,
            fault: options.wish().err(),
        });
    }

    fn show_plan(&mut self) {
        let Some(made) = self.made.clone() else {
            return;
        };
        self.pages.plan.show(&made.plan, &made.preview, made.first);
        let title = explain::token::title(&self.token);
        self.pages.plan.name(&title, &self.subtitle(&made.plan));
        let (title, body) = if self.access.is_none() {
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
        let said = made.begun || self.access.is_none();
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

    fn show_running(&mut self) {
        let Request::Run { step, .. } = self.request else {
            return;
        };
        let Some(made) = self.made.clone() else {
            return;
        };
        let place = step.checked_sub(made.first);
        let preview = place.and_then(|place| made.preview.steps.get(place));
        let usual = preview
            .filter(|preview| preview.seconds.1 > 5)
            .map(explain::plan::cost);
        self.pages.running.show(&made.plan, step, usual.as_deref());
    }

    fn show_buttons(&self) {
        let (first, second) = self.labels();
        let tasks = self
            .made
            .as_ref()
            .and_then(|made| made.plan.tasks.get(made.first..));
        let destroys = self.page == Page::Plan
            && tasks.is_some_and(|tasks| tasks.iter().any(crate::plan::is_final));
        toggle(&self.primary, "destructive-action", destroys);
        toggle(&self.primary, "suggested-action", !destroys);
        self.primary.set_visible(first.is_some());
        self.primary.set_label(&first.unwrap_or_default());
        self.primary.set_sensitive(self.is_live());
        self.secondary.set_visible(second.is_some());
        self.secondary.set_label(&second.unwrap_or_default());
        let idle = match self.request {
            Request::None => true,
            Request::Run { stopping, .. } => !stopping,
            Request::Survey { .. } => false,
        };
        self.secondary.set_sensitive(idle);
    }

    /// The words on the two buttons.
    fn labels(&self) -> (Option<String>, Option<String>) {
        match (self.page, &self.ending) {
            (Page::Looking, _) => (None, None),
            (Page::File, _) => (Some(gettext("Load…")), Some(gettext("Cancel"))),
            (Page::Plan, _) => {
                let made = self.made.as_ref();
                let verb = made.map(|made| flow::verb(&made.plan, made.first));
                (verb, Some(gettext("Cancel")))
            }
            (Page::Running, _) => (None, Some(gettext("Stop After This Step"))),
            (Page::Result, Some(Ending::Stopped { .. })) => {
                (Some(gettext("Continue")), Some(gettext("Close")))
            }
            (Page::Result, Some(Ending::Done(_) | Ending::Ready { .. })) => {
                (Some(pgettext("the last button", "Done")), None)
            }
            (Page::Result, Some(Ending::Refused(_) | Ending::Rehearsed) | None) => {
                (Some(gettext("Close")), None)
            }
        }
    }
}
