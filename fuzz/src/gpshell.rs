//! Scripts of gpshell.

use symbolon::globalplatform::script::{Script, WrittenKeys};

use crate::oracle;

pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let script = match Script::parse(text) {
        Ok(script) => script,
        Err(error) => {
            assert!((1..=text.split('\n').count()).contains(&error.line));
            return oracle::clean(&error.to_string());
        }
    };
    let lines: Vec<_> = script.steps.iter().map(|step| step.line).collect();
    assert!(lines.is_sorted(), "commands in another order");
    for keys in [WrittenKeys::None, WrittenKeys::WellKnown] {
        let written = script.write(keys).expect("names that were read");
        // A script that is written is longer than it was at times, by its comments.
        if written.len() > Script::MAX_LEN {
            continue;
        }
        let again = Script::parse(&written).expect("a script that was written");
        // What is left out is left out once.
        assert_eq!(again.write(keys), Ok(without_comments(&written)));
        assert!(again.steps.len() <= script.steps.len());
    }
}

fn without_comments(written: &str) -> String {
    written
        .split_inclusive('\n')
        .filter(|line| !line.starts_with('#'))
        .collect()
}
