#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod card;
mod refused;

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
