//! What is shown of a file with a package, as data.

use crate::base::hex;
use crate::base::i18n::gettext;
use crate::explain::{self, cap};
use crate::plan::content::cap::FindingWeight;
use crate::plan::content::{CapFile, CapFinding, CardSide, InstallWish, cap::building};
use crate::ui::widgets::FactText;

/// A finding with its sign.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct FindingLine {
    pub(super) sign: Sign,
    pub(super) words: String,
}

/// How serious something is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sign {
    Good,
    Careful,
    InTheWay,
}

impl Sign {
    /// The icon and its colour.
    pub(super) fn icon(self) -> (&'static str, &'static str) {
        match self {
            Self::Good => ("emblem-ok-symbolic", "success"),
            Self::Careful => ("dialog-warning-symbolic", "warning"),
            Self::InTheWay => ("dialog-error-symbolic", "error"),
        }
    }

    /// In words, for those who do not see it.
    pub(super) fn words(self) -> String {
        match self {
            Self::Good => gettext("Good to know"),
            Self::Careful => gettext("To be careful with"),
            Self::InTheWay => gettext("In the way"),
        }
    }
}

/// What is to be known before the package is loaded: the worst first. Without a `wish`, as it was
/// typed, of the file alone.
pub(super) fn findings(
    file: &CapFile,
    card: &CardSide,
    wish: Option<&InstallWish>,
) -> Vec<FindingLine> {
    let mut found = match wish {
        Some(wish) => wish.findings(file, card),
        None => file.check(&CardSide::default()),
    };
    // What every Java card is made with stands among the facts, and is nothing to be told of.
    found.retain(|finding| !matches!(finding, CapFinding::ImportNotListed { name: Some(_), .. }));
    found.sort_by_key(|finding| std::cmp::Reverse(finding.weight()));
    let line = |finding: &CapFinding| FindingLine {
        sign: match finding.weight() {
            FindingWeight::Hint => Sign::Good,
            FindingWeight::Warning => Sign::Careful,
            FindingWeight::Blocking => Sign::InTheWay,
        },
        words: cap::finding(finding),
    };
    let replaced = wish.into_iter().flat_map(|wish| wish.replaced(card));
    let replaced = replaced.map(|aid| FindingLine {
        sign: Sign::Careful,
        words: cap::replaced(aid),
    });
    let mut lines: Vec<FindingLine> = found.iter().map(line).collect();
    let blocking = lines.iter().filter(|line| line.sign == Sign::InTheWay);
    let place = blocking.count();
    lines.splice(place..place, replaced);
    lines
}

/// What is in the file.
pub(super) fn facts(file: &CapFile, with_descriptor: bool) -> Vec<FactText> {
    let name = file
        .name()
        .map(|name| FactText::new(gettext("Name"), name.as_str()));
    let java = file
        .java_card()
        .map(|version| FactText::new(gettext("Built for"), cap::java_card(version)).without_copy());
    let applets: Vec<String> = file
        .applets()
        .iter()
        .map(|applet| cap::named(&applet.aid))
        .collect();
    let imports: Vec<String> = file
        .imports()
        .iter()
        .map(|import| format!("{} {}", cap::named(&import.aid), import.version))
        .collect();
    let applets =
        (!applets.is_empty()).then(|| FactText::new(gettext("Applets"), applets.join("\n")));
    let imports = (!imports.is_empty()).then(|| FactText::new(gettext("Uses"), imports.join("\n")));
    let package = FactText::new(gettext("Package"), cap::named(file.package()));
    let version = file.package_version().to_string();
    let size = explain::bytes(file.size(with_descriptor));
    [
        name,
        Some(package),
        Some(FactText::new(gettext("Version"), version).without_copy()),
        java,
        Some(FactText::new(gettext("Size"), size).without_copy()),
        applets,
        imports,
        Some(FactText::new("SHA-256", hex::encode(&file.sha256(with_descriptor))).monospace()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What has to be set before the MUSCLE applet is built: where and what, and why.
pub(super) fn building() -> Vec<(String, String)> {
    let fact = |fact: &building::BuildFact| {
        let set = if fact.value.is_empty() {
            fact.property.to_owned()
        } else {
            format!("{} = {}", fact.property, fact.value)
        };
        let file = cap::build_file(fact.file);
        (format!("{file}: {set}"), cap::build_reason(fact.why))
    };
    building::FACTS.iter().map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn building_says_where_what_and_why() {
        let all = building();
        assert_eq!(all.len(), building::FACTS.len());
        let first = all.first().map(|(set, _)| set.as_str());
        assert_eq!(first, Some("Cflex.properties: CARD_NAME = Cflex"));
        assert!(all.iter().all(|(_, why)| !why.is_empty()));
    }
}
