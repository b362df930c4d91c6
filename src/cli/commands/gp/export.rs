//! `symbolonctl gp export`: the loading of a package as a script of gpshell.

use super::cap;
use super::content::wish;
use crate::base::i18n::gettext;
use crate::cli::arguments::{PackageChoice, Target};
use crate::cli::commands::certificates::write;
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::output::Output;
use crate::plan::content::Opening;
use crate::plan::content::script::WrittenKeys;
use crate::plan::gpshell::to_script;

/// Writes a script.
pub(super) fn run(choice: &PackageChoice, target: &Target, output: &mut Output) -> Result<(), End> {
    let package = cap::read(&choice.file)?;
    let wish = wish(choice, &package)?;
    let tasks = wish.tasks(&package, &cap::name(&choice.file));
    let script = to_script(&Opening::default(), &tasks);
    let text = script.write(WrittenKeys::None).map_err(|_| {
        Trouble::new(
            Exit::Refused,
            gettext("The file has a name that no script can hold"),
            "",
        )
    })?;
    write(text.as_bytes(), target, output)
}
