//! The profile and the files that it names: certificates, data, keys. Their names are relative to
//! the folder that the profile is in.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::profile::{self, Profile, ProfileError};
use super::recipe::{Given, InKeyFile};
use super::secrets::Secrets;
use super::{Plan, Private, Task};
use crate::base::file;
use crate::base::secret::Secret;
use crate::pki::import::{self, ImportError};
use crate::pki::{certificate, pem};

/// The longest certificate file that is read, in bytes: a chain in text is one as well.
const MAX_CERTIFICATE: u64 = 1024 * 1024;

/// The longest data that a card could take, in bytes.
const MAX_DATA: u64 = 0xFFFF;

/// What the files of a profile say, each by its place in the profile.
#[derive(Default)]
pub struct Files {
    certificates: BTreeMap<usize, Vec<u8>>,
    data: BTreeMap<usize, Secret>,
    keys: BTreeMap<usize, Private>,
    /// The certificates that are in the files of keys: that of the key, then those above it.
    chains: BTreeMap<usize, Vec<InKeyFile>>,
}

/// What is in them may be nobody's business.
impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files")
            .field("keys", &self.keys.len())
            .field("certificates", &self.certificates.len())
            .field("data", &self.data.len())
            .finish_non_exhaustive()
    }
}

/// What can be wrong with one of the files. Nothing was sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FileError {
    /// The file system.
    #[error("{path}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: String,
    },
    /// The profile has a mistake.
    #[error("{path}: {error}")]
    Profile {
        /// The file.
        path: PathBuf,
        /// Which.
        error: ProfileError,
    },
    /// There is no certificate in it.
    #[error("{path}: no certificate")]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// It is not said which of several certificates is meant.
    #[error("{path}: {count} certificates")]
    ManyCertificates {
        /// The file.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// No key comes out of it.
    #[error("{path}: {error}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: ImportError,
    },
    /// The primes of the key are not of one length, and no card keeps such a key.
    #[error("{path}: primes of two lengths")]
    OddKey {
        /// The file.
        path: PathBuf,
    },
}

/// Reads a profile.
///
/// # Errors
///
/// [`FileError`].
pub fn read_profile(path: &Path) -> Result<Profile, FileError> {
    let text = file::read_small(path, profile::MAX_LEN).map_err(|error| unread(path, &error))?;
    Profile::parse(&text).map_err(|error| FileError::Profile {
        path: path.to_owned(),
        error,
    })
}

impl Files {
    /// Reads every file that `profile` names; `path` is where the profile itself is. `password` is
    /// asked for that of a file which is protected by one.
    ///
    /// # Errors
    ///
    /// The first [`FileError`].
    pub fn read(
        profile: &Profile,
        path: &Path,
        password: &mut dyn FnMut(&Path) -> Option<Secret>,
    ) -> Result<Self, FileError> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut files = Self::default();
        for (place, policy) in profile.keys.iter().enumerate() {
            if let Some(name) = &policy.file {
                let (key, chain) = private_key(&folder.join(name), password)?;
                files.keys.insert(place, key);
                files.chains.insert(place, chain);
            }
        }
        for (place, policy) in profile.certificates.iter().enumerate() {
            let der = one_certificate(&folder.join(&policy.file))?;
            files.certificates.insert(place, der);
        }
        for (place, policy) in profile.data.iter().enumerate() {
            let path = folder.join(&policy.file);
            let data = file::read_small_bytes(&path, MAX_DATA);
            let data = data.map_err(|error| unread(&path, &error))?;
            files.data.insert(place, Secret::take(data));
        }
        Ok(files)
    }

    /// What a recipe has to know of them.
    #[must_use]
    pub fn given(&self) -> Given {
        let moduli = self.keys.iter();
        Given {
            keys: moduli
                .map(|(&place, key)| (place, key.modulus.clone()))
                .collect(),
            certificates: self.certificates.clone(),
            chains: self.chains.clone(),
            data: self
                .data
                .iter()
                .map(|(&place, data)| (place, data.len()))
                .collect(),
            ..Given::default()
        }
    }

    /// What data says, in the order of the profile.
    #[must_use]
    pub fn data(&self) -> Vec<Secret> {
        self.data.values().map(Secret::duplicate).collect()
    }

    /// Gives what a plan of this profile does not hold: private keys and data.
    pub fn give(self, plan: &Plan, secrets: &mut Secrets) {
        // A recipe keeps the order of the profile.
        let mut keys = self.keys.into_values();
        let mut data = self.data.into_values();
        for task in &plan.tasks {
            match task {
                Task::ImportKey(new) => {
                    if let Some(key) = keys.next() {
                        secrets.give_key(new.id.0.clone(), key);
                    }
                }
                Task::StoreData(new) => {
                    if let Some(data) = data.next() {
                        secrets.give_data(new.label.clone(), data);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The private key in a file, and the certificates beside it.
fn private_key(
    path: &Path,
    password: &mut dyn FnMut(&Path) -> Option<Secret>,
) -> Result<(Private, Vec<InKeyFile>), FileError> {
    let bytes = file::read_small_bytes(path, import::MAX_LEN as u64);
    // It may be a key that nothing protects.
    let bytes = Secret::take(bytes.map_err(|error| unread(path, &error))?);
    let mut opened = import::open(bytes.expose(), None);
    if matches!(opened, Err(ImportError::NeedsPassword))
        && let Some(password) = password(path)
    {
        opened = import::open(bytes.expose(), Some(&password));
    }
    let opened = opened.map_err(|error| FileError::Key {
        path: path.to_owned(),
        error,
    })?;
    let key = Private::of(&opened.key).ok_or_else(|| FileError::OddKey {
        path: path.to_owned(),
    })?;
    let found = |authority| {
        move |certificate: certificate::Certificate| InKeyFile {
            authority,
            name: certificate.name().map(|name| name.to_string()),
            der: certificate.der,
        }
    };
    let own = opened.certificate.map(found(false));
    let above = opened.chain.into_iter().map(found(true));
    Ok((key, own.into_iter().chain(above).collect()))
}

/// The certificate in a file, in its text form or in DER.
fn one_certificate(path: &Path) -> Result<Vec<u8>, FileError> {
    let bytes = file::read_small_bytes(path, MAX_CERTIFICATE);
    let bytes = bytes.map_err(|error| unread(path, &error))?;
    let mut found = pem::certificates(&bytes);
    if found.is_empty() {
        found.push(bytes);
    }
    let path = || path.to_owned();
    match found.as_slice() {
        [der] if certificate::Certificate::parse(der).is_ok() => Ok(der.clone()),
        [_] | [] => Err(FileError::NoCertificate { path: path() }),
        many => Err(FileError::ManyCertificates {
            path: path(),
            count: many.len(),
        }),
    }
}

fn unread(path: &Path, error: &io::Error) -> FileError {
    FileError::Unreadable {
        path: path.to_owned(),
        error: error.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop")]
mod tests {
    use std::fs;

    use super::{FileError, Files, read_profile};
    use crate::pki::pem;

    const CERTIFICATE: &[u8] = include_bytes!("../../data/practice/anna-authentication.crt");

    #[test]
    fn files_are_beside_the_profile_and_their_faults_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        fs::write(
            &path,
            "name='A'\n[[certificate]]\nid='45'\nfile='a.crt'\n[[data]]\nlabel='D'\nfile='sub/d'\n",
        )
        .unwrap();
        let profile = read_profile(&path).unwrap();
        let read = || Files::read(&profile, &path, &mut |_| None);
        let beside = folder.path().join("a.crt");
        assert!(
            matches!(read(), Err(FileError::Unreadable { path, .. }) if path == beside),
            "there is none"
        );
        let text = pem::encode("CERTIFICATE", CERTIFICATE);
        for (bytes, fault) in [
            (b"words".to_vec(), "no certificate"),
            (Vec::new(), "no certificate"),
            (
                pem::encode("CERTIFICATE", &[1]).into_bytes(),
                "no certificate",
            ),
            (text.repeat(2).into_bytes(), "2 certificates"),
        ] {
            fs::write(&beside, bytes).unwrap();
            let said = read().unwrap_err().to_string();
            assert!(said.ends_with(fault), "{said}");
        }
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/d"), [7; 9]).unwrap();
        for bytes in [CERTIFICATE, text.as_bytes()] {
            fs::write(&beside, bytes).unwrap();
            let given = read().unwrap().given();
            assert_eq!(given.certificates[&0], CERTIFICATE);
            assert_eq!(given.data[&0], 9);
        }
        fs::write(folder.path().join("sub/d"), vec![7; 0x1_0000]).unwrap();
        assert!(matches!(read(), Err(FileError::Unreadable { .. })));
    }
}
