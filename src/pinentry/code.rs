//! What the agent is told when there is no answer: numbers of libgpg-error, from the source
//! "Pinentry" (5, in the bits from 24 on).

/// The source of an error, as it stands in its number.
const PINENTRY: u32 = 5 << 24;

/// Why a command has no other answer (facts/integrations.md, section 1, "Codes").
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Code {
    /// The person cancelled.
    Cancelled,
    /// The person said no.
    NotConfirmed,
    /// The person wants to be asked nothing more: the agent stops the whole operation.
    FullyCancelled,
    /// Nobody answered in time.
    Timeout,
    /// There is no such option.
    UnknownOption,
    /// There is no such command.
    UnknownCommand,
    /// The command is known and cannot be used so.
    Parameter,
    /// The line is none of a command.
    Syntax,
    /// The command is part of the protocol and of no use here.
    NotImplemented,
    /// The line is longer than the protocol allows.
    LineTooLong,
    /// The keyring or something else beside the dialog did not do it.
    General,
    /// There is neither a display nor a terminal to ask on.
    NoPinEntry,
}

impl Code {
    /// The number on the line.
    #[must_use]
    pub const fn number(self) -> u32 {
        PINENTRY
            | match self {
                Self::Cancelled => 99,
                Self::NotConfirmed => 114,
                Self::FullyCancelled => 198,
                Self::Timeout => 62,
                Self::UnknownOption => 174,
                Self::UnknownCommand => 275,
                Self::Syntax => 276,
                Self::Parameter => 280,
                Self::NotImplemented => 69,
                Self::LineTooLong => 263,
                Self::General => 257,
                Self::NoPinEntry => 86,
            }
    }

    /// The words that libgpg-error has for the number. Agents read the number alone.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Cancelled => "Operation cancelled",
            Self::NotConfirmed => "Not confirmed",
            Self::FullyCancelled => "Operation fully cancelled",
            Self::Timeout => "Timeout",
            Self::UnknownOption => "Unknown option",
            Self::UnknownCommand => "Unknown IPC command",
            Self::Syntax => "IPC syntax error",
            Self::Parameter => "IPC parameter error",
            Self::NotImplemented => "Not implemented",
            Self::LineTooLong => "IPC line too long",
            Self::General => "General IPC error",
            Self::NoPinEntry => "No pinentry",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    /// Numbers that real pinentries and agents sent (vectors/transcripts).
    #[test]
    fn numbers_are_those_of_the_transcripts() {
        for (code, number) in [
            (Code::Cancelled, 83_886_179),
            (Code::NotConfirmed, 83_886_194),
            (Code::FullyCancelled, 83_886_278),
            (Code::Timeout, 83_886_142),
            (Code::UnknownOption, 83_886_254),
            (Code::UnknownCommand, 83_886_355),
            (Code::Parameter, 83_886_360),
            (Code::General, 83_886_337),
        ] {
            assert_eq!(code.number(), number, "{code:?}");
        }
    }
}
