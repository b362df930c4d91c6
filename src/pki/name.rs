//! Names of certificates: attributes, and the whole name on one line (RFC 4514).

use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::x509::X509Name;

use super::certificate::Attribute;
use super::oid;
use crate::base::hex;
use crate::token::Text;

/// The most attributes of a name that are kept.
pub(super) const MAX_ATTRIBUTES: usize = 64;

/// A name, decoded.
#[derive(Debug)]
pub(super) struct Name {
    /// Its attributes in their order.
    pub(super) attributes: Vec<Attribute>,
    /// The name on one line.
    pub(super) line: Text,
}

/// Decodes at most [`MAX_ATTRIBUTES`] of `name`.
pub(super) fn decode(name: &X509Name<'_>) -> Name {
    let mut attributes = Vec::new();
    let mut relative_names = Vec::new();
    for relative_name in name.iter_rdn() {
        let mut parts = Vec::new();
        for attribute in relative_name.iter() {
            if attributes.len() == MAX_ATTRIBUTES {
                break;
            }
            let oid = oid::text(attribute.attr_type().as_bytes());
            let kind = oid::attribute(&oid).map_or(oid, str::to_owned);
            let value = string(attribute.attr_value());
            let shown = match &value {
                Some(text) => escaped(text.as_str()),
                None => hex_form(attribute.attr_value()),
            };
            parts.push(format!("{kind}={shown}"));
            attributes.push(Attribute {
                kind,
                value: value.unwrap_or_else(|| Text::from(shown)),
            });
        }
        if !parts.is_empty() {
            relative_names.push(parts.join("+"));
        }
    }
    // RFC 4514, 2.1: the last of the sequence comes first.
    relative_names.reverse();
    Name {
        attributes,
        line: Text::from(relative_names.join(",")),
    }
}

/// A string of any of the types of X.680, 41; nothing for other types.
pub(super) fn string(value: &Any<'_>) -> Option<Text> {
    let bytes = value.data;
    Some(match value.tag() {
        Tag::Utf8String => Text::from_utf8(bytes),
        // Declared as ASCII, which many encoders do not take to heart.
        Tag::PrintableString
        | Tag::Ia5String
        | Tag::NumericString
        | Tag::VisibleString
        | Tag::GeneralString => Text::from_either(bytes),
        // T.61 on paper; ISO/IEC 8859-1 in every certificate that was ever made with it.
        Tag::T61String => Text::from_latin1(bytes),
        Tag::BmpString => Text::from_utf16(bytes),
        Tag::UniversalString => Text::from_utf32(bytes),
        _ => return None,
    })
}

/// A value that is no string: `#` and the DER in hexadecimal (RFC 4514, 2.4).
fn hex_form(value: &Any<'_>) -> String {
    use x509_parser::asn1_rs::ToDer as _;
    let header = value.header.to_der_vec().unwrap_or_default();
    let content = value.data.get(..256).unwrap_or(value.data);
    let mark = if content.len() < value.data.len() {
        "…"
    } else {
        ""
    };
    format!("#{}{}{mark}", hex::encode(&header), hex::encode(content))
}

/// `value` with the escapes of RFC 4514, 2.4, so that no value looks like two.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        let edge =
            (index == 0 && matches!(character, ' ' | '#')) || (index == last && character == ' ');
        if edge || matches!(character, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use x509_parser::asn1_rs::{Any, Tag};

    use super::{escaped, string};

    #[test]
    fn a_value_never_looks_like_two() {
        assert_eq!(escaped(r#"a,CN=b+c"\<>;"#), r#"a\,CN=b\+c\"\\\<\>\;"#);
        assert_eq!(escaped(" # "), "\\ #\\ ");
        assert_eq!(escaped("#1"), "\\#1");
        assert_eq!(escaped(" "), "\\ ");
        assert_eq!(escaped(""), "");
    }

    #[test]
    fn every_string_type_is_read() {
        let text = |tag, bytes: &'static [u8]| {
            string(&Any::from_tag_and_data(tag, bytes)).map(|text| text.as_str().to_owned())
        };
        let umlaut = Some("Mü".to_owned());
        assert_eq!(text(Tag::Utf8String, "Mü".as_bytes()), umlaut);
        assert_eq!(text(Tag::T61String, b"M\xFC"), umlaut);
        assert_eq!(text(Tag::PrintableString, b"M\xFC"), umlaut);
        assert_eq!(text(Tag::BmpString, b"\0M\0\xFC"), umlaut);
        assert_eq!(text(Tag::BmpString, b"\0M\0\xFC\0"), umlaut);
        assert_eq!(text(Tag::UniversalString, b"\0\0\0M\0\0\0\xFC"), umlaut);
        assert_eq!(
            text(Tag::BmpString, b"\xD8\x00"),
            Some("\u{FFFD}".to_owned())
        );
        assert_eq!(text(Tag::Integer, b"\x01"), None);
    }
}
