//! The text form of DER (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::pem::Pem;

/// The most blocks of a file that are read.
const MAX_BLOCKS: usize = 1024;

/// Characters on a line (RFC 7468, 3).
const LINE: usize = 64;

/// `der` between lines that name it: "CERTIFICATE", "PUBLIC KEY".
#[must_use]
pub fn encode(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII: every index is a boundary.
        let (line, tail) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// The DER of the certificates among the blocks of `text`; blocks that are damaged or hold
/// something else are passed over.
#[must_use]
pub fn certificates(text: &[u8]) -> Vec<Vec<u8>> {
    // RFC 7468, 5.1 and 5.3: the second and third are what older programs write.
    let labels = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];
    Pem::iter_from_buffer(text)
        .take(MAX_BLOCKS)
        .filter_map(Result::ok)
        .filter(|block| labels.contains(&block.label.as_str()))
        .map(|block| block.contents)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{certificates, encode};

    #[test]
    fn damaged_blocks_are_passed_over() {
        let text = format!(
            "words \u{FC}\n{}-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n{}{}-----BEGIN C",
            encode("CERTIFICATE", &[1]),
            encode("PRIVATE KEY", &[2]),
            encode("CERTIFICATE", &[3])
        );
        assert_eq!(certificates(text.as_bytes()), [[1], [3]]);
        assert!(certificates(&[0xFF; 4096]).is_empty());
    }

    #[test]
    fn lines_have_64_characters() {
        assert_eq!(
            encode("X", &[0; 49]),
            format!(
                "-----BEGIN X-----\n{}\nAA==\n-----END X-----\n",
                "A".repeat(64)
            )
        );
        assert_eq!(encode("X", &[]), "-----BEGIN X-----\n-----END X-----\n");
    }
}
