//! What the targets need beside themselves:
//!
//! - `tool seeds FOLDER` writes the first inputs, in a folder for each target;
//! - `tool hex FOLDER HEX` does the same with what broke others: files of words in
//!   hexadecimal, as `tests/hostile/corpus` has them;
//! - `tool replay FOLDER...` runs all inputs in there through their targets, without the
//!   engine;
//! - `tool controls` sees to it that what must not be is noticed.

// The engine's counters are in everything that is built with the targets.
extern crate libfuzzer_sys as _;

#[path = "../../../tests/support/cap.rs"]
mod cap;
mod hex;
mod seeds;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use symbolon_fuzz::{TARGETS, actions, controls};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let paths: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    match (task.as_str(), paths.as_slice()) {
        ("seeds", [folder]) => seeds::run(folder),
        ("hex", [folder, corpus]) => hex::run(folder, corpus),
        ("replay", [_, ..]) => replay(&paths),
        ("controls", []) => {
            let (planted, found) = controls::run();
            println!("Controls: {planted} faults planted, {found} found");
            return if planted == found {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
        }
        _ => {
            eprintln!("usage: tool seeds FOLDER | hex FOLDER HEX | replay FOLDER... | controls");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The files of a folder in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).map(|entries| entries.flatten().collect());
    let entries: Vec<std::fs::DirEntry> = entries.unwrap_or_default();
    let mut paths: Vec<_> = entries.iter().map(std::fs::DirEntry::path).collect();
    paths.sort();
    paths
}

fn replay(folders: &[PathBuf]) {
    for target in &TARGETS {
        let folders = folders.iter().map(|folder| folder.join(target.name));
        let inputs: Vec<_> = folders.flat_map(|folder| files(&folder)).collect();
        for input in &inputs {
            let bytes = std::fs::read(input);
            target.test(&bytes.unwrap_or_else(|error| panic!("{}: {error}", input.display())));
        }
        println!("{:<12}{:>5} inputs", target.name, inputs.len());
    }
    let [all, uncertain] = actions::sessions();
    println!("sessions: {all}, not certain which card: {uncertain}");
}

fn write(folder: &Path, target: &str, name: &str, bytes: &[u8]) {
    let folder = folder.join(target);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(name), bytes).expect("a file");
}
