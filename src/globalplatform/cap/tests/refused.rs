use super::*;

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
