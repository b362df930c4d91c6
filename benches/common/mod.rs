//! What the benches share: a table as the README keeps it, a desktop of their own, and what the
//! kernel knows of a process.
//!
//! A bench prints figures; it asserts only that the programs did what is measured.

#![allow(
    dead_code,
    reason = "every bench compiles this module and uses its part of it"
)]

pub(crate) mod desktop;
pub(crate) mod process;
pub(crate) mod start;
pub(crate) mod table;

use std::fs;
use std::thread;

use symbolon::base::os;

/// The middle of several measurements, 0 of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// Prints what the figures below depend on: cores, and how busy the machine is already.
pub(crate) fn print_conditions() {
    let load = fs::read_to_string("/proc/loadavg").unwrap();
    let load = load.split(' ').next().unwrap();
    let cores = thread::available_parallelism().unwrap();
    println!("{cores} cores, load before the run {load} (0 is a quiet machine)\n");
}

/// The programs say the same in every country.
pub(crate) fn in_english() {
    os::set_env_before_threads("LC_ALL", "C.UTF-8");
    os::set_env_before_threads("LANGUAGE", "");
}
