//! Scripts of gpshell, read whole before anything of them is done, and written (sheet "globalplatform",
//! 3).

mod command;
mod error;
mod key;
mod options;
mod parse;
#[cfg(test)]
mod tests;
mod words;
mod write;

pub use command::{
    CardConnect, Derivation, Get, Install, InstallForInstall, InstallForLoad, Keys, Limits, Mode,
    OpenChannel, Plain, PutKeys, ScriptCommand, SendApdu,
};
pub use error::{ScriptError, ScriptProblem, Unwritable};
pub use key::{Apdu, Key};
pub use write::WrittenKeys;

/// A script: what is done with a card, in order.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Script {
    /// The commands.
    pub steps: Vec<Step>,
}

/// A command and where it stands.
#[derive(Debug)]
pub struct Step {
    /// The line that it begins in, counted from 1; 0 if it does not come from a text.
    pub line: usize,
    /// What is done.
    pub command: ScriptCommand,
}

/// Where a command stands makes it no other one.
impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.command == other.command
    }
}

impl Eq for Step {}

impl Script {
    /// The largest text that is read, in bytes.
    pub const MAX_LEN: usize = words::MAX_TEXT;

    /// Reads a script whole. Keys go from the text into locked memory and nowhere else; the text is the
    /// caller's to wipe.
    ///
    /// # Errors
    ///
    /// [`ScriptError`] for the first line that is not understood.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let mut steps = Vec::new();
        for words in words::statements(text)? {
            // No list is empty.
            let Some((name, rest)) = words.split_first() else {
                continue;
            };
            steps.push(Step {
                line: name.line,
                command: parse::command(*name, rest)?,
            });
        }
        Ok(Self { steps })
    }

    /// The script as a text that [`Script::parse`] reads as the same commands, one a line; but for keys,
    /// which are written as far as `keys` allows, and for commands sent as they are that may hold a PIN:
    /// for both there is a comment instead.
    ///
    /// # Errors
    ///
    /// [`Unwritable`] if a file or reader has a name that no script can hold. No script that was read has
    /// one.
    pub fn write(&self, keys: WrittenKeys) -> Result<String, Unwritable> {
        let mut text = String::new();
        for (index, step) in self.steps.iter().enumerate() {
            let line = write::line(&step.command, keys);
            text.push_str(&line.ok_or_else(|| write::unwritable(index))?);
        }
        Ok(text)
    }
}

impl From<ScriptCommand> for Step {
    fn from(command: ScriptCommand) -> Self {
        Self { line: 0, command }
    }
}
