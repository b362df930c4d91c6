//! Every string in every field of a card, and every place that a string comes out of within the process.

use std::time::SystemTime;

use serde_json::Value;
use symbolon::explain::{self, attention, certificates, failure, keys, pins, readers};
use symbolon::pki::certificate::Certificate;
use symbolon::pki::chain::chain;
use symbolon::pki::export::{self, Format};
use symbolon::pki::{public_key, ssh_key};
use symbolon::token::{
    AnsweringApplication, Identity, Reader, ReaderId, SlotState, Text, Token, Unreadable,
};
use symbolon::transport::trace::Entry;

use crate::card::{FIELDS, SIMPLE_LEN, chip, read};
use crate::clean::{fault, fault_in_lines};
use crate::corpus;

/// An outlet: its name, and what comes out. Each string is one line, or else part of `pages`.
#[derive(Default)]
struct Outlets {
    lines: Vec<(&'static str, String)>,
    pages: Vec<(&'static str, String)>,
}

impl Outlets {
    fn line(&mut self, outlet: &'static str, text: impl Into<String>) {
        self.lines.push((outlet, text.into()));
    }

    fn page(&mut self, outlet: &'static str, text: impl Into<String>) {
        self.pages.push((outlet, text.into()));
    }

    fn faults(&self) -> Vec<String> {
        let lines = self
            .lines
            .iter()
            .map(|(outlet, text)| (outlet, text, fault(text)));
        let pages = self
            .pages
            .iter()
            .map(|(outlet, text)| (outlet, text, fault_in_lines(text)));
        let all = lines.chain(pages);
        all.filter_map(|(outlet, text, fault)| Some(format!("{outlet}: {} in {text:?}", fault?)))
            .collect()
    }

    fn kinds(&self) -> usize {
        let both = self.lines.iter().chain(&self.pages);
        let mut kinds: Vec<&str> = both.map(|(outlet, _)| *outlet).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds.len()
    }
}

#[test]
fn every_string_in_every_field_comes_out_clean() {
    let strings = corpus::strings();
    let (mut faults, mut said, mut kinds) = (Vec::new(), 0, 0);
    for (name, bytes) in &strings {
        let (token, trace) = read(chip(bytes));
        let mut outlets = Outlets::default();
        of_token(&token, &mut outlets);
        of_certificates(&token, &mut outlets);
        of_trace(&trace, &mut outlets);
        of_readers(&Text::from_utf8(bytes), &token, &mut outlets);
        of_clipboard(token.clone(), bytes, &mut outlets);
        let texts = json(&token, &mut outlets);
        // What the person sees and what a program reads are the same words.
        let login = Text::from_either(&bytes[..bytes.len().min(SIMPLE_LEN)]);
        if !login.is_empty() {
            assert!(
                texts.iter().any(|text| text == login.as_str()),
                "{name}: {login}"
            );
        }
        let found = outlets.faults();
        faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
        said += outlets.lines.len() + outlets.pages.len();
        kinds = kinds.max(outlets.kinds());
    }
    println!(
        "{} strings x {FIELDS} fields x {kinds} outlets: {said} texts, {} not clean",
        strings.len(),
        faults.len()
    );
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert!(kinds >= 20 && said > 10_000, "{kinds} {said}");
}

/// The words about a token.
fn of_token(token: &Token, outlets: &mut Outlets) {
    outlets.line("title", explain::token::title(token));
    outlets.line("subtitle", explain::token::subtitle(token));
    for line in explain::token::summary(token) {
        outlets.line("summary", line);
    }
    for found in symbolon::token::attention::of(token, 1_800_000_000) {
        let words = attention::words(token, &found);
        outlets.line("attention", words.title);
        outlets.line("attention", words.subtitle);
    }
    for (name, value) in explain::atr::words(&token.card.atr) {
        outlets.line("answer to reset", format!("{name}: {value}"));
    }
    for name in &token.card.listed_as {
        outlets.line("listed as", name.to_string());
    }
    for application in &token.applications {
        let objects = application.data.iter();
        let facts = objects
            .flat_map(|object| &object.facts)
            .chain(&application.facts);
        for fact in facts.chain(&token.card.facts) {
            outlets.line("fact", explain::facts::of(fact));
        }
        for pin in &application.pins {
            outlets.line("PIN", pins::row(application.kind, pin));
            let words = failure::wrong_pin(pin.role, &pin.tries, &explain::token::title(token));
            outlets.page("failure", words.text());
            let name =
                pins::full_name_of(application.kind, pin.role, &explain::token::title(token));
            outlets.line("PIN of a token", name);
        }
        for key in &application.keys {
            outlets.line("key", keys::caption(application.kind, key));
        }
        for key in &application.public_keys {
            outlets.line("public key", keys::public_caption(key));
            for fact in &key.facts {
                outlets.line("fact", explain::facts::of(fact));
            }
        }
        for row in application.key_rows() {
            outlets.line("chip", keys::row_chip(&row).unwrap_or_default());
        }
    }
    outlets.line("log", format!("{token:?}"));
}

/// Certificates in words, as files and as keys for other programs.
fn of_certificates(token: &Token, outlets: &mut Outlets) {
    let every = || {
        token
            .applications
            .iter()
            .flat_map(|application| &application.certificates)
    };
    let decoded: Vec<Certificate> = every()
        .filter_map(|stored| Certificate::parse(&stored.der).ok())
        .collect();
    // 9A, 9C, 9D and that of OpenPGP; 9E holds no certificate at all.
    assert_eq!(
        (every().count(), decoded.len()),
        (5, 4),
        "a certificate is missing"
    );
    for stored in every() {
        outlets.line(
            "flaw",
            stored.flaw.map(certificates::flaw).unwrap_or_default(),
        );
        assert_eq!(stored.flaw.is_some(), stored.summary.is_none());
    }
    for certificate in &decoded {
        for attribute in certificate.subject.iter().chain(&certificate.issuer) {
            outlets.line("attribute", certificates::attribute(&attribute.kind));
            outlets.line("attribute", attribute.value.to_string());
        }
        for name in &certificate.alternative_names {
            outlets.line("other name", certificates::alternative_name_kind(name));
            outlets.line("other name", certificates::alternative_name_value(name));
        }
        outlets.line("subject", certificate.subject_line().to_string());
        outlets.line("issuer", certificate.issuer_line().to_string());
        outlets.line("chain", certificates::chain(&chain(certificate, &decoded)));
        outlets.page("PEM", certificate.to_pem());
        let file = export::file_name(certificate.name().as_ref(), Format::Pem);
        assert!(is_plain_file(&file), "{file:?}");
        outlets.line("file name", file);
        let name = certificate.name().unwrap_or_default();
        let line = ssh_key::line(&certificate.public_key, name.as_str()).unwrap();
        assert!(is_inert(&line), "{line:?}");
        outlets.line("SSH line", line);
        outlets.page("public key", public_key::to_pem(&certificate.public_key));
    }
}

/// One part of a path, not hidden, no option, no more than a file system takes.
fn is_plain_file(name: &str) -> bool {
    let first = name.chars().next().unwrap();
    let free = |sign| name.contains(sign);
    name.len() <= 120
        && !matches!(first, '.' | '-' | '~' | ' ')
        && !['/', '\\', '*', '?', '$', '`', '"', '\'']
            .into_iter()
            .any(free)
}

/// Nothing in it that a shell acts on.
fn is_inert(line: &str) -> bool {
    !line.contains([
        '$', '`', '"', '\'', '\\', ';', '&', '|', '<', '>', '(', ')', '*', '?', '!', '#', '~', '{',
        '}',
    ])
}

fn of_trace(trace: &[Entry], outlets: &mut Outlets) {
    assert!(trace.len() > 20, "{}", trace.len());
    for entry in trace {
        let lines = entry.to_lines();
        assert_eq!(lines.lines().count(), 2, "{lines}");
        outlets.page("trace", lines);
        outlets.line("trace window", explain::trace::answer(entry));
        outlets.line("log", format!("{entry:?}"));
        assert!(entry.at <= SystemTime::now());
    }
}

/// What goes to other programs by the clipboard: the summary of a token and the report of a card that no driver knows,
/// with such names in the list of cards and among the applications.
fn of_clipboard(mut token: Token, name: &[u8], outlets: &mut Outlets) {
    let summary = explain::token::summary(&token);
    let name = Text::from_either(name);
    token.card.listed_as = vec![name.clone()];
    token.answering = vec![AnsweringApplication {
        name,
        aid: vec![0xA0, 0, 0, 0, 0x63],
    }];
    let report = explain::token::report(&token);
    let due = 1 + explain::atr::words(&token.card.atr).len() + 2;
    assert_eq!(report.len(), due, "{report:?}");
    for (outlet, lines) in [("copied summary", summary), ("copied report", report)] {
        // A line is one, whatever stands in it.
        for line in &lines {
            outlets.line(outlet, line.clone());
        }
        outlets.page(outlet, lines.join("\n"));
    }
}

/// The words about a reader of that name, and about a program of that name.
fn of_readers(name: &Text, token: &Token, outlets: &mut Outlets) {
    let reader = |slot| Reader {
        id: ReaderId(1),
        name: name.clone(),
        practice: false,
        pinpad: false,
        slot,
    };
    let identity = Identity {
        reader: ReaderId(1),
        insertion: 1,
    };
    let held = SlotState::Held {
        by: Some(name.clone()),
    };
    let present = SlotState::Present { identity };
    let slots = [
        SlotState::Empty,
        present,
        held,
        SlotState::Mute,
        SlotState::Unavailable,
    ];
    let all = slots.map(reader);
    let reading = readers::Reading::Read {
        token,
        wants_attention: true,
    };
    for (reader, shown) in all.iter().zip(readers::names(&all)) {
        for reading in [reading, readers::Reading::Started] {
            let row = readers::row(reader, &shown, reading);
            for part in [row.title, row.subtitle, row.sentence] {
                outlets.line("reader", part);
            }
        }
        if let Some(page) = readers::slot(&reader.slot, false, &shown) {
            outlets.line("page of a reader", page.text());
        }
        outlets.line("page of a reader", readers::reading(&shown).text());
        outlets.line("log", format!("{reader:?}"));
        let document = serde_json::to_string(reader).unwrap();
        outlets.line("JSON of a reader", document);
    }
    let why = Unreadable {
        detail: name.clone(),
    };
    let words = failure::unreadable(symbolon::token::ApplicationKind::Piv, &why);
    outlets.page("failure", words.text());
    outlets.page("failure", failure::held(Some(name)).text());
}

/// The document for programs: it parses, and every string in it is clean. The strings.
fn json(token: &Token, outlets: &mut Outlets) -> Vec<String> {
    let document = serde_json::to_string(token).unwrap();
    outlets.line("JSON", document.clone());
    let mut texts = Vec::new();
    collect(&serde_json::from_str(&document).unwrap(), &mut texts);
    for text in &texts {
        outlets.line("text in JSON", text.clone());
    }
    texts
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|value| collect(value, texts)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn what_goes_out_as_it_came_is_found() {
    let mut found = 0;
    for (name, bytes) in corpus::strings() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let class = name.split('/').next().unwrap();
        let lies = ["terminal", "bidi", "marks", "private"].contains(&class);
        if lies {
            assert!(
                fault(&text).is_some() || text.contains('\u{FFFD}'),
                "{name}"
            );
            found += 1;
        }
    }
    assert!(found > 40, "{found}");
    assert!(fault("Anna\n9000").is_some() && fault_in_lines("Anna\n9000").is_none());
    assert!(fault_in_lines("Anna\r\n9000").is_some());
    assert!(fault("علی\u{200C}رضا, O’Brien <b> & …").is_none());
}
