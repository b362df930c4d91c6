//! Java cards as pages of text: what the card manager tells, what is on the card, what is in a CAP file.

use super::output::{Mark, Style};
use super::page;
use super::session::Found;
use super::table::{Facts, Table};
use crate::backend::Look;
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::{self, cap as cap_words, card_manager as words};
use crate::plan::content::{Aid, CapFile, CapFinding, cap};
use crate::token::{RegistryEntry, RegistryKind};

/// Blanks before what belongs to a heading.
const STEP: usize = 2;

/// What the card manager tells; `now` is in seconds since 1970.
pub(super) fn manager(found: &Found, look: &Look, style: Style, now: i64) -> String {
    let mut text = page::head(found, style);
    let verdict = words::verdict(&look.manager);
    text.push_str(&format!("\n{}\n", style.mark(Mark::Heading, &verdict)));
    for reason in words::reasons(&look.manager) {
        text.push_str(&format!("{}{reason}\n", " ".repeat(STEP)));
    }
    let title = gettext("Card manager");
    text.push_str(&format!("\n{}\n", style.mark(Mark::Heading, &title)));
    let mut rows = Facts::default();
    for line in words::lines(&look.manager, year(now)) {
        rows.add(line.name, line.value);
    }
    text.push_str(&rows.to_text(STEP));
    text.push_str(&format!("\n{}\n", words::channel_state(look)));
    text
}

/// The year of a moment, for dates without a decade.
fn year(now: i64) -> i32 {
    time::OffsetDateTime::from_unix_timestamp(now).map_or(i32::MAX, time::OffsetDateTime::year)
}

/// What is on the card.
pub(super) fn registry(found: &Found, look: &Look, style: Style) -> String {
    let mut text = page::head(found, style);
    text.push_str(&format!("{}\n\n", words::channel_state(look)));
    let all = look.registry.iter().flat_map(|registry| &registry.entries);
    text.push_str(&entries(all));
    if look.registry.as_ref().is_some_and(|all| all.cut_short) {
        let more = gettext("There is more on the card, or something that could not be read.");
        text.push_str(&format!("{more}\n"));
    }
    text
}

/// Entries of the registry as a table.
pub(super) fn entries<'a>(entries: impl Iterator<Item = &'a RegistryEntry>) -> String {
    let mut table = Table::new(&[
        gettext("What"),
        gettext("Name"),
        gettext("State"),
        gettext("Version"),
        gettext("Applets and rights"),
    ]);
    for entry in entries {
        table.row(row(entry));
    }
    if table.is_empty() {
        return format!("{}\n", gettext("The card lists nothing of that."));
    }
    table.to_text()
}

fn row(entry: &RegistryEntry) -> Vec<String> {
    let version = entry.version.map_or_else(String::new, |version| {
        format!("{}.{}", version.major, version.minor)
    });
    let more = match entry.kind {
        RegistryKind::Package => entry
            .modules
            .iter()
            .map(|module| hex::encode(module))
            .collect(),
        RegistryKind::IssuerSecurityDomain
        | RegistryKind::SecurityDomain
        | RegistryKind::Application => words::privileges(&entry.privileges),
    };
    vec![
        words::kind(entry.kind),
        words::entry_name(entry),
        words::life_cycle(entry.life_cycle),
        version,
        more.join(", "),
    ]
}

/// What is in a CAP file, and what is to be known before it is loaded.
pub(super) fn cap_file(name: &str, cap: &CapFile, findings: &[CapFinding], style: Style) -> String {
    let mut text = format!("{}\n", style.mark(Mark::Heading, name));
    let mut rows = Facts::default();
    rows.add(gettext("Package"), cap_words::named(cap.package()));
    rows.add(gettext("Version"), cap.package_version().to_string());
    if let Some(path) = cap.name() {
        rows.add(gettext("Name"), path.as_str());
    }
    let applets: Vec<String> = cap
        .applets()
        .iter()
        .map(|applet| cap_words::named(&applet.aid))
        .collect();
    rows.add(gettext("Applets"), applets.join("\n"));
    let imports: Vec<String> = cap
        .imports()
        .iter()
        .map(|import| format!("{} {}", cap_words::named(&import.aid), import.version))
        .collect();
    rows.add(gettext("Uses"), imports.join("\n"));
    if let Some(version) = cap.java_card() {
        rows.add(gettext("Built for"), cap_words::java_card(version));
    }
    let sizes: Vec<String> = cap
        .sizes()
        .map(|(kind, size)| format!("{} {size}", kind.name()))
        .collect();
    rows.add(gettext("Components"), sizes.join(", "));
    rows.add(gettext("Size to load"), explain::bytes(cap.size(false)));
    rows.add("SHA-256", hex::encode(&cap.sha256(false)));
    text.push_str(&rows.to_text(STEP));
    text.push_str(&self::findings(findings, style));
    text
}

/// What is to be known before a package is loaded.
pub(super) fn findings(findings: &[CapFinding], style: Style) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let title = gettext("Before it is loaded");
    let mut text = format!("\n{}\n", style.mark(Mark::Heading, &title));
    for finding in findings {
        let words = cap_words::finding(finding);
        let line = if cap_words::is_in_the_way(finding) {
            let line = gettext_f("In the way: {what}", &[("what", &words)]);
            style.mark(Mark::Severe, &line)
        } else {
            words
        };
        text.push_str(&format!("{}{line}\n", " ".repeat(STEP)));
    }
    text
}

/// How the MUSCLE applet is built for an old card.
pub(super) fn building(style: Style) -> String {
    use cap::building::{FACTS, INSTRUCTIONS, SOURCE};

    let title = gettext("Building the MUSCLE applet for an old card");
    let mut text = format!("{}\n", style.mark(Mark::Heading, &title));
    let mut rows = Facts::default();
    rows.add(gettext("Sources"), SOURCE);
    rows.add(gettext("To be read first"), INSTRUCTIONS);
    text.push_str(&rows.to_text(STEP));
    let mut last = None;
    for fact in FACTS {
        if last != Some(fact.file) {
            last = Some(fact.file);
            let file = cap_words::build_file(fact.file);
            text.push_str(&format!("\n{}\n", style.mark(Mark::Heading, file)));
        }
        let set = if fact.value.is_empty() {
            fact.property.to_owned()
        } else {
            format!("{}={}", fact.property, fact.value)
        };
        let reason = cap_words::build_reason(fact.why);
        text.push_str(&format!("{}{set}\n", " ".repeat(STEP)));
        text.push_str(&format!("{}{reason}\n", " ".repeat(3 * STEP)));
    }
    text
}

/// An identifier by its name where it has one.
pub(super) fn named(aid: &Aid) -> String {
    cap_words::named(aid)
}
