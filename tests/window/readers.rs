//! The sidebar, and the pages without a token.

use crate::driver::{Look, Program};

#[test]
fn every_reader_has_a_line_and_the_first_token_is_shown() {
    let window = Program::practising("piv-used,openpgp-used,unknown", Look::WIDE);
    window.tree.find(
        "list item",
        "Thomas Mustermann, Practice card, needs attention",
    );
    window.tree.find("list item", "Unknown card, Practice card");
    window.picture("Symbolon", "first-look");
    eprintln!("{}", window.tree.dump());
}
