//! Every recipe, cut off after every command, once before the command arrives and once after it was
//! carried out: what goes on with it ends with the same card.

use symbolon::base::secret::Secret;
use symbolon::pki::import;
use symbolon::plan::recipe::Given;
use symbolon::plan::{Private, SecretName};
use symbolon::simulator::{Card, CardOs, CardOsModel, CardOsOwner, PrivateKey};
use symbolon::token::Origin;

use crate::desk::{Cut, Desk, secrets};

const SERIAL: [u8; 6] = [0x27, 0x37, 0xC0, 0x09, 0x2B, 0x18];

fn blank() -> CardOs {
    CardOs::blank(CardOsModel::m4_2b(SERIAL))
}

/// As OpenSC makes it without a security officer: everybody can change everything.
fn weak() -> CardOs {
    let key = include_bytes!("../../data/practice/thomas-authentication.key");
    let owner = CardOsOwner {
        label: "Weak",
        pin_label: "User",
        pin: "123453",
        puk: "8765432",
        so_pin: "123451",
        so_puk: "8765412",
        key: PrivateKey::from_pkcs8(key).unwrap(),
        certificate: include_bytes!("../../data/practice/thomas-authentication.crt"),
    };
    let card = CardOs::personal(CardOsModel::m4_2b(SERIAL), &owner).unwrap();
    card.with_application_access([0; 9])
}

/// A card that a recipe begins with.
fn prepared(profiles: &[&str]) -> Desk {
    let desk = Desk::new(blank());
    for profile in profiles {
        let plan = desk.plan(profile, Given::default());
        desk.run(&plan, &mut secrets(), None).result.unwrap();
    }
    desk
}

/// Cuts at every command, and says how often.
fn torn(name: &str, before: &[&str], profile: &str) {
    torn_with(name, before, profile, &Given::default());
}

fn torn_with(name: &str, before: &[&str], profile: &str, given: &Given) {
    torn_from(name, &|| prepared(before), profile, given);
}

/// As [`torn()`], with whatever card there is. The card in the end.
fn torn_from(name: &str, begin: &dyn Fn() -> Desk, profile: &str, given: &Given) -> Desk {
    let secrets = || {
        let mut secrets = secrets();
        if !given.keys.is_empty() {
            secrets.give_key(vec![0x45], imported());
        }
        secrets.give_data("note".into(), Secret::take(vec![0x5A; 400]));
        secrets
    };
    let whole = begin();
    let plan = whole.plan(profile, given.clone());
    let ended = whole.run(&plan, &mut secrets(), None);
    ended.result.unwrap();
    let expected = whole.image();
    let mut cuts = 0;
    for after in 0..ended.commands {
        for carried_out in [false, true] {
            let desk = begin();
            let plan = desk.plan(profile, given.clone());
            let cut = Cut { after, carried_out };
            let torn = desk.run(&plan, &mut secrets(), Some(cut));
            assert!(torn.result.is_err(), "{name}: {cut:?}");
            let resumed = desk.resume(&mut secrets(), None);
            resumed
                .result
                .unwrap_or_else(|error| panic!("{name}: {cut:?}: {error}"));
            let image = desk.image();
            assert!(
                image == expected,
                "{name}: {cut:?}: {}",
                difference(&expected, &image)
            );
            cuts += 1;
        }
    }
    println!(
        "torn cards: {name}: {} commands, {cuts} cuts, each went on to the same card",
        ended.commands
    );
    whole
}

fn difference(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    let differs = lines.find(|(_, (one, other))| one != other);
    format!(
        "{differs:?}, {} and {} lines",
        expected.lines().count(),
        found.lines().count()
    )
}

/// A key of 2048 bits from a file.
fn imported() -> Private {
    let file = include_bytes!("../../data/practice/thomas-authentication.key");
    Private::of(&import::open(file, None).unwrap().key).unwrap()
}

#[test]
fn what_comes_from_files() {
    let certificate = include_bytes!("../../data/practice/thomas-authentication.crt").to_vec();
    let given = Given {
        keys: [(0, imported().modulus)].into(),
        certificates: [(0, certificate.clone())].into(),
        data: [(0, 400)].into(),
        ..Given::default()
    };
    let key = "[[key]]\nid='45'\nfile='x'\n";
    let stored = "[[certificate]]\nid='45'\nfile='x'\n";
    let profile = format!("name='a'\n{key}{stored}[[data]]\nlabel='note'\nfile='x'\npin='01'\n");
    torn_with(
        "import key, certificate and data",
        &[WITH_OFFICER],
        &profile,
        &given,
    );
    let desk = prepared(&[WITHOUT_OFFICER]);
    let mut both = secrets();
    both.give_key(vec![0x45], imported());
    let plan = desk.plan(&format!("name='a'\n{key}"), given.clone());
    desk.run(&plan, &mut both, None).result.unwrap();
    let key = &desk.token().applications[0].keys[0];
    assert_eq!(key.origin, Some(Origin::Imported));
    let alone = Given {
        certificates: [(0, certificate)].into(),
        ..Given::default()
    };
    torn_with(
        "a certificate in the place of another",
        &[WITHOUT_OFFICER],
        &format!("name='a'\n{stored}{stored}"),
        &Given {
            certificates: [
                (0, alone.certificates[&0].clone()),
                (1, alone.certificates[&0].clone()),
            ]
            .into(),
            ..Given::default()
        },
    );
}

const WITH_OFFICER: &str = "name='a'\nlabel='VPN Anna Rossi'\n[so-pin]\nmin=6\n[[pin]]\n";
const WITHOUT_OFFICER: &str = "name='a'\nlabel='VPN Anna Rossi'\n[[pin]]\n";

#[test]
fn an_application_with_a_security_officer() {
    torn("set up with SO-PIN", &[], WITH_OFFICER);
}

#[test]
fn an_application_without_a_security_officer() {
    let desk = prepared(&[]);
    let plan = desk.plan(WITHOUT_OFFICER, Given::default());
    let needs: Vec<_> = desk.needs(&plan).into_iter().collect();
    let pin = SecretName::Pin { number: 1 };
    assert_eq!(needs, [(pin, true), (SecretName::Puk { number: 1 }, true)]);
    torn("set up without SO-PIN", &[], WITHOUT_OFFICER);
}

#[test]
fn another_pin_and_a_card_that_was_open() {
    torn(
        "another PIN",
        &[WITH_OFFICER],
        "name='a'\n[[pin]]\nid='07'\n",
    );
    let secured = |cut: Option<Cut>| {
        let desk = Desk::new(weak());
        let plan = desk.plan("name='a'\nsecure=true\n", Given::default());
        let ended = desk.run(&plan, &mut secrets(), cut);
        if ended.result.is_err() {
            desk.resume(&mut secrets(), None).result.unwrap();
        }
        (desk.image(), ended.commands)
    };
    let (expected, commands) = secured(None);
    for after in 0..commands {
        for carried_out in [false, true] {
            let (image, _) = secured(Some(Cut { after, carried_out }));
            assert!(image == expected, "{after}");
        }
    }
    println!(
        "torn cards: protect: {commands} commands, {} cuts, each went on to the same card",
        2 * commands
    );
}

/// A card in everyday use is brought back there, whatever happens in between.
#[test]
fn a_card_in_everyday_use() {
    let whole = |cut: Option<Cut>| {
        let desk = Desk::new(blank().operational());
        let plan = desk.plan(WITHOUT_OFFICER, Given::default());
        let ended = desk.run(&plan, &mut secrets(), cut);
        if ended.result.is_err() {
            desk.resume(&mut secrets(), None).result.unwrap();
        }
        (desk.image(), ended.commands)
    };
    let (expected, commands) = whole(None);
    for after in 0..commands {
        for carried_out in [false, true] {
            let (image, _) = whole(Some(Cut { after, carried_out }));
            assert!(
                image == expected,
                "{after}, {carried_out}: {}",
                difference(&expected, &image)
            );
        }
    }
    println!(
        "torn cards: in everyday use: {commands} commands, {} cuts, each went on to the same card",
        2 * commands
    );
}

#[test]
fn keys_made_on_the_card() {
    torn("key of 2048 bits", &[WITH_OFFICER], "name='a'\n[[key]]\n");
    torn(
        "key of 1024 bits, to decrypt",
        &[WITHOUT_OFFICER],
        "name='a'\n[[key]]\nsize=1024\nuse='decrypt'\n",
    );
}

#[test]
fn a_card_that_is_erased() {
    let key = "name='a'\n[[key]]\nsize=1024\n";
    torn(
        "delete the application",
        &[WITH_OFFICER, key],
        "name='a'\nerase='application'\n",
    );
    torn("format", &[WITH_OFFICER, key], "name='a'\nerase='card'\n");
    torn(
        "format and set up",
        &[WITHOUT_OFFICER],
        "name='a'\nerase='card'\nlabel='New'\n[so-pin]\n[[pin]]\n[[key]]\nsize=1024\n",
    );
    torn(
        "delete the application and set up",
        &[WITH_OFFICER, key],
        ANEW,
    );
}

/// A record of EF.DIR that another program has written (ISO/IEC 7816-15).
fn foreign(number: u8) -> Vec<u8> {
    let mut record = vec![0x61, 0x0D, 0x4F, 0x05, 0xF0, 0x00, 0x00, 0x00, number];
    record.extend([0x50, 0x04]);
    record.extend(format!("App{number}").bytes());
    record
}

/// What is in EF.DIR, up to what fills it.
fn directory(card: &mut dyn Card) -> Vec<u8> {
    done(card, &[0x00, 0xA4, 0x08, 0x00, 0x02, 0x2F, 0x00, 0x00]);
    let mut content = done(card, &[0x00, 0xB0, 0x00, 0x00, 0x00]);
    let len = content
        .iter()
        .rposition(|&byte| !matches!(byte, 0x00 | 0xFF));
    content.truncate(len.map_or(0, |last| last + 1));
    content
}

#[track_caller]
fn done(card: &mut dyn Card, command: &[u8]) -> Vec<u8> {
    let mut answer = card.transmit(command);
    assert!(
        answer.ends_with(&[0x90, 0x00]),
        "{command:02X?}: {answer:02X?}"
    );
    answer.truncate(answer.len() - 2);
    answer
}

/// Another program adds its record to EF.DIR, which it makes first if there is none.
fn add_foreign(desk: &Desk, number: u8) {
    let mut card = desk.shared();
    let select = [0x00, 0xA4, 0x08, 0x00, 0x02, 0x2F, 0x00, 0x00];
    if !card.transmit(&select).ends_with(&[0x90, 0x00]) {
        done(&mut card, &[0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00]);
        let mut create = vec![0x00, 0xE0, 0x00, 0x00, 0x1B, 0x62, 0x19];
        create.extend([0x80, 0x02, 0x00, 0x80, 0x82, 0x01, 0x01]);
        create.extend([0x83, 0x02, 0x2F, 0x00, 0x85, 0x01, 0x00]);
        create.extend([0x86, 0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        done(&mut card, &create);
    }
    let at = u8::try_from(directory(&mut card).len()).unwrap();
    let record = foreign(number);
    let mut write = vec![0x00, 0xD6, 0x00, at, u8::try_from(record.len()).unwrap()];
    write.extend(record);
    done(&mut card, &write);
}

/// Ours stands between two others, goes, and comes back behind them.
#[test]
fn what_others_have_in_the_directory_stays() {
    let between = || {
        let desk = prepared(&[]);
        add_foreign(&desk, 1);
        let plan = desk.plan(WITH_OFFICER, Given::default());
        desk.run(&plan, &mut secrets(), None).result.unwrap();
        add_foreign(&desk, 2);
        desk
    };
    let both = [foreign(1), foreign(2)].concat();
    let all = directory(&mut between().shared());
    assert!(all.starts_with(&foreign(1)) && all.ends_with(&foreign(2)));
    assert!(all.len() > both.len());

    let profile = "name='a'\nerase='application'\n";
    let name = "delete the application beside others";
    let desk = torn_from(name, &between, profile, &Given::default());
    assert_eq!(directory(&mut desk.shared()), both);

    let name = "delete the application beside others and set up";
    let desk = torn_from(name, &between, ANEW, &Given::default());
    let again = directory(&mut desk.shared());
    assert!(again.starts_with(&both) && again.len() == all.len());
}

const ANEW: &str = "name='a'\nerase='application'\nlabel='New'\n[so-pin]\n[[pin]]\n";

#[test]
fn new_pins_are_asked_for_beside_those_that_go() {
    let desk = prepared(&[WITH_OFFICER, "name='a'\n[[key]]\nsize=1024\n"]);
    // However often it is done: numbers do not run out.
    for _ in 0..5 {
        let plan = desk.plan(ANEW, Given::default());
        let needs = desk.needs(&plan);
        let count = |fresh| {
            needs
                .values()
                .filter(|&&is_fresh| is_fresh == fresh)
                .count()
        };
        assert_eq!(count(true), 4, "{needs:?}");
        assert!(count(false) >= 1, "{needs:?}");
        desk.run(&plan, &mut secrets(), None).result.unwrap();
    }
}

#[test]
fn other_names_and_what_goes() {
    let keys = "name='a'\n[[key]]\nsize=1024\n[[key]]\nsize=1024\n";
    torn(
        "delete a key",
        &[WITH_OFFICER, keys],
        "name='a'\n[delete]\nkeys=['45']\n",
    );
    torn(
        "rename",
        &[WITH_OFFICER, keys],
        "name='a'\n[[rename]]\nwhat='token'\nlabel='Another name that is longer'\n\
         [[rename]]\nwhat='pin'\nid='01'\nlabel='Everyday'\n[[rename]]\nwhat='key'\nid='46'\nlabel='K'\n",
    );
}
