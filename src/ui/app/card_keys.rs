//! The keys of card managers, each with its card while that is in a reader.

use std::collections::HashMap;

use crate::backend::RequestId;
use crate::token::Identity;
use crate::ui::wizards::content::Access;

/// The keys that opened card managers, and those that are being tried.
#[derive(Debug, Default)]
pub(super) struct CardKeys {
    open: HashMap<Identity, Access>,
    tried: Option<Tried>,
}

/// Keys on their way to a card.
#[derive(Debug)]
struct Tried {
    request: RequestId,
    identity: Identity,
    access: Access,
}

impl CardKeys {
    /// What opens the card manager of this card.
    pub(super) fn of(&self, identity: Identity) -> Option<&Access> {
        self.open.get(&identity)
    }

    /// These keys are tried on a card by a request.
    pub(super) fn trying(&mut self, request: RequestId, identity: Identity, access: Access) {
        self.tried = Some(Tried {
            request,
            identity,
            access,
        });
    }

    /// Nobody waits any more for what is being tried: which request can end, and of which card.
    pub(super) fn give_up(&mut self) -> Option<(RequestId, Identity)> {
        let tried = self.tried.take()?;
        Some((tried.request, tried.identity))
    }

    /// The request ended well. The keys stay if they are still those that are tried; else somebody
    /// has cancelled, and nothing stays.
    pub(super) fn opened(&mut self, request: RequestId) -> bool {
        match self.take_tried(request) {
            Some(tried) => {
                self.open.insert(tried.identity, tried.access);
                true
            }
            None => false,
        }
    }

    /// The request did not end well. Says whether somebody waits for it.
    pub(super) fn refused(&mut self, request: RequestId) -> bool {
        self.take_tried(request).is_some()
    }

    fn take_tried(&mut self, request: RequestId) -> Option<Tried> {
        self.tried.take_if(|tried| tried.request == request)
    }

    /// From now on these open the card manager.
    pub(super) fn put(&mut self, identity: Identity, access: Access) {
        self.open.insert(identity, access);
    }

    /// What opens the card manager of this card is forgotten. Says whether there was something.
    pub(super) fn forget(&mut self, identity: Identity) -> bool {
        self.open.remove(&identity).is_some()
    }

    /// A card is gone, and its keys with it, also those that were being tried on it.
    pub(super) fn removed(&mut self, identity: Identity) {
        self.forget(identity);
        self.tried.take_if(|tried| tried.identity == identity);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::base::secret::Secret;
    use crate::plan::content::{KeyFamily, Keys, Opening};
    use crate::token::ReaderId;

    fn card(insertion: u64) -> Identity {
        Identity {
            reader: ReaderId(1),
            insertion,
        }
    }

    fn access(byte: u8) -> Access {
        let key = Secret::new(&[byte; 16]);
        Access {
            opening: Opening::default(),
            keys: Keys::one(KeyFamily::Aes, key).unwrap(),
            new_keys: None,
        }
    }

    /// The check value tells which keys these are.
    fn which(keys: &CardKeys, identity: Identity) -> Option<[u8; 3]> {
        keys.of(identity).map(first_value)
    }

    fn value(byte: u8) -> Option<[u8; 3]> {
        Some(first_value(&access(byte)))
    }

    fn first_value(access: &Access) -> [u8; 3] {
        let [first, ..] = access.keys.check_values().unwrap();
        first.0
    }

    #[test]
    fn keys_that_open_a_card_stay_with_it() {
        let mut keys = CardKeys::default();
        keys.trying(RequestId(1), card(1), access(1));
        assert_eq!(which(&keys, card(1)), None);
        assert!(keys.opened(RequestId(1)));
        assert_eq!(which(&keys, card(1)), value(1));
        // Another card is opened, and the first stays open.
        keys.trying(RequestId(2), card(2), access(2));
        assert!(keys.opened(RequestId(2)));
        assert_eq!(which(&keys, card(1)), value(1));
        assert_eq!(which(&keys, card(2)), value(2));
        keys.removed(card(1));
        assert_eq!(which(&keys, card(1)), None);
        assert_eq!(which(&keys, card(2)), value(2));
    }

    #[test]
    fn what_was_cancelled_opens_nothing_although_the_card_took_it() {
        let mut keys = CardKeys::default();
        keys.trying(RequestId(1), card(1), access(1));
        assert_eq!(keys.give_up(), Some((RequestId(1), card(1))));
        assert_eq!(keys.give_up(), None);
        assert!(!keys.opened(RequestId(1)));
        assert_eq!(which(&keys, card(1)), None);
    }

    #[test]
    fn the_end_of_an_old_request_does_not_touch_the_keys_of_a_new_one() {
        let mut keys = CardKeys::default();
        keys.trying(RequestId(1), card(1), access(1));
        keys.give_up();
        keys.trying(RequestId(2), card(2), access(2));
        assert!(!keys.opened(RequestId(1)));
        assert!(!keys.refused(RequestId(1)));
        assert_eq!(which(&keys, card(1)), None);
        assert!(keys.opened(RequestId(2)));
        assert_eq!(which(&keys, card(2)), value(2));
        assert_eq!(which(&keys, card(1)), None);
    }

    #[test]
    fn a_card_that_is_pulled_takes_the_keys_with_it_that_are_tried_on_it() {
        let mut keys = CardKeys::default();
        keys.trying(RequestId(1), card(1), access(1));
        keys.removed(card(2));
        keys.removed(card(1));
        assert!(!keys.opened(RequestId(1)));
        assert_eq!(which(&keys, card(1)), None);
    }
}
