//! INSTALL, in all its kinds.

use zeroize::Zeroizing;

use super::push_counted;
use crate::base::secret::Secret;
use crate::globalplatform::Aid;
use crate::iso7816::tlv::ber;
use crate::iso7816::{Command, Le};
use crate::token::Privilege;

/// Memory that is set aside, in bytes (tag EF of the parameters).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Limits {
    /// For code that stays (C6); for packages only.
    pub code: Option<u32>,
    /// For data that does not stay (C7).
    pub ram: Option<u32>,
    /// For data that stays (C8).
    pub data: Option<u32>,
}

/// Whether the limit for code is sent as it is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Rounding {
    /// As it is.
    #[default]
    Exact,
    /// As gpshell does: to the next multiple of eight beyond it, and eight more.
    Gpshell,
}

/// An applet that is to be installed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Install<'a> {
    /// The package.
    pub package: &'a Aid,
    /// The applet in it.
    pub module: &'a Aid,
    /// What it shall be called.
    pub instance: &'a Aid,
    /// What it may do.
    pub privileges: &'a [Privilege],
    /// What it is told (the content of C9).
    pub parameters: &'a [u8],
    /// Memory that is set aside for it.
    pub limits: Limits,
    /// Whether it can be selected at once.
    pub selectable: bool,
}

/// INSTALL \[for load\]: announces a package. `hash` is the digest of what is loaded, or empty.
#[must_use]
pub fn for_load(
    package: &Aid,
    domain: &Aid,
    hash: &[u8],
    limits: Limits,
    rounding: Rounding,
) -> Command {
    let code = limits.code.map(|len| match rounding {
        Rounding::Exact => len,
        Rounding::Gpshell => len.saturating_add(8 - len % 8).saturating_add(8),
    });
    let mut data = Vec::new();
    push_counted(&mut data, package.bytes());
    push_counted(&mut data, domain.bytes());
    push_counted(&mut data, hash);
    push_counted(&mut data, &system_parameters(Limits { code, ..limits }));
    // No token.
    push_counted(&mut data, &[]);
    install(0x02, data)
}

/// INSTALL \[for install\], and \[for make selectable\] with it if wished. What the applet is told may
/// be its first PIN, so nobody sees the data.
#[must_use]
pub fn for_install(wish: &Install<'_>) -> Command {
    // Long enough for everything: nothing of it is left where it grew out of.
    let limits = system_parameters(wish.limits);
    let mut parameters =
        Zeroizing::new(Vec::with_capacity(wish.parameters.len() + limits.len() + 8));
    ber::push(&mut parameters, 0xC9, wish.parameters);
    parameters.extend(limits);
    let mut data = Zeroizing::new(Vec::with_capacity(parameters.len() + 80));
    push_counted(&mut data, wish.package.bytes());
    push_counted(&mut data, wish.module.bytes());
    push_counted(&mut data, wish.instance.bytes());
    push_counted(&mut data, &Privilege::to_bytes(wish.privileges));
    push_counted(&mut data, &parameters);
    push_counted(&mut data, &[]);
    let p1 = if wish.selectable { 0x0C } else { 0x04 };
    Command::new([0x80, 0xE6, p1, 0x00])
        .secret(Secret::new(&data))
        .expecting(Le::ALL)
}

/// INSTALL \[for make selectable\]: of an applet that was installed before.
#[must_use]
pub fn make_selectable(instance: &Aid, privileges: &[Privilege]) -> Command {
    let mut data = vec![0, 0];
    push_counted(&mut data, instance.bytes());
    push_counted(&mut data, &Privilege::to_bytes(privileges));
    data.extend([0, 0]);
    install(0x08, data)
}

/// INSTALL \[for extradition\]: gives an application to another security domain.
#[must_use]
pub fn for_extradition(domain: &Aid, application: &Aid) -> Command {
    let mut data = Vec::new();
    push_counted(&mut data, domain.bytes());
    data.push(0);
    push_counted(&mut data, application.bytes());
    data.extend([0, 0, 0]);
    install(0x10, data)
}

/// INSTALL \[for personalization\]: STORE DATA that follows goes to this application.
#[must_use]
pub fn for_personalization(application: &Aid) -> Command {
    let mut data = vec![0, 0];
    push_counted(&mut data, application.bytes());
    data.extend([0, 0, 0]);
    install(0x20, data)
}

fn install(p1: u8, data: Vec<u8>) -> Command {
    Command::new([0x80, 0xE6, p1, 0x00])
        .data(data)
        .expecting(Le::ALL)
}

/// The limits in their order; nothing at all if there are none.
fn system_parameters(limits: Limits) -> Vec<u8> {
    let mut inner = Vec::new();
    let all = [(0xC6, limits.code), (0xC7, limits.ram), (0xC8, limits.data)];
    for (tag, limit) in all {
        match limit.map(|limit| (u16::try_from(limit), limit)) {
            Some((Ok(short), _)) => ber::push(&mut inner, tag, &short.to_be_bytes()),
            Some((Err(_), long)) => ber::push(&mut inner, tag, &long.to_be_bytes()),
            None => {}
        }
    }
    if inner.is_empty() {
        inner
    } else {
        ber::encode(0xEF, &inner)
    }
}
