//! Buttons as letters: what is pressed on the terminal.

use super::prompt::{Answer, Label, Prompt};
use super::words;

/// One answer that can be chosen.
#[derive(Debug)]
pub struct Choice {
    /// The key: a small letter or a digit.
    pub key: char,
    /// What it stands for.
    pub label: Label,
    /// What is answered with it.
    pub answer: Answer,
}

/// What can be answered to `prompt`, each with a key of its own.
#[must_use]
pub fn choices(prompt: &Prompt) -> Vec<Choice> {
    let (ok, not_ok, cancel) = words::buttons(prompt);
    let mut wanted = vec![(ok, Answer::Confirmed)];
    wanted.extend(not_ok.map(|label| (label, Answer::NotConfirmed)));
    wanted.extend(cancel.map(|label| (label, Answer::Cancelled)));
    let labels: Vec<&Label> = wanted.iter().map(|(label, _)| label).collect();
    let keys = keys(&labels);
    wanted
        .into_iter()
        .zip(keys)
        .map(|((label, answer), key)| Choice { key, label, answer })
        .collect()
}

/// A key for each label: its marked letter, else the first of its letters that no other has, else a
/// digit. Letters that a keyboard may lack are left alone.
fn keys(labels: &[&Label]) -> Vec<char> {
    let usable = |letter: &char| letter.is_ascii_alphabetic();
    let mut taken: Vec<char> = Vec::new();
    let mut keys: Vec<Option<char>> = Vec::new();
    for label in labels {
        let marked = label.letter().filter(usable);
        let marked = marked.map(|letter| letter.to_ascii_lowercase());
        let marked = marked.filter(|letter| !taken.contains(letter));
        taken.extend(marked);
        keys.push(marked);
    }
    let mut digits = '1'..='9';
    let mut given = Vec::new();
    for (label, key) in labels.iter().zip(keys) {
        let key = key
            .or_else(|| {
                let mut letters = label.as_str().chars().filter(usable);
                letters
                    .by_ref()
                    .map(|letter| letter.to_ascii_lowercase())
                    .find(|letter| !taken.contains(letter))
            })
            .or_else(|| digits.next())
            .unwrap_or('0');
        taken.push(key);
        given.push(key);
    }
    given
}

#[cfg(test)]
mod tests {
    use super::{Label, keys};

    #[test]
    fn every_button_has_a_key_of_its_own() {
        for (labels, expected) in [
            (&["_Allow", "_Deny"][..], &['a', 'd'][..]),
            (&["_Yes", "_No", "_Cancel"], &['y', 'n', 'c']),
            // Two with one mark, one without, and one that no keyboard here has.
            (&["_Annehmen", "_Abbrechen"], &['a', 'b']),
            (&["OK", "_Cancel"], &['o', 'c']),
            (&["_Нет", "aa", "AA"], &['1', 'a', '2']),
            // A mark goes before a letter that was merely free.
            (&["Take this one anyway", "_Try another one"], &['a', 't']),
        ] {
            let labels: Vec<Label> = labels
                .iter()
                .map(|label| Label::marked(label.as_bytes()))
                .collect();
            let labels: Vec<&Label> = labels.iter().collect();
            assert_eq!(keys(&labels), expected);
        }
    }
}
