//! Options and their values: which are decimal, which hexadecimal, and how large.

use std::path::PathBuf;

use super::command::{Derivation, Keys, Limits};
use super::error::{ScriptError, ScriptProblem, hidden, shown};
use super::key::{Apdu, Key};
use super::words::Word;
use crate::base::hex;
use crate::base::secret::Secret;
use crate::globalplatform::Aid;
use crate::token::Text;

/// The options of one command.
pub(super) struct Options<'a> {
    command: &'static str,
    /// The line of the command.
    line: usize,
    given: Vec<(&'static str, Word<'a>)>,
}

/// The longest name of a file, in bytes: that of the system.
const MAX_PATH: usize = 4096;

/// The longest name of a reader, in bytes: twice that of PC/SC.
const MAX_READER: usize = 256;

type Result<T> = std::result::Result<T, ScriptError>;

impl<'a> Options<'a> {
    /// Pairs of an option out of `known` and its value.
    pub(super) fn read(
        command: &'static str,
        line: usize,
        words: &[Word<'a>],
        known: &[&'static str],
    ) -> Result<Self> {
        let mut options = Self {
            command,
            line,
            given: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let error = |problem| Err(ScriptError::new(word.line, problem));
            if !word.is_option() {
                let word = shown(word.text);
                return error(ScriptProblem::UnexpectedWord { command, word });
            }
            let Some(&option) = known.iter().find(|known| **known == word.text) else {
                let word = shown(word.text);
                return error(ScriptProblem::UnknownOption { command, word });
            };
            if options.find(option).is_some() {
                return error(ScriptProblem::RepeatedOption { option });
            }
            let value = words
                .next()
                .filter(|value| !value.is_option() && !value.text.is_empty());
            match value {
                Some(value) => options.given.push((option, *value)),
                None => return error(ScriptProblem::MissingValue { option }),
            }
        }
        Ok(options)
    }

    /// A value that the command cannot do without.
    pub(super) fn required<T>(&self, option: &'static str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| {
            let command = self.command;
            ScriptError::new(self.line, ScriptProblem::MissingOption { command, option })
        })
    }

    pub(super) fn aid(&self, option: &'static str) -> Result<Option<Aid>> {
        let Some(word) = self.find(option) else {
            return Ok(None);
        };
        let bytes = bytes(option, word)?;
        match Aid::new(&bytes) {
            Ok(aid) => Ok(Some(aid)),
            Err(error) => {
                let len = error.len;
                let problem = ScriptProblem::AidLength { option, len };
                Err(ScriptError::new(word.line, problem))
            }
        }
    }

    /// A decimal number of at most `most`.
    pub(super) fn decimal(&self, option: &'static str, most: u32) -> Result<Option<u32>> {
        self.find(option)
            .map(|word| decimal(option, word, most))
            .transpose()
    }

    pub(super) fn decimal_byte(&self, option: &'static str) -> Result<Option<u8>> {
        self.in_byte(option, Self::decimal)
    }

    /// A decimal number, or a hexadecimal one behind `0x`.
    pub(super) fn either_byte(&self, option: &'static str) -> Result<Option<u8>> {
        self.in_byte(option, |options, option, most| {
            options
                .find(option)
                .map(|word| match prefixed(word.text) {
                    Some(_) => hexadecimal(option, word, most),
                    None => decimal(option, word, most),
                })
                .transpose()
        })
    }

    pub(super) fn hexadecimal_byte(&self, option: &'static str) -> Result<Option<u8>> {
        self.in_byte(option, Self::hexadecimal)
    }

    /// A hexadecimal number of at most `most`, with `0x` before it or without.
    pub(super) fn hexadecimal(&self, option: &'static str, most: u32) -> Result<Option<u32>> {
        self.find(option)
            .map(|word| hexadecimal(option, word, most))
            .transpose()
    }

    /// A number that has to be one of `values`: decimal, or hexadecimal behind `0x`.
    pub(super) fn one_of(&self, option: &'static str, values: &[u8]) -> Result<Option<u8>> {
        self.among(option, self.either_byte(option)?, values)
    }

    /// A decimal number that has to be one of `values`.
    pub(super) fn one_decimal_of(&self, option: &'static str, values: &[u8]) -> Result<Option<u8>> {
        self.among(option, self.decimal_byte(option)?, values)
    }

    fn among(&self, option: &'static str, value: Option<u8>, values: &[u8]) -> Result<Option<u8>> {
        match value {
            Some(value) if !values.contains(&value) => Err(self.out_of_range(option)),
            value => Ok(value),
        }
    }

    /// Bytes as hexadecimal text, at most 255 of them.
    pub(super) fn bytes(&self, option: &'static str) -> Result<Option<Vec<u8>>> {
        let Some(word) = self.find(option) else {
            return Ok(None);
        };
        let bytes = bytes(option, word)?;
        if bytes.len() > 255 {
            return Err(self.out_of_range(option));
        }
        Ok(Some(bytes))
    }

    /// One byte, whose first digit may be left out if it is 0, or three.
    pub(super) fn privileges(&self) -> Result<Option<Vec<u8>>> {
        let option = "-priv";
        let Some(value) = self.hexadecimal(option, 0xFF_FFFF)? else {
            return Ok(None);
        };
        let digits = self
            .find(option)
            .map_or(0, |word| prefixed(word.text).unwrap_or(word.text).len());
        let [_, high, middle, low] = value.to_be_bytes();
        match digits {
            1 | 2 => Ok(Some(vec![low])),
            6 => Ok(Some(vec![high, middle, low])),
            _ => Err(self.out_of_range(option)),
        }
    }

    pub(super) fn file(&self) -> Result<Option<PathBuf>> {
        Ok(self.name("-file", MAX_PATH)?.map(PathBuf::from))
    }

    pub(super) fn reader(&self) -> Result<Option<Text>> {
        Ok(self.name("-reader", MAX_READER)?.map(Text::from))
    }

    fn name(&self, option: &'static str, most: usize) -> Result<Option<&'a str>> {
        match self.find(option).map(|word| word.text) {
            Some(name) if name.len() > most => Err(self.out_of_range(option)),
            name => Ok(name),
        }
    }

    pub(super) fn limits(&self) -> Result<Limits> {
        Ok(Limits {
            code: self.decimal("-nvCodeLimit", u32::MAX)?,
            data: self.decimal("-nvDataLimit", u32::MAX)?,
            volatile: self.decimal("-vDataLimit", u32::MAX)?,
        })
    }

    pub(super) fn keys(&self) -> Result<Keys> {
        Ok(Keys {
            base: self.key("-key")?,
            enc: self.key("-enc_key")?,
            mac: self.key("-mac_key")?,
            dek: self.key("-kek_key")?,
        })
    }

    /// From the text of the script into locked memory, without a stop between.
    fn key(&self, option: &'static str) -> Result<Option<Key>> {
        let Some(word) = self.find(option) else {
            return Ok(None);
        };
        let error = |problem| ScriptError::new(word.line, problem);
        let bytes = secret(word).ok_or_else(|| {
            let word = hidden();
            error(ScriptProblem::NotHexadecimal { option, word })
        })?;
        let len = bytes.len();
        Key::new(bytes)
            .map(Some)
            .ok_or_else(|| error(ScriptProblem::KeyLength { option, len }))
    }

    pub(super) fn apdu(&self) -> Result<Option<Apdu>> {
        let option = "-APDU";
        let Some(word) = self.find(option) else {
            return Ok(None);
        };
        let error = |problem| ScriptError::new(word.line, problem);
        let bytes = secret(word).ok_or_else(|| {
            let word = hidden();
            error(ScriptProblem::NotHexadecimal { option, word })
        })?;
        let apdu = Apdu::new(bytes).ok_or_else(|| {
            let word = hidden();
            error(ScriptProblem::OutOfRange { option, word })
        })?;
        Ok(Some(apdu))
    }

    pub(super) fn derivation(&self) -> Result<Option<Derivation>> {
        let option = "-keyDerivation";
        match self.find(option).map(|word| word.text) {
            None | Some("none") => Ok(None),
            Some("visa2") => Ok(Some(Derivation::Visa2)),
            Some("emvcps11") => Ok(Some(Derivation::EmvCps11)),
            Some(_) => Err(self.out_of_range(option)),
        }
    }

    fn in_byte(
        &self,
        option: &'static str,
        read: impl Fn(&Self, &'static str, u32) -> Result<Option<u32>>,
    ) -> Result<Option<u8>> {
        match read(self, option, u8::MAX.into())?.map(u8::try_from) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(_)) => Err(self.out_of_range(option)),
        }
    }

    fn out_of_range(&self, option: &'static str) -> ScriptError {
        let (line, word) = self
            .find(option)
            .map_or((self.line, hidden()), |word| (word.line, shown(word.text)));
        ScriptError::new(line, ScriptProblem::OutOfRange { option, word })
    }

    fn find(&self, option: &str) -> Option<Word<'a>> {
        self.given
            .iter()
            .find(|(name, _)| *name == option)
            .map(|(_, word)| *word)
    }
}

fn bytes(option: &'static str, word: Word<'_>) -> Result<Vec<u8>> {
    let bytes = is_digits(word.text).then(|| hex::decode(word.text));
    bytes.flatten().ok_or_else(|| not_hexadecimal(option, word))
}

fn secret(word: Word<'_>) -> Option<Secret> {
    is_digits(word.text)
        .then(|| hex::decode_secret(word.text))
        .flatten()
}

/// Colons and the like are no part of what gpshell reads.
fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn decimal(option: &'static str, word: Word<'_>, most: u32) -> Result<u32> {
    let error = |problem| Err(ScriptError::new(word.line, problem));
    let text = shown(word.text);
    if !word.text.bytes().all(|byte| byte.is_ascii_digit()) {
        return error(ScriptProblem::NotDecimal { option, word: text });
    }
    match word.text.parse() {
        Ok(value) if value <= most => Ok(value),
        _ => error(ScriptProblem::OutOfRange { option, word: text }),
    }
}

fn hexadecimal(option: &'static str, word: Word<'_>, most: u32) -> Result<u32> {
    let digits = prefixed(word.text).unwrap_or(word.text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(not_hexadecimal(option, word));
    }
    match u32::from_str_radix(digits, 16) {
        Ok(value) if value <= most => Ok(value),
        _ => {
            let text = shown(word.text);
            let problem = ScriptProblem::OutOfRange { option, word: text };
            Err(ScriptError::new(word.line, problem))
        }
    }
}

fn not_hexadecimal(option: &'static str, word: Word<'_>) -> ScriptError {
    let text = shown(word.text);
    let problem = ScriptProblem::NotHexadecimal { option, word: text };
    ScriptError::new(word.line, problem)
}

fn prefixed(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}
