//! The program itself: `symbolonctl` with cards full of such strings in readers of a real service.

use crate::card::chip;
use crate::clean::fault_in_lines;
use crate::corpus;
use crate::served::ServedCard;
use crate::support::pcscd::PrivatePcscd;
use crate::support::process::finish;

/// Readers of the service; it has no more.
const READERS: usize = 16;

/// What each card is asked.
const COMMANDS: [&[&str]; 4] = [
    &["show"],
    &["show", "--json"],
    &["cert", "list"],
    &["cert", "show", "9A"],
];

#[test]
fn the_program_prints_nothing_that_steers() {
    let service = PrivatePcscd::start(READERS);
    // The first card has plain words in its fields: as many lines may the others have.
    let plain = [("plain".to_owned(), b"Anna".to_vec())].into_iter();
    // Blanks and NULs alone are as good as nothing, and there is no line for nothing.
    let strings = corpus::strings().into_iter();
    let strings = strings.filter(|(_, bytes)| bytes.iter().any(|byte| !b" \0".contains(byte)));
    let strings = strings.filter(|(name, _)| is_in_sample(name));
    let strings: Vec<(String, Vec<u8>)> = plain.chain(strings).collect();
    let (mut faults, mut count) = (Vec::new(), 0);
    let mut due: Option<Vec<usize>> = None;
    for round in strings.chunks(READERS) {
        let cards: Vec<ServedCard> = round
            .iter()
            .zip(service.slots())
            .map(|((_, bytes), slot)| ServedCard::new(chip(bytes), slot))
            .collect();
        for ((name, _), slot) in round.iter().zip(service.slots()) {
            let mut lines = Vec::new();
            for arguments in COMMANDS {
                let mut program = slot.command(env!("CARGO_BIN_EXE_symbolonctl"));
                program
                    .args(["--reader", &slot.reader, "--trace"])
                    .args(arguments);
                program
                    .env("SYMBOLON_LOG", "trace")
                    .env("LC_ALL", "C.UTF-8");
                let ended = finish(&mut program, "");
                assert!(ended.status.success(), "{name}: {ended}");
                for text in [&ended.stdout, &ended.stderr] {
                    count += 1;
                    faults.extend(
                        fault_in_lines(text).map(|fault| format!("{name}, {arguments:?}: {fault}")),
                    );
                }
                lines.push(ended.stdout.lines().filter(|line| is_record(line)).count());
            }
            let due = due.get_or_insert_with(|| lines.clone());
            if lines != *due {
                faults.push(format!("{name}: {lines:?} lines, and {due:?} are due"));
            }
        }
        cards.into_iter().for_each(|card| drop(card.pull()));
    }
    println!(
        "{} cards x {} commands: {count} outputs, {} not clean",
        strings.len(),
        COMMANDS.len(),
        faults.len()
    );
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// One of four strings of each kind: every card costs a second, and `words` has them all.
fn is_in_sample(name: &str) -> bool {
    let (_, line) = name.split_once('/').unwrap();
    line.parse::<usize>().unwrap() % 4 == 1
}

/// Whether a line is there whatever the bytes are: those of extensions fill as many lines as they need, and only printable
/// historical bytes have a line as text.
fn is_record(line: &str) -> bool {
    let bytes = line.trim().bytes().all(|byte| byte.is_ascii_hexdigit());
    !bytes && !line.trim_start().starts_with("Historical bytes")
}
