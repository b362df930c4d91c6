//! The command line of a pinentry, as agents and people know it from the others.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use clap::Parser;

use super::prompt::Alert;
use super::state::Options;

/// Asks for PINs and passphrases, for gpg-agent and for ssh.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "pinentry-symbolon", version, disable_version_flag = true)]
pub struct Arguments {
    /// What ssh asks, when this program is its SSH_ASKPASS
    pub prompt: Option<OsString>,

    /// Show the dialog on this display
    #[arg(short = 'D', long, value_name = "DISPLAY")]
    pub display: Option<OsString>,

    /// Ask on this terminal where there is no display
    #[arg(short = 'T', long, value_name = "FILE")]
    pub ttyname: Option<OsString>,

    /// What kind of terminal it is
    #[arg(short = 'N', long, value_name = "NAME")]
    pub ttytype: Option<OsString>,

    /// For the letters of the terminal; they are always UTF-8
    #[arg(short = 'C', long, value_name = "LOCALE", hide = true)]
    pub lc_ctype: Option<OsString>,

    /// For the language; it is that of the environment
    #[arg(short = 'M', long, value_name = "LOCALE", hide = true)]
    pub lc_messages: Option<OsString>,

    /// Close the dialog after so many seconds; 0 leaves it open
    #[arg(short = 'o', long, value_name = "SECONDS")]
    pub timeout: Option<u64>,

    /// Do not keep the keyboard from other programs, as is usual
    #[arg(short = 'g', long)]
    pub no_global_grab: bool,

    /// The window to stand above; GTK has no such thing
    #[arg(short = 'W', long, value_name = "ID", hide = true)]
    pub parent_wid: Option<OsString>,

    /// Colours of the terminal; there are none
    #[arg(short = 'c', long, value_name = "STRING", hide = true)]
    pub colors: Option<OsString>,

    /// Ring when asking on a terminal: none, beep or flash
    #[arg(short = 'a', long, value_name = "STRING")]
    pub ttyalert: Option<OsString>,

    /// For developers; there is nothing to be seen
    #[arg(short = 'd', long, hide = true)]
    pub debug: bool,

    /// Print the version
    #[arg(long, action = clap::ArgAction::Version)]
    pub version: Option<bool>,
}

impl Arguments {
    /// What they say for the conversation.
    #[must_use]
    pub fn options(&self) -> Options {
        let bytes = |text: &Option<OsString>| text.as_ref().map(|text| text.as_bytes().to_vec());
        let mut options = Options::default();
        options.display = bytes(&self.display);
        options.tty_name = bytes(&self.ttyname);
        options.tty_type = bytes(&self.ttytype);
        if let Some(seconds) = self.timeout {
            options.timeout = (seconds > 0).then(|| Duration::from_secs(seconds.min(86_400)));
        }
        if self.ttyalert.as_ref().is_some_and(|how| how != "none") {
            options.alert = Alert::Bell;
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
