//! The command line, the same for both cards.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use lexopt::prelude::*;
use trussed::virt::{StorageConfig, StoreConfig};

/// How to call the programs; the first word is the program's name.
const USAGE: &str = "--port PORT [--serial HEX8] [--state DIR] [--log FILE]

  --port PORT    the port on which vpcd waits for the card (127.0.0.1)
  --serial HEX8  serial number of the card; the same number makes the same keys (00000042)
  --state DIR    the card's memory, kept when it is pulled; without it the card forgets all
  --log FILE     every command and response, in clear: PINs too";

/// Which card to be, and where to be inserted.
#[derive(Debug)]
pub struct Arguments {
    /// The port of the reader's slot.
    pub port: u16,
    /// Serial number; also the seed of the card's random numbers.
    pub serial: [u8; 4],
    /// Where the memory of the card is kept between insertions.
    pub state: Option<PathBuf>,
    /// Where the exchanges are written.
    pub log: Option<PathBuf>,
}

impl Arguments {
    /// Reads the command line of this process. `None` if it only asked for help, which was given.
    ///
    /// # Errors
    ///
    /// Words for the person who wrote the command line.
    pub fn from_command_line() -> Result<Option<Self>, lexopt::Error> {
        let mut parser = lexopt::Parser::from_env();
        let (mut port, mut serial, mut state, mut log) = (None, [0, 0, 0, 0x42], None, None);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("port") => port = Some(parser.value()?.parse()?),
                Long("serial") => {
                    serial = parser
                        .value()?
                        .parse_with(|hex| u32::from_str_radix(hex, 16))?
                        .to_be_bytes();
                }
                Long("state") => state = Some(parser.value()?.into()),
                Long("log") => log = Some(parser.value()?.into()),
                Short('h') | Long("help") => {
                    println!("{} {USAGE}", parser.bin_name().unwrap_or("card"));
                    return Ok(None);
                }
                _ => return Err(argument.unexpected()),
            }
        }
        let port = port.ok_or("--port is missing")?;
        Ok(Some(Self {
            port,
            serial,
            state,
            log,
        }))
    }

    /// The memory of the card: files in [`Arguments::state`], formatted when new, or RAM.
    ///
    /// # Errors
    ///
    /// The directory cannot be made.
    pub fn store(&self) -> io::Result<StoreConfig<'static>> {
        let Some(directory) = &self.state else {
            return Ok(StoreConfig::ram());
        };
        fs::create_dir_all(directory)?;
        Ok(StoreConfig {
            internal: StorageConfig::filesystem(directory.join("internal")),
            external: StorageConfig::filesystem(directory.join("external")),
            volatile: StorageConfig::ram(),
        })
    }

    /// The log, emptied, if one was asked for.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn open_log(&self) -> io::Result<Option<File>> {
        self.log.as_ref().map(File::create).transpose()
    }
}
