//! "The outsider": after every recipe somebody without a PIN tries every command that changes
//! something, on everything that is there.

use symbolon::plan::recipe::Given;
use symbolon::simulator::{Card as _, CardOs, CardOsModel};

use crate::desk::{Desk, secrets};
use crate::opensc::SERIAL;

/// Sends each command to a card that was just powered on, with the selection that it needs before.
/// Those that were carried out.
fn carried_out(desk: &Desk, selection: &[u8], commands: &[Vec<u8>]) -> Vec<String> {
    let mut done = Vec::new();
    for command in commands {
        let mut card = desk.shared();
        card.reset();
        let selected = card.transmit(selection);
        assert!(selected.ends_with(&[0x90, 0x00]), "{selection:02X?}");
        let answer = card.transmit(command);
        if answer.ends_with(&[0x90, 0x00]) {
            done.push(format!("{command:02X?}"));
        }
    }
    done
}

fn command(header: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut bytes = header.to_vec();
    bytes.push(u8::try_from(data.len()).unwrap());
    bytes.extend(data);
    bytes
}

/// Everything that changes something in the application.
fn in_application(files: &[u16]) -> Vec<Vec<u8>> {
    let mut commands = vec![
        // A file, an empty rule for everybody, a security environment.
        command(
            [0, 0xE0, 0, 0],
            &[
                0x62, 0x17, 0x80, 2, 0, 8, 0x82, 1, 1, 0x83, 2, 0x77, 0x77, 0x86, 9, 0, 0, 0, 0, 0,
                0, 0, 0, 0,
            ],
        ),
        command([0, 0xDA, 1, 0x6F], &[0x86, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        command(
            [0, 0xDA, 1, 0x6D],
            &[0x83, 1, 1, 0x86, 2, 0, 0, 0x8F, 6, 0, 0, 0, 0, 0, 0],
        ),
        command([0, 0x46, 0, 0], &[0x20, 0x10, 0x7E, 0xAD, 0, 0x10, 0, 0x20]),
        // A wrong PIN, and one where there is none.
        command([0, 0x24, 0, 0x81], b"00000000nneeww00"),
        command([0, 0x2C, 0, 0x81], b"00000000nneeww00"),
    ];
    // A PIN in the place of each, and parts of keys.
    for number in 1..=8 {
        let mut pin = vec![0x83, 2, 0, number, 0x85, 8, 2, 3, 0x87, 3, 0xFF, 0xFF, 0, 4];
        pin.extend([0x86, 3, 0, number, 0xFF, 0x8F, 8]);
        pin.extend(b"00000000");
        commands.push(command([0, 0xDA, 1, 0x6E], &pin));
    }
    for part in 0x20..0x25 {
        let mut key = vec![
            0x83, 2, part, 0x10, 0x85, 8, 2, 0, 0x8A, 0, 0xFF, 0xFF, 0, 0,
        ];
        key.extend([0x86, 7, 0, 0, 0, 0, 0, 0, 0, 0x8F, 4, 1, 2, 3, 4]);
        commands.push(command([0, 0xDA, 1, 0x6E], &key));
    }
    for file in files {
        commands.push(command([0, 0xE4, 0, 0], &file.to_be_bytes()));
    }
    commands
}

fn nobody_gets_in(name: &str, desk: &Desk) {
    let survey = desk.cardos();
    let Some(area) = survey.area else {
        return;
    };
    let files: Vec<_> = area.files.keys().copied().collect();
    let application = [0x00, 0xA4, 0x08, 0x0C, 0x02, 0x50, 0x15];
    let mut tried = 0;
    let mut commands = in_application(&files);
    tried += commands.len();
    let mut done = carried_out(desk, &application, &commands);
    for file in &files {
        let [high, low] = file.to_be_bytes();
        let selection = [0x00, 0xA4, 0x08, 0x0C, 0x04, 0x50, 0x15, high, low];
        commands = vec![
            command([0, 0xD6, 0, 0], &[0xFF]),
            command([0, 0xD0, 0, 0], &[0xFF]),
            command([0, 0x0E, 0, 0], &[0xFF]),
            command([0, 0xE2, 0, 0], &[0xFF]),
            command([0, 0xDC, 1, 4], &[0xFF]),
        ];
        tried += commands.len();
        done.extend(carried_out(desk, &selection, &commands));
    }
    // From the root: the application as a whole.
    commands = vec![command([0, 0xE4, 0, 0], &[0x50, 0x15])];
    tried += commands.len();
    done.extend(carried_out(
        desk,
        &[0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00],
        &commands,
    ));
    assert!(done.is_empty(), "{name}: an outsider could {done:#?}");
    println!("the outsider after “{name}”: {tried} commands, none carried out");
}

#[test]
fn after_every_recipe_nothing_is_open() {
    for officer in ["[so-pin]\n", ""] {
        let desk = Desk::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)));
        let recipes = [
            ("set up", format!("name='a'\nlabel='T'\n{officer}[[pin]]\n")),
            ("another PIN", "name='a'\n[[pin]]\nid='07'\n".into()),
            (
                "keys",
                "name='a'\n[[key]]\nsize=1024\n[[key]]\nsize=1024\nuse='decrypt'\n".into(),
            ),
            (
                "rename",
                "name='a'\n[[rename]]\nwhat='token'\nlabel='U'\n".into(),
            ),
            ("delete", "name='a'\n[delete]\nkeys=['46']\n".into()),
            (
                "erase and set up",
                format!(
                    "name='a'\nerase='application'\nlabel='T'\n{officer}[[pin]]\n[[key]]\nsize=1024\n"
                ),
            ),
            (
                "format and set up",
                format!("name='a'\nerase='card'\nlabel='T'\n{officer}[[pin]]\n"),
            ),
        ];
        for (name, profile) in recipes {
            let plan = desk.plan(&profile, Given::default());
            desk.run(&plan, &mut secrets(), None).result.unwrap();
            nobody_gets_in(name, &desk);
        }
    }
}

#[test]
fn what_opensc_leaves_open_is_found() {
    // The same test finds the application that everybody can change.
    let desk = Desk::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)));
    let mut card = desk.shared();
    let mut create = vec![
        0x81, 2, 0x10, 0x00, 0x82, 1, 0x38, 0x83, 2, 0x50, 0x15, 0x85, 1, 0, 0x86, 9,
    ];
    create.extend([0; 9]);
    let mut description = vec![0x62, u8::try_from(create.len()).unwrap()];
    description.extend(create);
    assert_eq!(
        card.transmit(&command([0, 0xE0, 0, 0], &description)),
        [0x90, 0x00]
    );
    let application = [0x00, 0xA4, 0x08, 0x0C, 0x02, 0x50, 0x15];
    let done = carried_out(&desk, &application, &in_application(&[]));
    assert!(done.len() > 10, "{done:?}");
}
