//! What stands above a question on the terminal. All that comes from outside is `token::Text`
//! already, so nothing of it can do anything to the terminal.

use unicode_width::UnicodeWidthStr as _;

use super::description::{Description, Part};
use super::prompt::{Alert, Prompt};
use super::words;
use crate::token::Text;

/// Rings.
const BELL: char = '\u{7}';

/// What a question is about: its title, who asks, the facts, the tries that are left, and what was
/// wrong before. It ends with an empty line.
#[must_use]
pub fn head(prompt: &Prompt) -> String {
    let description = &prompt.description;
    let mut page = Page::default();
    if prompt.alert == Alert::Bell {
        page.text.push(BELL);
    }
    page.gap();
    page.line(&words::title(prompt));
    let elsewhere = description.remote.is_some() || prompt.requester.host.is_some();
    let who = words::requester(&prompt.requester);
    if let Some(who) = who.or_else(|| elsewhere.then(words::elsewhere)) {
        page.line(&who);
    }
    if let Some(remote) = description.remote {
        page.line(&words::remote(remote));
    }
    page.gap();
    parts(&mut page, prompt);
    page.gap();
    if let Some(words) = prompt.known.signatures.and_then(words::jump) {
        page.line(&words);
    }
    if let Some(left) = description.tries.filter(|&left| left > 0) {
        page.line(&words::tries(left, prompt.known.tries));
    }
    for line in &prompt.error {
        page.line(line.as_str());
    }
    page.gap();
    page.text
}

fn parts(page: &mut Page, prompt: &Prompt) {
    let description = &prompt.description;
    let width = widest_name(description);
    let counter = description.counter();
    let mut facts = 0;
    for part in &description.parts {
        match part {
            Part::Line(text) => page.line(text.as_str()),
            Part::Gap => page.gap(),
            Part::Fact { name, value } => {
                let value = if counter.is_some() && facts == 2 {
                    words::counter(value.as_str(), prompt.known.signatures)
                } else {
                    value.as_str().to_owned()
                };
                facts += 1;
                let room = width.saturating_sub(name.as_str().width());
                page.line(&format!("  {name}{}  {value}", " ".repeat(room)));
            }
        }
    }
}

fn widest_name(description: &Description) -> usize {
    let names = description.parts.iter().filter_map(|part| match part {
        Part::Fact { name, .. } => Some(name),
        Part::Line(_) | Part::Gap => None,
    });
    names
        .map(Text::as_str)
        .map(|name| name.width())
        .max()
        .unwrap_or_default()
}

/// Lines, with one empty line at most between two of them.
#[derive(Default)]
struct Page {
    text: String,
    gap: bool,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
        self.gap = false;
    }

    fn gap(&mut self) {
        if !self.gap {
            self.text.push('\n');
            self.gap = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::head;
    use crate::pinentry::description::{Description, Phrases};
    use crate::pinentry::memory::Known;
    use crate::pinentry::prompt::{Alert, Kind, Prompt};
    use crate::pinentry::requester::Requester;
    use crate::token::Text;

    fn card(text: &str) -> Prompt {
        Prompt {
            kind: Kind::Pin(Box::default()),
            description: Description::new(text.as_bytes(), &Phrases::english()),
            ..Prompt::default()
        }
    }

    #[test]
    fn a_card_is_shown_as_a_table() {
        let mut prompt = card(
            "Please unlock the card\n\nNumber\x1f: 0006 12345678\nHolder\x1f: Alice\nZähler\x1f: 45\n\n\
             Remaining attempts: 2",
        );
        prompt.known = Known {
            tries: Some(3),
            signatures: Some(3),
        };
        prompt.error = vec![Text::from("Bad PIN".to_owned())];
        prompt.requester = Requester {
            program: Some(Text::from("gpg".to_owned())),
            ..Requester::default()
        };
        let expected = "\n\
            Unlock Card\n\
            Asked by gpg\n\
            \n\
            Please unlock the card\n\
            \n\
            \u{20} Number  0006 12345678\n\
            \u{20} Holder  Alice\n\
            \u{20} Zähler  45 (+3 since last time)\n\
            \n\
            The card has made 3 signatures since the last time its PIN was asked for here.\n\
            2 of 3 tries left\n\
            Bad PIN\n\
            \n";
        assert_eq!(head(&prompt), expected);
    }

    #[test]
    fn nothing_from_outside_reaches_the_terminal_as_it_is() {
        let hostile =
            "a\x1b[2J\x07\u{9b}31m\u{202e}\r\x08\nb\x1f: \x1b]0;x\x07\nRemaining attempts: 1";
        let mut prompt = card(hostile);
        prompt.title = Some(Text::from_utf8(hostile.as_bytes()));
        prompt.error = vec![Text::from_utf8(hostile.as_bytes())];
        let shown = head(&prompt);
        assert!(shown.contains("Last try"), "{shown:?}");
        let odd = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
        assert!(!shown.contains(odd), "{shown:?}");
        prompt.alert = Alert::Bell;
        assert_eq!(head(&prompt).matches(odd).count(), 1);
    }

    #[test]
    fn a_request_from_elsewhere_says_so() {
        let mut prompt = card("Note: Request from a remote site.\n\nx");
        let shown = head(&prompt);
        assert!(
            shown.contains(
                "Asked by a program elsewhere\nThis request came from another computer.\n"
            )
        );
        prompt.requester.host = Some(Text::from("build7".to_owned()));
        assert!(head(&prompt).contains("Asked by a program on build7\n"));
    }
}
