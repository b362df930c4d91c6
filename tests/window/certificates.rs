//! Certificates: opened, read, copied, saved to a file.

use std::fs;
use std::process::Command;

use crate::driver::{Look, Program, wait};

#[test]
fn a_certificate_is_opened_and_exported() {
    let window = Program::practising("both", Look::WIDE);
    window.tree.find_part("list item", "Thomas Mustermann");
    window.press(&["ctrl+e"]);
    let dialog = window.tree.find("window", "Thomas Mustermann");
    dialog.find_part("image", "12 days left");
    assert!(dialog.nameless().is_empty(), "{:#?}", dialog.nameless());
    window.picture("Thomas Mustermann", "certificate-soon");
    dialog.find("button", "Copy PEM").click();
    window.tree.find("status", "PEM copied");

    dialog.find("button", "Export…").click();
    let file = window.home().join("thomas.pem");
    // GTK's own window, whose role is lost on GTK 4.8.
    let chooser = window.tree.find("widget", "Export certificate");
    let name = chooser.find("text box", "Name:");
    name.set_text(file.to_str().unwrap());
    window.press(&["Return"]);
    window.tree.find("status", "Saved as thomas.pem");
    let text = wait("the file", || fs::read_to_string(&file).ok());
    assert!(text.starts_with("-----BEGIN CERTIFICATE-----\n"));
    let subject = Command::new("openssl")
        .args(["x509", "-noout", "-subject", "-in"])
        .arg(&file)
        .output()
        .expect("openssl is installed");
    let subject = String::from_utf8_lossy(&subject.stdout).into_owned();
    assert!(subject.contains("Thomas Mustermann"), "{subject}");
}

#[test]
fn an_expired_certificate_says_since_when() {
    let window = Program::practising("expired-certificate", Look::WIDE);
    window.tree.find_part("list item", "needs attention");
    window.press(&["ctrl+e"]);
    let dialog = window.tree.find("window", "Anna Rossi");
    dialog.find_part("image", "1 March 2023");
    window.picture("Anna Rossi", "certificate-expired");
}
