//! What a run under a condition must have in common with the run at an ordinary desk.

use serde_json::Value;

use crate::commands::Command;
use crate::conditions::{Condition, Differs, Home, Streams};
use crate::desk::Ended;

/// Exit codes of the manual page.
const DONE: Option<i32> = Some(0);
const REFUSED: Option<i32> = Some(1);
const USAGE: Option<i32> = Some(2);

/// Compares the runs.
///
/// # Errors
///
/// What is not as it must be.
pub(crate) fn judge(
    condition: &Condition,
    command: &Command,
    ordinary: &Ended,
    ended: &Ended,
) -> Result<(), String> {
    let is_ok = |so: bool, what: &str| if so { Ok(()) } else { Err(what.to_owned()) };
    is_ok(ended.code.is_some_and(|code| code < 100), "it broke down")?;
    is_ok(!ended.stderr.contains("panicked"), "it panicked")?;
    if command.writes.is_some() && condition.home != Home::Usual {
        return unwritable(condition, ended);
    }
    let no_input = matches!(condition.streams, Streams::NoInput | Streams::Nothing);
    if command.reads() && no_input {
        is_ok(
            ended.code == USAGE,
            "no secret could be read, yet it did not say so",
        )?;
        return is_ok(ended.stdout.is_empty(), "a result without a secret");
    }
    left(condition, command, ordinary, ended)?;
    let wrote = !ordinary.stdout.is_empty();
    let (mut code, mut stdout, mut stderr) = (ordinary.code, true, true);
    match condition.streams {
        Streams::Usual | Streams::NoInput => {}
        Streams::NoOutput => stdout = false,
        // Who closed the pipe has seen enough: it ends there and then.
        Streams::BrokenPipe if wrote => {
            (stdout, stderr, code) = (false, false, DONE);
            is_ok(ordinary.stderr.starts_with(&ended.stderr), "words about it")?;
        }
        Streams::BrokenPipe => stdout = false,
        Streams::NoErrors | Streams::FullErrors => stderr = false,
        Streams::Nothing => (stdout, stderr) = (false, false),
        Streams::FullOutput if wrote => {
            (stdout, stderr) = (false, false);
            // What was done stays done; what was only to be told was not told.
            code = if command.is_deed() {
                ordinary.code
            } else {
                REFUSED
            };
            is_ok(
                ended.stderr.contains("No space left on device"),
                "it did not say that the result is lost",
            )?;
        }
        Streams::FullOutput => stdout = false,
    }
    is_ok(ended.code == code, &format!("the code is not {code:?}"))?;
    if stdout {
        same(
            "standard output",
            condition,
            command,
            &ordinary.stdout,
            &ended.stdout,
        )?;
    } else {
        is_ok(ended.stdout.is_empty(), "words where nobody listens")?;
    }
    if stderr {
        let (one, other) = (ordinary.stderr.as_bytes(), ended.stderr.as_bytes());
        same("standard error", condition, command, one, other)?;
    }
    Ok(())
}

/// A file that cannot be written is named, with the reason, and nothing of it is left.
fn unwritable(condition: &Condition, ended: &Ended) -> Result<(), String> {
    let reason = match condition.home {
        Home::ReadOnly => "Permission denied",
        Home::Full => "No space left on device",
        Home::Absent => "No such file or directory",
        Home::File => "Not a directory",
        Home::Usual => "",
    };
    if ended.code != REFUSED {
        return Err("the file cannot be written, yet the code does not say so".to_owned());
    }
    if !ended.stderr.contains("HOME/a.") || !ended.stderr.contains(reason) {
        return Err(format!("it does not name the file and “{reason}”"));
    }
    match ended.left.as_slice() {
        [] => Ok(()),
        left => Err(format!("something is left: {left:?}")),
    }
}

/// The home holds afterwards what the command writes, and nothing else.
fn left(
    condition: &Condition,
    command: &Command,
    ordinary: &Ended,
    ended: &Ended,
) -> Result<(), String> {
    let names: Vec<&str> = ended.left.iter().map(|(name, _)| name.as_str()).collect();
    let wanted: Vec<&str> = command.writes.into_iter().collect();
    if names != wanted {
        return Err(format!("left in the home: {:?}", ended.left));
    }
    if condition.differs != Differs::Words && ended.left != ordinary.left {
        return Err(format!("{:?} and not {:?}", ended.left, ordinary.left));
    }
    Ok(())
}

/// Whether two texts are the same, as far as the condition wants it.
fn same(
    what: &str,
    condition: &Condition,
    command: &Command,
    one: &[u8],
    other: &[u8],
) -> Result<(), String> {
    let alike = match condition.differs {
        Differs::HelpLines if command.is_help() => words(one) == words(other),
        Differs::Nothing | Differs::HelpLines => one == other,
        Differs::Words if command.is_json() && what == "standard output" => {
            plain(one) == plain(other)
        }
        // "v1.2", "9A" and dates have the same numbers in every language, in the same order.
        Differs::Words => numbers(one) == numbers(other),
    };
    if alike {
        return Ok(());
    }
    let shown = String::from_utf8_lossy(one);
    Err(format!("{what} differs; it was\n{shown}\nand is not"))
}

fn words(text: &[u8]) -> Vec<&[u8]> {
    let parts = text.split(u8::is_ascii_whitespace);
    parts.filter(|part| !part.is_empty()).collect()
}

fn numbers(text: &[u8]) -> Vec<&[u8]> {
    let parts = text.split(|byte| !byte.is_ascii_digit());
    parts.filter(|part| !part.is_empty()).collect()
}

/// A document without what the description of the format calls words "for people".
fn plain(text: &[u8]) -> Option<Vec<Value>> {
    let mut documents = Vec::new();
    for document in serde_json::Deserializer::from_slice(text).into_iter() {
        let mut document = document.ok()?;
        take_words(&mut document);
        documents.push(document);
    }
    Some(documents)
}

fn take_words(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let for_people = |name: &str, value: &Value| {
                matches!(name, "token" | "title" | "description") && value.is_string()
            };
            for (name, member) in members {
                if for_people(name, member) {
                    *member = Value::from("words");
                } else {
                    take_words(member);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(take_words),
        _ => {}
    }
}
