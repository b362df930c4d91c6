//! The use of private keys: the PIN through the guard and the key after it, while no other program
//! gets at the card; then the PIN is taken back.

use std::sync::Arc;

use super::lane::{Report, Worker};
use super::{Done, Failure, KeyCommand, RequestId};
use crate::base::secret::Secret;
use crate::card::{self, CardError, guard};
use crate::token::{KeyUse, Token, Usable};
use crate::transport::channel::{Cancel, Channel};
use crate::transport::link::After;

impl Worker {
    /// Does it. What a PIN that was refused has cost is read after that; else nothing has changed.
    pub(super) fn key(
        &mut self,
        id: Option<RequestId>,
        command: &KeyCommand,
        token: &Token,
        cancel: &Cancel,
    ) -> Result<Done, Failure> {
        let done = self.use_key(command, token, cancel);
        if let Some(id) = id {
            self.report(Report::Finished(id, done.clone()));
        }
        if let Err(Failure::Card(CardError::WrongPin { .. } | CardError::Blocked { .. })) = done {
            self.read_again(command.identity);
        }
        done
    }

    fn use_key(
        &mut self,
        command: &KeyCommand,
        token: &Token,
        cancel: &Cancel,
    ) -> Result<Done, Failure> {
        let (shown, key) = key(command, token)?;
        let deed = guard::Deed::Verify(&command.pin);
        guard::check_rules(shown.pin, &deed)?;
        let tracer = self.tracer.clone();
        let made = self.exclusively(command.identity, &mut |link| {
            let mut channel = Channel::new(link, &tracer, cancel.clone());
            run(&mut channel, &shown, &deed, &key, command)
        });
        let made = made.map_err(CardError::Link)??;
        Ok(match command.work.way() {
            KeyUse::Sign => Done::Signed(made.expose().to_vec()),
            KeyUse::Decrypt => Done::Decrypted(Arc::new(made)),
        })
    }
}

/// The key and its PIN as the person was shown them; nothing is asked of the card.
fn key<'a>(
    command: &KeyCommand,
    token: &'a Token,
) -> Result<(guard::Shown<'a>, Usable<'a>), CardError> {
    let application = token.application(command.application);
    let application = application.ok_or(CardError::NotFound {
        what: "this application",
    })?;
    let key = application.usable(command.key, command.work.way());
    let key = key.map_err(|_| CardError::Unsupported("the use of this key"))?;
    if !command.work.fits(key.len) {
        return Err(CardError::Unsupported("data of this length"));
    }
    let shown = guard::Shown {
        token,
        application: command.application,
        pin: key.pin,
    };
    Ok((shown, key))
}

/// The right application, the guard, the key; and nothing stays verified.
fn run(
    channel: &mut Channel<'_>,
    shown: &guard::Shown<'_>,
    deed: &guard::Deed<'_>,
    key: &Usable<'_>,
    command: &KeyCommand,
) -> (Result<Secret, CardError>, After) {
    let mut driver = match card::open(channel, shown.application) {
        Ok(driver) => driver,
        Err(error) => return (Err(error), After::Reset),
    };
    let driver = driver.as_mut();
    let verified = guard::run(driver, channel, shown, deed, command.use_last_try);
    let made = verified.and_then(|()| driver.use_key(channel, key, &command.work));
    let after = guard::end(driver, channel, shown, deed);
    (made, after)
}
