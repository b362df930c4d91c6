//! Why a card manager does not do something, in words.

use super::{family, level, protocol, tries};
use crate::base::i18n::{gettext, gettext_f};
use crate::explain::failure::{Explanation, link_error};
use crate::explain::{bytes, sentences};
use crate::globalplatform::content::ContentError;
use crate::globalplatform::keys::KeyError;
use crate::globalplatform::{ChannelError, KeyFamily};
use crate::token::SecureChannelProtocol;

/// The card is locked.
#[must_use]
pub fn locked() -> Explanation {
    Explanation::new(
        gettext("The card is locked"),
        gettext(
            "Its card manager lets nothing be changed until the card is unlocked with its keys. Nothing was changed.",
        ),
    )
}

/// A plan would put keys where there are some.
#[must_use]
pub fn key_version_taken(version: u8) -> Explanation {
    Explanation::new(
        gettext_f(
            "The card has a key set of version {version} already",
            &[("version", &version.to_string())],
        ),
        gettext(
            "Choose another version for the new keys, or let them replace the old ones. Nothing was sent.",
        ),
    )
}

/// A package has more bytes than can be loaded.
#[must_use]
pub fn too_large(len: usize, most: usize) -> Explanation {
    Explanation::new(
        gettext("The package is too large to be loaded"),
        gettext_f(
            "It has {size}, and at most {most} go onto a card in this way. The package was not sent.",
            &[("size", &bytes(len)), ("most", &bytes(most))],
        ),
    )
}

/// What is on the card was not written into the journal.
#[must_use]
pub fn not_kept() -> Explanation {
    Explanation::new(
        gettext("What is on the card could not be kept"),
        gettext(
            "Without that the step could not be gone on with if it is broken off. Nothing was changed by it.",
        ),
    )
}

/// A plan would delete the keys that it works with.
#[must_use]
pub fn own_keys(version: u8) -> Explanation {
    Explanation::new(
        gettext_f(
            "The key set of version {version} is the one that opens the card",
            &[("version", &version.to_string())],
        ),
        gettext(
            "Without it nobody may be able to change the card any more. Give it new keys first, and open it with these. Nothing was deleted.",
        ),
    )
}

/// No card manager answers.
#[must_use]
pub fn none() -> Explanation {
    Explanation::new(
        gettext("This card has no card manager that answers"),
        gettext(
            "It is no GlobalPlatform card, or its maker has closed it: nothing can be loaded onto it. What is on it can be used as it is.",
        ),
    )
}

/// Why the card manager was not opened, or why its channel broke.
#[must_use]
pub fn channel_error(error: &ChannelError) -> Explanation {
    let details = error.to_string();
    let words = match error {
        ChannelError::Link(error) => return link_error(error),
        ChannelError::Keys(error) => key_error(*error),
        ChannelError::FailedBefore { tries } => failed_before(*tries),
        ChannelError::TriesUnknown => Explanation::new(
            gettext("It is not known how often this card was tried before"),
            gettext(
                "What was kept of that cannot be read. The card may be at its last try. Nothing was sent.",
            ),
        ),
        ChannelError::NoRandomness => Explanation::new(
            gettext("The system has no fresh random numbers"),
            gettext("Without them a secure channel is none. Nothing was sent."),
        ),
        ChannelError::LevelNotSupported { level } => Explanation::new(
            gettext("The card has no such protection"),
            gettext_f(
                "Asked for: {level}. Choose less; nothing was counted by the card.",
                &[("level", &self::level(*level))],
            ),
        ),
        ChannelError::NoKeySet => Explanation::new(
            gettext("The card has no key set of this version"),
            gettext("Version 0 takes the first that there is. Nothing was counted by the card."),
        ),
        ChannelError::Blocked { .. } => Explanation::new(
            gettext("The card manager is blocked"),
            gettext(
                "Too many wrong keys were tried, or its owner has blocked it. Nothing can be loaded or deleted any more; what is on the card works as before.",
            ),
        ),
        ChannelError::ChallengeLength => Explanation::new(
            gettext("The card wants longer challenges"),
            gettext(
                "It speaks SCP03 with 16 bytes and did not say so. Nothing was counted by the card.",
            ),
        ),
        ChannelError::NoSecureChannel { .. } => Explanation::new(
            gettext("The card opens no secure channel"),
            gettext(
                "What answers is no card manager, or it is locked. Nothing was counted by the card.",
            ),
        ),
        ChannelError::ProtocolNotSupported(found) => not_spoken(*found),
        ChannelError::OtherFamily { found, family } => other_family(*found, *family),
        ChannelError::CounterNotGrown { .. } => Explanation::new(
            super::counts_anew(),
            gettext(
                "If you or another program have put these keys onto the card once more, that is so: say that they are to be tried all the same. Otherwise somebody may be between it and the computer, who sends an old answer. The keys were not used.",
            ),
        ),
        ChannelError::Weaker(_)
        | ChannelError::ChallengeNotRandom
        | ChannelError::AnswerLength { .. } => odd_beginning(),
        ChannelError::WrongKeys { tries, kept } | ChannelError::HostRefused { tries, kept, .. } => {
            wrong_keys(*tries, *kept)
        }
        ChannelError::TooLong { most } => Explanation::new(
            gettext("A command is too long for this channel"),
            gettext_f(
                "It takes {size} at most. Nothing was sent.",
                &[("size", &bytes(*most))],
            ),
        ),
        ChannelError::Closed => Explanation::new(
            gettext("The secure channel is closed"),
            gettext("Something went wrong in it before. Open it again; nothing was sent."),
        ),
        ChannelError::AnswerNotAuthentic => Explanation::new(
            gettext("An answer did not come from the card, or was changed"),
            gettext(
                "Whether the card did what it was told is not known. Read it again, with another reader if this happens once more.",
            ),
        ),
        ChannelError::MessagingRefused { .. } => closed_by_card(),
    };
    words.with(details)
}

fn wrong_keys(tries: Option<u32>, kept: bool) -> Explanation {
    let remembered = tries.map(|count| self::tries(Some(count)) + ".");
    let mut said = vec![
        gettext(
            "The card proves that it has others. Symbolon does not try these again by itself: after some ten wrong tries a card manager is closed for ever.",
        ),
        remembered.unwrap_or_default(),
    ];
    if !kept {
        said.push(gettext("This could not be kept on the disk: remember it."));
    }
    Explanation::new(
        gettext("These are not the keys of this card"),
        sentences(&said),
    )
}

fn key_error(error: KeyError) -> Explanation {
    match error {
        KeyError::Length { len } => Explanation::new(
            gettext("A key has the wrong length"),
            gettext_f(
                "It has {size}. Triple DES has 16 bytes; AES has 16, 24 or 32. Nothing was sent.",
                &[("size", &bytes(len))],
            ),
        ),
        KeyError::Mixed => Explanation::new(
            gettext("The three keys have different lengths"),
            gettext("All keys of a set have the same length. Nothing was sent."),
        ),
        KeyError::Version { version } => Explanation::new(
            gettext_f(
                "No key set can have the version {version}",
                &[("version", &version.to_string())],
            ),
            gettext(
                "Key sets that are put onto a card have versions from 1 to 127. Those of the factory, 255, make way for the first new one by themselves. Nothing was sent.",
            ),
        ),
        KeyError::Diversification => Explanation::new(
            gettext("This way to derive keys is for another cipher"),
            gettext("VISA2 and EMV are for triple DES, KDF3 is for AES. Nothing was sent."),
        ),
    }
}

/// Why the card manager did not do something with what is on the card.
#[must_use]
pub fn content_error(error: &ContentError) -> Explanation {
    let words = match error {
        ContentError::Channel(error) => return channel_error(error),
        ContentError::NotFound { .. } => Explanation::new(
            gettext("There is no such thing on the card"),
            gettext(
                "Look at what is on it; another program may have deleted it. Nothing was changed by this step.",
            ),
        ),
        ContentError::StillReferenced => Explanation::new(
            gettext("Something else on the card still needs it"),
            gettext(
                "A package goes after its applets, and after the packages that use it. Delete those first, or everything made of it at once. Nothing was changed by this step.",
            ),
        ),
        ContentError::WrongData { .. } => Explanation::new(
            gettext("The card does not take it"),
            gettext(
                "There may be something of the same name on it already, the file may not be for this card, or something that it uses is not there. Nothing was changed by this step.",
            ),
        ),
        ContentError::NoMemory => Explanation::new(
            gettext("There is not enough memory on the card"),
            gettext(
                "Delete what is not needed any more, or ask for less memory. Nothing was changed by this step.",
            ),
        ),
        ContentError::MemoryFailure => Explanation::new(
            gettext("The memory of the card failed"),
            gettext("The card is worn out or damaged. Do not rely on it any more."),
        ),
        ContentError::ImportMissing => Explanation::new(
            gettext("A package that this one uses is not on the card"),
            gettext(
                "Load that one first, or build this one for the card’s own version. Nothing was changed by this step.",
            ),
        ),
        ContentError::AppletThrew => Explanation::new(
            gettext("The applet broke off while it was made"),
            gettext(
                "It may want other parameters, or more memory. The package stays on the card; nothing else was changed by this step.",
            ),
        ),
        ContentError::Security { .. } => Explanation::new(
            gettext("The card does not allow it"),
            gettext(
                "The keys give no right to that, or the state of the card forbids it. Nothing was changed by this step.",
            ),
        ),
        ContentError::Conditions => Explanation::new(
            gettext("The card cannot do it now"),
            gettext(
                "Its state does not allow it, or something before it is missing. Nothing was changed by this step.",
            ),
        ),
        ContentError::CheckValue => Explanation::new(
            gettext("The card got other keys than were sent"),
            gettext(
                "It compared their check values and took none of them. The keys from before are still there. Try once more.",
            ),
        ),
        ContentError::OtherKeys => Explanation::new(
            gettext("The card says that it has other keys now"),
            gettext(
                "Do not delete the keys from before, and do not take the card out: try whether they still open it.",
            ),
        ),
        ContentError::NotSupported { .. } => Explanation::new(
            gettext("The card has no such function"),
            gettext("Nothing was changed by this step."),
        ),
        ContentError::Length => Explanation::new(
            gettext("The card does not take commands of this length"),
            gettext("Nothing was changed by this step."),
        ),
        ContentError::Refused { .. } => Explanation::new(
            gettext("The card refused"),
            gettext("Look at what is on it before you go on."),
        ),
    };
    words.with(error.to_string())
}

fn failed_before(tries: u32) -> Explanation {
    Explanation::new(
        gettext("These keys were wrong on this card before"),
        sentences(&[
            self::tries(Some(tries)) + ".",
            gettext(
                "A card whose tries are used up can never be managed again, so they are not sent once more by themselves. Nothing was sent.",
            ),
        ]),
    )
}

fn not_spoken(found: SecureChannelProtocol) -> Explanation {
    Explanation::new(
        gettext_f(
            "The card wants {protocol}",
            &[("protocol", &protocol(found))],
        ),
        gettext(
            "Symbolon speaks SCP01, SCP02 and SCP03 with symmetric keys. Nothing was counted by the card.",
        ),
    )
}

fn other_family(found: SecureChannelProtocol, family: KeyFamily) -> Explanation {
    Explanation::new(
        gettext_f(
            "The card wants {protocol}, for which these keys are not",
            &[("protocol", &protocol(found))],
        ),
        gettext_f(
            "The keys are for {family}. If the card took them before, it is not the same card, or somebody is between. The keys were not used.",
            &[("family", &self::family(family))],
        ),
    )
}

fn odd_beginning() -> Explanation {
    Explanation::new(
        gettext("The card does not answer as a secure channel begins"),
        gettext(
            "It may be damaged, or somebody is between it and the computer. The keys were not used.",
        ),
    )
}

fn closed_by_card() -> Explanation {
    Explanation::new(
        gettext("The card closed the secure channel"),
        gettext(
            "Another program may have used the card meanwhile. What was being done was not done; begin that step again.",
        ),
    )
}
