//! What is deleted before something else, on cards that tell more and less.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::{Aid, CapFile, Deletion, InstallWish, card_side, deletions, made_of};
use crate::globalplatform::cap::made::Made;
use crate::globalplatform::cap::{CapFinding, PresentKind};
use crate::token::{CardManager, LifeCycle, Registry, RegistryEntry, RegistryKind};

const PACKAGE: &[u8] = &[0xA0, 0, 0, 0, 1];
const APPLET: &[u8] = &[0xA0, 0, 0, 0, 1, 1];
const SECOND: &[u8] = &[0xF0, 1, 2, 3, 4, 5];

fn aid(bytes: &[u8]) -> Aid {
    Aid::new(bytes).unwrap()
}

fn entry(kind: RegistryKind, aid: &[u8], package: Option<&[u8]>) -> RegistryEntry {
    RegistryEntry {
        kind,
        aid: aid.to_vec(),
        life_cycle: LifeCycle::Selectable,
        state: 7,
        privileges: Vec::new(),
        version: None,
        package: package.map(<[u8]>::to_vec),
        modules: Vec::new(),
        security_domain: None,
    }
}

fn registry(entries: Vec<RegistryEntry>) -> Registry {
    Registry {
        entries,
        ..Registry::default()
    }
}

fn names(all: &[Deletion]) -> Vec<&[u8]> {
    all.iter().map(|one| one.aid.bytes()).collect()
}

fn wish() -> InstallWish {
    let delete = [APPLET, PACKAGE].map(|name| Deletion {
        aid: aid(name),
        related: false,
    });
    InstallWish {
        delete: delete.to_vec(),
        with_descriptor: false,
        code_limit: None,
        applets: Vec::new(),
    }
}

#[test]
fn every_applet_of_a_package_goes_before_it() {
    let card = registry(vec![
        entry(RegistryKind::Package, PACKAGE, None),
        entry(RegistryKind::Application, APPLET, Some(PACKAGE)),
        entry(RegistryKind::Application, SECOND, Some(PACKAGE)),
        entry(RegistryKind::Application, &[0xF0, 9, 9, 9, 9], Some(SECOND)),
    ]);
    let all = wish().completed(&card).delete;
    assert_eq!(names(&all), [APPLET, SECOND, PACKAGE]);
    assert!(all.iter().all(|one| !one.related));
    let all = deletions(&card, &aid(PACKAGE), true);
    assert_eq!(names(&all), [APPLET, SECOND, PACKAGE]);
    assert_eq!(
        [false, false, true],
        [0, 1, 2].map(|at: usize| all[at].related)
    );
    assert_eq!(names(&deletions(&card, &aid(PACKAGE), false)), [PACKAGE]);
}

#[test]
fn a_security_domain_is_not_deleted_by_the_way() {
    let card = registry(vec![
        entry(RegistryKind::Package, PACKAGE, None),
        entry(RegistryKind::SecurityDomain, APPLET, Some(PACKAGE)),
    ]);
    let all = wish().completed(&card).delete;
    assert_eq!(names(&all), [PACKAGE]);
    assert!(made_of(&card, &aid(PACKAGE)).is_empty());
}

/// Open Platform lists applets without their package.
#[test]
fn without_a_link_the_list_of_a_package_counts_and_then_its_name() {
    let other: &[u8] = &[0xA0, 0, 0, 0, 1, 2];
    let mut lists = entry(RegistryKind::Package, SECOND, None);
    lists.modules = vec![[0xA0, 0, 0, 0, 1, 7].to_vec()];
    let card = registry(vec![
        entry(RegistryKind::Package, PACKAGE, None),
        entry(RegistryKind::Package, other, None),
        lists,
        entry(RegistryKind::Application, APPLET, None),
        // Of a package whose name says more.
        entry(RegistryKind::Application, &[0xA0, 0, 0, 0, 1, 2, 1], None),
        // Listed by another one.
        entry(RegistryKind::Application, &[0xA0, 0, 0, 0, 1, 7], None),
        // Nobody knows.
        entry(RegistryKind::Application, &[0xF1, 0, 0, 0, 0], None),
    ]);
    assert_eq!(made_of(&card, &aid(PACKAGE)), [aid(APPLET)]);
    let all = deletions(&card, &aid(PACKAGE), true);
    assert_eq!(names(&all), [APPLET, PACKAGE]);
}

#[test]
fn a_security_domain_of_the_name_of_an_applet_is_in_the_way() {
    let cap = CapFile::read(&Made::muscle().archive()).unwrap();
    let applet = cap.applets()[0].aid.clone();
    let card = registry(vec![entry(
        RegistryKind::SecurityDomain,
        applet.bytes(),
        None,
    )]);
    let wish = InstallWish::usual(&cap).completed(&card);
    assert!(!names(&wish.delete).contains(&applet.bytes()));
    let findings = wish.findings(&cap, &card_side(&CardManager::default(), Some(&card)));
    let by = PresentKind::SecurityDomain;
    assert!(
        findings.contains(&CapFinding::AidTaken { aid: applet, by }),
        "{findings:?}"
    );
}

#[test]
fn what_an_applet_is_told_is_in_no_dump() {
    let cap = CapFile::read(&Made::muscle().archive()).unwrap();
    let mut wish = InstallWish::usual(&cap);
    wish.applets[0].parameters = b"12345678".to_vec();
    let tasks = wish.tasks(&cap, "CardEdge.cap");
    for dump in [format!("{:?}", wish.applets), format!("{:?}", tasks.last())] {
        assert!(dump.contains("8 bytes"), "{dump}");
        for shown in ["12345678", "3132333435363738", "49, 50, 51"] {
            assert!(!dump.contains(shown), "{dump}");
        }
    }
}
