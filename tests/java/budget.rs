//! How many commands it takes; GET RESPONSE and repeated commands count.

use symbolon::globalplatform::attempts::PassingAttempts;
use symbolon::plan::content::{CapFile, Opening};
use symbolon::plan::{Installation, Task};
use symbolon::simulator::GlobalPlatform;

use crate::cap::Made;
use crate::desk::{Desk, access, aid, hello, install, models, test_keys};

/// A card with ten applets.
fn full(card: GlobalPlatform) -> Desk {
    let desk = Desk::new(card);
    let mut tasks = install(&hello());
    let Some(Task::InstallApplet(first)) = tasks.pop() else {
        panic!("the last step makes the applet");
    };
    tasks.extend((0..10).map(|number| {
        let mut name = first.module.bytes().to_vec();
        name.push(number);
        Task::InstallApplet(Installation {
            instance: aid(&name),
            ..first.clone()
        })
    }));
    let plan = desk.plan(Opening::default(), tasks);
    desk.run(&plan, &mut desk.secrets(), None).result.unwrap();
    desk
}

#[test]
fn ten_applets_take_few_commands() {
    let most_to_discover = [9, 5, 5];
    let most_to_list = [16, 8, 8];
    let most = most_to_discover.into_iter().zip(most_to_list);
    for ((name, model), (to_discover, to_list)) in models().into_iter().zip(most) {
        let desk = full(GlobalPlatform::new(model));
        let mut attempts = PassingAttempts::default();
        let mut wire = desk.wire(None);
        wire.look(None, &mut attempts).unwrap();
        let discovery = wire.sent.len();
        let given = access(test_keys(desk.family()), Opening::default());
        let mut wire = desk.wire(None);
        let look = wire.look(Some(&given), &mut attempts).unwrap();
        let registry = look.registry.unwrap();
        let applets = registry
            .entries
            .iter()
            .filter(|entry| entry.kind == symbolon::token::RegistryKind::Application);
        assert_eq!(applets.count(), 10, "{name}");
        assert!(!registry.cut_short, "{name}");
        let listing = wire.sent.len() - discovery;
        println!("{name}: found with {discovery} commands, ten applets listed with {listing}");
        assert!(discovery <= to_discover, "{name}: {discovery} commands");
        assert!(listing <= to_list, "{name}: {listing} commands");
    }
}

/// Beside its blocks, a load is SELECT, the number of the card, two commands for the channel, the list of
/// what is there before, and one that announces it; with T=0, what they answer is fetched.
#[test]
fn a_load_is_its_blocks_and_little_more() {
    let beside = [15, 10, 10];
    for ((name, model), beside) in models().into_iter().zip(beside) {
        let desk = Desk::new(GlobalPlatform::new(model));
        let made = Made::muscle();
        let bytes = CapFile::read(&made.archive())
            .unwrap()
            .load_file(false)
            .len();
        let tasks = install(&made).into_iter();
        let load = tasks.filter(|task| matches!(task, Task::LoadPackage(_)));
        let plan = desk.plan(Opening::default(), load.collect());
        let ended = desk.run(&plan, &mut desk.secrets(), None);
        ended.result.unwrap();
        let blocks = (bytes + 4).div_ceil(247);
        let commands = ended.sent.len();
        println!("{name}: {bytes} bytes loaded with {commands} commands, {blocks} of them blocks");
        assert!(commands <= blocks + beside, "{name}: {commands}");
    }
}
