use super::*;

fn findings(made: &Made, card: &CardSide) -> Vec<CapFinding> {
    CapFile::read(&made.archive()).unwrap().check(card)
}

fn card(version: (u8, u8, u8)) -> CardSide {
    let (major, minor, patch) = version;
    CardSide {
        free_memory: Some(32_000),
        java_card: Some(JavaCardVersion {
            major,
            minor,
            patch,
        }),
        present: Vec::new(),
    }
}

#[test]
fn room_is_what_load_file_and_static_fields_need() {
    let made = Made::muscle();
    let needed = u32::try_from(made.loaded().len()).unwrap() + 24;
    let mut side = card((2, 1, 1));
    for (free_memory, expected) in [
        (None, CapFinding::RoomUnknown { needed }),
        (
            Some(needed),
            CapFinding::Fits {
                needed,
                free: needed,
            },
        ),
        (
            Some(needed - 1),
            CapFinding::TooBig {
                needed,
                free: needed - 1,
            },
        ),
    ] {
        side.free_memory = free_memory;
        assert_eq!(findings(&made, &side), [expected]);
    }
}

#[test]
fn an_older_java_card_refuses() {
    let mut made = Made::muscle();
    made.imports[0].0 = 4;
    let found = findings(&made, &card((2, 2, 2)));
    let [needed, old] = [(3, 0, 1), (2, 2, 2)].map(|version| card(version).java_card.unwrap());
    let too_old = CapFinding::JavaCardTooOld { needed, card: old };
    assert_eq!(too_old.weight(), FindingWeight::Blocking);
    assert!(found.contains(&too_old));
    assert_eq!(findings(&made, &card((3, 0, 4))).len(), 1);
    // What a card says of itself is a generation, and may be less than it can.
    let mut side = card((2, 2, 2));
    side.java_card = Some(JavaCardVersion::generation(2));
    let older = CapFinding::JavaCardOlder { needed, card: 2 };
    assert_eq!(older.weight(), FindingWeight::Warning);
    assert!(findings(&made, &side).contains(&older));
    side.java_card = Some(JavaCardVersion::generation(3));
    assert_eq!(findings(&made, &side).len(), 1);
    let unknown = CapFinding::JavaCardUnknown { needed };
    assert!(findings(&made, &CardSide::default()).contains(&unknown));
    made.imports[0].0 = 7;
    let framework = Version { major: 1, minor: 7 };
    assert!(
        findings(&made, &card((3, 1, 0))).contains(&CapFinding::FrameworkUnknown { framework })
    );
}

#[test]
fn what_is_there_already_is_in_the_way() {
    let made = Made::muscle();
    let (package, applet) = (aid("A000000001"), aid("A00000000101"));
    let mut side = card((2, 1, 1));
    side.present = vec![
        (package.clone(), PresentKind::Package),
        (applet.clone(), PresentKind::Module),
        (applet.clone(), PresentKind::Instance),
    ];
    let found = findings(&made, &side);
    assert!(found.contains(&CapFinding::PackagePresent {
        aid: package.clone()
    }));
    assert!(found.contains(&CapFinding::InstancePresent {
        aid: applet.clone()
    }));
    let by = PresentKind::SecurityDomain;
    side.present = vec![
        (package.clone(), PresentKind::Instance),
        (applet.clone(), by),
    ];
    let found = findings(&made, &side);
    assert!(found.contains(&CapFinding::AidTaken {
        aid: package,
        by: PresentKind::Instance
    }));
    assert!(found.contains(&CapFinding::AidTaken { aid: applet, by }));
}

#[test]
fn an_import_that_is_not_listed_is_a_hint() {
    let mut side = card((2, 1, 1));
    side.present = vec![(aid("A0000000620101"), PresentKind::Package)];
    let found = findings(&Made::muscle(), &side);
    let hints: Vec<_> = found
        .iter()
        .filter_map(|finding| match finding {
            CapFinding::ImportNotListed { name, .. } => Some(name.unwrap()),
            _ => None,
        })
        .collect();
    assert_eq!(
        hints,
        ["javacard.security", "javacardx.crypto", "java.lang"]
    );
    assert!(
        found
            .iter()
            .all(|finding| finding.weight() == FindingWeight::Hint)
    );
}

#[test]
fn muscle_under_another_name_is_warned_of() {
    let side = card((2, 1, 1));
    let unusual = |made: &Made| {
        findings(made, &side)
            .into_iter()
            .find_map(|finding| match finding {
                CapFinding::UnusualAid {
                    aid, older_build, ..
                } => Some((aid.to_string(), older_build)),
                _ => None,
            })
    };
    let mut made = Made::muscle();
    assert_eq!(unusual(&made), None);
    made.applets[0].0 = hex::decode("A0000003230101").unwrap();
    made.package = hex::decode("A00000032301").unwrap();
    assert_eq!(unusual(&made), Some(("A0000003230101".to_owned(), true)));
    // By the name of the package alone.
    made.package = hex::decode("F000000001").unwrap();
    made.applets[0].0 = hex::decode("F00000000101").unwrap();
    assert_eq!(unusual(&made), Some(("F00000000101".to_owned(), false)));
    assert_eq!(unusual(&Made::hello_world()), None);
}

#[test]
fn libraries_integers_and_changed_files_are_told() {
    let mut made = Made::muscle();
    made.applets.clear();
    made.flags = 0x03;
    let found = findings(&made, &card((2, 1, 1)));
    assert!(found.contains(&CapFinding::NoApplet));
    assert!(found.contains(&CapFinding::NeedsInt));
    let changed = with(&Made::muscle(), 6, &made::component(6, b"\x00")).unwrap();
    let component = ComponentKind::Class;
    assert!(
        changed
            .check(&card((2, 1, 1)))
            .contains(&CapFinding::DirectoryDiffers { component })
    );
}
