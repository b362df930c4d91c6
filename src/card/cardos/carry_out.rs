//! One task from its first to its last command.

use super::hand::Hand;
use super::survey::identity;
use super::{Phase, SetupError, Survey};
use crate::base::secret::Secret;
use crate::card::CardError;
use crate::card::pkcs15::directory::Kind;
use crate::card::task::{SecretName, Task};
use crate::iso7816::Command;
use crate::pki::import::RsaKey;
use crate::transport::channel::Channel;

/// What a task needs and a plan does not hold.
pub trait Materials {
    /// A PIN or PUK.
    fn pin(&mut self, name: &SecretName) -> Option<&Secret>;

    /// The private half of a key, by its identifier.
    fn key(&mut self, id: &[u8]) -> Option<&Private>;

    /// What data says, by its name.
    fn data(&mut self, label: &str) -> Option<&Secret>;
}

/// The private half of an RSA key: big-endian numbers, each as long as it has to be for the size
/// of the key.
#[derive(Debug)]
pub struct Private {
    /// The modulus.
    pub modulus: Vec<u8>,
    /// The public exponent.
    pub exponent: Vec<u8>,
    /// The private exponent.
    pub private_exponent: Secret,
    /// p, q, d mod p-1, d mod q-1, 1/q mod p.
    pub primes: [Secret; 5],
}

impl Private {
    /// A key out of a file. Nothing if its primes are not of one length, which no card keeps.
    #[must_use]
    pub fn of(key: &RsaKey) -> Option<Self> {
        let len = key.n.len();
        let half = |number: &Secret| filled(number, len / 2);
        Some(Self {
            modulus: key.n.clone(),
            exponent: key.e.clone(),
            private_exponent: filled(&key.d, len)?,
            primes: [
                half(&key.p)?,
                half(&key.q)?,
                half(&key.d_p)?,
                half(&key.d_q)?,
                half(&key.q_inv)?,
            ],
        })
    }
}

/// A number with zeros before it.
fn filled(number: &Secret, len: usize) -> Option<Secret> {
    let missing = len.checked_sub(number.len())?;
    let mut filled = Secret::with_capacity(len);
    filled.extend(&vec![0x00; missing]);
    filled.extend(number.expose());
    Some(filled)
}

/// How a task is carried out.
#[derive(Clone, Copy, Debug)]
pub struct Occasion {
    /// Whether it was begun before, so that any of its commands may have been carried out. The
    /// survey is the one that it was begun with.
    pub again: bool,
    /// Whether nothing answers: only the commands are of interest.
    pub paper: bool,
    /// Seconds since 1970 that are written as the last update.
    pub moment: i64,
}

/// Does a task. `survey` becomes what is known afterwards; if it fails, it stays as it was.
///
/// # Errors
///
/// [`SetupError`]. What was done until then is done; doing the task again with the same survey
/// goes on from there.
pub fn carry_out(
    task: &Task,
    survey: &mut Survey,
    channel: &mut Channel<'_>,
    materials: &mut dyn Materials,
    occasion: Occasion,
) -> Result<(), SetupError> {
    let Occasion {
        again,
        paper,
        moment,
    } = occasion;
    let (serial, phase) = match identity(channel) {
        Ok(told) if !paper => told,
        Err(error) if !paper => return Err(error),
        _ => (survey.serial.clone(), survey.phase),
    };
    if serial != survey.serial {
        return Err(CardError::OtherCard.into());
    }
    channel.allow_extended(true);
    let mut after = survey.clone();
    let mut hand = Hand::new(channel, materials, (again, paper, moment), &after);
    if !matches!(task, Task::Format | Task::Activate) {
        match phase {
            Phase::Administration => {}
            Phase::Operational => {
                hand.send("PHASE CONTROL", &Command::new([0x80, 0x10, 0x00, 0x00]))?;
                after.phase = Phase::Administration;
            }
            other => return Err(SetupError::Phase(other)),
        }
    }
    match task {
        Task::Format => hand.format(&mut after)?,
        Task::DeleteApplication => hand.delete_application(&mut after)?,
        Task::Create(new) => hand.make_application(new, &mut after)?,
        Task::StorePin(new) => hand.store_pin(new, &mut after)?,
        Task::GenerateKey(new) => hand.generate_key(new, &mut after)?,
        Task::ImportKey(new) => hand.import_key(new, &mut after)?,
        Task::StoreCertificate(new) => hand.store_certificate(new, &mut after)?,
        Task::StoreData(new) => hand.store_data(new, &mut after)?,
        Task::DeleteKey { id } => hand.delete_key(id, &mut after)?,
        Task::DeleteCertificate { id } => {
            hand.delete_object(Kind::Certificates, &id.0, &mut after)?;
        }
        Task::DeleteData { label } => {
            hand.delete_object(Kind::Data, label.as_bytes(), &mut after)?;
        }
        Task::Rename { what, label } => hand.rename(what, label, &mut after)?,
        Task::Secure => hand.secure(&mut after)?,
        Task::Activate => {
            if phase == Phase::Administration {
                hand.send("PHASE CONTROL", &Command::new([0x80, 0x10, 0x00, 0x00]))?;
            }
            after.phase = Phase::Operational;
        }
    }
    *survey = after;
    Ok(())
}
