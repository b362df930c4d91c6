//! A key file with everything in it: the key, its certificate, and those above it.

use std::fs;
use std::path::Path;

use symbolon::base::secret::Secret;
use symbolon::pki::import::ImportError;
use symbolon::plan::Task;
use symbolon::plan::files::{FileError, Files, read_profile};
use symbolon::plan::recipe::{self, Given};
use symbolon::simulator::{CardOs, CardOsModel};

use crate::desk::{Desk, NOW, secrets};
use crate::opensc::SERIAL;
use crate::support::process::{finish, tool};

fn openssl(folder: &Path, line: &str) {
    let mut command = tool("openssl", "openssl");
    command.current_dir(folder).args(line.split(' '));
    finish(&mut command, "").succeeded();
}

#[test]
fn a_pkcs12_file_brings_key_certificate_and_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    openssl(
        path,
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=Root -days 30",
    );
    openssl(
        path,
        "req -new -newkey rsa:2048 -nodes -keyout anna.key -out anna.csr -subj /CN=Anna",
    );
    openssl(
        path,
        "x509 -req -in anna.csr -CA ca.pem -CAkey ca.key -days 30 -out anna.pem",
    );
    openssl(
        path,
        "pkcs12 -export -inkey anna.key -in anna.pem -certfile ca.pem -passout pass:geheim -out anna.p12",
    );
    let profile = path.join("profile.toml");
    fs::write(&profile, "name='a'\n[[key]]\nfile='anna.p12'\n").unwrap();
    let desk = Desk::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)));
    let plan = desk.plan("name='a'\nlabel='T'\n[[pin]]\n", Given::default());
    desk.run(&plan, &mut secrets(), None).result.unwrap();
    let before = desk.image();

    let wanted = read_profile(&profile).unwrap();
    let mut wrong = |_: &Path| Some(Secret::new(b"falsch"));
    let refused = Files::read(&wanted, &profile, &mut wrong).unwrap_err();
    assert!(
        matches!(
            &refused,
            FileError::Key {
                error: ImportError::WrongPassword,
                ..
            }
        ),
        "{refused}"
    );
    let mut password = |_: &Path| Some(Secret::new(b"geheim"));
    let files = Files::read(&wanted, &profile, &mut password).unwrap();
    let given = Given {
        now: NOW,
        ..files.given()
    };
    let plan = recipe::plan(&wanted, &desk.survey(), &desk.token(), &given).unwrap();
    let [
        Task::ImportKey(key),
        Task::StoreCertificate(own),
        Task::StoreCertificate(above),
    ] = plan.tasks.as_slice()
    else {
        panic!("{:?}", plan.tasks);
    };
    assert_eq!(
        (&key.id, &own.id, above.id.to_string()),
        (&own.id, &key.id, "46".into())
    );
    assert_eq!((own.label.as_str(), above.label.as_str()), ("Anna", "Root"));
    assert!(above.authority && !own.authority);
    assert_eq!(desk.image(), before, "nothing was written");
    let mut all = secrets();
    files.give(&plan, &mut all);
    desk.run(&plan, &mut all, None).result.unwrap();
    assert_eq!(desk.token().applications[0].certificates.len(), 2);

    // Once more it gets another identifier, and the authority is not stored twice.
    let again = recipe::plan(&wanted, &desk.survey(), &desk.token(), &given).unwrap();
    assert_eq!(again.tasks.len(), 2, "{:?}", again.tasks);
}
