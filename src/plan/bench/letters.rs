//! Letters with PINs: a page of A4 for each token, as PDF (ISO 32000-1:2008) in locked memory.
//!
//! They are in no file unless somebody writes them into one, and are wiped when somebody has said that
//! they are on paper: a printer that jams must not be the end of a token.

use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str};
use zeroize::Zeroize as _;

use crate::base::hex::Hex;
use crate::base::secret::Secret;
use crate::token::Text;

/// A4 in points.
const PAGE: (f32, f32) = (595.0, 842.0);

/// White on every side, in points.
const MARGIN: f32 = 72.0;

/// The font of all text, its bold form, and that of PINs.
const PLAIN: Name<'_> = Name(b"F1");
const BOLD: Name<'_> = Name(b"F2");
const WIDE: Name<'_> = Name(b"F3");
const FONTS: [(Name<'_>, &[u8]); 3] = [
    (PLAIN, b"Helvetica"),
    (BOLD, b"Helvetica-Bold"),
    (WIDE, b"Courier-Bold"),
];

/// The most lines of a name and of any other text.
const NAME_LINES: usize = 3;
const TEXT_LINES: usize = 4;

/// What a page needs beside its text at most, in bytes: operators, positions, objects.
const PAGE_LEN: usize = 16 * 1024;

/// What belongs to one token, to be told to its holder.
#[derive(Debug)]
pub struct Letter {
    /// Whom the token is for.
    pub name: Text,
    /// What the token is called.
    pub label: Text,
    /// Its serial number.
    pub serial: Hex,
    /// When it was set up, in seconds since 1970.
    pub made: i64,
    /// The PINs and PUKs that nobody knows yet.
    pub codes: Vec<Code>,
}

/// A PIN or a PUK.
#[derive(Debug)]
pub struct Code {
    /// Whether it is a PUK.
    pub puk: bool,
    /// What the PIN is called, which a PUK belongs to.
    pub label: Text,
    /// It.
    pub value: Secret,
}

/// The words of one page.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// What it is.
    pub title: String,
    /// Whom it is for.
    pub name: String,
    /// What it is about, in small type below the name.
    pub about: Vec<String>,
    /// The codes.
    pub codes: Vec<Printed<'a>>,
    /// What to do with it, below the codes.
    pub notes: Vec<String>,
    /// What is said if something of it has letters that the fonts do not have.
    pub unprintable: String,
}

/// A code on paper.
#[derive(Debug)]
pub struct Printed<'a> {
    /// What stands above it.
    pub caption: String,
    /// It, in large type.
    pub value: &'a Secret,
    /// What it is for.
    pub about: String,
}

/// Letters that nobody has printed yet.
#[derive(Debug, Default)]
pub struct Letters {
    /// Each with its number, which no other one has.
    kept: Vec<(u64, Letter)>,
    next: u64,
}

impl Letters {
    /// None, which count on from those of before.
    #[must_use]
    pub fn after(before: &Self) -> Self {
        Self {
            kept: Vec::new(),
            next: before.next,
        }
    }

    /// Keeps a letter.
    pub fn add(&mut self, letter: Letter) {
        self.kept.push((self.next, letter));
        self.next += 1;
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// All of them as PDF; they are kept.
    #[must_use]
    pub fn to_pdf<'a>(&'a self, words: impl Fn(&'a Letter) -> Page<'a>) -> Secret {
        let letters = self.kept.iter().map(|(_, letter)| letter);
        let pages: Vec<_> = letters.map(words).collect();
        pdf(&pages)
    }

    /// The number that the next one gets: all that are here now have smaller ones.
    #[must_use]
    pub fn mark(&self) -> u64 {
        self.next
    }

    /// Wipes those that were here at a [`Letters::mark`]: they are on paper.
    pub fn wipe(&mut self, mark: u64) {
        self.kept.retain(|(number, _)| *number >= mark);
    }
}

/// The pages as one document.
#[must_use]
pub fn pdf(pages: &[Page<'_>]) -> Secret {
    // Buffers that have to grow leave what was in them behind.
    let room: usize = pages.iter().map(room_of).sum();
    let mut pdf = Pdf::with_capacity(PAGE_LEN + room);
    let mut next = 1;
    let mut reference = || {
        next += 1;
        Ref::new(next)
    };
    let (catalog, tree) = (Ref::new(1), reference());
    let fonts = FONTS.map(|(name, base)| (name, base, reference()));
    let sheets: Vec<_> = pages
        .iter()
        .map(|page| (page, reference(), reference()))
        .collect();
    pdf.catalog(catalog).pages(tree);
    let count = i32::try_from(sheets.len()).unwrap_or(i32::MAX);
    pdf.pages(tree)
        .kids(sheets.iter().map(|(_, id, _)| *id))
        .count(count);
    for (_, base, id) in fonts {
        pdf.type1_font(id)
            .base_font(Name(base))
            .encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    for (page, id, content) in sheets {
        let mut sheet = pdf.page(id);
        sheet
            .parent(tree)
            .media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1))
            .contents(content);
        let mut resources = sheet.resources();
        let mut named = resources.fonts();
        for (name, _, font) in fonts {
            named.pair(name, font);
        }
        named.finish();
        resources.finish();
        sheet.finish();
        let mut drawn = draw(page);
        pdf.stream(content, &drawn);
        drawn.zeroize();
    }
    Secret::take(pdf.finish())
}

/// Bytes that a page takes at most: text outside of ASCII is written in hexadecimal, and line for
/// line.
fn room_of(page: &Page<'_>) -> usize {
    let texts = [&page.title, &page.name, &page.unprintable];
    let texts = texts.into_iter().chain(&page.about).chain(&page.notes);
    let codes = page.codes.iter();
    let codes = codes.map(|code| code.caption.len() + code.value.len() + code.about.len() + 512);
    PAGE_LEN + 3 * (texts.map(|text| text.len() + 512).sum::<usize>() + codes.sum::<usize>())
}

/// What is drawn on a page.
fn draw(page: &Page<'_>) -> Vec<u8> {
    let mut pen = Pen {
        content: Content::with_capacity(room_of(page)),
        y: PAGE.1 - MARGIN,
        lost: false,
    };
    pen.write(&page.title, PLAIN, 12.0, 1);
    pen.y -= 12.0;
    pen.write(&page.name, BOLD, 20.0, NAME_LINES);
    pen.y -= 4.0;
    for about in &page.about {
        pen.write(about, PLAIN, 11.0, 2);
    }
    pen.y -= 18.0;
    // With many PINs each is smaller: they have to stay on one page.
    let count = u8::try_from(page.codes.len()).unwrap_or(u8::MAX);
    let share = (pen.y - MARGIN - 160.0) / f32::from(count.max(1));
    let size = (share * 0.4).clamp(9.0, 36.0);
    for code in &page.codes {
        pen.write(&code.caption, BOLD, (size * 0.4).clamp(8.0, 12.0), 1);
        pen.code(code.value, size);
        pen.write(&code.about, PLAIN, (size * 0.4).clamp(7.0, 10.0), 2);
        pen.y -= size * 0.5;
    }
    pen.rule();
    for note in &page.notes {
        pen.write(note, PLAIN, 10.0, TEXT_LINES);
        pen.y -= 4.0;
    }
    if pen.lost {
        pen.write(&page.unprintable, PLAIN, 9.0, TEXT_LINES);
    }
    pen.content.finish().into_vec()
}

/// Writes from the top to the bottom.
struct Pen {
    content: Content,
    y: f32,
    /// Whether there was a letter that cannot be written.
    lost: bool,
}

impl Pen {
    /// A text, in as many lines as it needs and may have. What has no place on the page any more is left
    /// out: that can only be the end of the notes.
    fn write(&mut self, text: &str, font: Name<'_>, size: f32, most: usize) {
        // Whatever comes here is clean already, or is now.
        let text = Text::from(text);
        let (bytes, lost) = encode(text.as_str());
        self.lost |= lost;
        for line in wrap(&bytes, (PAGE.0 - 2.0 * MARGIN) / size * 1000.0, most) {
            if self.y - size * 1.25 < MARGIN / 2.0 {
                return;
            }
            self.y -= size * 1.25;
            self.show(&line, font, size, 0.0);
        }
    }

    /// A PIN: its characters stand apart, so that nobody loses count.
    fn code(&mut self, value: &Secret, size: f32) {
        self.y -= size * 1.15;
        self.show(value.expose(), WIDE, size, size * 0.15);
        self.y -= size * 0.1;
    }

    fn show(&mut self, bytes: &[u8], font: Name<'_>, size: f32, apart: f32) {
        self.content
            .begin_text()
            .set_font(font, size)
            .set_char_spacing(apart)
            .next_line(MARGIN, self.y)
            .show(Str(bytes))
            .end_text();
    }

    /// A line across the page.
    fn rule(&mut self) {
        self.y -= 10.0;
        self.content
            .set_line_width(0.5)
            .move_to(MARGIN, self.y)
            .line_to(PAGE.0 - MARGIN, self.y)
            .stroke();
        self.y -= 6.0;
    }
}

/// Text in the coding of the fonts, WinAnsiEncoding (ISO 32000-1:2008, D.2), and whether something of
/// it is not in there; that is a question mark.
fn encode(text: &str) -> (Vec<u8>, bool) {
    let mut lost = false;
    let bytes = text
        .chars()
        .map(|letter| {
            win_ansi(letter).unwrap_or_else(|| {
                lost = true;
                b'?'
            })
        })
        .collect();
    (bytes, lost)
}

/// From 80 to 9F; the rest is that of ISO/IEC 8859-1.
const SPECIAL: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘',
    '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

fn win_ansi(letter: char) -> Option<u8> {
    match letter {
        ' '..='~' | '\u{A0}'..='\u{FF}' => u8::try_from(u32::from(letter)).ok(),
        '\0' => None,
        _ => {
            let mut known = (0x80_u8..).zip(SPECIAL);
            known
                .find(|(_, special)| *special == letter)
                .map(|(byte, _)| byte)
        }
    }
}

/// Lines no wider than `width`, broken at blanks where there are any; the last one that there may be
/// ends with "…" if there is more.
fn wrap(bytes: &[u8], width: f32, most: usize) -> Vec<Vec<u8>> {
    const MORE: u8 = 0x85;
    let mut lines = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let mut used = 0.0;
        let fits = rest.iter().take_while(|&&byte| {
            used += advance(byte);
            used <= width
        });
        let fits = fits.count().max(1);
        let (line, after) = rest.split_at_checked(fits).unwrap_or((rest, &[]));
        if after.is_empty() {
            lines.push(line.to_vec());
            break;
        }
        if lines.len() + 1 >= most {
            let cut = line.len().saturating_sub(2);
            let mut line = line.get(..cut).unwrap_or(line).to_vec();
            line.push(MORE);
            lines.push(line);
            break;
        }
        let blank = line.iter().rposition(|&byte| byte == b' ');
        let end = match blank {
            _ if after.starts_with(b" ") => line.len(),
            Some(blank) if blank > 0 => blank,
            _ => line.len(),
        };
        lines.push(rest.get(..end).unwrap_or(rest).to_vec());
        rest = rest.get(end..).unwrap_or_default();
        rest = rest.strip_prefix(b" ").unwrap_or(rest);
    }
    lines
}

/// Widths of Helvetica from 20 to 7E, in thousandths of its size (its font metrics file).
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// How wide a letter is at most, in the bold form as well, where the narrow ones are wider.
fn advance(byte: u8) -> f32 {
    let width = usize::from(byte)
        .checked_sub(0x20)
        .and_then(|at| WIDTHS.get(at));
    f32::from(width.copied().unwrap_or(1000)) + 60.0
}

#[cfg(test)]
mod tests;
