//! The text form of DER (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

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

#[cfg(test)]
mod tests {
    use super::encode;

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
