//! What set-ups cost, in commands, beside what unmodified OpenSC sent for the same (its exchanges were recorded
//! with the same kind of simulated card: sheet "cardos", 13).

use symbolon::plan::preview::Preview;
use symbolon::plan::recipe::Given;
use symbolon::simulator::{CardOs, CardOsModel};

use crate::desk::{Desk, secrets};
use crate::opensc::SERIAL;

/// `pkcs15-init --create-pkcs15` with SO-PIN, `--store-pin`, `--generate-key rsa/2048` and
/// `--store-certificate`: 58, 29, 75 and 53 commands.
const OPENSC: usize = 58 + 29 + 75 + 53;

/// A certificate of about 800 bytes: that of the recording was smaller.
const CERTIFICATE: &[u8] = include_bytes!("../../data/practice/thomas-signature.crt");

#[test]
fn a_set_up_costs_less_than_half_of_opensc() {
    let desk = Desk::new(CardOs::blank(CardOsModel::m4_2b(SERIAL)));
    let mut all = 0;
    for (name, profile, most) in [
        (
            "SO-PIN, PIN and a key of 2048 bits",
            "name='a'\nlabel='T'\n[so-pin]\n[[pin]]\n[[key]]\n",
            56,
        ),
        (
            "a certificate",
            "name='a'\n[[certificate]]\nid='50'\nfile='x'\n",
            15,
        ),
    ] {
        all += desk.survey_commands();
        let given = Given {
            certificates: [(0, CERTIFICATE.to_vec())].into(),
            ..Given::default()
        };
        let mut plan = desk.plan(profile, given);
        // One is done after the other: the token tells when it was changed last.
        plan.made += i64::try_from(all).unwrap();
        let foreseen = Preview::of(&plan, &desk.survey()).unwrap().commands();
        let ended = desk.run(&plan, &mut secrets(), None);
        ended.result.unwrap();
        println!("{name}: {} commands, foreseen {foreseen}", ended.commands);
        assert!(ended.commands <= most, "{name}: {}", ended.commands);
        // What was told before is what was sent, but for the end of a file that was not known.
        assert!(foreseen.abs_diff(ended.commands) <= 1, "{name}: {foreseen}");
        all += ended.commands;
    }
    println!("with a survey before each: {all} commands, OpenSC {OPENSC}");
    assert!(2 * all <= OPENSC, "{all}");
}
