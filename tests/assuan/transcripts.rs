//! What agents said to another pinentry is said to ours, and it has to answer the same; where it does not, the table
//! below tells why.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use symbolon::base::secret::Secret;
use symbolon::pinentry::escape;
use symbolon::pinentry::prompt::{Agent, Answer, Check, Front, Prompt};
use symbolon::pinentry::server::Keyring;

use super::talk::Talk;

/// What ours says otherwise, and why that is right.
const DIFFERENCES: [(Difference, &str); 12] = [
    (
        Difference::Greeting,
        "the number of the process is asked for by GETINFO",
    ),
    (Difference::Flavour, "each pinentry has its own"),
    (Difference::Version, "the version is that of this program"),
    (Difference::Pid, "the process is the one of the test"),
    (
        Difference::Terminal,
        "the other one does not tell the terminal that it was given",
    ),
    (
        Difference::Features,
        "only who says so is sent the facts of a card with their separators",
    ),
    (
        Difference::SecondEnd,
        "an end outside of an inquiry is no command: answered, it would be the reply to the next one",
    ),
    (
        Difference::NoInquiry,
        "nothing is inquired that agents do not know",
    ),
    (Difference::Comment, "an empty passphrase needs no comment"),
    (
        Difference::FullyCancelled,
        "the closed window is told by BUTTON_INFO, of which the agent makes the same",
    ),
    (
        Difference::Repeated,
        "what is new is always typed twice in one dialog, which the other one was told to leave to the agent",
    ),
    (
        Difference::Percent,
        "what is inquired is escaped, so that it comes back as it was",
    ),
];

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Difference {
    Greeting,
    Flavour,
    Version,
    Pid,
    Terminal,
    Features,
    SecondEnd,
    NoInquiry,
    Comment,
    FullyCancelled,
    Repeated,
    Percent,
}

/// Lines of the other one that ours does not have.
fn left_out(said: &str, waiting: bool, theirs: &str) -> Option<Difference> {
    match theirs {
        "OK" if !waiting && ["END", "CAN"].contains(&said) => Some(Difference::SecondEnd),
        "INQUIRE BOGUS x" => Some(Difference::NoInquiry),
        "# empty" => Some(Difference::Comment),
        _ => None,
    }
}

/// Lines that only ours has.
fn added(said: &str, theirs: &str, ours: &str) -> Option<Difference> {
    match ours {
        "S FEATURES tabbing" if said == "GETINFO flavor" => Some(Difference::Features),
        "S PIN_REPEATED" if theirs == "OK" || theirs.starts_with("D ") => {
            Some(Difference::Repeated)
        }
        "S BUTTON_INFO close" if theirs.starts_with("ERR 83886278 ") => {
            Some(Difference::FullyCancelled)
        }
        _ => None,
    }
}

/// Lines that are others in ours.
fn changed(said: &str, theirs: &str, ours: &str) -> Option<Difference> {
    let version = format!("D {}", env!("CARGO_PKG_VERSION"));
    let pid = format!("D {}", std::process::id());
    match (said, theirs) {
        ("", _) if theirs.starts_with("OK Pleased") && ours == "OK Pleased to meet you" => {
            Some(Difference::Greeting)
        }
        ("GETINFO flavor", "D h7log") if ours == "D told" => Some(Difference::Flavour),
        ("GETINFO version", "D 1.3.1") if ours == version => Some(Difference::Version),
        ("GETINFO pid", _) if theirs.starts_with("D ") && ours == pid => Some(Difference::Pid),
        ("GETINFO ttyinfo", "D - - - - 0/0 -") if ours.split(' ').count() == 7 => {
            Some(Difference::Terminal)
        }
        (_, "INQUIRE QUALITY a%") if ours == "INQUIRE QUALITY a%25" => Some(Difference::Percent),
        _ if theirs.starts_with("ERR 83886278 ") && ours.starts_with("ERR 83886179 ") => {
            Some(Difference::FullyCancelled)
        }
        _ => None,
    }
}

/// Dialogs that do what the other pinentry was told to.
struct Told {
    plans: Vec<String>,
    next: usize,
    /// What the agent said when it was asked.
    heard: Vec<Heard>,
}

#[derive(Debug)]
enum Heard {
    Quality(Option<i8>),
    Check(Check),
    Made(Option<Vec<u8>>),
}

impl Front for Told {
    fn ask(&mut self, _prompt: Prompt, agent: &mut dyn Agent) -> Answer {
        loop {
            let plan = self.plans.get(self.next).expect("a plan").clone();
            self.next += 1;
            let (what, about) = plan.split_once(':').unwrap_or((&plan, ""));
            let given = |text: &[u8]| Answer::Given {
                passphrase: Secret::new(text),
                keep: false,
            };
            let heard = match what {
                "INQ" => self.inquire(about, agent),
                "D" | "DR" => return given(about.as_bytes()),
                "RAW" => {
                    let data = about.strip_prefix("D ").unwrap_or_default();
                    return given(&escape::decoded(data.as_bytes()));
                }
                "OK" => return Answer::Confirmed,
                "NOTOK" => return Answer::NotConfirmed,
                "CANCEL" => return Answer::Cancelled,
                "CLOSE" | "ERR" => return Answer::Closed,
                "TIMEOUT" => return Answer::TimedOut,
                // It ends without a word: by itself, and by a signal of the agent.
                "EXIT" | "SLEEP" => return Answer::AgentGone,
                _ => panic!("{plan}"),
            };
            self.heard.extend(heard);
        }
    }

    fn flavour(&self) -> &'static str {
        "told"
    }
}

impl Told {
    fn inquire(&self, about: &str, agent: &mut dyn Agent) -> Option<Heard> {
        let (keyword, text) = about.split_once(' ').unwrap_or((about, ""));
        let text = escape::decoded(text.replace('+', " ").as_bytes());
        let text = Secret::new(&text);
        match keyword {
            "QUALITY" => Some(Heard::Quality(agent.quality(&text))),
            "CHECKPIN" => Some(Heard::Check(agent.check(&text))),
            "GENPIN" => {
                let made = agent.generate();
                Some(Heard::Made(made.map(|made| made.expose().to_vec())))
            }
            _ => None,
        }
    }
}

/// A keyring with one passphrase in it, if the plan says so.
struct OneSaved(Option<String>);

impl Keyring for OneSaved {
    fn look_up(&mut self, _key: &str) -> Option<Secret> {
        self.0.as_ref().map(|saved| Secret::new(saved.as_bytes()))
    }

    fn keep(&mut self, key: &str, _passphrase: Secret) {
        panic!("kept for {key}");
    }

    fn forget(&mut self, _key: &str) -> bool {
        true
    }
}

/// What one process of the other pinentry was said and said.
fn processes(text: &str) -> Vec<Vec<(char, String)>> {
    let mut processes: Vec<Vec<(char, String)>> = Vec::new();
    for line in text.lines() {
        if line.starts_with("S: OK Pleased") {
            processes.push(Vec::new());
        }
        let line = line.strip_prefix("# plan: ").map_or_else(
            || (line.chars().next().unwrap(), line[3..].to_owned()),
            |plan| ('#', plan.to_owned()),
        );
        processes.last_mut().unwrap().push(line);
    }
    processes
}

/// Says one over again. Returns how many lines of the two were compared.
fn replay(process: &[(char, String)], found: &mut BTreeMap<Difference, usize>) -> usize {
    let mut plans: Vec<String> = Vec::new();
    let mut saved = None;
    for (_, plan) in process.iter().filter(|(side, _)| *side == '#') {
        match plan.strip_prefix("CACHE:") {
            Some(passphrase) => saved = Some(passphrase.to_owned()),
            None => plans.push(plan.clone()),
        }
    }
    let count = plans.len();
    let told = Told {
        plans,
        next: 0,
        heard: Vec::new(),
    };
    let mut talk = Talk::start(told, OneSaved(saved));
    // Whether a command is still to be answered; the greeting is the first reply.
    let (mut said, mut waiting, mut compared) = ("", true, 0);
    for (side, line) in process {
        match side {
            'C' => {
                said = line;
                waiting |= !["END", "CAN"].contains(&said) && !said.starts_with("D ");
                talk.say(line);
            }
            'S' => {
                compared += 1;
                if let Some(difference) = left_out(said, waiting, line) {
                    *found.entry(difference).or_default() += 1;
                    continue;
                }
                waiting &= !line.starts_with("OK") && !line.starts_with("ERR ");
                loop {
                    let ours = talk.hear().unwrap_or_else(|| panic!("no {line} to {said}"));
                    let one_more = added(said, line, &ours);
                    let difference = one_more.or_else(|| changed(said, line, &ours));
                    assert!(
                        *line == ours || difference.is_some(),
                        "to {said}: {line}, and ours {ours}"
                    );
                    if let Some(difference) = difference {
                        *found.entry(difference).or_default() += 1;
                    }
                    if one_more.is_none() {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    let (rest, told) = talk.end();
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    assert_eq!(told.next, count, "plans that nobody asked for");
    for heard in &told.heard {
        assert!(was_said(heard, process), "{heard:?}");
    }
    compared
}

/// Whether the agent did say what the dialog heard.
fn was_said(heard: &Heard, process: &[(char, String)]) -> bool {
    let mut data = process
        .iter()
        .filter_map(|(side, line)| (*side == 'C').then(|| line.strip_prefix("D "))?);
    match heard {
        Heard::Quality(quality) => {
            let quality = quality.expect("a number").to_string();
            data.any(|said| said == quality)
        }
        Heard::Check(Check::Passed) => true,
        Heard::Check(Check::Refused(why)) => {
            let why: Vec<&str> = why.iter().map(|line| line.as_str()).collect();
            data.any(|said| said == why.join("%0A"))
        }
        Heard::Check(Check::Unanswered) => false,
        Heard::Made(made) => {
            let made = made.as_deref().expect("a passphrase");
            data.any(|said| said.as_bytes() == made)
        }
    }
}

#[test]
fn what_agents_said_is_answered_as_they_need_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/assuan/transcripts");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    names.sort();
    let (mut all, mut compared, mut found) = (0, 0, BTreeMap::new());
    for path in &names {
        let processes = processes(&fs::read_to_string(path).unwrap());
        assert!(!processes.is_empty(), "{}", path.display());
        all += processes.len();
        for process in &processes {
            compared += replay(process, &mut found);
        }
    }
    println!(
        "{} transcripts, {all} processes, {compared} lines of the other pinentry compared",
        names.len()
    );
    for (difference, reason) in DIFFERENCES {
        let times = found.remove(&difference).unwrap_or_default();
        println!("  {times:>4} times {difference:?}: {reason}");
        assert!(times > 0, "{difference:?} is none");
    }
    assert!(found.is_empty(), "without a reason: {found:?}");
    assert!(names.len() >= 39 && compared > 2000);
}
