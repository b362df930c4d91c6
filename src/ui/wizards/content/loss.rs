//! What goes for ever when something is deleted from a Java card.

use crate::base::i18n::gettext;
use crate::plan::content::{Aid, cap::known};
use crate::plan::preview::{Loss, Preview};
use crate::plan::{Plan, Task};
use crate::token::{ApplicationKind, Evidence, Fact, FactName, Registry, RegistryKind, Token};

/// Adds to the preview of the steps from `first` on what they take away of the token that was read from
/// the MUSCLE applet.
pub(super) fn add(preview: &mut Preview, plan: &Plan, first: usize, token: &Token) {
    let Some(loss) = of_token(token) else { return };
    let tasks = plan.tasks.get(first..).unwrap_or_default();
    let takes = tasks.iter().position(takes_token);
    if let Some(step) = takes.and_then(|place| preview.steps.get_mut(place)) {
        step.loses.get_or_insert(loss);
    }
}

/// Whether the MUSCLE applet goes with this step: by its own name, or with everything that was made of
/// its package.
fn takes_token(task: &Task) -> bool {
    let Task::DeleteContent(deletion) = task else {
        return false;
    };
    let is = |names: [&[u8]; 2]| names.contains(&deletion.aid.bytes());
    is([&known::MUSCLE, &known::MUSCLE_OLDER])
        || deletion.related && is([&known::MUSCLE_PACKAGE, &known::MUSCLE_OLDER_PACKAGE])
}

/// What is on the token, if it is one of the MUSCLE applet; nothing if there is nothing to lose.
fn of_token(token: &Token) -> Option<Loss> {
    let kept = |fact: &Fact| fact.name == FactName::KeptBy;
    let application = token.applications.iter().find(|application| {
        application.kind == ApplicationKind::Muscle || application.facts.iter().any(kept)
    })?;
    let keys = application.keys.iter();
    let loss = Loss {
        keys: keys.filter(|key| key.evidence == Evidence::Card).count(),
        certificates: application.certificates.len(),
        data: application.data.len(),
        pins: application.pins.len(),
    };
    // PINs alone guard nothing.
    (loss.keys + loss.certificates + loss.data > 0).then_some(loss)
}

/// What else goes with the steps from `first` on: data of an applet of which nothing more is known. The
/// registry tells what is there; without one, whatever is deleted may be an applet.
pub(super) fn data(plan: &Plan, first: usize, registry: Option<&Registry>) -> Option<String> {
    let tasks = plan.tasks.get(first..).unwrap_or_default();
    let mut deletions = tasks.iter().filter_map(|task| match task {
        Task::DeleteContent(deletion) => Some(deletion),
        _ => None,
    });
    let goes = deletions.any(|deletion| match registry {
        Some(registry) => takes_applet(&deletion.aid, deletion.related, registry),
        None => true,
    });
    goes.then(|| gettext("The data of the applet goes with it."))
}

fn takes_applet(aid: &Aid, related: bool, registry: &Registry) -> bool {
    registry.entries.iter().any(|entry| {
        let of_package = related && entry.package.as_deref() == Some(aid.bytes());
        // A card that does not tell what an applet is of may still have some of this package.
        let untold = related && entry.kind == RegistryKind::Package && entry.aid == aid.bytes();
        let itself = entry.kind == RegistryKind::Application && entry.aid == aid.bytes();
        itself || of_package || untold
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::base::hex::Hex;
    use crate::plan::preview::Step;
    use crate::plan::{Deletion, Subject};
    use crate::token::{Application, Certificate, Key, KeyRef, LifeCycle, Purpose, RegistryEntry};

    fn deletes(names: &[(&[u8], bool)]) -> Plan {
        let delete = |(aid, related): &(&[u8], bool)| {
            Task::DeleteContent(Deletion {
                aid: Aid::new(aid).unwrap(),
                related: *related,
            })
        };
        Plan {
            name: "delete".into(),
            subject: Subject {
                serial: Hex(vec![1]),
                atr: Hex(Vec::new()),
                label: None,
            },
            made: 0,
            opening: Default::default(),
            tasks: names.iter().map(delete).collect(),
        }
    }

    fn losses(plan: &Plan, first: usize, token: &Token) -> Vec<Option<(usize, usize)>> {
        let left = plan.tasks.len() - first;
        let mut preview = Preview {
            steps: vec![Step::default(); left],
            ..Preview::default()
        };
        add(&mut preview, plan, first, token);
        let counts = |step: Step| step.loses.map(|loss| (loss.keys, loss.certificates));
        preview.steps.into_iter().map(counts).collect()
    }

    fn token(kind: ApplicationKind) -> Token {
        let mut application = Application::new(kind, &known::MUSCLE);
        let key = |evidence| Key {
            reference: KeyRef(0x45),
            purpose: Purpose::General,
            algorithm: None,
            origin: None,
            pin_policy: None,
            touch_policy: None,
            public_key: None,
            evidence,
            fingerprint: None,
            created: None,
            label: None,
            facts: Vec::new(),
        };
        application.keys = vec![key(Evidence::Card), key(Evidence::Certificate)];
        application.certificates = vec![Certificate {
            slot: KeyRef(0x45),
            der: Vec::new(),
            summary: None,
            flaw: None,
            label: None,
            facts: Vec::new(),
        }];
        Token {
            applications: vec![application],
            ..Token::default()
        }
    }

    fn registry() -> Registry {
        let entry = |kind, aid: &[u8], package: Option<&[u8]>| RegistryEntry {
            kind,
            aid: aid.to_vec(),
            life_cycle: LifeCycle::Selectable,
            state: 7,
            privileges: Vec::new(),
            version: None,
            package: package.map(<[u8]>::to_vec),
            modules: Vec::new(),
            security_domain: None,
        };
        Registry {
            entries: vec![
                entry(RegistryKind::Application, &[0xD1; 6], Some(&[0xD1; 5])),
                entry(RegistryKind::Package, &[0xD1; 5], None),
                entry(RegistryKind::Package, &[0xD2; 5], None),
            ],
            ..Registry::default()
        }
    }

    #[test]
    fn the_step_that_takes_the_applet_takes_the_keys_in_it() {
        let muscle = token(ApplicationKind::Muscle);
        let all = Some((1, 1));
        let package = deletes(&[(&known::MUSCLE_PACKAGE, true)]);
        assert_eq!(losses(&package, 0, &muscle), [all]);
        // Before a package is loaded, everything of its name is deleted.
        let names = deletes(&[(&known::MUSCLE, false), (&known::MUSCLE_PACKAGE, false)]);
        assert_eq!(losses(&names, 0, &muscle), [all, None]);
        assert_eq!(losses(&names, 1, &muscle), [None]);
        let other = deletes(&[(&[0xD1; 6], true)]);
        assert_eq!(losses(&other, 0, &muscle), [None]);
        // A card with PIV beside it does not keep that in the applet.
        let piv = token(ApplicationKind::Piv);
        assert_eq!(losses(&package, 0, &piv), [None]);
    }

    #[test]
    fn an_applet_of_which_nothing_is_known_takes_its_data_with_it() {
        let registry = registry();
        let says = |names: &[(&[u8], bool)], first, registry| {
            data(&deletes(names), first, registry).is_some()
        };
        assert!(says(&[(&[0xD1; 6], false)], 0, Some(&registry)));
        assert!(says(&[(&[0xD1; 5], true)], 0, Some(&registry)));
        // A package without its applets has no data, and what is not there has none.
        assert!(!says(&[(&[0xD2; 5], false)], 0, Some(&registry)));
        assert!(!says(&[(&[0xD3; 5], true)], 0, Some(&registry)));
        assert!(says(&[(&[0xD3; 5], false)], 0, None));
        assert!(!says(&[(&[0xD1; 6], false)], 1, Some(&registry)));
    }
}
