//! A key and its certificate as one row, on the overview and on the page of keys.

use relm4::adw::prelude::*;
use relm4::gtk;

use super::rows::{arrow, icon, line, opening_row, titled};
use crate::explain;
use crate::pki::certificate::Standing;
use crate::token::{Application, ApplicationKind, Certificate, Key, KeyRef, KeyRow};
use crate::ui::widgets::{BarKind, Chip, ChipKind, Span, ValidityBar};

/// What a row shows, as data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct KeyLine {
    pub(super) icon: &'static str,
    pub(super) title: String,
    pub(super) chip: Option<Chip>,
    pub(super) caption: String,
    pub(super) bar: Option<Bar>,
    pub(super) opens: Opens,
}

/// The validity of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Bar {
    pub(super) span: Span,
    pub(super) kind: BarKind,
    pub(super) words: String,
}

/// What a click on the row opens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Opens {
    /// The certificate in this slot.
    Certificate(ApplicationKind, KeyRef),
    /// The sheet of this key.
    Key(ApplicationKind, KeyRef),
}

/// The rows of an application.
pub(super) fn lines(application: &Application, now: i64) -> Vec<KeyLine> {
    let rows = application.key_rows();
    rows.iter()
        .map(|row| key_line(application.kind, row, now))
        .collect()
}

fn key_line(application: ApplicationKind, row: &KeyRow<'_>, now: i64) -> KeyLine {
    let mark = explain::keys::row_chip(row);
    match row {
        KeyRow::KeyOnly(key) => KeyLine {
            icon: "org.symbolon.key-symbolic",
            title: explain::keys::slot(application, key.reference),
            chip: mark.map(|text| Chip::new(ChipKind::Plain, text)),
            caption: without_slot(key),
            bar: None,
            opens: Opens::Key(application, key.reference),
        },
        KeyRow::Pair(key, certificate) => {
            let caption = explain::keys::caption(application, key);
            with_certificate(application, certificate, None, caption, now)
        }
        KeyRow::Mismatch(key, certificate) => {
            let mark = mark.map(|text| Chip::new(ChipKind::Error, text));
            let caption = explain::keys::caption(application, key);
            with_certificate(application, certificate, mark, caption, now)
        }
        KeyRow::CertificateOnly(certificate) => {
            let mark = mark.map(|text| Chip::new(ChipKind::Plain, text));
            let caption = explain::keys::slot(application, certificate.slot);
            with_certificate(application, certificate, mark, caption, now)
        }
    }
}

/// Kind and origin of a key whose slot stands above.
fn without_slot(key: &Key) -> String {
    let kind = key.algorithm.as_ref().map(|algorithm| algorithm.name());
    let origin = key.origin.map(explain::keys::origin);
    let parts: Vec<String> = kind.into_iter().chain(origin).collect();
    explain::dotted(&parts)
}

fn with_certificate(
    application: ApplicationKind,
    certificate: &Certificate,
    mark: Option<Chip>,
    caption: String,
    now: i64,
) -> KeyLine {
    let opens = Opens::Certificate(application, certificate.slot);
    let Some(summary) = &certificate.summary else {
        return KeyLine {
            icon: "application-certificate-symbolic",
            title: explain::keys::slot(application, certificate.slot),
            // Worse than that it has no key.
            chip: Some(Chip::new(ChipKind::Error, unreadable())),
            caption,
            bar: None,
            opens,
        };
    };
    let (start, end) = (summary.not_before, summary.not_after);
    let standing = Standing::of(start, end, now);
    let chip = Some(Chip::standing(standing, start)).filter(|chip| chip.kind != ChipKind::Success);
    let name = summary.name.as_ref().unwrap_or(&summary.subject);
    KeyLine {
        icon: "application-certificate-symbolic",
        title: name.to_string(),
        chip: mark.or(chip),
        caption,
        bar: Some(Bar {
            span: Span { start, end, now },
            kind: BarKind::of(standing),
            words: explain::certificates::validity(standing, start, end),
        }),
        opens,
    }
}

fn unreadable() -> String {
    crate::base::i18n::gettext("Cannot be read")
}

/// The whole row in one sentence.
pub(super) fn spoken(model: &KeyLine) -> String {
    let chip = model.chip.as_ref().map(|chip| chip.text.as_str());
    let bar = model.bar.as_ref().map(|bar| bar.words.as_str());
    let parts = [Some(model.title.as_str()), chip, Some(&model.caption), bar];
    let parts: Vec<&str> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(", ")
}

/// The row.
pub(super) fn build(model: &KeyLine) -> gtk::Widget {
    let text = titled(&model.title, &[], model.chip.as_ref(), &model.caption);
    if let Some(bar) = &model.bar {
        text.append(&ValidityBar::new(bar.span, bar.kind, &bar.words));
    }
    let line = line();
    line.append(&icon(model.icon, None));
    line.append(&text);
    line.append(&arrow());
    opening_row(&line, &spoken(model)).upcast()
}
