//! The gate for strings, by every door.

use symbolon::explain;
use symbolon::token::Text;

use crate::oracle;

pub(crate) fn run(bytes: &[u8]) {
    let latin = Text::from_latin1(bytes);
    let wide = [Text::from_utf16(bytes), Text::from_utf32(bytes)];
    let narrow = [Text::from_utf8(bytes), latin, Text::from_either(bytes)];
    for text in narrow.into_iter().chain(wide) {
        check(&text, bytes);
    }
    if let Ok(valid) = std::str::from_utf8(bytes) {
        let text = Text::from(valid);
        check(&text, bytes);
        assert_eq!(text, Text::from_either(bytes));
        // Plain letters are left as they are.
        let plain = valid.chars().all(|c| c.is_ascii_graphic());
        if plain && valid.len() <= Text::MAX_CHARS {
            assert_eq!(text.as_str(), valid);
        }
    }
    oracle::sentence(&explain::list(&[Text::from_either(bytes)
        .as_str()
        .to_owned()]));
}

fn check(text: &Text, bytes: &[u8]) {
    let shown = text.as_str();
    oracle::clean(shown);
    assert!(
        shown.chars().count() <= Text::MAX_CHARS + 1,
        "longer than may be shown"
    );
    assert!(text.raw().len() <= bytes.len() && bytes.starts_with(text.raw()));
    assert_eq!(text.is_empty(), shown.trim().is_empty());
    // Cleaned once is clean.
    let again = Text::from(shown);
    assert_eq!(
        again.as_str().trim_end_matches('…'),
        shown.trim_end_matches('…')
    );
}
