//! Symbolon: look at, set up and use smart cards and crypto tokens.
//!
//! # The map
//!
//! | room | what it is for |
//! |---|---|
//! | [`base`] | secrets, hexadecimal text, translation, settings, the operating system |
//! | [`token`] | what a person sees: readers, tokens, applications, PINs, keys, certificates. No I/O |
//! | [`iso7816`] | commands, responses, status words, answers to reset, TLV. Bytes in, values out |
//! | [`transport`] | the way to one card: PC/SC, the watch over readers, chaining, PIN pads, the trace |
//! | [`globalplatform`] | the card manager of a Java card: its secure channels, what is loaded, CAP files, gpshell scripts |
//! | [`card`] | the drivers (PIV, OpenPGP, PKCS#15, MUSCLE), the list of probes, the PIN guard, and the tasks that write on CardOS, on the MUSCLE applet and through card managers |
//! | [`pki`] | certificates, public keys, chains, SSH lines. Knows no card |
//! | [`integration`] | files of other programs: changes that are looked at first and taken back, GnuPG. Touches no card |
//! | [`plan`] | what is going to be done to a token: profiles, previews, the journal, the run, the bench |
//! | [`simulator`] | practice cards: in readers of this program, or behind a real service through vpcd |
//! | [`backend`] | the only owner of readers and cards: requests in, events out |
//! | [`explain`] | every word about what the rooms above say |
//! | [`pinentry`] | `pinentry-symbolon` without its window: the conversation with gpg-agent, the terminal |
//! | [`cli`] | `symbolonctl` |
//! | [`ui`] | `symbolon`, the window |
//!
//! # Who may import whom
//!
//! ```text
//! token -> base          iso7816 -> base token          pki -> base token
//! transport -> base token iso7816
//! globalplatform -> base token iso7816 transport
//! card -> base token iso7816 transport globalplatform pki
//! plan -> base token pki globalplatform card transport::channel
//! integration -> base token pki
//! simulator -> base iso7816 transport::link
//! backend -> all above
//! explain -> all above except simulator
//! pinentry -> base token
//! cli, ui -> backend token plan pki integration pinentry explain base, and nothing else
//! ```
//!
//! `tests/layering.rs` holds this table. GTK is in [`ui`] alone, `pcsc` in
//! `transport::pcsc` and `transport::watch`.
//!
//! # How data flows
//!
//! Looking: `transport::watch` sees a card, the `backend` tells the reader's lane, the lane
//! opens a `transport::link`, `card::Reading` asks every driver, part by part, and an
//! `Event::TokenRead` carries one [`token::Token`] to whoever shows it. Once the card has said
//! which one it is, what it answered the last time is read by the same drivers from a
//! `transport::replay`, and shown until the card itself was read.
//!
//! Doing: a `backend::Command` goes to the lane of its reader; every PIN passes
//! `card::guard`; exactly one `Event::Finished` comes back, and the token is read again.
//!
//! Setting up: a [`plan::profile`] and what [`plan::Survey`] says of the card become a
//! [`plan::Plan`], a list of `card::task`s. [`plan::preview`] goes through them on paper;
//! `backend::Command::Plan` has the lane carry them out, each in a transaction of its own, between
//! two lines of the [`plan::journal`]. A task that was broken off is done again with what was known
//! when it was begun: each of its commands may be sent twice. Nothing else writes on a card but
//! the PIN guard and the command console.
//!
//! Java cards: [`card::java`] looks at the card manager, and opens a secure channel for each task that
//! changes what is on the card. Whether keys failed on a card before is kept by the backend and
//! asked for before they are sent.
//!
//! # Words
//!
//! A *reader* is the PC/SC device; a *token* is what the person holds; a *card* is its ISO
//! 7816 side; an *application* is selected by its identifier. A PIN is *verified*, *changed*,
//! *unblocked* or *set*; it has *tries left* or is *blocked*. A *link* is an open way to a
//! card, a *channel* a conversation over it, a *lane* the thread that owns a reader.

pub mod backend;
pub mod base;
pub mod card;
pub mod cli;
pub mod explain;
pub mod globalplatform;
pub mod integration;
pub mod iso7816;
pub mod pinentry;
pub mod pki;
pub mod plan;
pub mod simulator;
pub mod token;
pub mod transport;

// Relm4 makes a public `XxxWidgets` for every component, which cannot be documented.
#[cfg(feature = "window")]
#[allow(missing_docs, reason = "generated types")]
pub mod ui;
