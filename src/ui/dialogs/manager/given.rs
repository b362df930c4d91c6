//! Which keys somebody has chosen so far: from where, and under which name they are to be kept.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::entered::{self, Fault, Parts, Source};
use crate::base::i18n::{gettext, gettext_f};
use crate::base::secret::Secret;
use crate::explain::{self, Explanation};
use crate::pinentry::key_store;
use crate::pinentry::keyring::Unavailable;
use crate::plan::content::{KeyFamily, Keys, WellKnownKey};
use crate::token::Text;
use crate::ui::wizards::profile_file::name_of;

/// What somebody does to the choice of keys.
#[derive(Debug)]
pub enum KeyInput {
    /// Where they come from was chosen.
    Choose(Source),
    /// A file is to be chosen.
    FileAsked,
    /// This one was.
    FileChosen(PathBuf),
    /// Those at this place in the list of the keyring.
    KeptChosen(usize),
    /// Something was typed.
    Typed,
    /// Whether they are to be kept in the keyring.
    Keep(bool),
    /// Under this name.
    Name(String),
    /// All entries are shown, or none.
    Toggle,
    /// Enter, in an entry or on a choice.
    Submit,
}

/// What follows from what somebody does to the choice of keys.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Errand {
    Nothing,
    /// The keys of this name are looked up.
    LookUp(String),
    /// This file is read.
    Read(PathBuf),
    /// The person is asked for a file.
    AskFile,
    /// All entries are shown, or none.
    Toggle,
    /// The dialog goes on.
    Submit,
}

/// What was heard of work that takes its time.
#[derive(Debug)]
pub enum KeyNews {
    /// A file: its name, and what is in it.
    Read(String, Result<Secret, std::io::Error>),
    /// The names in the keyring.
    Names(Result<Vec<String>, Unavailable>),
    /// The keys of a name in the keyring.
    LookedUp(String, Result<Option<Secret>, Unavailable>),
    /// Keys were put into the keyring.
    Saved(Result<(), Unavailable>),
    /// Keys were put into a file of this name.
    Written(String, std::io::Result<()>),
}

impl KeyNews {
    /// Whether it would change keys that are on their way already; `asking` while the person can
    /// still change them.
    pub(super) fn comes_too_late(&self, asking: bool) -> bool {
        matches!(self, Self::Read(..)) && !asking
    }
}

/// The keys.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) source: Source,
    /// A file that was chosen, and the keys in it.
    file: Option<(String, Result<Parts, Fault>)>,
    kept: Kept,
    pub(super) keep: bool,
    pub(super) name: String,
}

/// What is in the keyring.
#[derive(Debug)]
pub(super) enum Kept {
    /// Nothing was heard of it yet.
    Asked,
    /// It cannot be used.
    Closed(Unavailable),
    /// These names.
    Names {
        names: Vec<String>,
        chosen: usize,
        /// The keys of the name that is chosen.
        parts: Option<Result<Parts, Fault>>,
    },
}

impl Given {
    pub(super) fn new(source: Source, name: String) -> Self {
        Self {
            source,
            file: None,
            kept: Kept::Asked,
            keep: false,
            name,
        }
    }

    /// Whether these are going to be other keys: what was said of those before is void then.
    pub(super) fn are_others(&self, input: &KeyInput) -> bool {
        match input {
            KeyInput::Choose(source) => *source != self.source,
            KeyInput::KeptChosen(_) => self.source == Source::Kept,
            KeyInput::Typed => true,
            KeyInput::FileAsked
            | KeyInput::FileChosen(_)
            | KeyInput::Keep(_)
            | KeyInput::Name(_)
            | KeyInput::Toggle
            | KeyInput::Submit => false,
        }
    }

    /// Somebody does something to it.
    pub(super) fn edit(&mut self, input: KeyInput) -> Errand {
        match input {
            KeyInput::Choose(source) => {
                self.source = source;
                return self.missing();
            }
            KeyInput::KeptChosen(place) => {
                if let Kept::Names { chosen, parts, .. } = &mut self.kept
                    && *chosen != place
                {
                    *chosen = place;
                    *parts = None;
                }
                return self.missing();
            }
            KeyInput::FileAsked => return Errand::AskFile,
            KeyInput::FileChosen(path) => return Errand::Read(path),
            // Entries that are not on the screen are not shown by the way.
            KeyInput::Toggle if !self.source.is_in_entries() => {}
            KeyInput::Toggle => return Errand::Toggle,
            KeyInput::Submit => return Errand::Submit,
            KeyInput::Typed => {}
            KeyInput::Keep(keep) => self.keep = keep,
            KeyInput::Name(name) => self.name = name,
        }
        Errand::Nothing
    }

    /// The keys of the name that is chosen have to be looked up, as long as they are not there.
    fn missing(&self) -> Errand {
        let name = match &self.kept {
            Kept::Names {
                names,
                chosen,
                parts: None,
            } if self.source == Source::Kept => names.get(*chosen).cloned(),
            _ => None,
        };
        name.map_or(Errand::Nothing, Errand::LookUp)
    }

    /// Hears of what was read. Returns what went wrong, in words.
    pub(super) fn hear(&mut self, news: KeyNews) -> Option<Explanation> {
        match news {
            KeyNews::Read(name, Ok(text)) => {
                self.file = Some((name, entered::in_file(&text)));
                self.source = Source::File;
                None
            }
            KeyNews::Read(name, Err(error)) => {
                let title = gettext_f("{file} cannot be read", &[("file", &name)]);
                Some(explain::failure::file(title, &error))
            }
            KeyNews::Names(Ok(names)) => {
                self.kept = Kept::Names {
                    names,
                    chosen: 0,
                    parts: None,
                };
                None
            }
            KeyNews::Names(Err(why)) => {
                self.kept = Kept::Closed(why);
                None
            }
            KeyNews::LookedUp(name, found) => self.looked_up(&name, found),
            KeyNews::Saved(Err(why)) => Some(unavailable(why)),
            KeyNews::Written(name, Err(error)) => {
                let title = gettext_f("{file} cannot be written", &[("file", &name)]);
                Some(explain::failure::file(title, &error))
            }
            KeyNews::Saved(Ok(())) | KeyNews::Written(_, Ok(())) => None,
        }
    }

    fn looked_up(
        &mut self,
        name: &str,
        found: Result<Option<Secret>, Unavailable>,
    ) -> Option<Explanation> {
        let Kept::Names {
            names,
            chosen,
            parts,
        } = &mut self.kept
        else {
            return None;
        };
        // Somebody may have gone on to another name meanwhile.
        if names.get(*chosen).is_none_or(|chosen| chosen != name) {
            return None;
        }
        match found {
            Ok(Some(text)) => {
                *parts = Some(entered::in_file(&text));
                None
            }
            Ok(None) => Some(Explanation::new(
                gettext_f(
                    "There are no keys “{name}” in the keyring",
                    &[("name", Text::from(name).as_str())],
                ),
                gettext("Somebody has deleted them meanwhile."),
            )),
            Err(why) => Some(unavailable(why)),
        }
    }

    /// The bytes of the keys as they are chosen now; `typed` is what stands in the entries.
    pub(super) fn parts(&self, typed: &Parts) -> Result<Parts, Fault> {
        let read = match self.source {
            Source::Typed | Source::Random => return entered::typed(typed),
            Source::Test => None,
            Source::File => self.file.as_ref().map(|(_, read)| read),
            Source::Kept => match &self.kept {
                Kept::Names { parts, .. } => parts.as_ref(),
                Kept::Asked | Kept::Closed(_) => None,
            },
        };
        match read {
            Some(Ok(parts)) => Ok(entered::duplicate(parts)),
            Some(Err(fault)) => Err(*fault),
            None => Err(Fault::Empty),
        }
    }

    /// The keys, for this cipher.
    pub(super) fn keys(&self, family: KeyFamily, typed: &Parts) -> Result<Keys, Fault> {
        match self.source {
            Source::Test => Ok(WellKnownKey::Test.keys(family)),
            Source::File | Source::Kept | Source::Typed | Source::Random => {
                entered::keys(family, &self.parts(typed)?)
            }
        }
    }

    /// The name of the file.
    pub(super) fn file(&self) -> Option<&str> {
        self.file.as_ref().map(|(name, _)| name.as_str())
    }

    /// The names in the keyring; none if it cannot be used.
    pub(super) fn names(&self) -> &[String] {
        match &self.kept {
            Kept::Names { names, .. } => names,
            Kept::Asked | Kept::Closed(_) => &[],
        }
    }

    /// Why no keys can be taken from the keyring, in words.
    pub(super) fn no_kept(&self) -> Option<String> {
        match &self.kept {
            Kept::Names { names, .. } if names.is_empty() => Some(gettext(
                "There are no keys of card managers in the keyring.",
            )),
            _ => self.no_keyring(),
        }
    }

    /// Why nothing can be kept in the keyring, in words.
    pub(super) fn no_keyring(&self) -> Option<String> {
        match &self.kept {
            Kept::Names { .. } => None,
            Kept::Asked => Some(gettext("The keyring is asked…")),
            Kept::Closed(why) => Some(unavailable(*why).body),
        }
    }

    /// Whether these keys are to be kept: those from the keyring are there already.
    pub(super) fn will_be_kept(&self) -> bool {
        let new = !matches!(self.source, Source::Test | Source::Kept);
        self.keep && new && self.no_keyring().is_none()
    }

    /// What is wrong with the name under which they are to be kept.
    pub(super) fn name_fault(&self) -> Option<String> {
        if !self.will_be_kept() {
            return None;
        }
        let name = self.name.trim();
        if name.is_empty() || name.contains(char::is_control) {
            Some(unavailable(Unavailable::Unfit).body)
        } else if self.names().iter().any(|known| known == name) {
            // They may be all that is left of the keys of another card.
            Some(gettext(
                "There are keys of this name in the keyring already.",
            ))
        } else {
            None
        }
    }

    /// Forgets what was read.
    pub(super) fn forget(&mut self) {
        self.file = None;
        if let Kept::Names { parts, .. } = &mut self.kept {
            *parts = None;
        }
    }
}

/// Why the keyring is of no use, in words.
fn unavailable(why: Unavailable) -> Explanation {
    let body = match why {
        Unavailable::Absent => gettext("There is no keyring in this session."),
        Unavailable::Locked => gettext("It has to be unlocked first."),
        Unavailable::Refused => gettext("It refused."),
        Unavailable::Silent => gettext("It did not answer in time."),
        Unavailable::Unfit => gettext("A name has no control characters and is not empty."),
    };
    Explanation::new(gettext("The keyring of the desktop cannot be used"), body)
}

// None of these is for the thread of the window: files may be on slow places, and keyrings ask people.

/// How long the keyring may take; it may ask the person something.
const LIMIT: Duration = Duration::from_secs(60);

/// Files that are longer hold something else.
const MOST: usize = 16 * 1024;

/// Reads a file into one piece of memory, which is wiped.
pub(super) fn read_file(path: &Path) -> KeyNews {
    let read = || {
        let mut bytes = Vec::with_capacity(MOST);
        let most = u64::try_from(MOST).unwrap_or(u64::MAX);
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
        Ok(Secret::take(bytes))
    };
    KeyNews::Read(name_of(path), read())
}

/// Writes keys into a file that only its owner can read.
pub(super) fn write_file(path: &Path, text: &Secret) -> KeyNews {
    let written = crate::base::file::replace_private(path, text.expose());
    KeyNews::Written(name_of(path), written)
}

/// Asks the keyring for the names that it has.
pub(super) fn ask_names() -> KeyNews {
    KeyNews::Names(key_store::names(LIMIT))
}

/// Asks the keyring for the keys of a name.
pub(super) fn look_up(name: String) -> KeyNews {
    let found = key_store::look_up(&name, LIMIT);
    KeyNews::LookedUp(name, found)
}

/// Puts keys into the keyring.
pub(super) fn save(name: &str, text: Secret) -> KeyNews {
    KeyNews::Saved(key_store::save(name, text, LIMIT))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const KEY: &str = "404142434445464748494A4B4C4D4E4F";

    fn text(text: &str) -> Secret {
        Secret::new(text.as_bytes())
    }

    fn nothing() -> Parts {
        [text(""), text(""), text("")]
    }

    fn named() -> Given {
        let mut given = Given::new(Source::Typed, "Java card".into());
        let names = vec!["Java card".to_owned(), "Other".to_owned()];
        assert!(given.hear(KeyNews::Names(Ok(names))).is_none());
        given
    }

    #[test]
    fn keys_are_looked_up_when_their_name_is_chosen() {
        let mut given = named();
        let look_up = |name: &str| Errand::LookUp(name.to_owned());
        assert_eq!(given.edit(KeyInput::KeptChosen(0)), Errand::Nothing);
        let kept = || KeyInput::Choose(Source::Kept);
        assert!(given.are_others(&kept()));
        assert_eq!(given.edit(kept()), look_up("Java card"));
        assert!(!given.are_others(&kept()));
        assert_eq!(given.edit(KeyInput::KeptChosen(1)), look_up("Other"));
        // The first comes too late.
        given.hear(KeyNews::LookedUp("Java card".into(), Ok(Some(text(KEY)))));
        assert!(given.keys(KeyFamily::Aes, &nothing()).is_err());
        given.hear(KeyNews::LookedUp("Other".into(), Ok(Some(text(KEY)))));
        assert!(given.keys(KeyFamily::Aes, &nothing()).is_ok());
        assert_eq!(given.edit(kept()), Errand::Nothing);
        given.forget();
        assert!(given.keys(KeyFamily::Aes, &nothing()).is_err());
        let words = given.hear(KeyNews::LookedUp("Other".into(), Ok(None)));
        let title = "There are no keys “Other” in the keyring";
        assert_eq!(words.unwrap().title, title);
    }

    #[test]
    fn only_entries_on_the_screen_are_shown() {
        let toggled = |source| Given::new(source, String::new()).edit(KeyInput::Toggle);
        for source in [Source::Typed, Source::Random] {
            assert_eq!(toggled(source), Errand::Toggle);
        }
        for source in [Source::Test, Source::File, Source::Kept] {
            assert_eq!(toggled(source), Errand::Nothing);
        }
    }

    #[test]
    fn a_file_changes_no_keys_that_are_on_their_way() {
        let file = KeyNews::Read("keys.txt".into(), Ok(text(KEY)));
        assert!(file.comes_too_late(false) && !file.comes_too_late(true));
        let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
        assert!(KeyNews::Read("keys.txt".into(), Err(gone)).comes_too_late(false));
        assert!(!KeyNews::Saved(Ok(())).comes_too_late(false));
        assert!(!KeyNews::Written("keys.txt".into(), Ok(())).comes_too_late(false));
    }

    #[test]
    fn without_a_keyring_its_reason_is_said() {
        let mut given = Given::new(Source::Typed, "Java card".into());
        assert!(given.no_kept().is_some());
        given.hear(KeyNews::Names(Err(Unavailable::Absent)));
        let reason = "There is no keyring in this session.";
        assert_eq!(given.no_kept().as_deref(), Some(reason));
        given.keep = true;
        assert!(!given.will_be_kept());
        given.hear(KeyNews::Names(Ok(Vec::new())));
        assert!(given.no_kept().is_some() && given.no_keyring().is_none());
        assert!(given.will_be_kept());
    }

    #[test]
    fn no_keys_in_the_keyring_are_replaced() {
        let mut given = named();
        assert_eq!(given.name_fault(), None);
        given.keep = true;
        assert!(given.name_fault().is_some());
        given.name = "Java card 2".into();
        assert_eq!(given.name_fault(), None);
        given.name = " ".into();
        assert!(given.name_fault().is_some());
        given.edit(KeyInput::Choose(Source::Kept));
        assert_eq!(given.name_fault(), None);
    }

    #[test]
    fn a_file_is_read_and_one_for_nobody_else_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.txt");
        let parts = [text("a"), text("b"), text("c")];
        let KeyNews::Written(name, Ok(())) = write_file(&path, &entered::to_text(&parts)) else {
            unreachable!()
        };
        assert_eq!(name, "keys.txt");
        let mut given = Given::new(Source::Typed, String::new());
        assert!(given.hear(read_file(&path)).is_none());
        assert_eq!(
            (given.source, given.file()),
            (Source::File, Some("keys.txt"))
        );
        let read = given.parts(&nothing()).unwrap();
        assert!(
            read.iter()
                .zip(&parts)
                .all(|(one, other)| one.same_as(other))
        );
        let missing = given.hear(read_file(&folder.path().join("none")));
        assert_eq!(missing.unwrap().title, "none cannot be read");
    }
}
