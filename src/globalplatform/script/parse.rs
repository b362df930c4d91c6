//! From words to commands.

use super::command::{
    CardConnect, Derivation, Get, Install, InstallForInstall, InstallForLoad, Mode, OpenChannel,
    Plain, PutKeys, ScriptCommand, SendApdu,
};
use super::error::{ScriptError, ScriptProblem, shown};
use super::options::Options;
use super::words::Word;

type Result<T> = std::result::Result<T, ScriptError>;

/// Commands of gpshell that are understood and not done.
const UNSUPPORTED: [&str; 3] = ["install_for_personalization", "put_dm_keys", "store_data"];

/// The options of memory.
const LIMITS: [&str; 3] = ["-nvCodeLimit", "-nvDataLimit", "-vDataLimit"];

/// The command in these words; the first one is its name.
pub(super) fn command(name: Word<'_>, rest: &[Word<'_>]) -> Result<ScriptCommand> {
    let plain = |command: ScriptCommand| {
        Options::read(command.name(), name.line, rest, &[])?;
        Ok(command)
    };
    let options = |command, known: &[&'static str]| Options::read(command, name.line, rest, known);
    if let Some(found) = simple().find(|command| command.name() == name.text) {
        return plain(found);
    }
    match name.text {
        "card_connect" => card_connect(&options(
            "card_connect",
            &["-reader", "-readerNumber", "-protocol"],
        )?),
        "select" => {
            let options = options("select", &["-AID"])?;
            let aid = options.required("-AID", options.aid("-AID")?)?;
            Ok(ScriptCommand::Select { aid })
        }
        "open_sc" => open_channel(&options("open_sc", &OPEN_CHANNEL)?),
        "delete" => {
            let options = options("delete", &["-AID"])?;
            let aid = options.required("-AID", options.aid("-AID")?)?;
            Ok(ScriptCommand::Delete { aid })
        }
        "install_for_load" => install_for_load(&options("install_for_load", &INSTALL_FOR_LOAD)?),
        "load" => {
            let options = options("load", &["-file"])?;
            let file = options.required("-file", options.file()?)?;
            Ok(ScriptCommand::Load { file })
        }
        "install_for_install" => {
            install_for_install(&options("install_for_install", &INSTALL_FOR_INSTALL)?)
        }
        "install" => install(&options("install", &INSTALL)?),
        "get_status" => get_status(&options("get_status", &["-element", "-format"])?),
        "get_data" => get_data(&options("get_data", &["-identifier"])?),
        "get_key_information_templates" => {
            let options = options("get_key_information_templates", &["-keyTemplate"])?;
            let index = options.decimal_byte("-keyTemplate")?;
            Ok(ScriptCommand::Get(Get::KeyTemplates { index }))
        }
        "put_sc_key" => put_keys(&options("put_sc_key", &PUT_KEYS)?),
        "send_apdu" => send_apdu(&options("send_apdu", &["-APDU", "-sc"])?, true),
        "send_apdu_nostop" => send_apdu(&options("send_apdu_nostop", &["-APDU", "-sc"])?, false),
        other => {
            let unsupported = UNSUPPORTED.into_iter().find(|command| *command == other);
            let problem = match unsupported {
                Some(command) => ScriptProblem::UnsupportedCommand { command },
                None => ScriptProblem::UnknownCommand { word: shown(other) },
            };
            Err(ScriptError::new(name.line, problem))
        }
    }
}

/// Commands without options.
fn simple() -> impl Iterator<Item = ScriptCommand> {
    [
        ScriptCommand::Mode(Mode::OpenPlatform201),
        ScriptCommand::Mode(Mode::GlobalPlatform211),
        ScriptCommand::Derivation(Derivation::Visa2),
        ScriptCommand::Derivation(Derivation::EmvCps11),
        ScriptCommand::Get(Get::Resources),
        ScriptCommand::Get(Get::ChannelDetails),
    ]
    .into_iter()
    .chain(Plain::ALL.map(ScriptCommand::Plain))
}

fn card_connect(options: &Options<'_>) -> Result<ScriptCommand> {
    Ok(ScriptCommand::CardConnect(CardConnect {
        reader: options.reader()?,
        number: options.decimal_byte("-readerNumber")?,
        protocol: options.one_decimal_of("-protocol", &[0, 1])?,
    }))
}

const OPEN_CHANNEL: [&str; 10] = [
    "-security",
    "-scp",
    "-scpimpl",
    "-keyind",
    "-keyver",
    "-key",
    "-mac_key",
    "-enc_key",
    "-kek_key",
    "-keyDerivation",
];

/// What sheet "globalplatform", 2.1, lists.
const SECURITY_LEVELS: [u8; 6] = [0, 1, 3, 17, 19, 51];

fn open_channel(options: &Options<'_>) -> Result<ScriptCommand> {
    Ok(ScriptCommand::OpenChannel(OpenChannel {
        security: options.one_decimal_of("-security", &SECURITY_LEVELS)?,
        protocol: options.one_of("-scp", &[1, 2, 3])?,
        implementation: options.either_byte("-scpimpl")?,
        key_index: options.decimal_byte("-keyind")?,
        key_version: options.decimal_byte("-keyver")?,
        keys: options.keys()?,
        derivation: options.derivation()?,
    }))
}

const INSTALL_FOR_LOAD: [&str; 5] = ["-pkgAID", "-sdAID", LIMITS[0], LIMITS[1], LIMITS[2]];

fn install_for_load(options: &Options<'_>) -> Result<ScriptCommand> {
    Ok(ScriptCommand::InstallForLoad(InstallForLoad {
        package: options.required("-pkgAID", options.aid("-pkgAID")?)?,
        domain: options.aid("-sdAID")?,
        limits: options.limits()?,
    }))
}

const INSTALL_FOR_INSTALL: [&str; 8] = [
    "-pkgAID",
    "-AID",
    "-instAID",
    "-priv",
    "-instParam",
    LIMITS[0],
    LIMITS[1],
    LIMITS[2],
];

fn install_for_install(options: &Options<'_>) -> Result<ScriptCommand> {
    Ok(ScriptCommand::InstallForInstall(InstallForInstall {
        package: options.required("-pkgAID", options.aid("-pkgAID")?)?,
        module: options.required("-AID", options.aid("-AID")?)?,
        instance: options.aid("-instAID")?,
        privileges: options.privileges()?,
        parameters: options.bytes("-instParam")?,
        limits: options.limits()?,
    }))
}

const INSTALL: [&str; 10] = [
    "-file",
    "-pkgAID",
    "-sdAID",
    "-AID",
    "-instAID",
    "-priv",
    "-instParam",
    LIMITS[0],
    LIMITS[1],
    LIMITS[2],
];

fn install(options: &Options<'_>) -> Result<ScriptCommand> {
    Ok(ScriptCommand::Install(Install {
        file: options.required("-file", options.file()?)?,
        package: options.aid("-pkgAID")?,
        domain: options.aid("-sdAID")?,
        module: options.aid("-AID")?,
        instance: options.aid("-instAID")?,
        privileges: options.privileges()?,
        parameters: options.bytes("-instParam")?,
        limits: options.limits()?,
    }))
}

fn get_status(options: &Options<'_>) -> Result<ScriptCommand> {
    let element = options.hexadecimal_byte("-element")?;
    Ok(ScriptCommand::Get(Get::Status {
        element: options.required("-element", element)?,
        format: options.one_decimal_of("-format", &[0, 2])?,
    }))
}

fn get_data(options: &Options<'_>) -> Result<ScriptCommand> {
    let option = "-identifier";
    let tag = options.hexadecimal(option, u16::MAX.into())?;
    let tag = options.required(option, tag)?;
    // Bounded by the line above.
    let identifier = u16::try_from(tag).unwrap_or(u16::MAX);
    Ok(ScriptCommand::Get(Get::Data { identifier }))
}

const PUT_KEYS: [&str; 8] = [
    "-keyver",
    "-newkeyver",
    "-keyind",
    "-key",
    "-mac_key",
    "-enc_key",
    "-kek_key",
    "-keyDerivation",
];

fn put_keys(options: &Options<'_>) -> Result<ScriptCommand> {
    let version = options.decimal_byte("-keyver")?;
    let new_version = options.decimal_byte("-newkeyver")?;
    Ok(ScriptCommand::PutKeys(PutKeys {
        version: options.required("-keyver", version)?,
        new_version: options.required("-newkeyver", new_version)?,
        index: options.decimal_byte("-keyind")?,
        keys: options.keys()?,
        derivation: options.derivation()?,
    }))
}

fn send_apdu(options: &Options<'_>, stops: bool) -> Result<ScriptCommand> {
    Ok(ScriptCommand::SendApdu(SendApdu {
        apdu: options.required("-APDU", options.apdu()?)?,
        secure: options
            .one_decimal_of("-sc", &[0, 1])?
            .map(|value| value == 1),
        stops,
    }))
}
