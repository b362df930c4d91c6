//! The documents for programs, held against their schemas.

use std::fs;
use std::path::Path;
use std::thread;

use jsonschema::{Registry, Resource, Validator};
use serde_json::Value;

use crate::program::{Ended, run};

/// The schemas of `data/`, each of which may use the definitions of those for tokens and plans.
pub(crate) struct Schemas([Value; 2]);

impl Schemas {
    pub(crate) fn read() -> Self {
        Self([schema("token"), schema("plan")])
    }

    #[track_caller]
    pub(crate) fn validator(&self, name: &str) -> Validator {
        let schema = schema(name);
        let [token, plan] = self.0.clone().map(Resource::from_contents);
        let registry = Registry::new()
            .add("urn:symbolon:token-1", token)
            .unwrap()
            .add("urn:symbolon:plan-1", plan)
            .unwrap()
            .prepare()
            .unwrap();
        jsonschema::options()
            .with_registry(&registry)
            .build(&schema)
            .unwrap()
    }
}

fn schema(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let file = folder.join(format!("symbolon.{name}-1.schema.json"));
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// Every line of the output, which is a document each.
pub(crate) fn documents(ended: &Ended) -> Vec<Value> {
    let lines = ended.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[track_caller]
pub(crate) fn check(validator: &Validator, document: &Value) {
    let faults: Vec<String> = validator
        .iter_errors(document)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{}\n{document:#}", faults.join("\n"));
}

fn practice_cards() -> Vec<String> {
    let list = documents(&run("practice list --json"));
    let cards = list[0]["cards"].as_array().unwrap();
    let names = cards
        .iter()
        .map(|card| card["name"].as_str().unwrap().to_owned());
    names.collect()
}

#[test]
fn every_practice_card_fits_the_schemas() {
    let schemas = Schemas::read();
    let (token, pins) = (schemas.validator("token"), schemas.validator("pins"));
    let certificates = schemas.validator("certificates");
    let cards = practice_cards();
    assert!(cards.len() >= 4, "{cards:?}");
    let json = |card: &str, command: &str| run(&format!("--practice={card} {command} --json"));
    // Side by side: one of the cards takes its time.
    thread::scope(|scope| {
        for card in &cards {
            scope.spawn(|| {
                let ended = json(card, "show");
                // A card that cannot be read is told of in the same document.
                let [document] = documents(&ended).try_into().unwrap();
                check(&token, &document);
                assert_eq!(document["token"].is_null(), ended.code != 0, "{ended:?}");
            });
            for (command, validator) in [("pin status", &pins), ("cert list", &certificates)] {
                scope.spawn(move || {
                    for document in documents(&json(card, command)) {
                        check(validator, &document);
                    }
                });
            }
        }
    });
}

#[test]
fn a_token_says_what_it_is_and_what_it_cost() {
    let [document] = documents(&run("--practice=piv-used show --json"))
        .try_into()
        .unwrap();
    assert_eq!(document["schema"], "symbolon.token/1");
    assert_eq!(document["reader"]["driver"], "practice");
    let token = &document["token"];
    assert_eq!(token["serial"], "14725836");
    assert_eq!(token["applications"][0]["kind"], "piv");
    assert_eq!(token["applications"][0]["pins"][0]["tries"]["left"], 3);
    let cost = &token["cost"];
    assert_eq!(document["commands"], cost["commands"]);
    assert!(
        document["bytes_received"].as_u64().unwrap() > 5000,
        "{cost}"
    );
}

#[test]
fn several_tokens_are_as_many_documents() {
    let ended = run("--practice=piv-used,openpgp-used show --json");
    let kinds: Vec<Value> = documents(&ended)
        .iter()
        .map(|document| document["token"]["applications"][0]["kind"].clone())
        .collect();
    assert_eq!(kinds, ["piv", "openpgp"]);
}

#[test]
fn the_other_documents_fit_too() {
    let schemas = Schemas::read();
    for (name, arguments) in [
        ("readers", "--practice=piv-used,unknown readers --json"),
        ("readers", "readers --json"),
        ("certificates", "--practice=piv-used cert show 9A --json"),
        (
            "answers",
            "--practice=piv-used apdu --yes --json 00A4040005A000000308 00FD0000",
        ),
        ("practice", "practice list --json"),
        ("card", "--practice=cardos-used card info --json"),
        ("card", "--practice=cardos-blank card info --json"),
        ("manager", "--practice=java-cyberflex gp info --json"),
        ("manager", "--practice=java-gp211 gp info --json"),
        ("manager", "--practice=java-modern gp info --json"),
        (
            "registry",
            "--practice=java-cyberflex gp list --json --keys test",
        ),
        (
            "registry",
            "--practice=java-gp211 gp list --json --keys test",
        ),
        (
            "registry",
            "--practice=java-modern gp list --json --keys test",
        ),
    ] {
        let ended = run(arguments);
        let [document] = documents(&ended).try_into().unwrap();
        check(&schemas.validator(name), &document);
    }
}

#[test]
fn the_schemas_forbid_what_they_do_not_know() {
    let schemas = Schemas::read();
    let validator = schemas.validator("token");
    let [document] = documents(&run("--practice=both show --json"))
        .try_into()
        .unwrap();
    assert!(validator.is_valid(&document));
    for path in [
        "",
        "/reader",
        "/token",
        "/token/card",
        "/token/applications/0",
        "/token/applications/0/pins/0",
        "/token/applications/0/pins/0/tries",
        "/token/applications/0/keys/0",
        "/token/applications/0/certificates/0",
        "/token/applications/0/certificates/0/summary",
        "/token/applications/0/data/0",
    ] {
        let mut more = document.clone();
        let part = more.pointer_mut(path).unwrap().as_object_mut().unwrap();
        part.insert("colour".to_owned(), Value::from("red"));
        assert!(!validator.is_valid(&more), "an unknown field in {path}");
    }
    let mut changed = document.clone();
    changed["token"]["applications"][0]["pins"][0]["role"] = Value::from("queen");
    assert!(!validator.is_valid(&changed));
}

/// The plain enums of the model: where each is.
const ENUMS: &[(&str, &str)] = &[
    ("card_manager.rs", "DeveloperSign"),
    ("registry.rs", "LifeCycle"),
    ("registry.rs", "Privilege"),
    ("registry.rs", "RegistryKind"),
    ("cardos.rs", "AtrSource"),
    ("cardos.rs", "CardCondition"),
    ("cardos.rs", "CardOsObject"),
    ("cardos.rs", "CardSystem"),
    ("cardos.rs", "KnownPackage"),
    ("cardos.rs", "LifePhase"),
    ("fact.rs", "FactName"),
    ("fact.rs", "Flag"),
    ("fact.rs", "PinCoding"),
    ("fact.rs", "Salutation"),
    ("key.rs", "Evidence"),
    ("key.rs", "Purpose"),
    ("key.rs", "Origin"),
    ("key.rs", "PinPolicy"),
    ("key.rs", "TouchPolicy"),
    ("key.rs", "Curve"),
    ("operation.rs", "OperationKind"),
    ("operation.rs", "Reason"),
    ("pin.rs", "PinRole"),
    ("pin.rs", "PinUse"),
    ("pin.rs", "Alphabet"),
    ("reader.rs", "ServiceState"),
    ("../card/task.rs", "KeyPurpose"),
    ("../card/task.rs", "Task"),
];

#[test]
fn every_value_of_the_model_is_in_the_schemas() {
    let mut known = Vec::new();
    for name in ["token", "readers", "card", "plan", "manager", "registry"] {
        values(&schema(name), &mut known);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/token");
    for (file, name) in ENUMS {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let (_, body) = text.split_once(&format!("pub enum {name} {{")).unwrap();
        let (body, _) = body.split_once("\n}").unwrap();
        let variants = body
            .lines()
            .map(str::trim)
            .filter_map(|line| line.strip_suffix(','));
        let mut count = 0;
        for variant in variants.filter(|variant| variant.chars().all(char::is_alphanumeric)) {
            let value = snake_case(variant);
            assert!(known.contains(&value), "{name}: {value}");
            count += 1;
        }
        assert!(count > 1, "{name}");
    }
}

/// Every text that a `const` or an `enum` of a schema allows.
fn values(schema: &Value, known: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), field) {
                    ("const", Value::String(value)) => known.push(value.clone()),
                    ("enum", Value::Array(all)) => {
                        let texts = all.iter().filter_map(Value::as_str);
                        known.extend(texts.map(str::to_owned));
                    }
                    _ => values(field, known),
                }
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| values(part, known)),
        _ => {}
    }
}

/// As serde writes it.
fn snake_case(variant: &str) -> String {
    let mut value = String::new();
    for (at, character) in variant.char_indices() {
        if character.is_uppercase() && at > 0 {
            value.push('_');
        }
        value.extend(character.to_lowercase());
    }
    value
}

#[test]
fn the_sheet_of_a_card_says_what_cardos_tool_prints() {
    let schemas = Schemas::read();
    let validator = schemas.validator("card");
    let [document] = documents(&run("--practice=cardos-used card info --json"))
        .try_into()
        .unwrap();
    let cardos = &document["cardos"];
    assert_eq!(cardos["version"]["value"]["name"], "CardOS M4.2B");
    assert_eq!(cardos["life_cycle"]["value"]["phase"], "administration");
    assert_eq!(cardos["packages"]["raw"], "");
    assert_eq!(cardos["keys"]["value"]["start"]["tries"], 10);
    assert_eq!(cardos["not_told"], Value::Array(Vec::new()));
    for path in [
        "",
        "/cardos",
        "/cardos/info",
        "/cardos/chip/value",
        "/cardos/keys/value/start",
    ] {
        let mut more = document.clone();
        let part = more.pointer_mut(path).unwrap().as_object_mut().unwrap();
        part.insert("colour".to_owned(), Value::from("red"));
        assert!(!validator.is_valid(&more), "an unknown field in {path}");
    }
}

#[test]
fn a_card_without_application_says_what_it_is() {
    let token = |card: &str| {
        let [mut document] = documents(&run(&format!("--practice={card} show --json")))
            .try_into()
            .unwrap();
        document["token"].take()
    };
    let blank = token("cardos-blank");
    assert_eq!(blank["card"]["condition"], "blank");
    assert_eq!(blank["card"]["system"], "cardos4");
    assert_eq!(blank["model"], "CardOS M4.2B");
    assert_eq!(blank["serial"], "2737C0092B18");
    let unguarded = |token: &Value| {
        let facts = token["applications"][0]["facts"]
            .as_array()
            .unwrap()
            .clone();
        let fact = facts.into_iter().find(|fact| fact["name"] == "unguarded");
        fact.unwrap()["value"]["value"].clone()
    };
    assert_eq!(unguarded(&token("cardos-used")), false);
    assert_eq!(unguarded(&token("cardos-weak")), true);
    assert!(token("unknown")["card"]["system"].is_null());
}
