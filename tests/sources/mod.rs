//! Our own source files as words, strings and marks: comments are gone, and each token knows its line.

use std::fs;
use std::path::Path;

use ra_ap_rustc_lexer::{FrontmatterAllowed, LiteralKind, TokenKind, tokenize};

/// One file below `src`.
pub(crate) struct Source {
    /// Where it is below `src`, with `/` between folders: `token/mod.rs`.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) text: String,
}

/// A token and the line that it starts on, counted from 1.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) line: usize,
}

/// As much as our tests tell apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A name or a keyword.
    Word(String),
    /// A string literal, with its escapes resolved.
    Text(String),
    /// A single sign. `::` is two of them.
    Mark(char),
    /// Numbers, characters, bytes, lifetimes.
    Other,
}

impl Token {
    /// The name or keyword, if it is one.
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether this is the sign `mark`.
    pub(crate) fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// Every Rust file below `src`, in the order of names.
pub(crate) fn all() -> Vec<Source> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![top.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(&top)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                let text = fs::read_to_string(&path).unwrap();
                sources.push(Source { name, text });
            }
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!sources.is_empty(), "no source file was found");
    sources
}

/// The tokens of `text`, without comments.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut rest = text;
    let mut line = 1;
    let mut tokens = Vec::new();
    for token in tokenize(text, FrontmatterAllowed::No) {
        let (written, after) = rest.split_at(token.len as usize);
        let kind = match token.kind {
            TokenKind::Whitespace
            | TokenKind::LineComment { .. }
            | TokenKind::BlockComment { .. } => None,
            TokenKind::Ident => Some(Kind::Word(written.to_owned())),
            TokenKind::RawIdent => Some(Kind::Word(written.trim_start_matches("r#").to_owned())),
            TokenKind::Literal { kind, .. } => Some(literal(kind, written)),
            _ => Some(match written.chars().next() {
                Some(mark) if written.len() == 1 => Kind::Mark(mark),
                _ => Kind::Other,
            }),
        };
        tokens.extend(kind.map(|kind| Token { kind, line }));
        line += written.matches('\n').count();
        rest = after;
    }
    tokens
}

fn literal(kind: LiteralKind, written: &str) -> Kind {
    let quoted = |written: &str| {
        let (start, end) = (written.find('"').unwrap(), written.rfind('"').unwrap());
        written[start + 1..end].to_owned()
    };
    match kind {
        LiteralKind::Str { .. } => {
            let mut text = String::new();
            rustc_literal_escaper::unescape_str(&quoted(written), |_, character| {
                text.extend(character)
            });
            Kind::Text(text)
        }
        LiteralKind::RawStr { .. } => Kind::Text(quoted(written)),
        _ => Kind::Other,
    }
}
