//! Commands and responses.

use symbolon::base::secret::Secret;
use symbolon::iso7816::{Command, Form, Le, Parsed, Response};
use symbolon::transport::names;

use crate::oracle;

pub(crate) fn run(bytes: &[u8]) {
    match Response::from_bytes(bytes) {
        Some(response) => {
            assert_eq!(response.data.len() + 2, bytes.len());
            oracle::clean(&response.sw.to_string());
        }
        None => assert!(
            bytes.len() < 2 || bytes.len() > 65_538,
            "a response was refused"
        ),
    }
    if let Some(parsed) = Parsed::from_bytes(bytes) {
        again(&parsed, bytes);
    }
    write(bytes);
}

/// A command that was read is written again as it was.
fn again(parsed: &Parsed<'_>, bytes: &[u8]) {
    let mut command = Command::new(parsed.header).data(parsed.data);
    if let Some(le) = parsed.le {
        command = command.expecting(Le::bytes(u16::try_from(le).unwrap_or(0)));
    }
    let form = if parsed.extended {
        Form::Extended
    } else {
        Form::Short
    };
    let short_of_256 = !parsed.extended && parsed.le == Some(256);
    if short_of_256 {
        command = command.expecting(Le::ALL);
    }
    assert_eq!(
        command.to_bytes(form, false).expose(),
        bytes,
        "another command was written"
    );
    oracle::clean(&names::name(&command, &command));
    let hidden = Command::new(parsed.header).secret(Secret::new(parsed.data));
    assert!(hidden.is_secret());
    let shown = format!("{hidden:?}");
    assert_eq!(shown.contains("hidden"), true, "{shown}");
}

/// Header and data taken from `bytes`: the lengths that are written are those of the data.
fn write(bytes: &[u8]) {
    let Some((header, data)) = bytes.split_first_chunk::<4>() else {
        return;
    };
    for le in [
        None,
        Some(Le::ALL),
        Some(Le::bytes(8)),
        Some(Le::bytes(300)),
    ] {
        let mut command = Command::new(*header).data(data);
        if let Some(le) = le {
            command = command.expecting(le);
        }
        for form in [Form::Short, Form::Extended] {
            let most = match form {
                Form::Short => Command::MAX_SHORT,
                Form::Extended => usize::from(u16::MAX),
            };
            if data.len() > most {
                continue;
            }
            let written = command.to_bytes(form, false);
            let read = Parsed::from_bytes(written.expose()).expect("the command that was written");
            assert_eq!((read.header, read.data), (*header, data));
            assert_eq!(read.le.is_some(), le.is_some());
            let bare = command.to_bytes(form, true);
            let read = Parsed::from_bytes(bare.expose()).expect("the command without Le");
            assert!(data.is_empty() || read.le.is_none());
        }
    }
}
