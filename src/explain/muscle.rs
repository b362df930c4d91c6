//! The MUSCLE applet: what it refuses, and why a key place takes one size for ever.

use super::failure::Explanation;
use super::sentences;
use crate::base::hex::Hex;
use crate::base::i18n::{gettext, gettext_f};
use crate::card::CardError;
use crate::card::muscle::{KeyPlace, MuscleError, ObjectId};
use crate::iso7816::StatusWord;

/// Why the applet did not do it.
#[must_use]
pub fn error(error: &MuscleError) -> Explanation {
    match error {
        MuscleError::NotSetUp => Explanation::new(
            gettext("The MUSCLE applet is not set up yet"),
            gettext(
                "It takes nothing but its first set-up, which gives it PINs and memory. Set the token up.",
            ),
        ),
        MuscleError::SetUpAlready => Explanation::new(
            gettext("The MUSCLE applet is set up already"),
            gettext(
                "It can be set up once. To begin anew, delete the applet and install it again; everything in it is lost then.",
            ),
        ),
        MuscleError::PinsRefused => super::applet::pins_refused(),
        MuscleError::Full => Explanation::new(
            gettext("The memory of the applet is full"),
            gettext(
                "Delete certificates or data that are not needed any more. Nothing was written.",
            ),
        ),
        MuscleError::NotBlocked => Explanation::new(
            gettext("The PIN is not blocked"),
            gettext(
                "The PUK is taken only when it is. It was not looked at, and no try was lost. With the PIN itself a new one can be set.",
            ),
        ),
        MuscleError::PinStays => pin_stays(),
        MuscleError::OtherPadding { slot } => other_padding(*slot),
        MuscleError::NoKey { slot } => Explanation::new(
            gettext("There is no key in this place"),
            sentences(&[
                gettext("Read the token again; another program may have altered it."),
                place(*slot),
            ]),
        ),
        MuscleError::Unauthorized => Explanation::new(
            gettext("A PIN is missing for that"),
            gettext(
                "The rules of the key or of the object ask for it. Give the PIN and do it again; nothing was changed.",
            ),
        ),
        MuscleError::NoPlace { bits, places } => no_place(*bits, places),
        MuscleError::FixedPlace { private, public } => Explanation::new(
            gettext("This pair of key places is for ever of another size"),
            sentences(&[cures(), places_of(*private, *public)]),
        ),
        MuscleError::KeySize { bits } => key_size(*bits),
        MuscleError::Unguarded { slot } => unguarded(*slot),
        MuscleError::Exposed { slot, why } => exposed(*slot, why),
        MuscleError::KeyStays { slot, sw } => key_stays(*slot, *sw),
        MuscleError::Undeletable { id } => undeletable(*id),
        MuscleError::NotPersonalised => Explanation::new(
            gettext("There is no PKCS#15 in the applet yet"),
            gettext("Set the token up first. Nothing was changed."),
        ),
        MuscleError::InUse => Explanation::new(
            gettext("There is such an object on the token already"),
            gettext(
                "It is another one than was to be made. Read the token again; another program may have altered it. Nothing was changed.",
            ),
        ),
        MuscleError::Endless => Explanation::new(
            gettext("The card lists without an end"),
            gettext(
                "What it lists is not believed. The card may be damaged; try once more, or use another reader. Nothing was changed.",
            ),
        ),
        MuscleError::BadKey => Explanation::new(
            gettext("The new key does not work"),
            gettext(
                "It was tried before anything names it, and is not listed. The card may be damaged; try once more, or use another one.",
            ),
        ),
    }
}

fn place(slot: u8) -> String {
    gettext_f("(Key place {number})", &[("number", &slot.to_string())])
}

fn places_of(private: u8, public: u8) -> String {
    gettext_f(
        "(Key places {private} and {public})",
        &[
            ("private", &private.to_string()),
            ("public", &public.to_string()),
        ],
    )
}

/// What helps where no place takes a key of this size.
fn cures() -> String {
    gettext(
        "A key place keeps the size of its first key until the applet is installed anew; erasing does not change that. Either take that size, or delete the applet and load it again: every key, PIN and certificate in it is lost then. Nothing was changed.",
    )
}

fn no_place(bits: u16, places: &[KeyPlace]) -> Explanation {
    let mut sizes: Vec<u16> = places.iter().map(|place| place.bits).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
    Explanation::new(
        gettext_f(
            "No key place is left for {bits} bits",
            &[("bits", &bits.to_string())],
        ),
        cures(),
    )
    .with(gettext_f(
        "Sizes of the places that are used up: {sizes}",
        &[("sizes", &sizes.join(", "))],
    ))
}

fn other_padding(slot: u8) -> Explanation {
    Explanation::new(
        gettext("The key was used with another padding before"),
        sentences(&[
            gettext(
                "The applet keeps to the first one for this place until it is installed anew. Make another key; nothing is wrong with this one.",
            ),
            place(slot),
        ]),
    )
}

fn unguarded(slot: u8) -> Explanation {
    Explanation::new(
        gettext("The applet would give the imported key to anybody"),
        sentences(&[
            gettext(
                "It ignored the rules of the key, so a throw-away key was put over it: nothing is left to be read out. Let the card make the key instead.",
            ),
            place(slot),
        ]),
    )
}

fn exposed(slot: u8, why: &CardError) -> Explanation {
    Explanation::new(
        gettext("A key on the card can be read by anybody"),
        sentences(&[
            gettext(
                "The rules of its place do not protect it, and putting a throw-away key over it failed. Keep the token to yourself and continue: the key is overwritten before anything else is done. If that does not help, delete the applet.",
            ),
            place(slot),
        ]),
    )
    .with(why.to_string())
}

fn key_stays(slot: u8, sw: StatusWord) -> Explanation {
    Explanation::new(
        gettext("The key cannot be overwritten"),
        sentences(&[
            gettext(
                "The card refused to put a throw-away key over the one that was to be deleted. If you continue, it leaves the lists and stays in its place, where who has the PIN may still use it. Only deleting the applet removes it.",
            ),
            place(slot),
        ]),
    )
    .with(sw.to_string())
}

fn undeletable(id: ObjectId) -> Explanation {
    Explanation::new(
        gettext("The holder’s PIN does not delete everything on this token"),
        gettext(
            "An object has rules of its own, which another program gave it. Delete it with that program, or delete the applet and install it again; every key, PIN and certificate in it is lost then. Nothing was changed.",
        ),
    )
    .with(Hex(id.0.to_vec()).to_string())
}

fn key_size(bits: u16) -> Explanation {
    Explanation::new(
        gettext_f(
            "This card makes no keys of {bits} bits",
            &[("bits", &bits.to_string())],
        ),
        gettext(
            "Its applet was built without them, or its chip has none. Choose a smaller size. Nothing was changed.",
        ),
    )
}

fn pin_stays() -> Explanation {
    Explanation::new(
        gettext("The PUK of this token sets no new PIN"),
        gettext(
            "It gives the tries back, and the PIN stays what it was. Unblock it first, then change it with the old PIN. Nothing was sent.",
        ),
    )
}
