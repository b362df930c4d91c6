//! The card manager of a Java card: who made the card, whether it is one for developers, which keys it
//! has, and what is on it.

mod errors;

pub use errors::{
    channel_error, content_error, key_version_taken, locked, none, not_kept, own_keys, too_large,
};

use super::cap::named;
use super::failure::Explanation;
use super::{bytes, dotted, list, sentences};
use crate::backend::{Look, Opened};
use crate::base::i18n::{gettext, gettext_f, ngettext_f, pgettext};
use crate::globalplatform::attempts::MAX_USUAL_TRIES;
use crate::globalplatform::{Aid, Diversification, KeyFamily, Level};
use crate::token::{
    CardKey, CardKeyKind, CardManager, Cplc, CplcDate, DeveloperSign, LifeCycle, Privilege,
    RegistryEntry, RegistryKind, SecureChannelProtocol,
};

/// One line: what it is about, and what it says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// What it is about: "Chip".
    pub name: String,
    /// What it says, in words.
    pub value: String,
}

fn line(name: String, value: String) -> Line {
    Line { name, value }
}

/// Whether it is a card for developers, as a verdict.
#[must_use]
pub fn verdict(manager: &CardManager) -> String {
    let for_it = manager.signs.iter().any(|sign| sign.speaks_for());
    let against = manager.signs.iter().any(|sign| !sign.speaks_for());
    let opened = manager.signs.contains(&DeveloperSign::WellKnownKeys);
    // What the card says of its keys is no better than what its maker does with all of them.
    let for_it = for_it && !manager.signs.contains(&DeveloperSign::MakersApplet);
    match (opened, for_it, against) {
        (true, ..) => gettext("Developer card: yes, everybody knows its keys"),
        (false, true, false) => gettext("Developer card: likely"),
        (false, false, true) => gettext("Developer card: unlikely"),
        (false, true, true) => gettext("Developer card: not certain"),
        (false, false, false) => gettext("Developer card: the card does not tell"),
    }
}

/// What speaks for and against that, a sentence each.
#[must_use]
pub fn reasons(manager: &CardManager) -> Vec<String> {
    manager.signs.iter().map(|sign| reason(*sign)).collect()
}

fn reason(sign: DeveloperSign) -> String {
    match sign {
        DeveloperSign::FactoryKeys => gettext("It still has the keys of the factory."),
        DeveloperSign::OwnKeys => gettext("Somebody has given it keys of their own."),
        DeveloperSign::NotSecured => gettext("Its card manager was never secured."),
        DeveloperSign::Secured => {
            gettext("Its card manager is secured, as cards are that are handed out.")
        }
        DeveloperSign::WellKnownKeys => gettext(
            "It was opened with the public test keys 404142…4F, which anybody can use to change what is on it.",
        ),
        DeveloperSign::NotPersonalised => gettext("It was never personalised for anybody."),
        DeveloperSign::Closed => gettext("It is locked, or its life is over."),
        DeveloperSign::MakersApplet => gettext(
            "It answers as an eToken PRO 72K Java, which is sold with an applet and keys of its maker’s: nothing else can be loaded.",
        ),
    }
}

/// Everything that the card manager tells of the card, in words. `this_year` dates what has no decade.
#[must_use]
pub fn lines(manager: &CardManager, this_year: i32) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Ok(aid) = Aid::new(&manager.aid) {
        lines.push(line(gettext("Card manager"), aid.to_string()));
    }
    if manager.locked {
        let words = gettext("The card is locked: nothing but its card manager can be used.");
        lines.push(line(gettext("State"), words));
    }
    if let Some(known) = &manager.recognition {
        if !known.version.is_empty() {
            let numbers: Vec<String> = known.version.iter().map(ToString::to_string).collect();
            lines.push(line(
                gettext("Standard"),
                format!("GlobalPlatform {}", numbers.join(".")),
            ));
        }
        let protocols: Vec<String> = known.protocols.iter().copied().map(protocol).collect();
        if !protocols.is_empty() {
            lines.push(line(gettext("Secure channel"), list(&protocols)));
        }
        if let Some(version) = known.java_card {
            lines.push(line(gettext("Runtime"), format!("Java Card {version}")));
        }
    }
    if let Some(keys) = &manager.keys {
        lines.push(line(gettext("Keys"), key_sets(keys)));
    }
    if let Some(resources) = &manager.resources {
        let size = |count: u32| bytes(usize::try_from(count).unwrap_or(usize::MAX));
        if let Some(free) = resources.free_memory {
            lines.push(line(gettext("Free memory"), size(free)));
        }
        if let Some(count) = resources.applications {
            lines.push(line(gettext("Applets"), count.to_string()));
        }
    }
    if let Some(cplc) = &manager.cplc {
        lines.extend(production(cplc, this_year));
    }
    lines
}

/// When and by whom the card was made.
fn production(cplc: &Cplc, this_year: i32) -> Vec<Line> {
    let maker = match cplc.ic_maker() {
        Some(name) => format!("{name} ({:04X})", cplc.ic_fabricator),
        None => format!("{:04X}", cplc.ic_fabricator),
    };
    let number = format!("{:04X} {:08X}", cplc.ic_batch, cplc.ic_serial);
    let mut lines = vec![
        line(gettext("Chip maker"), maker),
        line(gettext("Chip type"), format!("{:04X}", cplc.ic_type)),
        line(gettext("Chip number"), number),
        line(
            gettext("Operating system"),
            format!("{:04X} {:04X}", cplc.os_id, cplc.os_level),
        ),
    ];
    let dates = [
        (gettext("Chip made"), cplc.ic_fabrication),
        (gettext("Operating system of"), cplc.os_release),
        (gettext("Module packed"), cplc.module_packaging),
        (gettext("Put into the card"), cplc.embedding),
        (gettext("Prepared"), cplc.pre_personalisation),
        (gettext("Personalised"), cplc.personalisation),
    ];
    lines.extend(
        dates
            .into_iter()
            .filter_map(|(name, date)| Some(line(name, day(date, this_year)?))),
    );
    lines
}

/// A date without its decade: "1 September 2023, or ten years earlier".
fn day(date: CplcDate, this_year: i32) -> Option<String> {
    let candidates = date.candidates(this_year);
    let first = candidates.first()?;
    let year = u16::try_from(first.year).ok()?;
    let shown = super::dates::civil(year, first.month, first.day);
    Some(if candidates.len() > 1 {
        gettext_f(
            // TRANSLATORS: The card tells only the last digit of the year.
            "{date}, or ten or twenty years earlier",
            &[("date", &shown)],
        )
    } else {
        shown
    })
}

/// A protocol: "SCP02 (i=55)".
#[must_use]
pub fn protocol(protocol: SecureChannelProtocol) -> String {
    format!("SCP{:02X} (i={:02X})", protocol.scp, protocol.i)
}

/// The key sets: "version 1, 3 keys, AES-128".
fn key_sets(keys: &[CardKey]) -> String {
    if keys.is_empty() {
        return gettext("none told");
    }
    let mut versions: Vec<u8> = keys.iter().map(|key| key.version).collect();
    versions.dedup();
    let sets = versions.iter().map(|version| {
        let of_set: Vec<&CardKey> = keys.iter().filter(|key| key.version == *version).collect();
        let count = ngettext_f(
            "{count} key",
            "{count} keys",
            u32::try_from(of_set.len()).unwrap_or(u32::MAX),
            &[("count", &of_set.len().to_string())],
        );
        let kind = of_set.first().and_then(|key| key.components.first());
        let kind = kind
            .map(|part| key_kind(part.kind, part.len))
            .unwrap_or_default();
        let version = if *version == 0xFF {
            gettext("factory keys")
        } else {
            gettext_f("version {version}", &[("version", &version.to_string())])
        };
        dotted(&[version, count, kind])
    });
    sets.collect::<Vec<_>>().join("; ")
}

fn key_kind(kind: CardKeyKind, len: u16) -> String {
    match kind {
        CardKeyKind::Des if len > 8 => gettext("triple DES"),
        CardKeyKind::Des => "DES".to_owned(),
        CardKeyKind::Aes => format!("AES-{}", 8 * u32::from(len)),
        CardKeyKind::Psk => "TLS-PSK".to_owned(),
        CardKeyKind::Hmac => "HMAC".to_owned(),
        CardKeyKind::RsaPublic | CardKeyKind::RsaPrivate => "RSA".to_owned(),
        CardKeyKind::EcPublic | CardKeyKind::EcPrivate | CardKeyKind::EcParameters => {
            gettext("elliptic curve")
        }
        CardKeyKind::Other(number) => {
            gettext_f("type {number}", &[("number", &format!("{number:02X}"))])
        }
    }
}

/// The state of the secure channel, and what is remembered of failed tries.
#[must_use]
pub fn channel_state(look: &Look) -> String {
    let state = match &look.opened {
        Some(opened) => opened_words(opened),
        None => gettext("Secure channel closed"),
    };
    dotted(&[state, tries(look.tries)])
}

fn opened_words(opened: &Opened) -> String {
    gettext_f(
        "Opened with {protocol}, {level}",
        &[
            ("protocol", &protocol(opened.protocol)),
            ("level", &level(opened.level)),
        ],
    )
}

/// Failed tries that are remembered: "1 failed try of usually 10 is remembered for this card".
#[must_use]
pub fn tries(tries: Option<u32>) -> String {
    match tries {
        Some(0) => gettext("no failed try"),
        Some(count) => ngettext_f(
            "{count} failed try of usually {most} is remembered for this card",
            "{count} failed tries of usually {most} are remembered for this card",
            count,
            &[
                ("count", &count.to_string()),
                ("most", &MAX_USUAL_TRIES.to_string()),
            ],
        ),
        None => gettext("What was kept of failed tries for this card cannot be read"),
    }
}

/// Why a card is not opened at once although no try has failed.
#[must_use]
pub fn counts_anew() -> String {
    gettext("The card counts its channels from the beginning again")
}

/// What a secure channel protects.
#[must_use]
pub fn level(level: Level) -> String {
    match level {
        Level::Clear => gettext("nothing protected"),
        Level::Mac => gettext("commands protected from changes"),
        Level::MacEncryption => gettext("commands protected and encrypted"),
        Level::MacBoth => gettext("commands and answers protected from changes"),
        Level::MacBothEncryption => gettext("commands encrypted, answers protected from changes"),
        Level::All => gettext("commands and answers encrypted"),
    }
}

/// A way to derive keys.
#[must_use]
pub fn diversification(way: Diversification) -> String {
    match way {
        Diversification::None => pgettext("diversification", "None"),
        Diversification::Visa2 => "VISA2".to_owned(),
        Diversification::Emv => "EMV".to_owned(),
        Diversification::Kdf3 => "KDF3".to_owned(),
    }
}

/// What the keys are for.
#[must_use]
pub fn family(family: KeyFamily) -> String {
    match family {
        KeyFamily::TripleDes => gettext("triple DES (SCP01, SCP02)"),
        KeyFamily::Aes => gettext("AES (SCP03)"),
    }
}

/// The warning about keys that everybody knows.
#[must_use]
pub fn well_known() -> String {
    gettext(
        "These are the public test keys 404142…4F (“@ABCDEFGHIJKLMNO”). Anybody who gets hold of the card can delete and load what they like.",
    )
}

/// The public test keys are asked for on a card that hardly has them.
#[must_use]
pub fn hardly_test_keys(manager: &CardManager) -> Explanation {
    let against = manager.signs.iter().filter(|sign| !sign.speaks_for());
    let mut said: Vec<String> = against.map(|sign| reason(*sign)).collect();
    said.push(gettext(
        "After some ten tries with wrong keys a card manager is closed for ever, and every try counts.",
    ));
    Explanation::new(
        gettext("This card hardly has the public test keys"),
        sentences(&said),
    )
}

/// What something on a card is.
#[must_use]
pub fn kind(kind: RegistryKind) -> String {
    match kind {
        RegistryKind::IssuerSecurityDomain => gettext("Card manager"),
        RegistryKind::SecurityDomain => gettext("Security domain"),
        RegistryKind::Application => gettext("Applet"),
        RegistryKind::Package => gettext("Package"),
    }
}

/// Something on a card by its name: "MUSCLE applet (A00000000101)".
#[must_use]
pub fn entry_name(entry: &RegistryEntry) -> String {
    Aid::new(&entry.aid).map_or_else(|_| crate::base::hex::encode(&entry.aid), |aid| named(&aid))
}

/// Where in its life something on a card is.
#[must_use]
pub fn life_cycle(state: LifeCycle) -> String {
    let number = |number: u8| format!("{number:02X}");
    match state {
        LifeCycle::OpReady => pgettext("life cycle", "Ready from the factory"),
        LifeCycle::Initialized => pgettext("life cycle", "Initialized"),
        LifeCycle::Secured => pgettext("life cycle", "Secured"),
        LifeCycle::CardLocked => pgettext("life cycle", "Card locked"),
        LifeCycle::Terminated => pgettext("life cycle", "Terminated"),
        LifeCycle::Loaded => pgettext("life cycle", "Loaded"),
        LifeCycle::Installed => pgettext("life cycle", "Installed, not selectable yet"),
        LifeCycle::Selectable => pgettext("life cycle", "Selectable"),
        LifeCycle::Personalized => pgettext("life cycle", "Personalised"),
        LifeCycle::Blocked => pgettext("life cycle", "Blocked"),
        LifeCycle::Locked => pgettext("life cycle", "Locked"),
        LifeCycle::Own(state) => gettext_f(
            "Selectable, in its own state {number}",
            &[("number", &number(state))],
        ),
        LifeCycle::Unknown(state) => {
            gettext_f("Unknown state {number}", &[("number", &number(state))])
        }
    }
}

/// What something on a card may do, in a few words each.
#[must_use]
pub fn privileges(all: &[Privilege]) -> Vec<String> {
    all.iter().map(|one| privilege(*one)).collect()
}

fn privilege(privilege: Privilege) -> String {
    match privilege {
        Privilege::SecurityDomain => gettext("is a security domain"),
        Privilege::DapVerification => gettext("checks signatures of what is loaded for it"),
        Privilege::DelegatedManagement => gettext("loads with leave of the card manager"),
        Privilege::CardLock => gettext("can lock the card"),
        Privilege::CardTerminate => gettext("can end the life of the card"),
        Privilege::DefaultSelected => gettext("is selected when the card is switched on"),
        Privilege::CvmManagement => gettext("may change the PIN of the whole card"),
        Privilege::MandatedDap => gettext("checks signatures of everything that is loaded"),
        Privilege::TrustedPath => gettext("is a trusted way to the card"),
        Privilege::AuthorizedManagement => gettext("loads and installs without leave"),
        Privilege::TokenVerification => gettext("checks leave to load"),
        Privilege::GlobalDelete => gettext("can delete everything"),
        Privilege::GlobalLock => gettext("can lock everything"),
        Privilege::GlobalRegistry => gettext("sees everything on the card"),
        Privilege::FinalApplication => gettext("is the only one that can be selected"),
        Privilege::GlobalService => gettext("serves other applets"),
        Privilege::ReceiptGeneration => gettext("makes receipts"),
        Privilege::CipheredLoad => gettext("takes encrypted packages"),
        Privilege::ContactlessActivation => gettext("switches the contactless side on"),
        Privilege::ContactlessSelfActivation => {
            gettext("switches itself on for the contactless side")
        }
        Privilege::PrivacyTrusted => gettext("is trusted with private data"),
    }
}

/// The warning about a level of security that can be asked for its keys.
#[must_use]
pub fn padding_oracle() -> String {
    gettext(
        "With SCP02, do not encrypt commands on a line that others can reach: on ten cards it was shown that somebody who changes what is sent learns what is encrypted, new keys too. Protection from changes alone does not have this weakness; on a reader of your own it does not matter.",
    )
}

#[cfg(test)]
mod tests {
    use super::{hardly_test_keys, verdict};
    use crate::token::{CardManager, DeveloperSign};

    #[test]
    fn a_card_of_a_makers_own_is_unlikely_to_be_for_developers_whatever_else_it_says() {
        let manager = CardManager {
            signs: vec![DeveloperSign::MakersApplet, DeveloperSign::FactoryKeys],
            ..CardManager::default()
        };
        assert_eq!(verdict(&manager), "Developer card: unlikely");
        let words = hardly_test_keys(&manager).body;
        assert!(words.contains("eToken PRO 72K Java"), "{words}");
        assert!(!words.contains("keys of the factory"), "{words}");
        assert!(words.contains("closed for ever"), "{words}");
    }
}
