//! The `openpgp-card` crate, in the process, as a second opinion on the OpenPGP practice cards.

use std::sync::{Arc, Mutex};

use card_backend::{CardBackend, CardCaps, CardTransaction, PinType, SmartcardError};
use openpgp_card::ocard::KeyType;
use openpgp_card::ocard::algorithm::{AlgoSimple, AlgorithmAttributes};
use openpgp_card::ocard::crypto::{
    CardUploadableKey, Cryptogram, HashAlgo, PrivateKeyMaterial, PublicKeyMaterial, RSAKey,
    SigningAlgo,
};
use openpgp_card::ocard::data::{Fingerprint, KeyGenerationTime, KeyStatus, Sex};
use openpgp_card::state::{Admin, Open, Transaction};
use openpgp_card::{Card as Other, Error};
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use symbolon::simulator::{Card, Chip, Model, OpenPgp, wardrobe};

/// A simulated card as that crate wants it.
#[derive(Clone)]
struct Backend(Arc<Mutex<Box<dyn Card>>>);

impl Backend {
    fn boxed(card: Box<dyn Card>) -> Box<dyn CardBackend + Send + Sync> {
        Box::new(Self(Arc::new(Mutex::new(card))))
    }
}

impl CardBackend for Backend {
    fn limit_card_caps(&self, caps: CardCaps) -> CardCaps {
        caps
    }

    fn transaction(
        &mut self,
        application: Option<&[u8]>,
    ) -> Result<Box<dyn CardTransaction + Send + Sync + '_>, SmartcardError> {
        let mut transaction = Box::new(self.clone());
        if let Some(application) = application {
            transaction.select(application)?;
        }
        Ok(transaction)
    }
}

impl CardTransaction for Backend {
    fn transmit(&mut self, command: &[u8], _: usize) -> Result<Vec<u8>, SmartcardError> {
        Ok(self.0.lock().unwrap().transmit(command))
    }

    fn feature_pinpad_verify(&self) -> bool {
        false
    }

    fn feature_pinpad_modify(&self) -> bool {
        false
    }

    fn pinpad_verify(
        &mut self,
        _: PinType,
        _: &Option<CardCaps>,
    ) -> Result<Vec<u8>, SmartcardError> {
        Err(SmartcardError::Error("no PIN pad".to_owned()))
    }

    fn pinpad_modify(
        &mut self,
        _: PinType,
        _: &Option<CardCaps>,
    ) -> Result<Vec<u8>, SmartcardError> {
        Err(SmartcardError::Error("no PIN pad".to_owned()))
    }

    fn was_reset(&self) -> bool {
        false
    }
}

fn open(name: &str) -> Other<Open> {
    Other::new(Backend::boxed(wardrobe::make(name).unwrap())).unwrap()
}

const KEYS: [KeyType; 3] = [
    KeyType::Signing,
    KeyType::Decryption,
    KeyType::Authentication,
];

fn admin<'a, 'b>(card: &'b mut Other<Transaction<'a>>, pin: &str) -> Other<Admin<'a, 'b>> {
    card.as_admin_card(Some(pin.to_owned().into())).unwrap()
}

#[test]
fn a_used_card_is_read_as_it_was_laid_down() {
    let mut card = open("openpgp-used");
    let mut card = card.transaction().unwrap();
    assert_eq!(
        card.application_identifier().unwrap().ident(),
        "FFFE:14725836"
    );
    assert_eq!(card.cardholder_name().unwrap(), "Mustermann<<Thomas");
    assert_eq!(card.url().unwrap(), "https://keys.works.example/thomas.asc");
    assert_eq!(card.login_data().unwrap(), b"thomas");
    assert_eq!(card.digital_signature_count().unwrap(), 42);
    let status = card.pw_status_bytes().unwrap();
    let tries = [
        status.err_count_pw1(),
        status.err_count_rc(),
        status.err_count_pw3(),
    ];
    assert_eq!(tries, [1, 0, 3]);
    assert_eq!(
        card.private_use_do(1).unwrap(),
        b"Found? Please tell the helpdesk."
    );
    assert!(card.private_use_do(3).is_err());
    for key in KEYS {
        assert!(card.fingerprint(key).unwrap().is_some());
        let made = card.key_generation_time(key).unwrap().unwrap();
        assert_eq!(made.get(), 1_733_184_000);
        assert!(matches!(
            card.public_key_material(key),
            Ok(PublicKeyMaterial::R(_))
        ));
    }
    card.select_data(0, &[0x7F, 0x21]).unwrap();
    let certificate = card.cardholder_certificate().unwrap();
    assert_eq!(
        certificate,
        include_bytes!("../../data/practice/thomas-openpgp.crt")
    );
    assert!(card.next_cardholder_certificate().unwrap().is_empty());
}

#[test]
fn a_fresh_card_is_set_up() {
    let mut card = open("openpgp-fresh");
    let mut card = card.transaction().unwrap();
    let mut office = admin(&mut card, "12345678");
    office.set_cardholder_name("Rossi<<Anna").unwrap();
    office.set_sex(Sex::Female).unwrap();
    office.set_url("https://works.example/anna").unwrap();
    office.set_login_data(b"anna").unwrap();
    for (key, algorithm) in KEYS.into_iter().zip([
        AlgoSimple::Curve25519,
        AlgoSimple::NIST256,
        AlgoSimple::RSA2k,
    ]) {
        office.set_algorithm(key, algorithm).unwrap();
        let print = |_: &PublicKeyMaterial,
                     _: KeyGenerationTime,
                     _: KeyType|
         -> Result<Fingerprint, Error> { Ok([0xAB; 20].into()) };
        office.generate_key(print, key).unwrap();
    }
    office.set_user_pin_signing_validity(false).unwrap();
    assert_eq!(card.cardholder_name().unwrap(), "Rossi<<Anna");
    let information = card.key_information().unwrap().unwrap();
    assert!(matches!(information.sig_status(), KeyStatus::Generated));
    assert!(matches!(information.aut_status(), KeyStatus::Generated));
    for key in KEYS {
        assert_eq!(
            card.fingerprint(key).unwrap().unwrap().as_bytes(),
            [0xAB; 20]
        );
    }
    assert!(matches!(
        card.algorithm_attributes(KeyType::Signing).unwrap(),
        AlgorithmAttributes::Ecc(_)
    ));
}

#[test]
fn what_the_card_agrees_on_is_what_the_other_side_computes() {
    let mut card = open("openpgp-fresh");
    let mut card = card.transaction().unwrap();
    let mut office = admin(&mut card, "12345678");
    office
        .set_algorithm(KeyType::Decryption, AlgoSimple::NIST256)
        .unwrap();
    let print = |_: &PublicKeyMaterial, _: KeyGenerationTime, _: KeyType| Ok([1; 20].into());
    let (public, _) = office.generate_key(print, KeyType::Decryption).unwrap();
    let PublicKeyMaterial::E(public) = public else {
        panic!("{public:?}")
    };
    let theirs = p256::PublicKey::from_sec1_bytes(public.data()).unwrap();
    let ours = p256::SecretKey::from_slice(&[7; 32]).unwrap();
    let expected = p256::ecdh::diffie_hellman(ours.to_nonzero_scalar(), theirs.as_affine());
    let point = ours.public_key().to_sec1_bytes();
    card.verify_user_pin("123456".to_owned().into()).unwrap();
    let shared = card.card().decipher(Cryptogram::ECDH(&point)).unwrap();
    assert_eq!(shared, expected.raw_secret_bytes().as_slice());
}

#[test]
fn pins_are_changed_and_unblocked() {
    let mut card = open("openpgp-fresh");
    let mut card = card.transaction().unwrap();
    let secret = |text: &str| text.to_owned().into();
    assert!(
        card.change_user_pin(secret("999999"), secret("654321"))
            .is_err()
    );
    card.change_user_pin(secret("123456"), secret("654321"))
        .unwrap();
    card.change_admin_pin(secret("12345678"), secret("87654321"))
        .unwrap();
    admin(&mut card, "87654321")
        .set_resetting_code(secret("resetnow"))
        .unwrap();
    for _ in 0..3 {
        assert!(card.verify_user_pin(secret("000000")).is_err());
    }
    card.reset_user_pin(secret("resetnow"), secret("111111"))
        .unwrap();
    card.verify_user_pin(secret("111111")).unwrap();
    card.check_user_verified().unwrap();
    admin(&mut card, "87654321")
        .reset_user_pin(secret("222222"))
        .unwrap();
    card.verify_user_signing_pin(secret("222222")).unwrap();
}

#[test]
fn key_derivation_is_understood_the_same_way() {
    // The example of the specification, written as the raw object.
    let kdf = "8101038201088304000186A084083031323334353637850838393031323334358608414243444546\
               47488720773784A602B6C81E3F092F4D7D00E17CC822D88F7360FCF2D2EF2D9D901F44B688202675\
               D6164A0D4827D1D00C7EEA620D015C00030A1CAB38B4D0DD600B27DC9630";
    let mut chip = Chip::new([0x3B, 0x80, 0x01, 0x81]).with(OpenPgp::new(Model::version_3(1)));
    for command in [
        "00A4040006D27600012401".to_owned(),
        "00200083083132333435363738".to_owned(),
        format!("00DA00F96E{kdf}"),
    ] {
        let command = symbolon::base::hex::decode(&command).unwrap();
        assert_eq!(chip.transmit(&command), [0x90, 0x00]);
    }
    let mut card = Other::new(Backend::boxed(Box::new(chip))).unwrap();
    let mut card = card.transaction().unwrap();
    let secret = |text: &str| text.to_owned().into();
    card.verify_user_pin(secret("123456")).unwrap();
    card.verify_admin_pin(secret("12345678")).unwrap();
    card.change_user_pin(secret("123456"), secret("654321"))
        .unwrap();
    assert!(card.verify_user_pin(secret("123456")).is_err());
    card.verify_user_signing_pin(secret("654321")).unwrap();
    card.factory_reset().unwrap();
    card.verify_user_pin(secret("123456")).unwrap();
}

#[test]
fn a_factory_reset_makes_a_new_card() {
    for name in ["openpgp-used", "both", "openpgp-2"] {
        let mut card = open(name);
        let mut card = card.transaction().unwrap();
        card.factory_reset().unwrap();
        assert_eq!(card.digital_signature_count().unwrap(), 0);
        assert!(card.login_data().unwrap().is_empty());
        assert!(card.fingerprint(KeyType::Signing).unwrap().is_none());
        card.verify_admin_pin("12345678".to_owned().into()).unwrap();
    }
}

/// An RSA key in the shape of that crate.
struct Import {
    p: Vec<u8>,
    q: Vec<u8>,
    n: Vec<u8>,
}

impl RSAKey for Import {
    fn e(&self) -> &[u8] {
        &[0x01, 0x00, 0x01]
    }

    fn p(&self) -> &[u8] {
        &self.p
    }

    fn q(&self) -> &[u8] {
        &self.q
    }

    // Only other import formats than that of our cards want the rest.
    fn pq(&self) -> &[u8] {
        &[]
    }

    fn dp1(&self) -> &[u8] {
        &[]
    }

    fn dq1(&self) -> &[u8] {
        &[]
    }

    fn n(&self) -> &[u8] {
        &self.n
    }
}

/// A whole key in the shape of that crate.
struct Upload(rsa::RsaPrivateKey);

impl CardUploadableKey for Upload {
    fn private_key(&self) -> Result<PrivateKeyMaterial, Error> {
        let prime = |index: usize| {
            self.0.primes()[index]
                .to_be_bytes_trimmed_vartime()
                .to_vec()
        };
        Ok(PrivateKeyMaterial::R(Box::new(Import {
            p: prime(0),
            q: prime(1),
            n: self.0.n_bytes().to_vec(),
        })))
    }

    fn timestamp(&self) -> KeyGenerationTime {
        1_733_184_000.into()
    }

    fn fingerprint(&self) -> Result<Fingerprint, Error> {
        Ok([0xCD; 20].into())
    }
}

#[test]
fn an_rsa_key_is_imported_and_signs() {
    for name in ["openpgp-fresh", "openpgp-2", "both"] {
        let der = include_bytes!("../../data/practice/thomas-authentication.key");
        let private = rsa::RsaPrivateKey::from_pkcs8_der(der).unwrap();
        let mut card = open(name);
        let mut card = card.transaction().unwrap();
        let (pw1, pw3) = match name {
            "both" => ("654321", "87654321"),
            _ => ("123456", "12345678"),
        };
        let mut office = admin(&mut card, pw3);
        office
            .import_key(&Upload(private.clone()), KeyType::Signing)
            .unwrap();
        assert_eq!(card.digital_signature_count().unwrap(), 0);
        card.verify_user_signing_pin(pw1.to_owned().into()).unwrap();
        let digest = [0x5A; 32];
        let algorithm = SigningAlgo::RSA(HashAlgo::SHA256);
        let signature = card.card().signature_for_hash(algorithm, &digest).unwrap();
        let padding = rsa::Pkcs1v15Sign::new::<sha2::Sha256>();
        let public = private.to_public_key();
        public.verify(padding, &digest, &signature).unwrap();
        assert_eq!(card.digital_signature_count().unwrap(), 1);
    }
}
