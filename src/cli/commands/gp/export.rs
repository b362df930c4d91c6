//! `symbolonctl gp export`, and `--export` of each change: what would be done as a script of gpshell.

use std::path::Path;

use super::content::wish;
use super::{cap, keys};
use crate::base::i18n::{gettext, gettext_f};
use crate::cli::arguments::{OpeningChoice, PackageChoice, Target};
use crate::cli::commands::certificates::write;
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::output::Output;
use crate::explain::gpshell as words;
use crate::plan::Task;
use crate::plan::content::Opening;
use crate::plan::content::script::WrittenKeys;
use crate::plan::gpshell::{ExportError, to_script};
use crate::token::Text;

/// Writes the loading of a package.
pub(super) fn run(
    choice: &PackageChoice,
    opening: OpeningChoice,
    target: &Target,
    output: &mut Output,
) -> Result<(), End> {
    let package = cap::read(&choice.file)?;
    let wish = wish(choice, &package)?;
    let tasks = wish.tasks(&package, &cap::name(&choice.file));
    let text = script(&keys::opening(opening), &tasks)?;
    write(text.as_bytes(), target, output)
}

/// Writes steps to a new file, or to standard output if it is called "-".
pub(super) fn to_file(
    opening: &Opening,
    tasks: &[Task],
    path: &Path,
    output: &mut Output,
) -> Result<(), End> {
    let text = script(opening, tasks)?;
    if path == Path::new("-") {
        return output.result(text);
    }
    if path.exists() {
        let name = Text::from_path(path).to_string();
        let title = gettext_f("{file} exists already", &[("file", &name)]);
        return Err(Trouble::new(Exit::Refused, title, gettext("Nothing was written.")).into());
    }
    let target = Target {
        output: Some(path.to_owned()),
        force: false,
    };
    write(text.as_bytes(), &target, output)
}

/// It cannot be written.
pub(super) fn refused(error: ExportError) -> Trouble {
    Trouble {
        exit: Exit::Refused,
        words: words::export_error(error),
    }
}

fn script(opening: &Opening, tasks: &[Task]) -> Result<String, Trouble> {
    let script = to_script(opening, tasks).map_err(refused)?;
    script.write(WrittenKeys::None).map_err(|_| {
        Trouble::new(
            Exit::Refused,
            gettext("The file has a name that no script can hold"),
            "",
        )
    })
}
