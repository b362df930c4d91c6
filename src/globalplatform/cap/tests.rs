#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use super::made::{self, Made};
use super::*;
use crate::base::hex;

fn aid(text: &str) -> Aid {
    Aid::new(&hex::decode(text).unwrap()).unwrap()
}

/// The archive with one component replaced, and whatever it is then.
fn with(made: &Made, tag: u8, bytes: &[u8]) -> Result<CapFile, CapError> {
    let (_, name) = made::NAMES[usize::from(tag) - 1];
    let mut entries = made.entries();
    let file = format!("/{name}.cap");
    entries
        .iter_mut()
        .find(|(entry, _)| entry.ends_with(&file))
        .unwrap()
        .1 = bytes.to_vec();
    CapFile::read(&made::archive(&entries))
}

fn with_entry(name: &str, bytes: &[u8]) -> Result<CapFile, CapError> {
    let mut entries = Made::muscle().entries();
    entries.push((name.to_owned(), bytes.to_vec()));
    CapFile::read(&made::archive(&entries))
}

#[test]
fn hello_world_is_loaded_as_it_was_seen_on_the_wire() {
    let cap = CapFile::read(&Made::hello_world().archive()).unwrap();
    assert_eq!(cap.package(), &aid("D0D1D2D3D4D501"));
    assert_eq!(cap.package_version().to_string(), "1.0");
    assert_eq!(cap.format().to_string(), "2.1");
    assert_eq!(cap.flags(), CapFlags(0x04));
    assert!(cap.flags().has_applets() && !cap.flags().exports() && !cap.flags().uses_int());
    let applet = InstallableApplet {
        aid: aid("D0D1D2D3D4D50101"),
        install_offset: 0x000C,
    };
    assert_eq!(cap.applets(), [applet]);
    assert_eq!(cap.imports().len(), 1);
    assert_eq!(cap.framework().unwrap().to_string(), "1.0");
    assert_eq!(cap.java_card().unwrap().to_string(), "2.1.1");
    assert_eq!(cap.size(true), 0x0157);
    // The bytes of the LOAD command, from the sheet.
    let head = hex::decode(
        "01 0011 DECAFFED 01 02 04 00 01 07 D0D1D2D3D4D501
         02 001F 0011 001F 000C 000B 0026 000C 003B 0019 000F 0000 005D 0002 0001 000C 01 01 00
         04 000B 01 00 01 07 A0000000620101 03 000C 01 08 D0D1D2D3D4D50101 000C 06 000C",
    )
    .unwrap();
    assert!(cap.load_file(true).starts_with(&head));
}

#[test]
fn archive_and_raw_form_are_the_same_package() {
    let made = Made::muscle();
    let cap = CapFile::read(&made.archive()).unwrap();
    let raw = CapFile::read(&made.loaded()).unwrap();
    assert_eq!(cap.container(), Container::Archive);
    assert_eq!(raw.container(), Container::Raw);
    assert_eq!(cap.load_file(false), made.loaded());
    assert_eq!(raw.load_file(true), made.loaded());
    assert_eq!(cap.applets(), raw.applets());
    assert_eq!(cap.imports(), raw.imports());
    assert_eq!(cap.name().unwrap().as_str(), "com/musclecard/CardEdge");
    assert_eq!(raw.name(), None);
    assert!((13_500..14_500).contains(&cap.size(false)));
    assert_eq!(cap.size(true), cap.size(false) + 3 + 2417);
    assert_eq!(cap.components().count(), 10);
    assert_eq!(
        cap.sizes().map(|(_, size)| size).sum::<usize>(),
        cap.size(true)
    );
    assert_eq!(
        known::applet(&cap.applets()[0].aid),
        Some(known::KnownApplet::Muscle)
    );
    let names: Vec<_> = cap
        .imports()
        .iter()
        .map(|import| known::package(&import.aid).unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "javacard.framework",
            "javacard.security",
            "javacardx.crypto",
            "java.lang"
        ]
    );
}

#[test]
fn digests_are_those_of_what_is_sent() {
    let cap = CapFile::read(&Made::hello_world().archive()).unwrap();
    assert_ne!(cap.sha1(true), cap.sha1(false));
    let expected: [u8; 32] = Sha256::digest(Made::hello_world().loaded()).into();
    assert_eq!(cap.sha256(false), expected);
    let expected: [u8; 20] = Sha1::digest(Made::hello_world().loaded()).into();
    assert_eq!(cap.sha1(false), expected);
}

#[test]
fn debug_is_told_and_never_loaded() {
    let mut made = Made::muscle();
    made.format = [2, 2];
    made.name = Some("com/example/edge".to_owned());
    made.filled.push((12, 60_000));
    let cap = CapFile::read(&made.archive()).unwrap();
    assert_eq!(cap.components().last(), Some(ComponentKind::Debug));
    assert_eq!(cap.load_file(false), made.loaded());
    assert_eq!(cap.name().unwrap().as_str(), "com/example/edge");
    assert!(
        !cap.check(&CardSide::default())
            .iter()
            .any(|finding| matches!(finding, CapFinding::DirectoryDiffers { .. }))
    );
}

#[test]
fn a_name_that_only_ends_like_a_component_is_none() {
    let cap = with_entry("com/musclecard/CardEdge/javacard/MyHeader.cap", b"\x01").unwrap();
    assert_eq!(cap.package(), &aid("A000000001"));
    with_entry("APPLET-INF/Header.cap", b"\x01").unwrap();
}

#[test]
fn what_is_no_cap_file_is_told() {
    for bytes in [
        &b""[..],
        b"\x01",
        b"MZ\x90\x00",
        b"\x01\x00\x11\x00\x00\x00\x00",
    ] {
        assert_eq!(CapFile::read(bytes), Err(CapError::NotACap), "{bytes:02X?}");
    }
    let other = [("readme.txt".to_owned(), b"hello".to_vec())];
    assert_eq!(
        CapFile::read(&made::archive(&other)),
        Err(CapError::NotACap)
    );
    assert_eq!(CapFile::read(b"PK\x03\x04"), Err(CapError::DamagedArchive));
    assert_eq!(
        CapFile::read(&vec![0; container::MAX_FILE + 1]),
        Err(CapError::TooLarge)
    );
}

#[test]
fn a_bomb_is_not_unfolded() {
    // A thousandth of its size in the archive.
    let zeros = vec![0; 50 * 1024 * 1024];
    let mut entries = Made::muscle().entries();
    entries.retain(|(name, _)| !name.ends_with("/Method.cap"));
    entries.push(("x/javacard/Method.cap".to_owned(), zeros));
    let archive = made::archive(&entries);
    assert!(archive.len() < 200_000);
    assert_eq!(CapFile::read(&archive), Err(CapError::Bomb));
    // No component is too large, all of them are.
    let mut made = Made::muscle();
    for (_, len) in &mut made.filled {
        *len = 30_000;
    }
    assert_eq!(CapFile::read(&made.archive()), Err(CapError::Bomb));
    assert_eq!(CapFile::read(&made.loaded()), Err(CapError::Bomb));
}

#[test]
fn names_that_lead_out_of_the_archive_are_refused() {
    for name in [
        "../Header.cap",
        "a/../../etc/passwd",
        "/etc/Header.cap",
        "\\windows\\Header.cap",
        "a\\..\\..\\b",
        "c:/Header.cap",
    ] {
        let refused = with_entry(name, b"").unwrap_err();
        assert!(
            matches!(&refused, CapError::UnsafeName { name: told } if told.raw() == name.as_bytes()),
            "{name}: {refused:?}"
        );
    }
}

#[test]
fn two_components_of_one_name_are_refused() {
    let applet = Some(ComponentKind::Applet);
    assert_eq!(
        with_entry("other/javacard/Applet.cap", b"\x03\x00\x00"),
        Err(CapError::Repeated { component: applet })
    );
    // The same full name: no archiver writes that, so it is written over another.
    let mut archive = Made::muscle().archive();
    let (from, to) = (b"/Applet.cap", b"/Import.cap");
    for at in 0..archive.len() - from.len() {
        if archive[at..].starts_with(from) {
            archive[at..at + to.len()].copy_from_slice(to);
        }
    }
    assert_eq!(
        CapFile::read(&archive),
        Err(CapError::Repeated { component: None })
    );
    let mut raw = Made::muscle().loaded();
    raw.extend(made::component(3, &[0]));
    assert_eq!(
        CapFile::read(&raw),
        Err(CapError::Repeated { component: applet })
    );
}

#[test]
fn sizes_have_to_be_true() {
    let component = ComponentKind::Method;
    assert_eq!(
        with(&Made::muscle(), 7, b"\x07\xFF\xFF\x00"),
        Err(CapError::Size {
            component,
            says: 0xFFFF,
            has: 1
        })
    );
    assert_eq!(
        with(&Made::muscle(), 7, b"\x07\x00\x00\x00"),
        Err(CapError::Size {
            component,
            says: 0,
            has: 1
        })
    );
    assert_eq!(
        with(&Made::muscle(), 7, b"\x07\x00"),
        Err(CapError::Truncated { component })
    );
    let mut raw = Made::muscle().loaded();
    raw.extend(b"\x0B\xFF\xFF\x00");
    let component = ComponentKind::Descriptor;
    assert_eq!(
        CapFile::read(&raw),
        Err(CapError::Size {
            component,
            says: 0xFFFF,
            has: 1
        })
    );
    raw.truncate(raw.len() - 2);
    assert_eq!(CapFile::read(&raw), Err(CapError::Truncated { component }));
}

#[test]
fn a_header_has_to_be_one() {
    let made = Made::muscle();
    let entries: Vec<_> = made
        .entries()
        .into_iter()
        .filter(|(name, _)| !name.ends_with("/Header.cap"))
        .collect();
    assert_eq!(
        CapFile::read(&made::archive(&entries)),
        Err(CapError::NoHeader)
    );
    assert_eq!(
        with(&made, 1, &made::component(1, b"\xDE\xCA\xFF\xEE\x01\x02")),
        Err(CapError::Magic)
    );
    let component = ComponentKind::Header;
    for cut in [
        b"".as_slice(),
        b"\xDE\xCA",
        b"\xDE\xCA\xFF\xED\x01\x02\x04\x00\x01\x07",
    ] {
        assert_eq!(
            with(&made, 1, &made::component(1, cut)),
            Err(CapError::Truncated { component })
        );
    }
    assert_eq!(
        with(&made, 1, &made::component(2, b"")),
        Err(CapError::WrongTag { component, tag: 2 })
    );
}

#[test]
fn identifiers_have_five_to_sixteen_bytes_everywhere() {
    for len in [0, 4, 17, 255] {
        let mut made = Made::muscle();
        made.package = vec![0xA0; len];
        let component = ComponentKind::Header;
        assert_eq!(
            CapFile::read(&made.archive()),
            Err(CapError::AidLength { component, len })
        );
        let mut made = Made::muscle();
        made.applets[0].0 = vec![0xA0; len];
        let component = ComponentKind::Applet;
        assert_eq!(
            CapFile::read(&made.loaded()),
            Err(CapError::AidLength { component, len })
        );
        let mut made = Made::muscle();
        made.imports[0].2 = vec![0xA0; len];
        let component = ComponentKind::Import;
        assert_eq!(
            CapFile::read(&made.archive()),
            Err(CapError::AidLength { component, len })
        );
    }
}

#[test]
fn extended_files_and_unknown_components_are_not_read() {
    assert_eq!(
        with_entry("com/example/javacard/Header.capx", b""),
        Err(CapError::Extended)
    );
    let mut made = Made::muscle();
    made.flags = 0x0C;
    assert_eq!(CapFile::read(&made.archive()), Err(CapError::Extended));
    let mut raw = Made::muscle().loaded();
    raw.extend(b"\x80\x00\x00");
    assert_eq!(
        CapFile::read(&raw),
        Err(CapError::UnknownComponent { tag: 0x80 })
    );
}

#[test]
fn lists_that_promise_more_than_there_is_are_cut_short() {
    for (tag, component) in [(3, ComponentKind::Applet), (4, ComponentKind::Import)] {
        assert_eq!(
            with(&Made::muscle(), tag, &made::component(tag, b"\xFF")),
            Err(CapError::Truncated { component })
        );
    }
    let component = ComponentKind::Directory;
    assert_eq!(
        with(&Made::muscle(), 2, &made::component(2, b"\x00\x11")),
        Err(CapError::Truncated { component })
    );
}

#[test]
fn a_damaged_entry_is_noticed() {
    let mut archive = Made::muscle().archive();
    let middle = archive.len() / 2;
    archive[middle] ^= 0x55;
    assert!(matches!(
        CapFile::read(&archive),
        Err(CapError::DamagedArchive | CapError::Bomb)
    ));
    archive.truncate(middle);
    assert_eq!(CapFile::read(&archive), Err(CapError::DamagedArchive));
}

mod on_a_card {
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
}

#[test]
fn known_names_are_told_by_prefix_but_not_those_of_muscle() {
    use known::KnownApplet;
    assert_eq!(
        known::applet(&aid("A000000308000010000100")),
        Some(KnownApplet::Piv)
    );
    assert_eq!(
        known::applet(&aid("D2760001240103040006")),
        Some(KnownApplet::OpenPgp)
    );
    assert_eq!(known::applet(&aid("A000000001010203")), None);
    assert_eq!(
        known::applet(&aid("A0000003230101")),
        Some(KnownApplet::MuscleOlder)
    );
    assert_eq!(
        known::package(&aid("A0000000030000")),
        Some("visa.openplatform")
    );
    assert_eq!(known::package(&aid("A0000000030001")), None);
}

#[test]
fn the_recipe_is_that_of_the_howto() {
    use building::{BuildFile, FACTS};
    let value = |property| {
        FACTS
            .iter()
            .find(|fact| fact.property == property)
            .map(|fact| fact.value)
    };
    assert_eq!(value("VM_SOURCE_VERSION"), Some("1.2"));
    assert_eq!(value("VM_TARGET_VERSION"), Some("1.1"));
    let flags: Vec<_> = FACTS
        .iter()
        .filter(|fact| fact.file == BuildFile::Capabilities)
        .map(|fact| fact.property)
        .collect();
    assert_eq!(flags, ["-DWITH_RSA_2048", "-DWITH_SIGN"]);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_a_package_or_an_error(bytes: Vec<u8>, form in 0..3) {
        let mut file = match form {
            0 => Vec::new(),
            1 => b"PK\x03\x04".to_vec(),
            _ => b"\x01\x00\x11\xDE\xCA\xFF\xED".to_vec(),
        };
        file.extend(bytes);
        let _ = CapFile::read(&file);
    }

    #[test]
    fn changed_files_are_a_package_or_an_error(
        changes in proptest::collection::vec((0..20_000_usize, 0..=255_u8), 1..6),
        cut in 0..20_000_usize,
        archive: bool,
    ) {
        let made = Made::muscle();
        let mut file = if archive { made.archive() } else { made.loaded() };
        for (at, to) in changes {
            let at = at % file.len();
            // Where it hurts: in the first components and in the directory of the archive.
            let at = match at % 3 {
                0 => at % 200,
                1 => file.len() - 1 - at % 1000,
                _ => at,
            };
            file[at] = to;
        }
        file.truncate(file.len().max(cut).min(cut + file.len() / 2));
        if let Ok(cap) = CapFile::read(&file) {
            proptest::prop_assert!(cap.size(true) <= container::MAX_COMPONENTS);
            proptest::prop_assert_eq!(cap.load_file(false).len(), cap.size(false));
            let _ = cap.check(&CardSide::default());
            // What is loaded is a package too, and the same one.
            let again = CapFile::read(&cap.load_file(true)).unwrap();
            proptest::prop_assert_eq!(again.package(), cap.package());
            proptest::prop_assert_eq!(again.load_file(true), cap.load_file(true));
        }
    }
}
