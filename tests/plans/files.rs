//! A key file with everything in it: the key, its certificate, and those above it.

use std::fs;
use std::path::Path;

use symbolon::base::hex;
use symbolon::base::secret::Secret;
use symbolon::pki::import::{self, ImportError};
use symbolon::plan::files::{FileError, Files, read_profile};
use symbolon::plan::journal::Journals;
use symbolon::plan::recipe::{self, Given};
use symbolon::plan::{Private, Task};
use symbolon::simulator::{CardOs, CardOsModel};

use crate::desk::{Cut, Desk, NOW, pin, secrets};
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

/// A plan that imports a key is cut at every command, and gone on with: nothing of the private key, and no PIN, is ever in
/// what is written to disk.
#[test]
fn nothing_secret_is_in_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let file = include_bytes!("../../data/practice/thomas-authentication.key");
    let opened = import::open(file, None).unwrap();
    let numbers = [
        &opened.key.d,
        &opened.key.p,
        &opened.key.q,
        &opened.key.d_p,
        &opened.key.d_q,
        &opened.key.q_inv,
    ];
    let mut needles: Vec<Vec<u8>> = Vec::new();
    for number in numbers {
        let part = &number.expose()[16..48];
        needles.push(part.to_vec());
        needles.push(hex::encode(part).into_bytes());
        needles.push(hex::encode(part).to_lowercase().into_bytes());
    }
    for number in [1, 3] {
        let pin = pin(number).expose().to_vec();
        needles.push(hex::encode(&pin).into_bytes());
        needles.push(pin);
    }
    let all = || {
        let mut all = secrets();
        let key = import::open(file, None).unwrap().key;
        all.give_key(vec![0x45], Private::of(&key).unwrap());
        all
    };
    let profile = "name='a'\nlabel='T'\n[so-pin]\n[[pin]]\n[[key]]\nid='45'\nfile='x'\n";
    let given = Given {
        keys: [(0, opened.key.n.clone())].into(),
        ..Given::default()
    };
    let mut searched = 0;
    let mut after = 0;
    loop {
        let mut desk = Desk::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)));
        desk.journals = Journals::Folder(folder.path().join(after.to_string()));
        let plan = desk.plan(profile, given.clone());
        let cut = Cut {
            after,
            carried_out: true,
        };
        let over = desk.run(&plan, &mut all(), Some(cut)).result.is_ok();
        if !over {
            desk.resume(&mut all(), None).result.unwrap();
        }
        let journal = desk.journals.file(desk.survey().serial()).unwrap();
        let written = fs::read(journal).unwrap();
        searched += written.len();
        for needle in &needles {
            let found = written.windows(needle.len()).any(|window| window == needle);
            assert!(!found, "cut after {after}");
        }
        if over {
            break;
        }
        after += 5;
    }
    // The same search finds what is there: the public half.
    let public = hex::encode(&opened.key.n[16..48]).into_bytes();
    let journal = fs::read_dir(folder.path().join("0"))
        .unwrap()
        .next()
        .unwrap();
    let written = fs::read(journal.unwrap().path()).unwrap();
    assert!(written.windows(public.len()).any(|window| window == public));
    println!(
        "journals of {} torn imports, {searched} bytes: nothing secret in them",
        after / 5
    );
}
