//! Nothing that people read is left in English: every string of the sources is in the translations, and none goes round
//! gettext.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod sources;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use sources::{Kind, Source, Token};

/// What the functions of `base::i18n` take first: which arguments are the context, the text and the plural.
const FUNCTIONS: &[(&str, &[Argument])] = &[
    ("gettext", &[Argument::Text]),
    ("gettext_f", &[Argument::Text]),
    ("ngettext", &[Argument::Text, Argument::Plural]),
    ("ngettext_f", &[Argument::Text, Argument::Plural]),
    ("pgettext", &[Argument::Context, Argument::Text]),
];

/// Where these functions are made, and so called with whatever they are given.
const MAKER: &str = "base/i18n.rs";

/// What in a widget holds words for people, as a setter or in a builder (without `set_`).
const WORDS: &[&str] = &[
    "body",
    "comments",
    "description",
    "heading",
    "label",
    "markup",
    "placeholder_text",
    "subtitle",
    "text",
    "title",
    "tooltip_markup",
    "tooltip_text",
];

/// Names that are the same in every language.
const NAMES: &[&str] = &["Symbolon"];

#[derive(Clone, Copy)]
enum Argument {
    Context,
    Text,
    Plural,
}

/// One entry of a catalogue. Context and text make it the entry that it is.
type Entries = BTreeMap<(Option<String>, String), Rest>;

#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Rest {
    plural: Option<String>,
    /// Whether `{name}`s are filled in, which every translation then has to have too.
    filled: bool,
}

/// What the sources ask gettext for, and where they do so in a way that no extraction can see.
#[derive(Debug, Default)]
struct Found {
    entries: Entries,
    faults: Vec<String>,
}

#[test]
fn every_string_is_a_literal_that_can_be_extracted() {
    let found = in_all_sources();
    assert!(found.faults.is_empty(), "\n{}", found.faults.join("\n"));
}

#[test]
fn the_template_holds_the_strings_of_the_sources_and_no_others() {
    let work = tempfile::tempdir().unwrap();
    let reference = reference(work.path());
    let template = package("po/symbolon.pot");
    let differing = run(Command::new("msgcomm")
        .args(["--unique", "--no-location", "--no-wrap"])
        .args([&reference, &template]));
    assert!(differing.status.success(), "{}", errors(&differing));
    let differing = String::from_utf8(differing.stdout).unwrap();
    // The first entry is the header of a catalogue, if there is any.
    let differing = differing
        .split_once("\n\n")
        .map_or("", |(_, entries)| entries);
    assert!(
        differing.is_empty(),
        "run make po: these are in the sources or in po/symbolon.pot alone:\n{differing}"
    );
}

#[test]
fn every_string_is_translated_into_every_language() {
    let work = tempfile::tempdir().unwrap();
    let reference = reference(work.path());
    let languages = fs::read_to_string(package("po/LINGUAS")).unwrap();
    let languages: Vec<&str> = languages.lines().collect();
    assert_eq!(languages, ["de", "it"]);
    for language in languages {
        let catalogue = package(&format!("po/{language}.po"));
        let merged = format!("{}/{language}.po", work.path().display());
        let merge = run(Command::new("msgmerge")
            .args(["--quiet", "--no-fuzzy-matching", "--output-file", &merged])
            .args([&catalogue, &reference]));
        assert!(merge.status.success(), "{}", errors(&merge));
        let check = run(Command::new("msgfmt")
            .args(["--check", "--statistics", "--output-file=/dev/null"])
            .arg(&merged));
        let said = errors(&check);
        assert!(check.status.success(), "{language}: {said}");
        assert!(
            said.contains(" translated message")
                && !said.contains("untranslated")
                && !said.contains("fuzzy"),
            "{language}: {said}{}",
            untranslated(&merged)
        );
    }
}

#[test]
fn the_window_has_no_words_that_go_round_gettext() {
    let mut faults = Vec::new();
    for source in sources::all() {
        if source.name.starts_with("ui/") {
            faults.extend(bare_words(&source));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn strings_are_found_wherever_they_stand() {
    let found = in_source(&planted(
        r##"
        use crate::base::i18n::{gettext, gettext_f};
        fn f<'a>(x: &'a str) -> String { // gettext("comment")
            let a = gettext("plain") + &gettext_f("filled {in}", &[("in", x)]);
            view! { #[watch] set_title: &gettext("watched \"q\" \u{2026}"), }
            ngettext_f("{n} try", "{n} tries", 2, &[]); pgettext("menu", r#"raw "x""#);
            i18n::gettext("over \
                lines")
        }"##,
    ));
    assert_eq!(found.faults, Vec::<String>::new());
    let texts: Vec<&str> = found
        .entries
        .keys()
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(
        texts,
        [
            "filled {in}",
            "over lines",
            "plain",
            "watched \"q\" …",
            "{n} try",
            "raw \"x\""
        ]
    );
    let tries = &found.entries[&(None, "{n} try".to_owned())];
    assert_eq!(
        *tries,
        Rest {
            plural: Some("{n} tries".to_owned()),
            filled: true
        }
    );
    assert!(
        found
            .entries
            .contains_key(&(Some("menu".to_owned()), "raw \"x\"".to_owned()))
    );
}

#[test]
fn calls_that_no_extraction_sees_are_faults() {
    for call in [
        "gettext(text)",
        "gettext(&format!(\"{x}\"))",
        "gettext(if a { \"b\" } else { \"c\" })",
        "texts.map(gettext)",
        "ngettext(\"one\", several, 3)",
        "gettext(concat!(\"a\", \"b\"))",
        "gettext(\"\")",
    ] {
        let found = in_source(&planted(&format!("fn f() {{ {call} }}")));
        assert_eq!(found.faults.len(), 1, "{call}: {:?}", found.faults);
        assert!(
            found.faults[0].starts_with("src/ui/planted.rs:1: "),
            "{:?}",
            found.faults
        );
    }
}

#[test]
fn words_of_a_widget_without_gettext_are_faults() {
    for code in [
        "view! { set_title: \"Readers\" }",
        "row.set_subtitle(\"two words\")",
        "set_tooltip_text: Some(\"Copy\")",
        "adw::ActionRow::builder().title(\"Serial\")",
        "window.set_title(Some(&\"Trace\"))",
        "gtk::Label::new(Some(\"Readers\"))",
        "adw::Toast::new(\"Copied\")",
    ] {
        assert_eq!(bare_words(&planted(code)).len(), 1, "{code}");
    }
    for code in [
        "view! { set_title: &gettext(\"Readers\"), set_icon_name: Some(\"edit-copy\") }",
        "window.set_title(Some(\"Symbolon\"))",
        "label.set_text(\"\"); label.set_label(\"–\"); set_label: &name",
        "mod tests { fn f() { row.set_title(\"any\") } }",
    ] {
        assert_eq!(bare_words(&planted(code)), Vec::<String>::new(), "{code}");
    }
}

fn planted(text: &str) -> Source {
    Source {
        name: "ui/planted.rs".to_owned(),
        text: text.to_owned(),
    }
}

fn in_all_sources() -> Found {
    let mut all = Found::default();
    for source in sources::all() {
        if source.name != MAKER {
            let found = in_source(&source);
            all.faults.extend(found.faults);
            found
                .entries
                .into_iter()
                .for_each(|(key, rest)| add(&mut all.entries, key, rest));
        }
    }
    all
}

/// The same text may be asked for in several ways; the entry has to serve all.
fn add(entries: &mut Entries, key: (Option<String>, String), rest: Rest) {
    let entry = entries.entry(key).or_default();
    entry.plural = entry.plural.take().or(rest.plural);
    entry.filled |= rest.filled;
}

fn in_source(source: &Source) -> Found {
    let tokens = sources::tokens(&source.text);
    let mut found = Found::default();
    let mut importing = false;
    for (at, token) in tokens.iter().enumerate() {
        let Some(word) = token.word() else {
            importing &= !token.is(';');
            continue;
        };
        importing |= word == "use";
        let Some((name, arguments)) = FUNCTIONS.iter().find(|(name, _)| *name == word) else {
            continue;
        };
        if importing {
            continue;
        }
        match called_with(&tokens[at + 1..], arguments) {
            Some((key, plural)) => {
                let filled = name.ends_with("_f");
                add(&mut found.entries, key, Rest { plural, filled });
            }
            None => found.faults.push(format!(
                "src/{}:{}: {name} has to be called with string literals, or nobody can translate them",
                source.name, token.line
            )),
        }
    }
    found
}

/// Context and text, and the plural, of a call that begins with the parenthesis in front of `tokens`.
#[expect(
    clippy::type_complexity,
    reason = "the key of an entry and the rest, used once"
)]
fn called_with(
    tokens: &[Token],
    arguments: &[Argument],
) -> Option<((Option<String>, String), Option<String>)> {
    let (mut context, mut text, mut plural) = (None, None, None);
    let mut rest = tokens.iter();
    let mut before = '(';
    for argument in arguments {
        rest.next().filter(|token| token.is(before))?;
        before = ',';
        let Kind::Text(literal) = &rest.next()?.kind else {
            return None;
        };
        let place = match argument {
            Argument::Context => &mut context,
            Argument::Text => &mut text,
            Argument::Plural => &mut plural,
        };
        *place = Some(literal.clone());
    }
    rest.next().filter(|token| token.is(',') || token.is(')'))?;
    // gettext answers the empty text with the header of the catalogue.
    let text = text.filter(|text| !text.is_empty())?;
    Some(((context, text), plural))
}

/// String literals that are given to a widget as its words.
fn bare_words(source: &Source) -> Vec<String> {
    let tokens = sources::tokens(&source.text);
    let tests = tokens
        .windows(2)
        .position(|pair| pair[0].word() == Some("mod") && pair[1].word() == Some("tests"));
    let tokens = &tokens[..tests.unwrap_or(tokens.len())];
    let mut faults = Vec::new();
    for at in 0..tokens.len() {
        let Some(word) = tokens[at].word() else {
            continue;
        };
        let is_label = word == "new"
            && at >= 3
            && ["Label", "Toast"].contains(&tokens[at - 3].word().unwrap_or_default());
        if !is_label && !WORDS.contains(&word.trim_start_matches("set_")) {
            continue;
        }
        let mut value = tokens[at + 1..].iter();
        if !value
            .next()
            .is_some_and(|mark| mark.is('(') || mark.is(':'))
        {
            continue;
        }
        let value =
            value.find(|token| !(token.is('(') || token.is('&') || token.word() == Some("Some")));
        if let Some(Token {
            kind: Kind::Text(text),
            line,
        }) = value
            && text.chars().any(char::is_alphabetic)
            && !NAMES.contains(&text.as_str())
        {
            faults.push(format!(
                "src/{}:{line}: “{text}” goes round gettext",
                source.name
            ));
        }
    }
    faults
}

/// Writes what has to be in every catalogue into a template in `work`, and says where.
fn reference(work: &Path) -> String {
    let mut template = String::from(
        "msgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n\
         \"Content-Transfer-Encoding: 8bit\\n\"\n",
    );
    for ((context, text), rest) in in_all_sources().entries {
        template.push_str(if rest.filled {
            "\n#, python-brace-format\n"
        } else {
            "\n"
        });
        if let Some(context) = context {
            template.push_str(&format!("msgctxt {}\n", quoted(&context)));
        }
        template.push_str(&format!("msgid {}\n", quoted(&text)));
        template.push_str(&match rest.plural {
            Some(plural) => format!(
                "msgid_plural {}\nmsgstr[0] \"\"\nmsgstr[1] \"\"\n",
                quoted(&plural)
            ),
            None => "msgstr \"\"\n".to_owned(),
        });
    }
    let rust = work.join("rust.pot");
    fs::write(&rust, template).unwrap();

    let data = work.join("data.pot");
    let extracted = run(Command::new("xgettext")
        .args(["--from-code=UTF-8", "--omit-header", "--output"])
        .arg(&data)
        .args([
            package("data/org.symbolon.Symbolon.desktop.in"),
            package("data/org.symbolon.Symbolon.metainfo.xml.in"),
        ]));
    assert!(extracted.status.success(), "{}", errors(&extracted));

    let both = work.join("reference.pot");
    let joined = run(Command::new("msgcat")
        .arg("--use-first")
        .arg("--output-file")
        .arg(&both)
        .args([&rust, &data]));
    assert!(joined.status.success(), "{}", errors(&joined));
    both.to_str().unwrap().to_owned()
}

/// `text` as a string of a catalogue.
fn quoted(text: &str) -> String {
    let text = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\t', "\\t");
    format!("\"{text}\"")
}

/// The entries of a catalogue that lack a translation, for the message of a failed test.
fn untranslated(catalogue: &str) -> String {
    let listed = run(Command::new("msgattrib").args(["--untranslated", "--no-wrap", catalogue]));
    String::from_utf8_lossy(&listed.stdout).into_owned()
}

fn package(path: &str) -> String {
    format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))
}

fn run(command: &mut Command) -> Output {
    command
        .env("LC_ALL", "C.UTF-8")
        .env_remove("LANGUAGE")
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; make test installs it"))
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
