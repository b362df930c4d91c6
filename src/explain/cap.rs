//! CAP files: what is in one, what is to be known before it is loaded, and what can be wrong with it.

use super::failure::Explanation;
use super::{bytes, sentences};
use crate::base::i18n::{gettext, gettext_f};
use crate::globalplatform::Aid;
use crate::globalplatform::cap::building::{BuildFile, BuildReason};
use crate::globalplatform::cap::known::{self, KnownApplet};
use crate::globalplatform::cap::{
    CapError, CapFinding, ComponentKind, FindingWeight, JavaCardVersion, PresentKind,
};

/// How serious a finding is, for its sign: `true` stands in the way.
#[must_use]
pub fn is_in_the_way(finding: &CapFinding) -> bool {
    finding.weight() == FindingWeight::Blocking
}

/// An identifier with the name that people know it by: "MUSCLE applet (A00000000101)".
#[must_use]
pub fn named(aid: &Aid) -> String {
    name(aid).map_or_else(|| aid.to_string(), |name| format!("{name} ({aid})"))
}

/// The name that people know something by, if it has one.
#[must_use]
pub fn name(aid: &Aid) -> Option<String> {
    let package = known::package(aid).map(ToOwned::to_owned);
    // TRANSLATORS: The package (the code) of the MUSCLE applet on a Java card.
    let muscle = || (aid.bytes() == known::MUSCLE_PACKAGE).then(|| gettext("MUSCLE package"));
    known::applet(aid).map(applet).or(package).or_else(muscle)
}

/// The name of an applet; most are proper nouns.
#[must_use]
pub fn applet(applet: KnownApplet) -> String {
    match applet {
        KnownApplet::Muscle => gettext("MUSCLE applet"),
        KnownApplet::MuscleOlder => gettext("MUSCLE applet (older build)"),
        KnownApplet::CoolKey => "CoolKey".to_owned(),
        KnownApplet::Pkcs15 => "PKCS#15".to_owned(),
        KnownApplet::OpenPgp => "OpenPGP".to_owned(),
        KnownApplet::Piv => "PIV".to_owned(),
        KnownApplet::Gids => "GIDS".to_owned(),
        KnownApplet::IsoApplet => "IsoApplet".to_owned(),
        KnownApplet::SmartCardHsm => "SmartCard-HSM".to_owned(),
        KnownApplet::Passport => gettext("Passport"),
        KnownApplet::Fido => "FIDO".to_owned(),
        KnownApplet::Oath => gettext("One-time passwords (OATH)"),
    }
}

/// A version of Java Card: "Java Card 2.1.1".
#[must_use]
pub fn java_card(version: JavaCardVersion) -> String {
    format!("Java Card {version}")
}

/// What a package, an applet and a security domain are, in a sentence each.
#[must_use]
pub fn glossary() -> [(String, String); 3] {
    [
        (
            gettext("Package"),
            gettext("The code: what is loaded from a CAP file. It does nothing by itself."),
        ),
        (
            gettext("Applet"),
            gettext(
                "What was made of a package and can be selected. It has its own data; several can be made of one package.",
            ),
        ),
        (
            gettext("Security domain"),
            gettext(
                "The place on the card that keys belong to. Who has the keys of the card manager, which is the first of them, decides what is on the card.",
            ),
        ),
    ]
}

/// One thing to know before a package is loaded.
#[must_use]
pub fn finding(finding: &CapFinding) -> String {
    let size = |count: u32| bytes(usize::try_from(count).unwrap_or(usize::MAX));
    match finding {
        CapFinding::Fits { needed, free } => gettext_f(
            "It needs {needed}; {free} are free.",
            &[("needed", &size(*needed)), ("free", &size(*free))],
        ),
        CapFinding::TooBig { needed, free } => gettext_f(
            "It needs {needed}, and only {free} are free. Delete something that is not needed any more first.",
            &[("needed", &size(*needed)), ("free", &size(*free))],
        ),
        CapFinding::RoomUnknown { needed } => gettext_f(
            "It needs {needed}. The card does not tell how much is free; it refuses if that is not enough.",
            &[("needed", &size(*needed))],
        ),
        CapFinding::JavaCardTooOld { needed, card } => gettext_f(
            "It was built for {needed}, and the card has {card}. Build it for the older one.",
            &[("needed", &java_card(*needed)), ("card", &java_card(*card))],
        ),
        CapFinding::JavaCardOlder { needed, card } => gettext_f(
            "It was built for {needed}, and the card says that it has Java Card {generation}: it may refuse this package.",
            &[
                ("needed", &java_card(*needed)),
                ("generation", &card.to_string()),
            ],
        ),
        CapFinding::JavaCardUnknown { needed } => gettext_f(
            "It was built for {needed}. The card does not tell which it has; it refuses what is too new.",
            &[("needed", &java_card(*needed))],
        ),
        CapFinding::FrameworkUnknown { framework } => gettext_f(
            "It was built for version {version} of javacard.framework, which is not known here.",
            &[("version", &framework.to_string())],
        ),
        CapFinding::NeedsInt => {
            gettext("It calculates with 32-bit integers, which small cards do not.")
        }
        CapFinding::PackagePresent { aid } => gettext_f(
            "The card has {name} already. Delete it first; its applets and their data go with it.",
            &[("name", &named(aid))],
        ),
        CapFinding::InstancePresent { aid } => gettext_f(
            "The card has an applet {name} already. Delete it first, or install this one under another identifier.",
            &[("name", &named(aid))],
        ),
        CapFinding::AidTaken { aid, by } => taken(aid, *by),
        CapFinding::ImportNotListed { aid, version, .. } => gettext_f(
            "It uses {name}, version {version}, which the card does not list. Cards do not list what they were made with.",
            &[("name", &named(aid)), ("version", &version.to_string())],
        ),
        CapFinding::UnusualAid {
            aid,
            expected,
            older_build,
        } => unusual(aid, expected, *older_build),
        CapFinding::NoApplet => {
            gettext("Nothing in it can be installed: it is a library for other packages.")
        }
        CapFinding::DirectoryDiffers { component } => gettext_f(
            "Its directory tells another length for {component}: the file was changed after it was built.",
            &[("component", component_name(*component))],
        ),
    }
}

/// Something on the card goes before a package is loaded.
#[must_use]
pub fn replaced(aid: &Aid) -> String {
    gettext_f(
        "The card has {name} already. It is deleted before, with its data.",
        &[("name", &named(aid))],
    )
}

fn taken(aid: &Aid, by: PresentKind) -> String {
    let aid = aid.to_string();
    let aid = [("aid", aid.as_str())];
    match by {
        PresentKind::Package => gettext_f("A package on the card is called {aid} already.", &aid),
        PresentKind::Module => gettext_f(
            "An applet in a package on the card is called {aid} already.",
            &aid,
        ),
        PresentKind::Instance => gettext_f("An applet on the card is called {aid} already.", &aid),
        PresentKind::SecurityDomain => gettext_f(
            "A security domain on the card is called {aid} already.",
            &aid,
        ),
    }
}

fn unusual(aid: &Aid, expected: &Aid, older: bool) -> String {
    let names = [("aid", aid.to_string()), ("expected", expected.to_string())];
    let names: Vec<(&str, &str)> = names
        .iter()
        .map(|(name, aid)| (*name, aid.as_str()))
        .collect();
    if older {
        gettext_f(
            "This is the MUSCLE applet under {aid}, as older builds have it. Other programs, OpenSC among them, look for {expected} and will not find it.",
            &names,
        )
    } else {
        gettext_f(
            "This looks like the MUSCLE applet under {aid}. Other programs, OpenSC among them, look for {expected}: every tool would have to be changed.",
            &names,
        )
    }
}

/// A component by its name in the specification.
fn component_name(component: ComponentKind) -> &'static str {
    component.name()
}

/// Why a file is no package that can be loaded.
#[must_use]
pub fn cap_error(error: &CapError) -> Explanation {
    let nothing = || gettext("Nothing was sent to the card.");
    let damaged = |body: String| {
        Explanation::new(
            gettext("The CAP file is damaged"),
            sentences(&[body, gettext("Get it again, or build it anew."), nothing()]),
        )
    };
    let details = error.to_string();
    let words = match error {
        CapError::NotACap => Explanation::new(
            gettext("This is no CAP file"),
            sentences(&[
                gettext(
                    "It is neither a CAP nor an IJC file. The build makes both; take the one for your card.",
                ),
                nothing(),
            ]),
        ),
        CapError::TooLarge | CapError::Bomb => Explanation::new(
            gettext("The file is larger than any package for a card"),
            sentences(&[gettext("It may have been made to do harm."), nothing()]),
        ),
        CapError::UnsafeName { .. } | CapError::Repeated { .. } => Explanation::new(
            gettext("The CAP file is put together in a way that no builder does"),
            sentences(&[
                gettext(
                    "It would not be certain what is loaded. It may have been made to do harm.",
                ),
                nothing(),
            ]),
        ),
        CapError::UnsupportedArchive => Explanation::new(
            gettext("The CAP file is packed in an unusual way"),
            sentences(&[
                gettext(
                    "It is encrypted, or compressed as CAP files never are. Pack it as an ordinary ZIP file.",
                ),
                nothing(),
            ]),
        ),
        CapError::Extended => Explanation::new(
            gettext("This CAP file is of the extended kind"),
            sentences(&[
                gettext(
                    "Files with several packages (Java Card 3.1) cannot be loaded with Symbolon. Build each package by itself.",
                ),
                nothing(),
            ]),
        ),
        CapError::DamagedArchive => damaged(gettext("The archive is cut short or changed.")),
        CapError::NoHeader | CapError::Magic => damaged(gettext(
            "The component that tells what it is is missing or wrong.",
        )),
        CapError::WrongTag { component, .. }
        | CapError::Size { component, .. }
        | CapError::Truncated { component }
        | CapError::AidLength { component, .. } => damaged(gettext_f(
            "What {component} says of itself cannot be true.",
            &[("component", component_name(*component))],
        )),
        CapError::UnknownComponent { .. } => {
            damaged(gettext("There is something in it that no CAP file has."))
        }
    };
    words.with(details)
}

/// Where something is set before the MUSCLE applet is built: "Cflex.properties".
#[must_use]
pub fn build_file(file: BuildFile) -> &'static str {
    file.name()
}

/// Why something is set before the MUSCLE applet is built.
#[must_use]
pub fn build_reason(reason: BuildReason) -> String {
    match reason {
        BuildReason::Card => gettext("Says for which card the applet is built."),
        BuildReason::Compiler => gettext("Where the Java compiler of this computer is."),
        BuildReason::Kit => gettext("Where the Java Card kit of the card’s version is."),
        BuildReason::Converter => {
            gettext("Where the tool is that converts the package for cards of this maker.")
        }
        BuildReason::SourceVersion => {
            gettext("The compiler has to read the sources as an old Java did.")
        }
        BuildReason::TargetVersion => {
            gettext("The compiler has to write classes that the old kit can read.")
        }
        BuildReason::BootClasses => {
            gettext("The compiler has to take the classes of the old Java, not those of today.")
        }
        BuildReason::LongKeys => gettext("Without it the applet has no keys of 2048 bits."),
        BuildReason::Signing => gettext("Without it the applet does not sign."),
        BuildReason::Slashes => gettext("Compilers read paths with backslashes only on Windows."),
    }
}
