//! *Needs attention*: the worst first, each with the one button that cures it.

use relm4::adw::prelude::*;
use relm4::gtk;

use super::rows::{icon, line, opening_row, row, titled, worded_button};
use super::{TokenViewInput, TokenViewOutput, Wires};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain;
use crate::plan::journal::Unfinished;
use crate::token::attention::{self, Attention, Matter};
use crate::token::{ApplicationKind, KeyRef, OperationKind, PinReference, Token};
use crate::ui::widgets::{Fold, Lead};

/// So many matters are shown at first.
const MOST: usize = 4;

/// A row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum AttentionLine {
    /// A matter.
    Matter {
        icon: &'static str,
        severe: bool,
        title: String,
        caption: String,
        cure: Option<(String, Cure)>,
    },
    /// The way to the others: so many in all.
    More(usize),
}

/// What the button does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Cure {
    Pin(ApplicationKind, PinReference, OperationKind),
    Certificate(ApplicationKind, KeyRef),
    Details(ApplicationKind),
    SetUp,
}

/// Everything that wants attention. A set-up that was broken off comes first: what else is the
/// matter may be so because of that.
pub(super) fn lines(
    token: &Token,
    unfinished: Option<&Unfinished>,
    now: i64,
) -> Vec<AttentionLine> {
    let all = attention::of(token, now);
    let matters = all.iter().map(|matter| matter_line(token, matter));
    unfinished
        .map(unfinished_line)
        .into_iter()
        .chain(matters)
        .collect()
}

fn unfinished_line(unfinished: &Unfinished) -> AttentionLine {
    AttentionLine::Matter {
        icon: "dialog-warning-symbolic",
        severe: false,
        title: explain::plan::stopped(unfinished),
        caption: explain::dates::moment(unfinished.at),
        cure: Some((gettext("Continue…"), Cure::SetUp)),
    }
}

/// The worst four, or all of them.
pub(super) fn first(lines: Vec<AttentionLine>, all: bool) -> Vec<AttentionLine> {
    let count = lines.len();
    if all || count <= MOST {
        return lines;
    }
    let mut shown: Vec<AttentionLine> = lines.into_iter().take(MOST).collect();
    shown.push(AttentionLine::More(count));
    shown
}

/// Which pages have something that wants attention: PINs, keys.
pub(super) fn pages(token: &Token, now: i64) -> (bool, bool) {
    let all = attention::of(token, now);
    let about_pins = |attention: &Attention| match attention.matter {
        Matter::Blocked { .. } | Matter::LastTry { .. } | Matter::FactoryPin { .. } => Some(true),
        Matter::Expired { .. } | Matter::Mismatch { .. } | Matter::ExpiresSoon { .. } => {
            Some(false)
        }
        Matter::Unreadable | Matter::Unguarded => None,
    };
    let has = |wanted| {
        all.iter()
            .any(|attention| about_pins(attention) == Some(wanted))
    };
    (has(true), has(false))
}

fn matter_line(token: &Token, attention: &Attention) -> AttentionLine {
    let words = explain::attention::words(token, attention);
    let cure = cure(token, attention);
    AttentionLine::Matter {
        icon: match attention.matter {
            Matter::ExpiresSoon { .. } => "appointment-soon-symbolic",
            Matter::Blocked { .. } => "changes-prevent-symbolic",
            Matter::LastTry { .. }
            | Matter::Unreadable
            | Matter::Unguarded
            | Matter::Expired { .. }
            | Matter::Mismatch { .. }
            | Matter::FactoryPin { .. } => "dialog-warning-symbolic",
        },
        severe: attention.matter.is_severe(),
        title: words.title,
        caption: words.subtitle,
        cure: words.button.zip(cure),
    }
}

fn cure(token: &Token, attention: &Attention) -> Option<Cure> {
    let application = attention.application;
    // A verb that would only say why it does nothing is no cure.
    let on_pin = |pin: PinReference, kinds: &[OperationKind]| {
        let found = token.pin(application, pin)?;
        let possible = |kind: &&OperationKind| {
            let operation = found.operation(**kind);
            operation.is_some_and(|operation| operation.impossible.is_none())
        };
        let kind = kinds.iter().find(possible)?;
        Some(Cure::Pin(application, pin, *kind))
    };
    match &attention.matter {
        Matter::Blocked { pin, .. } => on_pin(*pin, &[OperationKind::Unblock, OperationKind::Set]),
        Matter::LastTry { pin, .. } => on_pin(*pin, &[OperationKind::Verify]),
        Matter::FactoryPin { pin, .. } => on_pin(*pin, &[OperationKind::Change]),
        Matter::Unreadable => Some(Cure::Details(application)),
        Matter::Unguarded => Some(Cure::SetUp),
        Matter::Expired { slot, .. }
        | Matter::Mismatch { slot, .. }
        | Matter::ExpiresSoon { slot, .. } => Some(Cure::Certificate(application, *slot)),
    }
}

/// The row.
pub(super) fn build(model: &AttentionLine, wires: &Wires) -> gtk::Widget {
    match model {
        AttentionLine::More(count) => {
            let words = gettext_f("Show all {count}", &[("count", &count.to_string())]);
            let line = line();
            line.append(&titled(&words, &[], None, ""));
            opening_row(&line, &words).upcast()
        }
        AttentionLine::Matter {
            icon: name,
            severe,
            title,
            caption,
            cure,
        } => {
            let text = titled(title, &[], None, caption);
            let line = line();
            line.append(&icon(name, Some(if *severe { "error" } else { "warning" })));
            match cure {
                Some((verb, cure)) => {
                    let button = worded_button(verb, &format!("{verb} {title}"));
                    let (cure, wires) = (*cure, wires.clone());
                    button.connect_clicked(move |_| apply(cure, &wires));
                    line.append(&Fold::new(&text, &button, Lead::Chars(18)));
                }
                None => line.append(&text),
            }
            row(&line, &format!("{title}. {caption}")).upcast()
        }
    }
}

fn apply(cure: Cure, wires: &Wires) {
    match cure {
        Cure::Pin(application, pin, operation) => {
            wires.output.emit(TokenViewOutput::PinChosen {
                application,
                pin,
                operation,
            });
        }
        Cure::Certificate(application, slot) => {
            wires
                .output
                .emit(TokenViewOutput::CertificateChosen { application, slot });
        }
        Cure::SetUp => wires.output.emit(TokenViewOutput::SetUpChosen),
        Cure::Details(application) => wires.input.emit(TokenViewInput::ShowDetails(application)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;
    use crate::token::{
        Alphabet, Application, Factory, Operation, Pin, PinRole, PinRule, Reason, Tries, TriesLeft,
    };

    fn token(left: TriesLeft, unblock: Option<Reason>, factory: Factory) -> Token {
        let mut piv = Application::new(ApplicationKind::Piv, &[]);
        piv.pins.push(Pin {
            reference: PinReference(0x80),
            role: PinRole::User,
            label: None,
            tries: Tries { left, max: Some(3) },
            rule: PinRule {
                min: 6,
                max: 8,
                alphabet: Alphabet::Any,
            },
            factory,
            uses: Vec::new(),
            operations: vec![Operation {
                kind: OperationKind::Unblock,
                needs: vec![PinReference(0x81)],
                impossible: unblock,
            }],
            facts: Vec::new(),
        });
        Token {
            applications: vec![piv],
            ..Token::default()
        }
    }

    fn cure_of(token: &Token) -> Option<Cure> {
        match lines(token, None, 0).first().unwrap() {
            AttentionLine::Matter { cure, .. } => cure.as_ref().map(|(_, cure)| *cure),
            AttentionLine::More(_) => panic!("a matter is expected"),
        }
    }

    #[test]
    fn a_button_stands_only_where_it_cures() {
        let blocked = token(TriesLeft::Blocked, None, Factory::Changed);
        let unblock = Cure::Pin(
            ApplicationKind::Piv,
            PinReference(0x80),
            OperationKind::Unblock,
        );
        assert_eq!(cure_of(&blocked), Some(unblock));
        let lost = token(
            TriesLeft::Blocked,
            Some(Reason::NothingUnblocks),
            Factory::Changed,
        );
        assert_eq!(cure_of(&lost), None);
    }

    #[test]
    fn four_matters_are_shown_at_first() {
        let matter = |number: usize| AttentionLine::Matter {
            icon: "dialog-warning-symbolic",
            severe: false,
            title: number.to_string(),
            caption: String::new(),
            cure: None,
        };
        let lines: Vec<AttentionLine> = (0..6).map(matter).collect();
        assert_eq!(first(lines.clone(), true).len(), 6);
        let shown = first(lines.clone(), false);
        assert_eq!(shown.len(), 5);
        assert_eq!(shown.last(), Some(&AttentionLine::More(6)));
        assert_eq!(first(lines.into_iter().take(4).collect(), false).len(), 4);
    }

    #[test]
    fn the_page_of_pins_is_marked_and_that_of_keys_is_not() {
        let factory = token(TriesLeft::Known(3), None, Factory::Unchanged("123456"));
        assert_eq!(pages(&factory, 0), (true, false));
        assert_eq!(pages(&Token::default(), 0), (false, false));
    }
}
