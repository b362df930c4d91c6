//! Plans on paper: what they need, and what they warn of.

use symbolon::explain;
use symbolon::plan::content::{KeyFamily, Level, Opening};
use symbolon::plan::preview::{Preview, Warning};
use symbolon::plan::{SecretName, SetupError, Survey, Task};
use symbolon::simulator::{GlobalPlatform, GlobalPlatformModel as Model};

use crate::desk::{Desk, SERIAL, hello, install, models, put_keys};

#[test]
fn the_new_keys_are_set_once_and_the_old_ones_are_asked_for() {
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model));
        let plan = desk.plan(Opening::default(), install(&hello()));
        let old = (SecretName::ManagerKeys, false);
        assert_eq!(desk.needs(&plan, 0), std::slice::from_ref(&old), "{name}");
        let mut tasks = vec![put_keys(desk.family(), 0x20, None)];
        tasks.extend(install(&hello()));
        let plan = desk.plan(Opening::default(), tasks);
        let new = (SecretName::NewManagerKeys, true);
        assert_eq!(desk.needs(&plan, 0), [old, new], "{name}");
    }
}

#[test]
fn what_cannot_be_is_said_on_paper() {
    let desk = Desk::new(GlobalPlatform::new(Model::modern(SERIAL)).with_key_version(1));
    let opening = Opening {
        key_version: 1,
        ..Opening::default()
    };
    let error = |tasks| {
        let plan = desk.plan(opening, tasks);
        Preview::of(&plan, &desk.survey()).unwrap_err()
    };
    let taken = error(vec![put_keys(KeyFamily::Aes, 1, None)]);
    assert_eq!(taken, (0, SetupError::KeyVersion { version: 1 }));
    let own = error(vec![Task::DeleteKeys { version: 1 }]);
    assert_eq!(own, (0, SetupError::OwnKeys { version: 1 }));
    let again = [
        put_keys(KeyFamily::Aes, 2, None),
        Task::DeleteKeys { version: 2 },
    ];
    assert_eq!(error(again.into()), (1, SetupError::OwnKeys { version: 2 }));
    let locked = [0x07, 0x0F, 0x7F].map(|state| Task::SetCardState { state });
    let tasks = locked.into_iter().chain(install(&hello()));
    assert_eq!(error(tasks.collect()), (3, SetupError::CardLocked));
}

/// H-32: encryption with SCP02 has a published padding oracle; no other protocol and no other level.
#[test]
fn the_padding_oracle_is_warned_of() {
    let levels = [Level::Clear, Level::Mac, Level::MacEncryption, Level::All];
    for (name, model) in models() {
        let desk = Desk::new(GlobalPlatform::new(model));
        for level in levels {
            let opening = Opening {
                level,
                ..Opening::default()
            };
            let plan = desk.plan(opening, install(&hello()));
            let preview = Preview::of(&plan, &desk.survey()).unwrap();
            let expected = name.contains("SCP02") && level.has_encryption();
            assert_eq!(
                preview.warnings.contains(&Warning::PaddingOracle),
                expected,
                "{name}, {level:?}"
            );
        }
    }
    let words = explain::plan::warning(Warning::PaddingOracle);
    assert_eq!(words, explain::card_manager::padding_oracle());
    assert!(words.contains("SCP02"), "{words}");
}

/// A card that announces nothing may speak SCP02, unless its keys are for AES.
#[test]
fn a_card_that_announces_nothing_is_warned_of() {
    let Survey::Java(known) = Desk::new(GlobalPlatform::new(Model::gp211(SERIAL))).survey() else {
        panic!("not a Java card");
    };
    let opening = Opening {
        level: Level::MacEncryption,
        ..Opening::default()
    };
    let told = |family, manager: &[u8]| {
        let survey = symbolon::card::java::Survey {
            family,
            manager: symbolon::base::hex::Hex(manager.to_vec()),
            protocols: Vec::new(),
            recognition: false,
            ..known.clone()
        };
        survey.has_padding_oracle(&opening)
    };
    let of_globalplatform = [0xA0, 0, 0, 1, 0x51, 0, 0, 0];
    assert!(told(None, &of_globalplatform));
    assert!(told(Some(KeyFamily::TripleDes), &of_globalplatform));
    assert!(!told(Some(KeyFamily::Aes), &of_globalplatform));
    // Open Platform: always SCP01.
    assert!(!told(None, &[0xA0, 0, 0, 0, 3, 0, 0, 0]));
}
