//! `symbolonctl card`: what the card below the applications tells of itself.

use crate::backend::{Command, Done, Failure};
use crate::cli::arguments::Globals;
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::json::CardDocument;
use crate::cli::output::Output;
use crate::cli::page;
use crate::cli::session::{Real, Session};
use crate::explain;

/// Runs `card info`.
///
/// # Errors
///
/// [`End`]: there is no token, it is no CardOS card, or it cannot be read.
pub(in crate::cli) fn info(globals: &Globals, output: &mut Output) -> Result<(), End> {
    let mut session = Session::open(globals, Real::WhereMeant)?;
    let reader = session.meant_one(globals)?;
    let found = session.token(reader)?;
    if found.token.card.system.is_none() {
        let (title, body) = explain::cardos::only_cardos(&found.token);
        return Err(Trouble::new(Exit::Refused, title, body).into());
    }
    let identity = found.identity;
    let done = session.run(Command::ReadSheet { identity }, |_| {});
    let Done::Sheet(sheet) = done.map_err(|failure| Trouble::of(&failure))? else {
        return Err(Trouble::of(&Failure::Closing).into());
    };
    if globals.json {
        return output.document(&CardDocument::new(&found, &sheet));
    }
    output.result(page::sheet(&found, &sheet, output.style()))
}
