//! `symbolonctl apdu`: commands as they stand.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;

use zeroize::Zeroizing;

use crate::backend::{Command, Done, StatusWord, hands_over_secret};
use crate::base::hex;
use crate::base::i18n::{gettext, gettext_f, ngettext_f};
use crate::base::secret::Secret;
use crate::base::terminal::{Answer, Terminal};
use crate::cli::arguments::{Apdu, Globals};
use crate::cli::exit::{End, Exit, Trouble};
use crate::cli::json::{AnswerPart, AnswersDocument};
use crate::cli::output::Output;
use crate::cli::session::{Real, Session};
use crate::explain;
use crate::token::{Identity, ReaderId, Text};

/// The shortest command: CLA, INS, P1, P2 (ISO/IEC 7816-4:2020, 5.2).
const MIN_LEN: usize = 4;

/// The longest command: an extended one with 65,535 bytes of data and both lengths.
const MAX_LEN: usize = 4 + 3 + 65_535 + 2;

/// The longest file of commands that is read, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// Runs the command.
///
/// # Errors
///
/// [`End`]: nothing was sent, or one of the answers is no success.
pub(in crate::cli) fn run(
    command: &Apdu,
    globals: &Globals,
    output: &mut Output,
) -> Result<(), End> {
    let commands = commands(command)?;
    // Without a terminal there is nobody who could say yes.
    let terminal = if command.yes {
        None
    } else {
        Some(Terminal::open().map_err(|_| unasked())?)
    };
    let mut session = Session::open(globals, Real::WhereMeant)?;
    let id = session.meant_one(globals)?;
    // The first reading is over before the first command: no SELECT of ours comes between.
    let identity = match session.token(id) {
        Ok(found) => found.identity,
        Err(trouble) => session.card(id).map_err(|_| trouble)?,
    };
    if let Some(mut terminal) = terminal {
        ask(&mut terminal, &session, id, commands.len())?;
    }
    let answers = send(&mut session, identity, commands, globals, output)?;
    output.message(&gettext(
        "These commands went to the card as they were. What was shown of the token before may no longer be true.",
    ));
    if globals.json
        && let Some(known) = session.state().reader(id)
    {
        let parts = answers.iter().map(part).collect();
        output.document(&AnswersDocument::new(known, parts))?;
    }
    match answers.iter().find(|answer| !answer.sw.is_ok()) {
        None => Ok(()),
        Some(refused) => Err(Trouble::new(
            Exit::Refused,
            gettext("Not every command was carried out"),
            gettext_f(
                "The first other answer is {status}.",
                &[("status", &explain::status::named(refused.sw))],
            ),
        )
        .into()),
    }
}

/// What a card answered to one command.
struct Answered {
    data: Vec<u8>,
    sw: StatusWord,
}

impl Answered {
    /// From the bytes of a response; the last two are the status word.
    fn new(mut response: Vec<u8>) -> Option<Self> {
        let low = response.pop()?;
        let high = response.pop()?;
        Some(Self {
            data: response,
            sw: StatusWord(u16::from_be_bytes([high, low])),
        })
    }
}

fn part(answer: &Answered) -> AnswerPart {
    AnswerPart {
        data: hex::encode(&answer.data),
        status: format!("{:04X}", answer.sw.0),
        meaning: answer.sw.meaning(),
    }
}

/// Sends one command after the other; each answer is shown as it comes.
fn send(
    session: &mut Session,
    identity: Identity,
    commands: Vec<Secret>,
    globals: &Globals,
    output: &mut Output,
) -> Result<Vec<Answered>, End> {
    let mut answers = Vec::new();
    for bytes in commands {
        let request = Command::Send { identity, bytes };
        let done = session
            .run(request, |_| {})
            .map_err(|failure| Trouble::of(&failure))?;
        let Done::Answered(response) = done else {
            continue;
        };
        let Some(answer) = Answered::new(response) else {
            let title = gettext("The card answered with less than a status word");
            return Err(Trouble::new(Exit::Refused, title, "").into());
        };
        if !globals.json {
            let gap = if answers.is_empty() { "" } else { "\n" };
            output.result(format!("{gap}{}", text(&answer)))?;
        }
        answers.push(answer);
    }
    Ok(answers)
}

/// The data in lines of sixteen bytes, then the status word with its meaning.
fn text(answer: &Answered) -> String {
    let mut text = String::new();
    for line in answer.data.chunks(16) {
        text.push_str(&hex::grouped(line, 1));
        text.push('\n');
    }
    text.push_str(&explain::status::named(answer.sw));
    text.push('\n');
    text
}

fn ask(
    terminal: &mut Terminal,
    session: &Session,
    id: ReaderId,
    count: usize,
) -> Result<(), Trouble> {
    let reader = session
        .state()
        .reader(id)
        .map(|known| known.reader.name.to_string());
    let number = count.to_string();
    let values = [
        ("count", number.as_str()),
        ("reader", reader.as_deref().unwrap_or_default()),
    ];
    let what = ngettext_f(
        "{count} command goes as it stands to the card in {reader}. It can change or destroy what is on it.",
        "{count} commands go as they stand to the card in {reader}. They can change or destroy what is on it.",
        u32::try_from(count).unwrap_or(u32::MAX),
        &values,
    );
    // TRANSLATORS: The word that has to be typed to go on.
    let yes = gettext("yes");
    let question = gettext_f(
        // TRANSLATORS: {yes} is the word that has to be typed to go on.
        "{what} Type “{yes}” to send:",
        &[("what", &what), ("yes", &yes)],
    );
    match terminal.agrees(&question, &yes, session.interrupt()) {
        Ok(Answer::Given(true)) => Ok(()),
        Ok(Answer::Given(false) | Answer::Cancelled) => Err(Trouble::cancelled()),
        Err(_) => Err(unasked()),
    }
}

fn unasked() -> Trouble {
    Trouble::usage(
        gettext("There is no terminal to ask on"),
        gettext("With --yes the commands are sent without a question."),
    )
}

/// The commands of the command line or of the file.
fn commands(command: &Apdu) -> Result<Vec<Secret>, Trouble> {
    let commands = match &command.file {
        None => command.commands.iter().map(|text| open_one(text)).collect(),
        Some(path) => read(path).and_then(|text| lines(&text)),
    };
    let commands: Vec<Secret> = commands?;
    if commands.is_empty() {
        return Err(Trouble::usage(
            gettext("There is no command in the file"),
            "",
        ));
    }
    Ok(commands)
}

/// One command a line; empty lines and what follows a “#” are left out.
fn lines(text: &Secret) -> Result<Vec<Secret>, Trouble> {
    let text = std::str::from_utf8(text.expose()).map_err(|_| no_command(None))?;
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    lines
        .zip(1..)
        .filter(|(line, _)| !line.is_empty())
        .map(|(line, number)| one(line).map_err(|_| no_command(Some(number))))
        .collect()
}

/// A command from hexadecimal digits. They are not repeated in the trouble: they may hold a PIN.
fn one(text: &str) -> Result<Secret, Trouble> {
    hex::decode_secret(text)
        .filter(|bytes| (MIN_LEN..=MAX_LEN).contains(&bytes.len()))
        .ok_or_else(|| no_command(None))
}

/// A command of the command line, which every user of the machine can read while it runs, and which the shell keeps: not
/// the place for a PIN or a key.
fn open_one(text: &str) -> Result<Secret, Trouble> {
    let command = one(text)?;
    if hands_over_secret(command.expose()) {
        return Err(Trouble::usage(
            gettext("A PIN or key does not belong on the command line"),
            gettext(
                "Others can see it there. Give commands that may hold one with --file. Nothing was sent.",
            ),
        ));
    }
    Ok(command)
}

fn no_command(line: Option<usize>) -> Trouble {
    let title = match line {
        Some(number) => gettext_f(
            "Line {number} is no command",
            &[("number", &number.to_string())],
        ),
        None => gettext("This is no command"),
    };
    let body = gettext(
        "A command is four bytes or more in hexadecimal, such as 00A4040005A000000308. Nothing was sent.",
    );
    Trouble::usage(title, body)
}

fn read(path: &Path) -> Result<Secret, Trouble> {
    let opened = if path == Path::new("-") {
        // Past the library, whose buffer would keep what was read until the program ends.
        io::stdin().as_fd().try_clone_to_owned().map(File::from)
    } else {
        File::open(path)
    };
    let mut text = Secret::with_capacity(4096);
    let read = opened.and_then(|file| {
        let mut file = file.take(MAX_FILE);
        let mut part = Zeroizing::new([0; 4096]);
        loop {
            let count = file.read(part.as_mut_slice())?;
            if count == 0 {
                return Ok(());
            }
            text.extend(part.get(..count).unwrap_or_default());
        }
    });
    read.map_err(|error| {
        let name = Text::from_path(path).to_string();
        Trouble::file(
            gettext_f("{file} cannot be read", &[("file", &name)]),
            &error,
        )
    })?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{Answered, lines, one, open_one, text};
    use crate::base::secret::Secret;

    #[test]
    fn a_file_of_commands_may_hold_remarks() {
        let file = Secret::new(b"# who are you?\n00A4 0400 05 A000000308  # PIV\n\n00:CB:3F:FF\n");
        let found = lines(&file).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].expose()[..4], [0x00, 0xA4, 0x04, 0x00]);
        assert_eq!(found[1].expose(), [0x00, 0xCB, 0x3F, 0xFF]);
    }

    #[test]
    fn what_is_no_command_is_refused_and_not_repeated() {
        for wrong in [
            "",
            "00A404",
            "00A4040",
            "select",
            "0020008008313233343536FFF",
        ] {
            let words = one(wrong).unwrap_err().words;
            assert!(!words.text().contains("3132"), "{words:?}");
        }
        let words = lines(&Secret::new(b"00A40400\n00200080 zz"))
            .unwrap_err()
            .words;
        assert!(words.title.contains('2'), "{words:?}");
    }

    #[test]
    fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
        for secret in [
            // PINs and the resetting code.
            "0020008008 313233343536FFFF",
            "00240081 0C 313233343536363534333231",
            "0C2C0080 08 3132333435363738",
            "00DA00D3 08 3132333435363738",
            // The management key: to authenticate, and to be set.
            "0087039B 0C 7C0A 8208 3132333435363738",
            "00FFFFFF 0B 03 9B 08 3132333435363738",
            // A key that is imported, and one that is put.
            "00FE079A 0A 0608 3132333435363738",
            "00DB3FFF 0C 4D0A B600 7F48 3132333435363738",
            "10DB3FFF 08 3132333435363738",
            "80D80081 08 3132333435363738",
            // A symmetric key of OpenPGP, and what is enciphered with it.
            "00DA00D5 08 3132333435363738",
            "002A8680 08 3132333435363738",
            // With lengths of the long form, and with one that does not add up.
            "0087039B 000008 3132333435363738",
            "00FE079A 20 3132333435363738",
        ] {
            let words = open_one(secret).unwrap_err().words;
            assert!(!words.text().contains("3132"), "{words:?}");
            assert!(one(secret).is_ok());
        }
        for harmless in [
            "00200080",
            "0020008000",
            "00A4040005A000000308",
            // As they look without data.
            "0087039B",
            "0087039B00",
            "0087039B000000",
            "00FE079A",
            "00FFFFFF",
            "00DA00D3",
            // A name and a certificate are no secrets.
            "00DA005B 04 416E6E61",
            "00DB3FFF 0A 5C035FC105 5303 700100",
            "00CB3FFF055C035FC105",
        ] {
            assert!(open_one(harmless).is_ok(), "{harmless}");
        }
    }

    #[test]
    fn an_answer_never_shows_a_bare_number() {
        let answer = Answered::new(vec![0x61, 0x02, 0x4F, 0x00, 0x6A, 0x82]).unwrap();
        assert_eq!(
            text(&answer),
            "61 02 4F 00\n6A82 (file or application not found)\n"
        );
        assert!(Answered::new(vec![0x90]).is_none());
    }
}
