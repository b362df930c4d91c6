//! A program that makes one call: this test, started once more.

use std::env;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use symbolon::base::secret::Secret;
use symbolon::pinentry::keyring::{Found, forget, look_up, save};
use zeroize::Zeroize;

/// Set, everything is logged.
pub(crate) const TRACE: &str = "KEYRING_TRACE";

const CALL: &str = "KEYRING_CALL";
const KEY: &str = "KEYRING_KEY";
const LIMIT: &str = "KEYRING_LIMIT";

/// Begins the line that is for us: the framework of tests speaks, too.
const ANSWER: &str = "keyring answered ";

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call<'a> {
    LookUp,
    /// The passphrase is not told.
    LookUpAndDrop,
    /// Nor is it here, but it stays in memory.
    LookUpAndHold,
    Save(&'a str),
    Forget,
}

/// The program, which waits after its call.
pub(crate) struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    took: Duration,
}

impl Client {
    /// Starts it with nothing in its environment but this.
    pub(crate) fn start(
        environment: &[(String, String)],
        call: Call<'_>,
        key: &str,
        limit: Duration,
    ) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "client::makes_the_call", "--nocapture"]);
        command.env_clear().envs(environment.iter().cloned());
        command.env(KEY, key);
        command.env(LIMIT, limit.as_millis().to_string());
        let (name, passphrase) = match call {
            Call::LookUp => ("look up", ""),
            Call::LookUpAndDrop => ("look up and drop", ""),
            Call::LookUpAndHold => ("look up and hold", ""),
            Call::Save(passphrase) => ("save", passphrase),
            Call::Forget => ("forget", ""),
        };
        command.env(CALL, name);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut message = vec![u8::try_from(passphrase.len() / 2).unwrap()];
        message.push(u8::try_from(passphrase.len() - passphrase.len() / 2).unwrap());
        message.extend(passphrase.as_bytes());
        input.write_all(&message).unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
            took: Duration::MAX,
        }
    }

    /// What came of the call.
    #[track_caller]
    pub(crate) fn outcome(&mut self) -> String {
        let mut all = String::new();
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            if let Some((_, answer)) = line.split_once(ANSWER) {
                let (millis, outcome) = answer.trim_end().split_once(": ").unwrap();
                self.took = Duration::from_millis(millis.parse().unwrap());
                return outcome.to_owned();
            }
            all.push_str(&line);
            line.clear();
        }
        let mut errors = String::new();
        let _ = self
            .child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors);
        panic!("no answer:\n{all}{errors}");
    }

    /// How long the call took, without the start of the program.
    pub(crate) fn took(&self) -> Duration {
        self.took
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets it go on to its end, and has all that it said on standard error.
    #[track_caller]
    pub(crate) fn end(mut self) -> String {
        self.input.write_all(b"\n").unwrap();
        drop(self.input);
        let mut errors = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut errors).unwrap();
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}\n{rest}{errors}");
        errors
    }
}

/// No test: what [`Client`] starts. Started as a test it does nothing.
#[test]
fn makes_the_call() {
    let Ok(call) = env::var(CALL) else { return };
    if env::var(TRACE).is_ok() {
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
            .with_writer(io::stderr)
            .init();
    }
    // The standard input of the library has a buffer that is not wiped.
    let mut input = File::open("/dev/stdin").unwrap();
    let passphrase = read_passphrase(&mut input);
    let key = env::var(KEY).unwrap();
    let limit = Duration::from_millis(env::var(LIMIT).unwrap().parse().unwrap());

    let started = Instant::now();
    let mut held = None;
    let outcome = match call.as_str() {
        "look up" => match look_up(&key, limit) {
            Found::Saved(secret) => {
                format!("saved {:?}", String::from_utf8_lossy(secret.expose()))
            }
            Found::Nothing => "nothing".to_owned(),
            Found::Unavailable(why) => format!("{why:?}"),
        },
        "look up and drop" => match look_up(&key, limit) {
            Found::Saved(_) => "saved".to_owned(),
            other => format!("{other:?}"),
        },
        "look up and hold" => match look_up(&key, limit) {
            Found::Saved(secret) => {
                held = Some(secret);
                "saved".to_owned()
            }
            other => format!("{other:?}"),
        },
        "save" => match save(&key, passphrase, limit) {
            Ok(()) => "done".to_owned(),
            Err(why) => format!("{why:?}"),
        },
        "forget" => match forget(&key, limit) {
            Ok(there) => there.to_string(),
            Err(why) => format!("{why:?}"),
        },
        other => panic!("{other}?"),
    };
    println!("\n{ANSWER}{}: {outcome}", started.elapsed().as_millis());
    // Until it was looked at from outside.
    let _ = input.read(&mut [0; 1]);
    drop(held);
}

/// The two halves of the length, and so many bytes.
fn read_passphrase(input: &mut File) -> Secret {
    let mut halves = [0; 2];
    input.read_exact(&mut halves).unwrap();
    let mut bytes = [0; 512];
    let length = usize::from(halves[0]) + usize::from(halves[1]);
    input.read_exact(&mut bytes[..length]).unwrap();
    let secret = Secret::new(&bytes[..length]);
    bytes.zeroize();
    secret
}
