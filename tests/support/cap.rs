//! CAP files made for tests, piece by piece: every component with its right size, in its right order, and
//! inside of it as much as a card manager looks at. The bytecode is none.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests, and not every one needs all of it"
)]

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Tags and names of components, in the order of their tags.
pub(crate) const NAMES: [(u8, &str); 12] = [
    (1, "Header"),
    (2, "Directory"),
    (3, "Applet"),
    (4, "Import"),
    (5, "ConstantPool"),
    (6, "Class"),
    (7, "Method"),
    (8, "StaticField"),
    (9, "RefLocation"),
    (10, "Export"),
    (11, "Descriptor"),
    (12, "Debug"),
];

/// The tags in the order of loading, without Descriptor and Debug.
pub(crate) const LOAD_ORDER: [u8; 10] = [1, 2, 4, 3, 6, 7, 8, 10, 5, 9];

/// What a package shall be.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// The folder above `javacard`.
    pub(crate) path: String,
    /// Minor and major number of the format.
    pub(crate) format: [u8; 2],
    pub(crate) flags: u8,
    /// Minor and major number of the package.
    pub(crate) version: [u8; 2],
    pub(crate) package: Vec<u8>,
    /// The name in the header, which is there since format 2.2.
    pub(crate) name: Option<String>,
    /// Identifier and install offset.
    pub(crate) applets: Vec<(Vec<u8>, u16)>,
    /// Minor number, major number, identifier.
    pub(crate) imports: Vec<(u8, u8, Vec<u8>)>,
    pub(crate) static_image: u16,
    /// The contents of the components that are only carried along: tag and length.
    pub(crate) filled: Vec<(u8, u16)>,
}

impl Made {
    /// One like the MUSCLE applet for a Cyberflex Access 64k: about 14 kB.
    pub(crate) fn muscle() -> Self {
        Self {
            path: "com/musclecard/CardEdge".to_owned(),
            format: [1, 2],
            flags: 0x04,
            version: [0, 1],
            package: vec![0xA0, 0, 0, 0, 1],
            name: None,
            applets: vec![(vec![0xA0, 0, 0, 0, 1, 1], 0x0017)],
            imports: vec![
                (0, 1, vec![0xA0, 0, 0, 0, 0x62, 0x01, 0x01]),
                (0, 1, vec![0xA0, 0, 0, 0, 0x62, 0x01, 0x02]),
                (0, 1, vec![0xA0, 0, 0, 0, 0x62, 0x02, 0x01]),
                (0, 1, vec![0xA0, 0, 0, 0, 0x62, 0x00, 0x01]),
            ],
            static_image: 24,
            filled: vec![
                (5, 1204),
                (6, 92),
                (7, 11_350),
                (8, 34),
                (9, 1083),
                (11, 2417),
            ],
        }
    }

    /// kaoh's helloworld.cap, as far as the sheet "globalplatform", 5, tells it: sizes, names, flags.
    pub(crate) fn hello_world() -> Self {
        let package = vec![0xD0, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0x01];
        let mut applet = package.clone();
        applet.push(0x01);
        Self {
            path: "helloworld".to_owned(),
            applets: vec![(applet, 0x000C)],
            package,
            imports: vec![(0, 1, vec![0xA0, 0, 0, 0, 0x62, 0x01, 0x01])],
            static_image: 2,
            filled: vec![
                (5, 0x26),
                (6, 0x0C),
                (7, 0x3B),
                (8, 0x19),
                (9, 0x0F),
                (11, 0x5D),
            ],
            ..Self::muscle()
        }
    }

    /// The components in the order of their tags.
    pub(crate) fn components(&self) -> Vec<(u8, Vec<u8>)> {
        let mut infos = vec![(1, self.header()), (3, self.applet()), (4, self.import())];
        for (tag, len) in &self.filled {
            infos.push((*tag, filling(*tag, *len)));
        }
        infos.push((2, self.directory(&infos)));
        infos.sort();
        infos
            .into_iter()
            .map(|(tag, info)| (tag, component(tag, &info)))
            .collect()
    }

    /// The `.cap` file, with what a converter puts beside the components.
    pub(crate) fn archive(&self) -> Vec<u8> {
        archive(&self.entries())
    }

    /// Names and contents of the entries of the `.cap` file.
    pub(crate) fn entries(&self) -> Vec<(String, Vec<u8>)> {
        let mut entries = vec![(
            "META-INF/MANIFEST.MF".to_owned(),
            b"Manifest-Version: 1.0\n".to_vec(),
        )];
        for (tag, bytes) in self.components() {
            let (_, name) = NAMES[usize::from(tag) - 1];
            entries.push((format!("{}/javacard/{name}.cap", self.path), bytes));
        }
        entries.push((
            format!("{}/javacard/{}.exp", self.path, "CardEdge"),
            b"\0\xFA\xCA\xDE".to_vec(),
        ));
        entries
    }

    /// The components as they are loaded, without Descriptor: what an `.ijc` file is.
    pub(crate) fn loaded(&self) -> Vec<u8> {
        let components = self.components();
        LOAD_ORDER
            .iter()
            .filter_map(|tag| components.iter().find(|(other, _)| other == tag))
            .flat_map(|(_, bytes)| bytes.clone())
            .collect()
    }

    fn header(&self) -> Vec<u8> {
        let mut info = vec![0xDE, 0xCA, 0xFF, 0xED];
        info.extend(self.format);
        info.push(self.flags);
        info.extend(self.version);
        info.extend(counted(&self.package));
        if let Some(name) = &self.name {
            info.extend(counted(name.as_bytes()));
        }
        info
    }

    fn applet(&self) -> Vec<u8> {
        let mut info = vec![u8::try_from(self.applets.len()).unwrap()];
        for (aid, offset) in &self.applets {
            info.extend(counted(aid));
            info.extend(offset.to_be_bytes());
        }
        info
    }

    fn import(&self) -> Vec<u8> {
        let mut info = vec![u8::try_from(self.imports.len()).unwrap()];
        for (minor, major, aid) in &self.imports {
            info.extend([*minor, *major]);
            info.extend(counted(aid));
        }
        info
    }

    fn directory(&self, infos: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let kinds: u8 = if self.format[0] < 2 { 11 } else { 12 };
        let own = usize::from(kinds) * 2 + 9;
        let mut info = Vec::new();
        for tag in 1..=kinds {
            let len = infos
                .iter()
                .find(|(other, _)| *other == tag)
                .map_or(0, |(_, info)| info.len());
            let len = if tag == 2 { own } else { len };
            info.extend(u16::try_from(len).unwrap().to_be_bytes());
        }
        info.extend(self.static_image.to_be_bytes());
        // Arrays filled at loading: one of twelve bytes.
        info.extend([0, 1, 0, 12]);
        info.push(u8::try_from(self.imports.len()).unwrap());
        info.push(u8::try_from(self.applets.len()).unwrap());
        info.push(0);
        info
    }
}

/// Tag and size before the contents.
pub(crate) fn component(tag: u8, info: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    bytes.extend(u16::try_from(info.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(info);
    bytes
}

/// A ZIP archive, deflated, of these entries in this order.
pub(crate) fn archive(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default();
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn counted(bytes: &[u8]) -> Vec<u8> {
    let mut counted = vec![u8::try_from(bytes.len()).unwrap()];
    counted.extend_from_slice(bytes);
    counted
}

/// Bytes that neither repeat soon nor pack well, the same each time.
fn filling(tag: u8, len: u16) -> Vec<u8> {
    let mut state = u32::from(tag) + 1;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect()
}
