//! PKCS#15 on the simulated CardOS card: OpenSC sets it up, and `pkcs15-tool --dump` and we say the
//! same of it, field by field.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Served, Symbolonctl, fact};
use crate::support::pcscd::{PrivatePcscd, Slot};
use crate::support::process::{finish, tool};

/// A card that `symbolonctl` serves, and OpenSC beside it.
pub(crate) struct Desk {
    _service: PrivatePcscd,
    _card: Served,
    pub(crate) slot: Slot,
    /// Whether OpenSC is to read a card that it does not know, by the standard.
    plain: bool,
    files: TempDir,
}

impl Desk {
    pub(crate) fn new(card: &str) -> Self {
        Self::of(card, false)
    }

    /// With a card that OpenSC knows by nothing but its files.
    pub(crate) fn plain(card: &str) -> Self {
        let desk = Self::of(card, true);
        std::fs::write(
            desk.path().join("plain"),
            "app default { enable_default_driver = true; card_drivers = default; }",
        )
        .unwrap();
        desk
    }

    fn of(card: &str, plain: bool) -> Self {
        let service = PrivatePcscd::start(1);
        let slot = service.slot(0).clone();
        Self {
            _card: Served::new(card, &slot),
            _service: service,
            slot,
            plain,
            files: tempfile::tempdir().unwrap(),
        }
    }

    /// Runs a program of OpenSC; words are parted by spaces.
    #[track_caller]
    pub(crate) fn opensc(&self, line: &str) -> String {
        let mut words = line.split(' ');
        let mut command = self.slot.tool(words.next().unwrap(), "opensc");
        if self.plain {
            command.env("OPENSC_CONF", self.path().join("plain"));
        }
        command
            .current_dir(&self.files)
            .args(["--reader", &self.slot.reader])
            .args(words);
        finish(&mut command, "").succeeded()
    }

    pub(crate) fn path(&self) -> &Path {
        self.files.path()
    }

    /// A certificate with its key, in two files.
    fn certificate(&self, name: &str) {
        let line = format!(
            "req -x509 -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.pem -subj /CN={name} -days 30"
        );
        let mut command = tool("openssl", "openssl");
        command.current_dir(&self.files).args(line.split(' '));
        finish(&mut command, "").succeeded();
    }
}

/// An object of `pkcs15-tool --dump`: its title, its name, and its fields.
#[derive(Debug)]
struct Object {
    title: String,
    label: String,
    fields: BTreeMap<String, String>,
}

/// Everything that it prints below titles like `PIN [User]`.
fn objects(dump: &str) -> Vec<Object> {
    let mut all: Vec<Object> = Vec::new();
    for line in dump.lines() {
        if let Some((title, rest)) = line.split_once(" [")
            && let Some(label) = rest.trim_end_matches(':').strip_suffix(']')
            && !line.starts_with([' ', '\t'])
        {
            all.push(Object {
                title: title.to_owned(),
                label: label.to_owned(),
                fields: BTreeMap::new(),
            });
        } else if line.contains("ata object") && !line.starts_with([' ', '\t']) {
            all.push(Object {
                title: "Data object".to_owned(),
                label: line.to_owned(),
                fields: BTreeMap::new(),
            });
        } else if let Some((name, value)) = line.split_once(':')
            && let Some(object) = all.last_mut()
        {
            let value = value.trim().to_owned();
            object.fields.insert(name.trim().to_owned(), value);
        }
    }
    all
}

/// Our names of flags, and theirs.
const FLAGS: [(&str, &str); 23] = [
    ("private", "private"),
    ("modifiable", "modifiable"),
    ("encrypt", "encrypt"),
    ("decrypt", "decrypt"),
    ("sign", "sign"),
    ("sign_recover", "signRecover"),
    ("wrap", "wrap"),
    ("unwrap", "unwrap"),
    ("verify", "verify"),
    ("verify_recover", "verifyRecover"),
    ("derive", "derive"),
    ("non_repudiation", "nonRepudiation"),
    ("sensitive", "sensitive"),
    ("extractable", "extract"),
    ("always_sensitive", "alwaysSensitive"),
    ("never_extractable", "neverExtract"),
    ("local", "local"),
    ("local_pin", "local"),
    ("unblock_disabled", "unblock-disabled"),
    ("initialized", "initialized"),
    ("needs_padding", "needs-padding"),
    ("so_pin", "soPin"),
    ("case_sensitive", "case-sensitive"),
];

/// Flags as they print them, without the number before: "sign, decrypt".
fn flags(value: &Value) -> String {
    let names = value.as_array().unwrap().iter().map(|flag| {
        let flag = flag.as_str().unwrap();
        let known = FLAGS.iter().find(|(ours, _)| *ours == flag);
        known.unwrap_or_else(|| panic!("{flag} has no name")).1
    });
    names.collect::<Vec<_>>().join(", ")
}

/// `[0x1D], sensitive, local` without the number.
fn words(field: &str) -> &str {
    field.split_once("], ").map_or("", |(_, words)| words)
}

/// `16 (0x10)` without what is behind.
fn number(field: &str) -> u64 {
    field.split(' ').next().unwrap().parse().unwrap()
}

#[track_caller]
fn same_hex(ours: &Value, theirs: &str) {
    assert_eq!(ours.as_str().unwrap().to_lowercase(), theirs.to_lowercase());
}

#[track_caller]
fn pin(ours: &Value, theirs: &Object) {
    let field = |name: &str| theirs.fields[name].as_str();
    assert_eq!(ours["label"], theirs.label.as_str());
    assert_eq!(
        flags(&fact(ours, "object_flags")),
        words(field("Object Flags"))
    );
    same_hex(&fact(ours, "auth_id"), field("ID"));
    assert_eq!(flags(&fact(ours, "pin_flags")), words(field("Flags")));
    let lengths = ["min_length", "max_length", "stored_length"].map(|name| fact(ours, name));
    let [min, max, stored] = lengths.map(|length| length.as_u64().unwrap());
    assert_eq!(
        format!("min_len:{min}, max_len:{max}, stored_len:{stored}"),
        field("Length")
    );
    let pad = fact(ours, "pad_character");
    assert_eq!(format!("0x{}", pad.as_str().unwrap()), field("Pad char"));
    assert_eq!(fact(ours, "pin_number"), number(field("Reference")));
    assert_eq!(fact(ours, "pin_coding"), field("Type").replace('-', "_"));
    same_hex(&fact(ours, "path"), field("Path"));
}

/// They write nothing between the brackets where there is no label.
#[track_caller]
fn same_label(ours: &Value, theirs: &Object) {
    assert_eq!(ours["label"].as_str().unwrap_or_default(), theirs.label);
}

/// They write the line without flags, too, where the file has none.
#[track_caller]
fn same_access(ours: &Value, theirs: &Object) {
    let access = fact(ours, "access_flags");
    let access = if access.is_null() {
        String::new()
    } else {
        flags(&access)
    };
    assert_eq!(access, words(theirs.fields["Access Flags"].as_str()));
}

/// Bits of the modulus, or of the field of a curve.
#[track_caller]
fn same_size(ours: &Value, theirs: &Object) {
    let (name, field) = if theirs.title.contains("EC") {
        ("field_size", "FieldLength")
    } else {
        ("modulus_length", "ModLength")
    };
    assert_eq!(fact(ours, name), number(&theirs.fields[field]));
}

/// They write paths from the root; in the files they may be from the directory of the application.
#[track_caller]
fn same_path(ours: &Value, theirs: &Object) {
    let path = fact(ours, "path");
    let (path, theirs) = (path.as_str().unwrap(), theirs.fields["Path"].to_uppercase());
    let from_the_root = path.starts_with("3F00");
    assert!(theirs == path || !from_the_root && theirs.ends_with(path));
}

#[track_caller]
fn key(ours: &Value, theirs: &Object) {
    let field = |name: &str| theirs.fields[name].as_str();
    same_label(ours, theirs);
    assert_eq!(
        flags(&fact(ours, "object_flags")),
        words(field("Object Flags"))
    );
    assert_eq!(flags(&fact(ours, "usage")), words(field("Usage")));
    same_access(ours, theirs);
    same_size(ours, theirs);
    assert_eq!(fact(ours, "key_reference"), number(field("Key ref")));
    assert_eq!(fact(ours, "native"), field("Native") == "yes");
    same_hex(&fact(ours, "path"), field("Path"));
    same_hex(&fact(ours, "auth_id"), field("Auth ID"));
    same_hex(&fact(ours, "id"), field("ID"));
}

#[track_caller]
fn public_key(ours: &Value, theirs: &Object) {
    let field = |name: &str| theirs.fields[name].as_str();
    same_label(ours, theirs);
    assert_eq!(
        flags(&fact(ours, "object_flags")),
        words(field("Object Flags"))
    );
    assert_eq!(flags(&fact(ours, "usage")), words(field("Usage")));
    same_access(ours, theirs);
    same_size(ours, theirs);
    // Where it is missing, they say 0 or -1.
    let reference = fact(ours, "key_reference");
    match field("Key ref") {
        "-1 (0xFFFFFFFF)" => assert!(reference.is_null()),
        told => assert_eq!(reference.as_u64().unwrap_or_default(), number(told)),
    }
    assert_eq!(fact(ours, "native"), field("Native") == "yes");
    same_hex(&fact(ours, "path"), field("Path"));
    let auth = fact(ours, "auth_id");
    assert_eq!(!auth.is_null(), theirs.fields.contains_key("Auth ID"));
    if !auth.is_null() {
        same_hex(&auth, field("Auth ID"));
    }
    same_hex(&fact(ours, "id"), field("ID"));
}

/// Compares everything; how many PINs, keys, certificates and data there were.
#[track_caller]
fn agree(desk: &Desk) -> [usize; 4] {
    let ours = Symbolonctl::new(&desk.slot).application("pkcs15");
    agree_on(desk, &ours, "")
}

/// The same for what we say of one application; OpenSC is told by `more` which it is.
#[track_caller]
pub(crate) fn agree_on(desk: &Desk, ours: &Value, more: &str) -> [usize; 4] {
    let dump = desk.opensc(&format!("pkcs15-tool --dump{more}"));
    let theirs = objects(&dump);
    let of = |title: &str| -> Vec<&Object> {
        let is = |object: &&Object| object.title.replace(" EC ", " RSA ") == title;
        theirs.iter().filter(is).collect()
    };
    assert_eq!(ours["state"]["state"], "readable", "{}", ours["state"]);
    assert_eq!(fact(ours, "label"), of("PKCS#15 Card")[0].label.as_str());
    let info = &of("PKCS#15 Card")[0].fields;
    same_hex(&fact(ours, "serial"), &info["Serial number"]);
    assert_eq!(fact(ours, "manufacturer"), info["Manufacturer ID"].as_str());

    let list = |name: &str| ours[name].as_array().unwrap().clone();
    // They do not list PUKs.
    let pins: Vec<Value> = list("pins")
        .into_iter()
        .filter(|pin| pin["role"] != "puk")
        .collect();
    let their_pins = of("PIN");
    assert_eq!(pins.len(), their_pins.len(), "{dump}");
    for theirs in &their_pins {
        let id = theirs.fields["ID"].to_uppercase();
        let ours = pins.iter().find(|pin| fact(pin, "auth_id") == id.as_str());
        pin(ours.unwrap(), theirs);
    }
    let (keys, their_keys) = (list("keys"), of("Private RSA Key"));
    assert_eq!(keys.len(), their_keys.len(), "{dump}");
    for (ours, theirs) in keys.iter().zip(&their_keys) {
        key(ours, theirs);
        let public = of("Public RSA Key");
        let id = theirs.fields["ID"].as_str();
        let public = public.iter().find(|public| public.fields["ID"] == id);
        // Of a point alone they make a key without a curve.
        let Some(public) = public.filter(|_| !theirs.title.contains("EC")) else {
            continue;
        };
        assert_eq!(public.fields["ModLength"], theirs.fields["ModLength"]);
        let pem = desk.opensc(&format!("pkcs15-tool --read-public-key {id}{more}"));
        let in_certificate = list("certificates")
            .iter()
            .any(|c| c["slot"] == ours["reference"]);
        if !in_certificate {
            let spki = ours["public_key"]["spki"].as_str().unwrap();
            assert_eq!(spki.to_lowercase(), der_in_hex(&pem), "{id}");
        }
    }
    let (public_keys, their_public_keys) = (list("public_keys"), of("Public RSA Key"));
    assert_eq!(public_keys.len(), their_public_keys.len(), "{dump}");
    for (ours, theirs) in public_keys.iter().zip(&their_public_keys) {
        public_key(ours, theirs);
    }
    // One that cannot be read without the PIN is data, as long as nobody knows what is in it.
    let is_closed = |object: &Value| fact(object, "id").is_string();
    let (closed, data): (Vec<Value>, Vec<Value>) = list("data").into_iter().partition(is_closed);
    let certificates = [list("certificates"), closed].concat();
    let their_certificates = of("X.509 Certificate");
    assert_eq!(certificates.len(), their_certificates.len(), "{dump}");
    for (ours, theirs) in certificates.iter().zip(&their_certificates) {
        same_label(ours, theirs);
        assert_eq!(
            flags(&fact(ours, "object_flags")),
            words(&theirs.fields["Object Flags"])
        );
        assert_eq!(fact(ours, "authority"), theirs.fields["Authority"] == "yes");
        same_path(ours, theirs);
        let id = &theirs.fields["ID"];
        same_hex(&fact(ours, "id"), id);
        if ours["der"].is_null() {
            continue;
        }
        let pem = desk.opensc(&format!("pkcs15-tool --read-certificate {id}{more}"));
        let der = ours["der"].as_str().unwrap().to_lowercase();
        assert_eq!(der, der_in_hex(&pem), "{id}");
    }
    let their_data = of("Data object");
    assert_eq!(data.len(), their_data.len(), "{dump}");
    for (ours, theirs) in data.iter().zip(&their_data) {
        assert_eq!(
            fact(ours, "for_program"),
            theirs.fields["applicationName"].as_str()
        );
        same_hex(&fact(ours, "path"), &theirs.fields["Path"]);
    }
    [pins.len(), keys.len(), certificates.len(), data.len()]
}

/// What is between the lines of a PEM file, in hexadecimal digits.
fn der_in_hex(pem: &str) -> String {
    use base64::Engine as _;
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD
        .decode(body.trim())
        .unwrap();
    der.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_opensc_set_up_is_what_we_read() {
    let desk = Desk::new("cardos-blank");
    desk.opensc("pkcs15-init --create-pkcs15 --so-pin 12345678 --so-puk 87654321 --label HOWTO");
    assert_eq!(agree(&desk), [1, 0, 0, 0]);
    desk.opensc(
        "pkcs15-init --store-pin --auth-id 01 --label User --pin 1234 --puk 123456 --so-pin 12345678",
    );
    assert_eq!(agree(&desk), [2, 0, 0, 0]);
    for (id, bits, usage) in [("45", 1024, "sign"), ("46", 2048, "sign,decrypt")] {
        desk.opensc(&format!(
            "pkcs15-init --generate-key rsa/{bits} --auth-id 01 --id {id} --key-usage {usage} --pin 1234 --so-pin 12345678"
        ));
    }
    assert_eq!(agree(&desk), [2, 2, 0, 0]);
    desk.certificate("anna");
    desk.opensc("pkcs15-init --store-private-key anna.key --id 47 --auth-id 01 --pin 1234 --so-pin 12345678");
    desk.opensc("pkcs15-init --store-certificate anna.pem --id 47 --auth-id 01 --pin 1234 --so-pin 12345678");
    desk.certificate("authority");
    desk.opensc(
        "pkcs15-init --store-certificate authority.pem --authority --id 60616263 --auth-id 01 --pin 1234 --so-pin 12345678",
    );
    std::fs::write(desk.path().join("note"), "locker 17").unwrap();
    desk.opensc(
        "pkcs15-init --store-data note --application-name note --label Note --auth-id 01 --pin 1234 --so-pin 12345678",
    );
    assert_eq!(agree(&desk), [2, 3, 2, 1]);
    desk.opensc("pkcs15-init --delete-objects cert --id 47 --pin 1234 --so-pin 12345678");
    assert_eq!(agree(&desk), [2, 3, 1, 1]);
}

#[test]
fn pins_that_one_changes_the_other_verifies() {
    let desk = Desk::new("cardos-used");
    let ours = Symbolonctl::new(&desk.slot);
    desk.opensc("pkcs15-tool --verify-pin --auth-id 01 --pin 654321");
    desk.opensc("pkcs15-tool --change-pin --auth-id 01 --pin 654321 --new-pin 1357");
    ours.pin(&["verify"], &["1357"]).succeeded();
    ours.pin(&["change"], &["1357", "246813"]).succeeded();
    desk.opensc("pkcs15-tool --verify-pin --auth-id 01 --pin 246813");
    // A wrong one is said to be wrong, and no number is made up.
    let wrong = ours.pin(&["verify"], &["999999"]);
    assert_eq!(wrong.status.code(), Some(5), "{wrong:?}");
    ours.pin(&["unblock"], &["87654321", "11223344"])
        .succeeded();
    desk.opensc("pkcs15-tool --verify-pin --auth-id 01 --pin 11223344");
    ours.pin(&["change", "--pin", "so"], &["12345678", "87651234"])
        .succeeded();
    desk.opensc("pkcs15-tool --verify-pin --auth-id FF --pin 87651234");
}

#[test]
fn the_practice_token_is_what_opensc_would_have_made() {
    let desk = Desk::new("cardos-used");
    assert_eq!(agree(&desk), [2, 1, 1, 0]);
}
