//! From the command line to the window.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use relm4::gtk::{gio, glib};
use relm4::{RelmApp, adw, gtk};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::backend;
use crate::base::i18n::{self, gettext};
use crate::base::paths;
use crate::base::settings::Settings;
use crate::ui::app::{App, AppInit};
use crate::ui::style;

/// The identifier of the program on the desktop.
pub const APPLICATION_ID: &str = "org.symbolon.Symbolon";

/// Look at, set up and use smart cards and crypto tokens.
#[derive(Debug, Parser)]
#[command(name = "symbolon", version)]
pub struct Arguments {
    /// Put practice cards beside the real readers: those named, else a choice of them
    /// (symbolonctl practice list names them).
    #[arg(long, value_name = "NAME,…", num_args = 0..=1, require_equals = true,
          default_missing_value = "", value_delimiter = ',')]
    practice: Option<Vec<String>>,

    /// Leave the readers of this computer alone.
    #[arg(long)]
    no_readers: bool,
}

/// Opens the window and stays until it is closed.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(help_or_error) => return told(&help_or_error),
    };
    log();
    i18n::open(&i18n::folder());
    style::begin_empty();
    // GTK would say less about it, and in its own words.
    if gtk::init().is_err() {
        return no_display();
    }
    // Without it, screen readers and window managers see a program without a name.
    glib::set_prgname(Some("symbolon"));
    glib::set_application_name("Symbolon");
    if let Err(error) = resources() {
        tracing::error!(%error, "the icons packed into the program cannot be used");
    }
    let settings_path = Settings::path();
    let settings = settings_path
        .as_deref()
        .map(Settings::load)
        .unwrap_or_default();
    let init = AppInit {
        options: arguments.options(&settings),
        settings,
        settings_path,
    };
    let application = adw::Application::builder()
        .application_id(APPLICATION_ID)
        .build();
    RelmApp::from_app(application)
        .with_args(Vec::new())
        .run::<App>(init);
    ExitCode::SUCCESS
}

/// Help and version are written to standard output, which may be full; what is wrong with the
/// arguments is written to standard error.
fn told(help_or_error: &clap::Error) -> ExitCode {
    let written = help_or_error.print();
    match (help_or_error.use_stderr(), written) {
        (true, _) => ExitCode::from(2),
        (false, Ok(())) => ExitCode::SUCCESS,
        (false, Err(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        (false, Err(_)) => ExitCode::FAILURE,
    }
}

/// Says why there is no window, where whoever started it from a terminal can read it.
fn no_display() -> ExitCode {
    let title = gettext("There is no display for the window");
    let body = gettext(
        "Neither WAYLAND_DISPLAY nor DISPLAY leads to one. On a terminal, symbolonctl does the same.",
    );
    // Without standard error there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "symbolon: {title}\n{body}");
    ExitCode::FAILURE
}

impl Arguments {
    fn options(self, settings: &Settings) -> backend::Options {
        let practice = match self.practice {
            Some(named) if named.iter().any(|name| !name.is_empty()) => named,
            Some(_) => starters(),
            None if settings.practice.on_start => starters(),
            None => Vec::new(),
        };
        backend::Options {
            pcsc: !self.no_readers,
            practice,
            cache: paths::tokens().filter(|_| settings.tokens.remember),
        }
    }
}

/// The practice cards for whoever names none: one of each kind of trouble, the best first.
const STARTERS: [&str; 6] = [
    "both",
    "piv-used",
    "openpgp-curves",
    "blocked-pin",
    "expired-certificate",
    "unknown",
];

fn starters() -> Vec<String> {
    STARTERS.map(str::to_owned).to_vec()
}

/// Warnings go to the terminal; `SYMBOLON_LOG` asks for more, in the words of
/// `tracing_subscriber::EnvFilter`.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SYMBOLON_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Whoever asks for more wants to see the messages of the window, which are in spans.
        .with_span_events(FmtSpan::NEW)
        .with_writer(std::io::stderr)
        .init();
}

fn resources() -> Result<(), glib::Error> {
    let packed = include_bytes!(concat!(env!("OUT_DIR"), "/symbolon.gresource"));
    let data = glib::Bytes::from_static(packed);
    gio::resources_register(&gio::Resource::from_data(&data)?);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::Arguments;
    use crate::backend;
    use crate::base::settings::Settings;

    fn options(line: &[&str], settings: &Settings) -> backend::Options {
        let line = std::iter::once("symbolon").chain(line.iter().copied());
        Arguments::try_parse_from(line).unwrap().options(settings)
    }

    #[test]
    fn practice_cards_are_put_in_as_asked() {
        Arguments::command().debug_assert();
        let mut settings = Settings::default();
        assert!(options(&[], &settings).practice.is_empty());
        assert!(!options(&["--practice"], &settings).practice.is_empty());
        let named = options(&["--practice=a,b", "--no-readers"], &settings);
        assert_eq!(named.practice, ["a", "b"]);
        assert!(!named.pcsc);
        settings.practice.on_start = true;
        let starters = options(&[], &settings).practice;
        for name in &starters {
            assert!(
                backend::practice::list()
                    .iter()
                    .any(|card| card.name == name)
            );
        }
        assert_eq!(starters.len(), 6);
    }
}
