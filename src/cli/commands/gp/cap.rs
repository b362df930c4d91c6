//! `symbolonctl gp cap`: what is in a CAP file, held against the card if there is one.

use std::path::Path;

use super::Card;
use super::keys::Access;
use crate::base::file;
use crate::base::i18n::{gettext, gettext_f};
use crate::cli::arguments::{Cap, Globals, KeyChoice};
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::gp_json::CapDocument;
use crate::cli::gp_page;
use crate::cli::output::Output;
use crate::cli::session::Found;
use crate::explain::{cap as words, card_manager};
use crate::plan::content::{CapFile, CardSide, card_side};
use crate::token::Text;

/// The largest file that is read, in bytes: more than any package has.
const MAX_LEN: u64 = 2 * 1024 * 1024;

/// Shows a file.
pub(super) fn run(choice: &Cap, globals: &Globals, output: &mut Output) -> Result<(), End> {
    let Some(path) = &choice.file else {
        return output.result(gp_page::building(output.style()));
    };
    let cap = read(path)?;
    let held = against(&choice.keys, globals, output)?;
    let side = held.as_ref().map(|(_, side)| side.clone());
    let findings = cap.check(&side.unwrap_or_default());
    let found = held.as_ref().map(|(found, _)| found);
    if globals.json {
        return output.document(&CapDocument::new(&cap, &findings, found));
    }
    let page = gp_page::cap_file(&name(path), &cap, &findings, output.style());
    output.result(page)
}

/// The card that it is held against; nothing without a card, unless one was named.
fn against(
    choice: &KeyChoice,
    globals: &Globals,
    output: &mut Output,
) -> Result<Option<(Found, CardSide)>, Trouble> {
    let named = globals.reader.is_some() || choice.source.keys.is_some();
    let mut card = match Card::reach(globals) {
        Ok(card) => card,
        Err(trouble) if !named && is_absent(&trouble) => {
            output.message(&gettext("There is no card to hold it against."));
            return Ok(None);
        }
        Err(trouble) => return Err(trouble),
    };
    let mut look = match card.look(None) {
        Ok(look) => look,
        Err(trouble) if !named && trouble.words.title == card_manager::none().title => {
            output.message(&format!("{}.", trouble.words.title));
            return Ok(None);
        }
        Err(trouble) => return Err(trouble),
    };
    if choice.source.keys.is_some() {
        let interrupt = card.session.interrupt();
        let access = Access::fetch(choice, &look.manager, interrupt, output)?;
        look = card.look(Some(access.manager()?))?;
    }
    let side = card_side(&look.manager, look.registry.as_ref());
    Ok(Some((card.found, side)))
}

fn is_absent(trouble: &Trouble) -> bool {
    matches!(trouble.exit, Exit::NoCard | Exit::NoService | Exit::Usage)
}

/// Reads a CAP or IJC file.
pub(super) fn read(path: &Path) -> Result<CapFile, Trouble> {
    let bytes = file::read_small_bytes(path, MAX_LEN).map_err(|error| {
        let file = Text::from_path(path).to_string();
        let title = gettext_f("{file} cannot be opened", &[("file", &file)]);
        let mut trouble = Trouble::usage(title, "");
        trouble.words.details = Some(error.to_string());
        trouble
    })?;
    CapFile::read(&bytes).map_err(|error| Trouble {
        exit: Exit::Refused,
        words: words::cap_error(&error),
    })
}

/// What a file is called, without its folder.
pub(super) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    Text::from_path(Path::new(name)).to_string()
}
