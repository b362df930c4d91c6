//! INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, and everything that is looked at before and between
//! them.

use super::start::Start;
use super::{
    ChannelError, LE_SHORT, Level, Messaging, Randomness, SecureChannel, Wish, scp01, scp02, scp03,
};
use crate::globalplatform::attempts::{Attempts, KeySetId, MAX_USUAL_TRIES, Recall, Tried};
use crate::globalplatform::crypto;
use crate::globalplatform::keys::Keys;
use crate::iso7816::{Command, Le, StatusWord};
use crate::transport::channel::Channel;

/// A session to which the card has proved that it has its keys.
struct Proof {
    messaging: Box<dyn Messaging + Send>,
    /// Whether the challenge of the card is the one that it should be.
    challenge_fits: Option<bool>,
}

pub(super) fn open(
    channel: &mut Channel<'_>,
    keys: &Keys,
    wish: &Wish,
    attempts: &mut dyn Attempts,
    random: &mut dyn Randomness,
) -> Result<SecureChannel, ChannelError> {
    let family = keys.family();
    wish.check(family)?;
    let id = KeySetId {
        family,
        check_values: keys.check_values()?,
        diversification: wish.diversification,
    };
    let recall = attempts.recall(&wish.card);
    may_try(&recall, &id, wish)?;
    let long = wish.is_long(family);
    let host = challenge(random, &recall, long)?;
    let tried = |start: &Start| Tried {
        version: start.version,
        keys: id.clone(),
        challenge: host.clone(),
        counter: start.counter,
    };
    let (first, other) = initialize(channel, wish, &host, long)?;
    let of_first = prove(&first, keys, wish, &recall, &tried(&first));
    let mut found = None;
    // The right keys tell which of the two the answer is; the card does not notice.
    if !matches!(of_first, Ok(Some(_)))
        && let Some(other) = other
    {
        let proof = prove(&other, keys, wish, &recall, &tried(&other))?;
        found = proof.map(|proof| (other, proof));
    }
    let found = match found {
        None => of_first?.map(|proof| (first.clone(), proof)),
        found => found,
    };
    let Some((start, proof)) = found else {
        let (tries, kept) = note_failure(attempts, wish, &tried(&first));
        return Err(ChannelError::WrongKeys { tries, kept });
    };
    let (tried, mut messaging) = (tried(&start), proof.messaging);
    let sw = authenticate(channel, messaging.as_mut(), wish.level)?;
    // The card has these keys, and what it refuses here it did not compare (sheet "globalplatform",
    // 2.1).
    if matches!(sw, StatusWord::WRONG_P1P2 | StatusWord::CONDITIONS) {
        let level = wish.level;
        return Err(ChannelError::LevelNotSupported { level });
    }
    if !sw.is_ok() {
        let (tries, kept) = note_failure(attempts, wish, &tried);
        return Err(ChannelError::HostRefused { sw, tries, kept });
    }
    // If this cannot be kept, the next time is more careful than it has to be.
    let _ = attempts.note_success(&wish.card, &tried);
    Ok(SecureChannel {
        messaging,
        level: wish.level,
        edition: start.edition,
        protocol: start.protocol,
        family,
        version: start.version,
        diversification_data: start.diversification_data,
        well_known: keys.well_known(),
        challenge_fits: proof.challenge_fits,
        closed: false,
    })
}

/// The session that the card has proved to have; nothing if its cryptogram is not that of these keys.
fn prove(
    start: &Start,
    keys: &Keys,
    wish: &Wish,
    recall: &Recall,
    tried: &Tried,
) -> Result<Option<Proof>, ChannelError> {
    start.check(wish, keys.family(), &tried.challenge)?;
    let grown = must_grow(recall, tried);
    if !wish.try_again {
        grown?;
    }
    let own = keys.diversified(wish.diversification, &start.diversification_data)?;
    let (messaging, challenge_fits) = messaging(&own, start, &tried.challenge, wish)?;
    let [card, _] = messaging.cryptograms();
    // Whoever has said the word that the counter may begin anew has a proof all the same: it is made
    // over our challenge, and an old answer has another one.
    let proved = crypto::same(card, &start.cryptogram);
    Ok(proved.then_some(Proof {
        messaging,
        challenge_fits,
    }))
}

/// Whether these keys may be tried on this card.
fn may_try(recall: &Recall, id: &KeySetId, wish: &Wish) -> Result<(), ChannelError> {
    match recall {
        _ if wish.try_again => Ok(()),
        Recall::Unsure => Err(ChannelError::TriesUnknown),
        Recall::Known(before) => {
            let tries = before.tries;
            // The last of the usual tries is nobody's to take without a word.
            let last = tries.saturating_add(1) >= MAX_USUAL_TRIES;
            if before.tries_of(id) > 0 || last {
                Err(ChannelError::FailedBefore { tries })
            } else {
                Ok(())
            }
        }
    }
}

/// A fresh challenge of ours.
fn challenge(
    random: &mut dyn Randomness,
    recall: &Recall,
    long: bool,
) -> Result<Vec<u8>, ChannelError> {
    let mut host = vec![0; if long { 16 } else { 8 }];
    let filled = random.fill(&mut host);
    let again = matches!(recall, Recall::Known(before) if before.is_last_challenge(&host));
    if filled.is_err() || again || host.iter().all(|&byte| byte == 0) {
        return Err(ChannelError::NoRandomness);
    }
    Ok(host)
}

/// INITIALIZE UPDATE: the answer as it is read, and as it may be read too.
fn initialize(
    channel: &mut Channel<'_>,
    wish: &Wish,
    host: &[u8],
    long: bool,
) -> Result<(Start, Option<Start>), ChannelError> {
    let command = Command::new([0x80, 0x50, wish.key_version, wish.key_index])
        .data(host)
        .expecting(Le::bytes(LE_SHORT));
    let answer = channel.transmit(&command)?;
    match answer.sw {
        sw if sw.is_ok() => Start::readings(&answer.data, wish, long),
        StatusWord::NO_OBJECT => Err(ChannelError::NoKeySet),
        StatusWord::WRONG_LENGTH => Err(ChannelError::ChallengeLength),
        sw @ (StatusWord::SECURITY | StatusWord::BLOCKED) => Err(ChannelError::Blocked { sw }),
        sw => Err(ChannelError::NoSecureChannel { sw }),
    }
}

/// Whether the sequence counter has grown since the last success with this key set.
fn must_grow(recall: &Recall, tried: &Tried) -> Result<(), ChannelError> {
    let last = match recall {
        Recall::Known(before) => before.counter(tried.version, &tried.keys),
        Recall::Unsure => None,
    };
    match (last, tried.counter) {
        (Some(last), Some(now)) if now <= last => Err(ChannelError::CounterNotGrown { last, now }),
        _ => Ok(()),
    }
}

/// The session keys, and whether the challenge is one that the card should have.
fn messaging(
    keys: &Keys,
    start: &Start,
    host: &[u8],
    wish: &Wish,
) -> Result<(Box<dyn Messaging + Send>, Option<bool>), ChannelError> {
    let unsupported = || ChannelError::ProtocolNotSupported(start.protocol);
    let i = u8::try_from(start.protocol.i).map_err(|_| unsupported())?;
    let domain = wish.domain.as_ref();
    Ok(match (start.protocol.scp, i) {
        (1, 0x05 | 0x15) => (Box::new(scp01::Scp01::new(keys, start, host, i)?), None),
        (2, i) if scp02::is_supported(i, keys) => {
            let session = scp02::Scp02::new(keys, start, host, i)?;
            let fits = domain
                .filter(|_| i & 0x40 != 0)
                .map(|aid| scp02::challenge_fits(&session, aid.bytes(), &start.challenge));
            (Box::new(session), fits.transpose()?)
        }
        (3, _) => {
            let fits = domain
                .filter(|_| start.counter.is_some())
                .map(|aid| scp03::challenge_fits(keys, aid.bytes(), start));
            let session = scp03::Scp03::new(keys, start, host, wish.counter)?;
            (Box::new(session), fits.transpose()?)
        }
        _ => return Err(unsupported()),
    })
}

/// EXTERNAL AUTHENTICATE: always with a MAC, never encrypted.
fn authenticate(
    channel: &mut Channel<'_>,
    messaging: &mut dyn Messaging,
    level: Level,
) -> Result<StatusWord, ChannelError> {
    let header = [0x84, 0x82, level.byte(), 0x00];
    let [_, host] = messaging.cryptograms();
    let host = host.to_vec();
    let mac = messaging.mac(header, &host)?;
    let command = Command::new(header).data([host, mac].concat());
    Ok(channel.transmit(&command)?.sw)
}

/// Keeps a failure; the number of tries that are known, and whether it was kept.
fn note_failure(attempts: &mut dyn Attempts, wish: &Wish, tried: &Tried) -> (Option<u32>, bool) {
    let kept = attempts.note_failure(&wish.card, tried).is_ok();
    let tries = match attempts.recall(&wish.card) {
        Recall::Known(after) => Some(after.tries),
        Recall::Unsure => None,
    };
    (tries, kept)
}
