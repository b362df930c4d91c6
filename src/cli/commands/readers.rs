//! `symbolonctl readers`: the readers and what is in them.

use std::collections::HashMap;

use crate::backend::Event;
use crate::base::i18n::{gettext, gettext_f};
use crate::cli::arguments::{Globals, Readers};
use crate::cli::exit::{End, Trouble};
use crate::cli::json::ReadersDocument;
use crate::cli::output::Output;
use crate::cli::session::{Real, Session};
use crate::cli::state::{Seen, State};
use crate::cli::table::Table;
use crate::explain;
use crate::explain::readers::Reading;
use crate::token::{Reader, ReaderId, SlotState};

/// Runs the command.
///
/// # Errors
///
/// [`End`]: there is no reader.
pub(in crate::cli) fn run(
    command: &Readers,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let mut session = Session::open(globals, Real::Always)?;
    let readers: Vec<ReaderId> = session
        .state()
        .readers()
        .map(|known| known.reader.id)
        .collect();
    for id in readers {
        // What a token is called is known when it is read; where it cannot be, the table says so.
        let _ = session.token(id);
    }
    let state = session.state();
    let nothing = state.readers().next().is_none();
    if globals.json {
        output.document(&document(state))?;
    } else if !nothing {
        output.result(table(state))?;
    }
    if command.watch {
        if nothing {
            output.trouble(&state.nothing_there());
        }
        return watch(&mut session, globals, output);
    }
    if nothing {
        return Err(state.nothing_there().into());
    }
    if let Some(trouble) = Trouble::of_service(state.service()) {
        // Practice readers are there all the same.
        output.trouble(&trouble);
    }
    Ok(())
}

/// "Nr  State  Name  Driver  Card".
fn table(state: &State) -> String {
    let mut table = Table::new(&[
        // TRANSLATORS: Heading of a column of numbers: the shortest word for "number".
        gettext("Nr"),
        gettext("State"),
        gettext("Name"),
        gettext("Driver"),
        gettext("Card"),
    ]);
    for known in state.readers() {
        let reader = known.reader;
        table.row(vec![
            known.number.to_string(),
            slot(state, reader),
            reader.name.to_string(),
            driver(reader),
            contents(state, reader.id).unwrap_or_default(),
        ]);
    }
    table.to_text()
}

fn document(state: &State) -> ReadersDocument<'_> {
    let readers = state.readers().map(|known| {
        let token = contents(state, known.reader.id);
        (known, token)
    });
    ReadersDocument::new(state.service(), readers)
}

fn driver(reader: &Reader) -> String {
    if reader.practice {
        gettext("practice")
    } else {
        "PC/SC".to_owned()
    }
}

/// What a reader holds, without saying whose card it is.
fn slot(state: &State, reader: &Reader) -> String {
    match (&reader.slot, state.contents(reader.id)) {
        (SlotState::Present { .. }, Ok(Some((_, Seen::Unreadable(_))))) => row(reader),
        (SlotState::Present { .. }, _) => gettext("Card present"),
        _ => row(reader),
    }
}

fn row(reader: &Reader) -> String {
    explain::readers::row(reader, reader.name.as_str(), Reading::Refused).title
}

/// The name and the kind of the token in a reader, once it is read.
fn contents(state: &State, id: ReaderId) -> Option<String> {
    let (_, seen) = state.contents(id).ok().flatten()?;
    let Seen::Token(token) = seen else {
        return None;
    };
    let title = explain::token::title(&token);
    Some(explain::dotted(&[title, explain::token::subtitle(&token)]))
}

/// Reports what changes, until Ctrl+C. Nothing is asked meanwhile: the events come by themselves.
fn watch(session: &mut Session, globals: &Globals, output: &mut Output) -> Result<(), End> {
    let mut names: HashMap<ReaderId, String> = HashMap::new();
    loop {
        for known in session.state().readers() {
            names.insert(known.reader.id, known.reader.name.to_string());
        }
        let Some(event) = session.next() else {
            return Ok(());
        };
        let state = session.state();
        let Some((id, words)) = change(state, &event) else {
            continue;
        };
        if globals.json {
            output.document(&document(state))?;
            continue;
        }
        let known = id.and_then(|id| {
            let now = state.reader(id).map(|known| known.reader.name.to_string());
            now.or_else(|| names.get(&id).cloned())
        });
        let line = match known {
            Some(name) => gettext_f(
                // TRANSLATORS: What happened in a reader: "Gemalto PC Twin Reader: Empty".
                "{reader}: {what}",
                &[("reader", &name), ("what", &words)],
            ),
            None => words,
        };
        output.result(format!("{line}\n"))?;
    }
}

/// What an event means for who watches, and which reader it is about.
fn change(state: &State, event: &Event) -> Option<(Option<ReaderId>, String)> {
    match event {
        Event::ServiceChanged(service) => {
            let words = explain::readers::service(*service).map(|page| page.title);
            Some((
                None,
                words.unwrap_or_else(|| gettext("The smart card service answers")),
            ))
        }
        Event::ReaderAdded(reader) | Event::ReaderChanged(reader) => {
            Some((Some(reader.id), slot(state, reader)))
        }
        Event::ReaderRemoved(id) => Some((Some(*id), gettext("Reader removed"))),
        Event::TokenRead { identity, token } if token.complete => {
            let id = identity.reader;
            Some((Some(id), contents(state, id)?))
        }
        Event::TokenUnreadable { identity, .. } => {
            let id = identity.reader;
            Some((Some(id), slot(state, state.reader(id)?.reader)))
        }
        Event::Settled
        | Event::PlanUnfinished { .. }
        | Event::ReadingStarted(_)
        | Event::TokenRead { .. }
        | Event::Traced(_)
        | Event::Progressed { .. }
        | Event::Finished { .. } => None,
    }
}
