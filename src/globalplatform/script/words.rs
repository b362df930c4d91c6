//! Lines and words: comments, quotation marks, lines that go on.

use super::error::{ScriptError, ScriptProblem, shown};

/// The longest text of a script, in bytes.
pub(super) const MAX_TEXT: usize = 64 * 1024;

/// The most commands of a script.
pub(super) const MAX_COMMANDS: usize = 1000;

/// A word where it stands; nothing is copied, since it may be a key.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    /// Counted from 1.
    pub(super) line: usize,
    quoted: bool,
}

impl Word<'_> {
    /// Whether it is the name of an option, as far as its form goes.
    pub(super) fn is_option(&self) -> bool {
        !self.quoted && self.text.starts_with('-')
    }
}

/// The words of the commands, one list for each. A line goes on in the next if it ends in a backslash, or
/// if the next begins with an option: gpshell knows neither, but scripts are printed that way.
pub(super) fn statements(text: &str) -> Result<Vec<Vec<Word<'_>>>, ScriptError> {
    if text.len() > MAX_TEXT {
        return Err(ScriptError::new(1, ScriptProblem::TooLarge));
    }
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut statements: Vec<Vec<Word<'_>>> = Vec::new();
    let mut goes_on = false;
    for (index, line) in text.split('\n').enumerate() {
        let number = index + 1;
        let (words, ends_open) = words(line.strip_suffix('\r').unwrap_or(line), number)?;
        if let Some(first) = words.first() {
            let continues = goes_on || first.is_option();
            let full = statements.len() == MAX_COMMANDS;
            match statements.last_mut() {
                Some(last) if continues => last.extend(words),
                None if first.is_option() => {
                    let word = shown(first.text);
                    let problem = ScriptProblem::OptionWithoutCommand { word };
                    return Err(ScriptError::new(number, problem));
                }
                _ if full => {
                    return Err(ScriptError::new(number, ScriptProblem::TooLarge));
                }
                _ => statements.push(words),
            }
        }
        goes_on = ends_open;
    }
    Ok(statements)
}

/// The words of a line up to its comment, and whether it ends in a backslash.
fn words(line: &str, number: usize) -> Result<(Vec<Word<'_>>, bool), ScriptError> {
    let error = |problem| ScriptError::new(number, problem);
    if line.chars().any(|c| c.is_control() && c != '\t') {
        return Err(error(ScriptProblem::ControlCharacter));
    }
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(BLANKS);
        if rest.is_empty() || rest.starts_with('#') || rest.starts_with("//") {
            break;
        }
        let quoted = rest.strip_prefix('"');
        let (text, tail) = match quoted {
            Some(inner) => inner
                .split_once('"')
                .ok_or_else(|| error(ScriptProblem::UnclosedQuote))?,
            None => rest.split_at(rest.find(BLANKS).unwrap_or(rest.len())),
        };
        if text.contains("${") {
            let word = shown(text);
            return Err(error(ScriptProblem::Variable { word }));
        }
        words.push(Word {
            text,
            line: number,
            quoted: quoted.is_some(),
        });
        rest = tail;
    }
    let Some(last) = words.last_mut().filter(|last| !last.quoted) else {
        return Ok((words, false));
    };
    let Some(before) = last.text.strip_suffix('\\') else {
        return Ok((words, false));
    };
    last.text = before;
    if before.is_empty() {
        words.pop();
    }
    Ok((words, true))
}

const BLANKS: [char; 2] = [' ', '\t'];
