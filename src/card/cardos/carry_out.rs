//! One task from its first to its last command.

use super::hand::Hand;
use super::survey::identity;
use super::{Phase, Survey};
use crate::card::CardError;
use crate::card::pkcs15::directory::Kind;
use crate::card::setup::{Materials, Occasion, SetupError};
use crate::card::task::Task;
use crate::iso7816::Command;
use crate::transport::channel::Channel;

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
        opening: _,
        said: _,
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
        Task::SetUpApplet(_)
        | Task::DeleteContent(_)
        | Task::LoadPackage(_)
        | Task::InstallApplet(_)
        | Task::SetLock { .. }
        | Task::SetCardState { .. }
        | Task::PutKeys(_)
        | Task::DeleteKeys { .. } => return Err(SetupError::OtherMake),
    }
    *survey = after;
    Ok(())
}
