//! `symbolonctl show`: everything on a token.

use super::plan;
use crate::base::clock::now;
use crate::base::i18n::gettext_f;
use crate::cli::arguments::Globals;
use crate::cli::exit::{End, Trouble};
use crate::cli::json::TokenDocument;
use crate::cli::output::{Mark, Output};
use crate::cli::page;
use crate::cli::session::{Real, Session};
use crate::explain;
use crate::token::ReaderId;

/// Runs the command.
///
/// # Errors
///
/// [`End`]: there is no token, or one of them cannot be read; what could be read was shown.
pub(in crate::cli) fn run(globals: &Globals, output: &mut Output) -> Result<(), End> {
    let mut session = Session::open(globals, Real::WhereMeant)?;
    let meant = session.meant(globals)?;
    let readers: Vec<ReaderId> = meant.iter().map(|known| known.reader.id).collect();
    let several = readers.len() > 1;
    let mut worst = None;
    for (id, first) in readers
        .into_iter()
        .zip(std::iter::once(true).chain(std::iter::repeat(false)))
    {
        match session.token(id) {
            Ok(found) if globals.json => output.document(&TokenDocument::new(&found))?,
            Ok(found) => {
                let gap = if first { "" } else { "\n\n" };
                let text = page::token(&found, output.style(), now());
                output.result(format!("{gap}{text}"))?;
                if let Some(unfinished) = session.state().unfinished(found.identity) {
                    let stopped = explain::plan::stopped(&unfinished);
                    let line = format!("{stopped}. {}", plan::how_to_go_on());
                    output.result(format!("\n{}\n", output.style().mark(Mark::Warning, &line)))?;
                }
            }
            Err(trouble) => {
                let known = session.state().reader(id);
                let trouble = match known {
                    Some(known) if several => in_reader(trouble, known.reader.name.as_str()),
                    Some(_) | None => trouble,
                };
                if let (Some(known), true) = (known, globals.json) {
                    output.document(&TokenDocument::unreadable(known, trouble.words.text()))?;
                }
                if let Some(before) = worst.replace(trouble) {
                    output.trouble(&before);
                }
            }
        }
    }
    worst.map_or(Ok(()), |trouble| Err(trouble.into()))
}

/// Says which reader a trouble is about.
fn in_reader(mut trouble: Trouble, name: &str) -> Trouble {
    trouble.words.title = gettext_f(
        // TRANSLATORS: {what} is "The card does not answer", for example.
        "{what} ({reader})",
        &[("what", &trouble.words.title), ("reader", name)],
    );
    trouble
}
