//! The MUSCLE applet on a Java card, set up, filled, emptied and set up anew by plans that are cut off at
//! every command: what goes on with them ends with the same token.

use std::collections::BTreeSet;

use symbolon::base::hex::Hex;
use symbolon::base::secret::Secret;
use symbolon::card;
use symbolon::plan::journal::Journals;
use symbolon::plan::preview::Preview;
use symbolon::plan::profile::Profile;
use symbolon::plan::recipe::{self, Given, RecipeError};
use symbolon::plan::run::Run;
use symbolon::plan::secrets::Secrets;
use symbolon::plan::{About, NewCertificate, Plan, SecretName, SetupError, Survey, Task, compare};
use symbolon::simulator::{
    Applet, GlobalPlatform, GlobalPlatformModel as Model, Muscle, MuscleBuild, wardrobe,
};
use symbolon::token::{Application, ApplicationKind, FactName, Token};
use symbolon::transport::channel::Channel;
use symbolon::transport::link::Link as _;

use crate::desk::{Cut, Desk, Ended, NOW, SERIAL};

const PACKAGE: [u8; 5] = [0xA0, 0x00, 0x00, 0x00, 0x01];
const APPLET: [u8; 6] = [0xA0, 0x00, 0x00, 0x00, 0x01, 0x01];

const SET_UP: &str = r#"
name = "Set up"
label = "Anna Rossi"
[[pin]]
[[key]]
id = "45"
size = 2048
[[key]]
id = "46"
size = 1024
use = "decrypt"
"#;

const AGAIN: &str = r#"
name = "Again"
erase = "application"
label = "Thomas Mustermann"
[[pin]]
[[key]]
id = "45"
size = 1024
"#;

fn blank(old: bool) -> Desk {
    let (model, build) = if old {
        (
            Model::cyberflex(SERIAL),
            MuscleBuild::cyberflex().with_rsa(&[1024, 2048]),
        )
    } else {
        (Model::gp211(SERIAL), MuscleBuild::jcop())
    };
    let applet: Box<dyn Applet> = Box::new(Muscle::blank(build));
    Desk::new(GlobalPlatform::new(model).with_applet(&PACKAGE, &APPLET, 0x02, 16_000, applet))
}

fn survey(desk: &Desk) -> Survey {
    let read = |channel: &mut Channel<'_>| Survey::read(channel, About::Token);
    desk.wire(None).on(read).unwrap()
}

fn token(desk: &Desk) -> Token {
    let mut wire = desk.wire(None);
    let protocol = wire.protocol();
    wire.on(|channel| card::read(channel, protocol, &mut |_| {}))
        .unwrap()
}

fn pkcs15(token: &Token) -> &Application {
    token.application(ApplicationKind::Pkcs15).unwrap()
}

fn plan(desk: &Desk, profile: &str) -> Result<Plan, RecipeError> {
    let profile = Profile::parse(profile).unwrap();
    let given = Given {
        now: NOW,
        ..Given::default()
    };
    recipe::plan(&profile, &survey(desk), &token(desk), &given)
}

fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    secrets.give(SecretName::TransportPin, Secret::new(b"Muscle00"));
    for (number, pin, puk) in [(0, b"24681357", b"11223344"), (1, b"13572468", b"55667788")] {
        secrets.give(SecretName::Pin { number }, Secret::new(pin));
        secrets.give(SecretName::Puk { number }, Secret::new(puk));
    }
    secrets
}

fn run(desk: &Desk, plan: &Plan, cut: Option<Cut>) -> Ended {
    let survey = survey(desk);
    let journal = desk.journals.open(survey.serial()).unwrap();
    let run = Run::begin(plan.clone(), survey, journal, NOW).unwrap();
    desk.go_on(run, &mut secrets(), cut)
}

fn resume(desk: &Desk) -> Ended {
    let live = survey(desk);
    let journal = desk.journals.open(live.serial()).unwrap();
    let unfinished = journal.unfinished().expect("nothing to go on with");
    let run = Run::resume(unfinished, journal, &live).unwrap();
    desk.go_on(run, &mut secrets(), None)
}

/// What is on the token, but for the numbers of its keys, which are others each time.
fn image(desk: &Desk) -> String {
    let Survey::Muscle(survey) = survey(desk) else {
        panic!("no applet");
    };
    let objects: BTreeSet<String> = survey
        .applet
        .objects
        .iter()
        .map(|object| format!("{object:?}"))
        .collect();
    let token = token(desk);
    let names: Vec<String> = token
        .application(ApplicationKind::Pkcs15)
        .map(|read| {
            let keys = read.keys.iter();
            let keys = keys.map(|key| format!("{:?} {:?}", key.label, key.algorithm));
            let stored = read
                .certificates
                .iter()
                .map(|one| format!("{:?}", one.label));
            keys.chain(stored).collect()
        })
        .unwrap_or_default();
    format!("{objects:#?}\n{:?}\n{names:#?}", survey.applet.places)
}

fn torn(name: &str, begin: &dyn Fn() -> Desk, made: &dyn Fn(&Desk) -> Plan) {
    let whole = begin();
    let plan = made(&whole);
    let ended = run(&whole, &plan, None);
    ended
        .result
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let kept = compare(&plan, &token(&whole));
    assert!(kept.iter().all(|promise| promise.kept), "{name}: {kept:?}");
    let expected = image(&whole);
    for after in 0..ended.sent.len() {
        for carried_out in [false, true] {
            let cut = Cut { after, carried_out };
            let desk = begin();
            let broken = run(&desk, &plan, Some(cut));
            assert!(broken.result.is_err(), "{name}: {cut:?}");
            let resumed = resume(&desk).result;
            resumed.unwrap_or_else(|error| panic!("{name}: {cut:?}: {error}"));
            let image = image(&desk);
            assert!(
                image == expected,
                "{name}: {cut:?}:\n{expected}\n---\n{image}"
            );
        }
    }
    println!(
        "torn tokens: {name}: {} commands, {} cuts, each went on to the same token",
        ended.sent.len(),
        2 * ended.sent.len()
    );
}

fn with(profile: &'static str) -> impl Fn(&Desk) -> Plan {
    move |desk| plan(desk, profile).unwrap()
}

fn set_up(old: bool) -> Desk {
    let desk = blank(old);
    let plan = plan(&desk, SET_UP).unwrap();
    run(&desk, &plan, None).result.unwrap();
    desk
}

#[test]
fn a_first_set_up() {
    torn("first set-up, T=1", &|| blank(false), &with(SET_UP));
}

#[test]
fn a_first_set_up_of_the_card_of_the_howto() {
    torn("first set-up, T=0", &|| blank(true), &with(SET_UP));
}

#[test]
fn a_token_that_is_set_up_anew() {
    torn("set up anew, T=1", &|| set_up(false), &with(AGAIN));
}

#[test]
fn certificates_and_keys_that_come_and_go() {
    let der = {
        let used = wardrobe::make("muscle-used").unwrap();
        let mut wire = crate::desk::Wire::new(used, None);
        let protocol = wire.protocol();
        let token = wire
            .on(|channel| card::read(channel, protocol, &mut |_| {}))
            .unwrap();
        pkcs15(&token).certificates[0].der.clone()
    };
    let made = |desk: &Desk| {
        let mut plan = plan(desk, "name='x'\n[delete]\nkeys=['46']\n").unwrap();
        let store = |label: &str| {
            Task::StoreCertificate(NewCertificate {
                id: Hex(vec![0x77]),
                label: label.to_owned(),
                authority: true,
                der: Hex(der.clone()),
            })
        };
        let id = Hex(vec![0x77]);
        plan.tasks.extend([
            store("first"),
            store("second"),
            Task::DeleteCertificate { id },
            store("third"),
        ]);
        plan
    };
    torn("certificates and keys, T=1", &|| set_up(false), &made);
}

/// Sheet "muscle", 11: a place keeps the size of its first key, so another one is chosen; when none is
/// left, the words say why.
#[test]
fn another_size_of_key_takes_another_place() {
    let desk = set_up(false);
    for size in [1024, 2048] {
        let profile =
            format!("name='x'\nerase='application'\nlabel='T'\n[[pin]]\n[[key]]\nsize={size}\n");
        let plan = plan(&desk, &profile).unwrap();
        run(&desk, &plan, None).result.unwrap();
        let token = token(&desk);
        let numbers: Vec<String> = pkcs15(&token).keys[0]
            .facts
            .iter()
            .filter(|fact| fact.name == FactName::KeyReference)
            .map(|fact| format!("{:?}", fact.value))
            .collect();
        // The pairs of the first set-up: 2048 bits in the first, 1024 bits in the second.
        let pair = if size == 2048 { "0" } else { "1" };
        assert!(numbers[0].contains(pair), "{size}: {numbers:?}");
    }
    let keys = "[[key]]\nsize=2048\n".repeat(4);
    let refused = plan(
        &desk,
        &format!("name='x'\nerase='application'\nlabel='T'\n[[pin]]\n{keys}"),
    );
    let Err(RecipeError::KeyPlace(error)) = refused else {
        panic!("{refused:?}");
    };
    let words = symbolon::explain::plan::setup_error(&error);
    assert!(words.title.contains("2048"), "{words:?}");
    assert!(words.body.contains("load it again"), "{words:?}");
}

#[test]
fn pins_that_everybody_knows_are_not_taken() {
    let desk = blank(false);
    let plan = plan(&desk, SET_UP).unwrap();
    let live = survey(&desk);
    let preview = Preview::of(&plan, &live).unwrap();
    let refusing = preview.needs.iter().filter(|need| need.refuses_known);
    assert_eq!(refusing.count(), 4, "two PINs and their PUKs");
    for value in [&b"00000000"[..], b"Muscle00", b"55667788"] {
        let mut known = secrets();
        known.give(SecretName::Pin { number: 1 }, Secret::new(value));
        let journals = Journals::memory();
        let journal = journals.open(live.serial()).unwrap();
        let run = Run::begin(plan.clone(), live.clone(), journal, NOW).unwrap();
        let ended = desk.go_on(run, &mut known, None);
        let set_ups = ended.sent.iter().filter(|sent| sent[..2] == [0xB0, 0x2A]);
        assert_eq!(set_ups.count(), 0);
        assert_eq!(ended.setup_error(), SetupError::KnownPin { number: 1 });
    }
}
