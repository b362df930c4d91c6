//! `symbolonctl gp info` and `gp list`: what the card manager tells, and what is on the card.

use super::Card;
use super::keys::Access;
use crate::base::clock::now;
use crate::cli::arguments::{Globals, KeyChoice};
use crate::cli::exit::End;
use crate::cli::gp_json::{ManagerDocument, RegistryDocument};
use crate::cli::gp_page;
use crate::cli::output::Output;

/// Shows what the card manager tells without keys.
pub(super) fn info(globals: &Globals, output: &mut Output) -> Result<(), End> {
    let mut card = Card::reach(globals)?;
    let look = card.look(None)?;
    if globals.json {
        return output.document(&ManagerDocument::new(&card.found, &look));
    }
    output.result(gp_page::manager(&card.found, &look, output.style(), now()))
}

/// Lists what is on the card.
pub(super) fn list(choice: &KeyChoice, globals: &Globals, output: &mut Output) -> Result<(), End> {
    let mut card = Card::reach(globals)?;
    let before = card.look(None)?;
    let interrupt = card.session.interrupt();
    let access = Access::fetch(choice, &before.manager, interrupt, output)?;
    let look = card.look(Some(access.manager()?))?;
    if globals.json {
        return output.document(&RegistryDocument::new(&card.found, &look));
    }
    output.result(gp_page::registry(&card.found, &look, output.style()))
}
