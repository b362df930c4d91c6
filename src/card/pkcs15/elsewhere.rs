//! An application that is not where the standard has it: in another directory, which EF.DIR names
//! (PKCS #15 v1.1, 5.4 and 5.5; sheet "iso7816-pkcs15", 6), or inside an applet of its own.
//!
//! Other places are looked into on cards on which nobody found anything. Where the first one is
//! known, EF.DIR is asked for those beside it.

use super::ef_dir::{self, Directories, Named};
use super::files::{self, HOME, ODF};
use super::profile;
use crate::card::{CardError, iso};
use crate::token::Text;
use crate::transport::channel::Channel;

/// Where an application was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Elsewhere {
    /// The applet to select first.
    pub(super) applet: Option<Vec<u8>>,
    /// Its directory, from the root.
    pub(super) home: Vec<u8>,
    /// What EF.DIR calls it.
    pub(super) label: Option<Text>,
    /// Whether none is in the usual place. Paths that lead there are meant for this one then.
    alone: bool,
    /// What EF.DIR names besides, if it was asked.
    others: Option<Directories>,
}

impl Elsewhere {
    /// Selects it anew. Tells whether it is still there.
    pub(super) fn select(&self, channel: &mut Channel<'_>) -> Result<bool, CardError> {
        if let Some(applet) = &self.applet
            && iso::select(channel, applet)?.is_none()
        {
            return Ok(false);
        }
        Ok(channel.transmit(&files::selection(&self.home))?.sw.is_ok())
    }

    /// Whether it is one beside another, which was found first.
    pub(super) fn is_further(&self) -> bool {
        !self.alone
    }

    /// One beside the first.
    pub(super) fn beside(named: Named) -> Self {
        Self {
            applet: None,
            home: named.home,
            label: named.label,
            alone: false,
            others: Some(Directories::default()),
        }
    }
}

/// The directory of an application.
pub(super) fn home(elsewhere: Option<&Elsewhere>) -> &[u8] {
    elsewhere.map_or(&HOME, |elsewhere| &elsewhere.home)
}

/// A file in the directory of an application.
pub(super) fn at_home(elsewhere: Option<&Elsewhere>, file: [u8; 2]) -> Vec<u8> {
    [home(elsewhere), file.as_slice()].concat()
}

/// A path from the files of an application, as the card takes it.
pub(super) fn resolve(elsewhere: Option<&Elsewhere>, path: &[u8]) -> Option<Vec<u8>> {
    match elsewhere {
        None => files::absolute(path, &HOME),
        Some(found) if found.alone => {
            files::absolute(path, &HOME).map(|path| files::moved(&path, &found.home))
        }
        Some(found) => files::absolute(path, &found.home),
    }
}

/// What EF.DIR names beside the first application.
pub(super) fn beside(
    first: Option<&Elsewhere>,
    channel: &mut Channel<'_>,
) -> Result<Directories, CardError> {
    if let Some(known) = first.and_then(|first| first.others.clone()) {
        return Ok(known);
    }
    let mut listed = ef_dir::read(channel)?;
    // Who does not say that it is of our kind is none beside one that is.
    listed.strange.clear();
    Ok(listed)
}

/// Looks for an application: by its usual path, in EF.DIR, and in the applets that have one.
pub(super) fn find(channel: &mut Channel<'_>) -> Result<Option<Elsewhere>, CardError> {
    let at = |applet: Option<&[u8]>| Elsewhere {
        applet: applet.map(<[u8]>::to_vec),
        home: HOME.to_vec(),
        label: None,
        alone: true,
        // Nothing is beside an applet that EF.DIR would name.
        others: applet.map(|_| Directories::default()),
    };
    if is_home(&HOME, channel)? {
        return Ok(Some(at(None)));
    }
    let listed = ef_dir::read(channel)?;
    let is_ours = !listed.ours.is_empty();
    // Others may hold what they do not say, and are no applications of ours if they do not.
    let all = if is_ours { listed.ours } else { listed.strange };
    let mut all = all.into_iter();
    while let Some(first) = all.next() {
        if is_home(&first.home, channel)? {
            return Ok(Some(Elsewhere {
                applet: None,
                home: first.home,
                label: first.label,
                alone: true,
                others: Some(Directories {
                    ours: all.collect(),
                    strange: Vec::new(),
                    unread: listed.unread,
                }),
            }));
        }
    }
    for applet in profile::APPLETS {
        if iso::select(channel, applet)?.is_some() && is_home(&HOME, channel)? {
            return Ok(Some(at(Some(applet))));
        }
    }
    Ok(None)
}

/// Whether an object directory file is in this directory.
pub(super) fn is_home(home: &[u8], channel: &mut Channel<'_>) -> Result<bool, CardError> {
    let odf = [home, ODF.as_slice()].concat();
    let answer = channel.transmit(&files::selection(&odf))?;
    if !answer.sw.is_ok() {
        channel.count_as_absent();
        return Ok(false);
    }
    // A card that tells nothing of what it selected may have selected nothing.
    Ok(!answer.data.is_empty() || iso::knows_files(channel)?)
}
