//! Files: settings in TOML, and bytes that a person wrote in hexadecimal.

use std::path::PathBuf;
use std::sync::OnceLock;

use symbolon::base::hex;
use symbolon::base::settings::Settings;

pub(crate) fn run(bytes: &[u8]) {
    settings(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Some(decoded) = hex::decode(text) {
            assert!(decoded.len() * 2 <= text.len());
            assert_eq!(hex::decode(&hex::encode(&decoded)), Some(decoded));
        }
    }
    assert_eq!(hex::decode(&hex::encode(bytes)).as_deref(), Some(bytes));
    assert_eq!(hex::decode(&hex::grouped(bytes, 4)).as_deref(), Some(bytes));
}

/// Whatever the file holds there are settings, and what is saved is what is loaded.
fn settings(bytes: &[u8]) {
    let path = path();
    std::fs::write(path, bytes).expect("a file in the folder for temporary files");
    let settings = Settings::load(path);
    settings.save(path).expect("settings that can be saved");
    assert_eq!(
        Settings::load(path),
        settings,
        "other settings than were saved"
    );
}

/// A file of this process, made anew for each input.
fn path() -> &'static PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let memory = PathBuf::from("/dev/shm");
        let folder = if memory.is_dir() {
            memory
        } else {
            std::env::temp_dir()
        };
        folder.join(format!("symbolon-fuzz-{}.toml", std::process::id()))
    })
}
