//! Which part of the firmware answers which request of an application.
//!
//! Trussed, the firmware's framework, knows keys and files. PINs, keys derived from PINs, RSA and
//! large files come from backends that each device puts together for itself; this is the set that
//! the Nitrokey 3 has.

use trussed::backend::{Backend as _, BackendId};
use trussed::platform::Platform;
use trussed::serde_extensions::{ExtensionDispatch, ExtensionId, ExtensionImpl};
use trussed::service::ServiceResources;
use trussed::types::Context;
use trussed_auth::AuthExtension;
use trussed_auth_backend::{AuthBackend, AuthContext, FilesystemLayout};
use trussed_chunked::ChunkedExtension;
use trussed_core::Error;
use trussed_core::api::{Reply, Request, reply, request};
use trussed_core::types::{Bytes, Location};
use trussed_hpke::HpkeExtension;
use trussed_rsa_alloc::SoftwareRsa;
use trussed_staging::{StagingBackend, StagingContext};
use trussed_wrap_key_to_file::WrapKeyToFileExtension;

/// The order in which the backends are asked; the first that knows the request answers it.
pub const BACKENDS: &[BackendId<Backend>] = &[
    BackendId::Custom(Backend::Staging),
    BackendId::Custom(Backend::Auth),
    BackendId::Custom(Backend::Rsa),
    BackendId::Core,
];

/// A part of the firmware besides Trussed's core.
#[derive(Clone, Copy, Debug)]
pub enum Backend {
    /// PINs, their counters, and keys that only a PIN opens.
    Auth,
    /// Large files, keys in files, HPKE.
    Staging,
    /// RSA.
    Rsa,
}

/// A set of requests that Trussed's core does not have. The number goes into the request.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum Extension {
    /// See [`Backend::Auth`].
    Auth = 0,
    /// Keys that are kept encrypted in a file.
    WrapKeyToFile = 1,
    /// Files larger than one request.
    Chunked = 2,
    /// Sealing of keys (RFC 9180).
    Hpke = 3,
}

impl From<Extension> for u8 {
    fn from(extension: Extension) -> Self {
        extension as Self
    }
}

impl TryFrom<u8> for Extension {
    type Error = Error;

    fn try_from(id: u8) -> Result<Self, Error> {
        [Self::Auth, Self::WrapKeyToFile, Self::Chunked, Self::Hpke]
            .into_iter()
            .find(|extension| u8::from(*extension) == id)
            .ok_or(Error::InternalError)
    }
}

/// The backends of one card.
pub struct Dispatch {
    auth: AuthBackend,
    staging: StagingBackend,
}

/// What the backends remember of an application while the card has power.
#[derive(Default)]
pub struct DispatchContext {
    auth: AuthContext,
    staging: StagingContext,
}

impl Dispatch {
    /// Backends that wrap their keys with `hardware_key`, which a real device holds in its chip.
    pub fn new(hardware_key: [u8; 4]) -> Self {
        let key = Bytes::from(&hardware_key);
        Self {
            auth: AuthBackend::with_hw_key(Location::Internal, key, FilesystemLayout::V1),
            staging: StagingBackend::new(),
        }
    }
}

impl ExtensionDispatch for Dispatch {
    type BackendId = Backend;
    type Context = DispatchContext;
    type ExtensionId = Extension;

    fn core_request<P: Platform>(
        &mut self,
        backend: &Backend,
        context: &mut Context<DispatchContext>,
        request: &Request,
        resources: &mut ServiceResources<P>,
    ) -> Result<Reply, Error> {
        let core = &mut context.core;
        let own = &mut context.backends;
        match backend {
            Backend::Auth => self.auth.request(core, &mut own.auth, request, resources),
            Backend::Staging => self
                .staging
                .request(core, &mut own.staging, request, resources),
            Backend::Rsa => SoftwareRsa.request(core, &mut (), request, resources),
        }
    }

    fn extension_request<P: Platform>(
        &mut self,
        backend: &Backend,
        extension: &Extension,
        context: &mut Context<DispatchContext>,
        request: &request::SerdeExtension,
        resources: &mut ServiceResources<P>,
    ) -> Result<reply::SerdeExtension, Error> {
        let core = &mut context.core;
        let auth = &mut context.backends.auth;
        let staging = &mut context.backends.staging;
        match (backend, extension) {
            (Backend::Auth, Extension::Auth) => self
                .auth
                .extension_request_serialized(core, auth, request, resources),
            (Backend::Staging, Extension::WrapKeyToFile) => {
                ExtensionImpl::<WrapKeyToFileExtension>::extension_request_serialized(
                    &mut self.staging,
                    core,
                    staging,
                    request,
                    resources,
                )
            }
            (Backend::Staging, Extension::Chunked) => {
                ExtensionImpl::<ChunkedExtension>::extension_request_serialized(
                    &mut self.staging,
                    core,
                    staging,
                    request,
                    resources,
                )
            }
            (Backend::Staging, Extension::Hpke) => {
                ExtensionImpl::<HpkeExtension>::extension_request_serialized(
                    &mut self.staging,
                    core,
                    staging,
                    request,
                    resources,
                )
            }
            _ => Err(Error::RequestNotAvailable),
        }
    }
}

impl ExtensionId<AuthExtension> for Dispatch {
    type Id = Extension;
    const ID: Extension = Extension::Auth;
}

impl ExtensionId<WrapKeyToFileExtension> for Dispatch {
    type Id = Extension;
    const ID: Extension = Extension::WrapKeyToFile;
}

impl ExtensionId<ChunkedExtension> for Dispatch {
    type Id = Extension;
    const ID: Extension = Extension::Chunked;
}

impl ExtensionId<HpkeExtension> for Dispatch {
    type Id = Extension;
    const ID: Extension = Extension::Hpke;
}
