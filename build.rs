//! Packs the icons and the style sheet into one resource file, and compiles the translations, so that the program shows them straight from the build.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a build script may stop, and says why"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    if env::var_os("CARGO_FEATURE_WINDOW").is_some() {
        glib_build_tools::compile_resources(
            &["resources", "data/icons"],
            "resources/symbolon.gresource.xml",
            "symbolon.gresource",
        );
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let locales = out.join("locale");
    compile_translations(Path::new("po"), &locales);
    println!("cargo:rustc-env=SYMBOLON_LOCALEDIR={}", locales.display());
}

/// Turns every `LL.po` in `folder` into `LL/LC_MESSAGES/symbolon.mo` below `locales`.
fn compile_translations(folder: &Path, locales: &Path) {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let source = entry.path();
        if source.extension().is_none_or(|extension| extension != "po") {
            continue;
        }
        let language = source
            .file_stem()
            .expect("a file with an extension has a stem");
        let target = locales.join(language).join("LC_MESSAGES");
        fs::create_dir_all(&target).expect("the output folder can be written");
        let compiled = Command::new("msgfmt")
            .args(["--check", "--output-file"])
            .arg(target.join("symbolon.mo"))
            .arg(&source)
            .status()
            .unwrap_or_else(|error| panic!("msgfmt, of the package gettext: {error}"));
        assert!(compiled.success(), "msgfmt refused {}", source.display());
    }
}
