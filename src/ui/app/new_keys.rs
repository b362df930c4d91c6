//! The dialog for new keys of a card manager, and what becomes of them.

use relm4::adw::prelude::*;
use relm4::prelude::*;

use super::requests::Dialog;
use super::{App, AppInput, words};
use crate::base::hex::Hex;
use crate::base::i18n::gettext;
use crate::plan::content::Keys;
use crate::plan::{NewKeys, Task};
use crate::token::Identity;
use crate::ui::dialogs::manager::{
    NewKeysDialog, NewKeysInit, NewKeysInput, NewKeysOutput, NewKeysWish,
};
pub(super) use crate::ui::wizards::content::new_keys as among;
use crate::ui::wizards::content::{Access, Wish};

/// The dialog on the screen.
pub(super) struct OpenNewKeys {
    dialog: Dialog<NewKeysDialog>,
    identity: Identity,
    /// With those of a plan that was broken off: that one is gone on with.
    goes_on: bool,
}

impl OpenNewKeys {
    /// A card is gone.
    pub(super) fn removed(&self, identity: Identity) {
        if identity == self.identity {
            self.dialog.0.emit(NewKeysInput::Removed);
        }
    }
}

impl App {
    /// Opens the dialog for new keys; for those of a plan that was broken off, if there is such.
    pub(super) fn open_new_keys(
        &mut self,
        begun: Option<NewKeys>,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        if let Some(open) = &self.requests.manager.new_keys {
            open.dialog.0.widget().present();
            return;
        }
        if self.bench_is_in_the_way() {
            return;
        }
        let Some((reader, identity, token)) = self.card() else {
            return;
        };
        let manager = &self.requests.manager;
        let (Some(access), Some(look)) = (manager.keys.of(identity), manager.look_at(identity))
        else {
            return;
        };
        let goes_on = begun.is_some();
        let dialog = NewKeysDialog::builder()
            .launch(NewKeysInit {
                token,
                reader_name: self.model.reader_name(reader.id),
                look: look.clone(),
                family: access.keys.family(),
                len: access.keys.key_len(),
                begun,
            })
            .forward(sender.input_sender(), AppInput::NewKeys);
        dialog.widget().set_transient_for(Some(root));
        dialog.widget().present();
        self.requests.manager.new_keys = Some(OpenNewKeys {
            dialog: Dialog(dialog),
            identity,
            goes_on,
        });
    }

    /// The dialog for new keys spoke.
    pub(super) fn new_keys_output(
        &mut self,
        output: NewKeysOutput,
        sender: &ComponentSender<Self>,
        root: &adw::ApplicationWindow,
    ) {
        match output {
            NewKeysOutput::Submitted(wish) => {
                let Some(open) = self.requests.manager.new_keys.take() else {
                    return;
                };
                // The wizard is for the card on show, which may be another one by now.
                let shown = self
                    .card()
                    .is_some_and(|(_, shown, _)| shown == open.identity);
                if !shown {
                    return;
                }
                let NewKeysWish { new, keys } = *wish;
                let wish = if open.goes_on {
                    Wish::GoOn
                } else {
                    let name = gettext("New keys of the card manager");
                    Wish::Steps(name, vec![Task::PutKeys(new)])
                };
                self.open_content_with(wish, Some(keys), sender, root);
            }
            NewKeysOutput::Kept(name) => self.toast(&words::keys_kept(&name)),
            NewKeysOutput::Closed => self.requests.manager.new_keys = None,
        }
    }
}

/// The keys that open the card manager, if they are the new ones of a plan that was broken off: the
/// card has taken them.
pub(super) fn same(new: &NewKeys, access: &Access) -> Option<Keys> {
    let values = access.keys.check_values().ok()?;
    let values = values.map(|value| Hex(value.0.to_vec()));
    (values == new.check_values).then(|| access.keys.duplicate())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::base::secret::Secret;
    use crate::plan::content::{KeyFamily, Opening};

    #[test]
    fn keys_that_the_card_took_already_are_not_asked_for() {
        let keys = |byte| Keys::one(KeyFamily::Aes, Secret::new(&[byte; 16])).unwrap();
        let access = |byte| Access {
            opening: Opening::default(),
            keys: keys(byte),
            new_keys: None,
        };
        let values = keys(2).check_values().unwrap();
        let new = NewKeys {
            version: 1,
            replaces: None,
            check_values: values.map(|value| Hex(value.0.to_vec())),
        };
        assert!(same(&new, &access(2)).is_some());
        assert!(same(&new, &access(1)).is_none());
    }
}
