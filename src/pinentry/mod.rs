//! `pinentry-symbolon`: asks for PINs and passphrases on behalf of gpg-agent and ssh.
//!
//! [`server`] holds the conversation with the agent (the Assuan protocol of GnuPG, line by line),
//! keeps what it says in [`state`], and makes a [`prompt::Prompt`] of it when there is a question.
//! A [`prompt::Front`] shows that: the window (`ui::pinentry_dialog`, on a thread of its own behind
//! [`desk`]) or the terminal. No GTK here.
//!
//! A passphrase lives in [`crate::base::secret::Secret`] from the key that was pressed to the line
//! that carries it: the buffers of [`lines`] are locked memory too.
//!
//! Sources: `doc/pinentry.texi` of pinentry 1.3, the manual of libassuan, and what agents of
//! GnuPG 2.2 to 2.4 were seen to send (facts/integrations.md, section 1).

pub mod arguments;
pub mod askpass;
pub mod choices;
pub mod code;
pub mod description;
pub mod desk;
pub mod escape;
pub mod key_store;
pub mod keyring;
pub mod lines;
pub mod memory;
pub mod prompt;
pub mod requester;
pub mod screen;
pub mod server;
pub mod session;
pub mod state;
pub mod terminal;
pub mod words;
