//! What its owner should know first about a token, the worst first.

use super::{
    ApplicationKind, ApplicationState, Certificate, Fact, FactName, Factory, KeyRow, OperationKind,
    PinReference, PinRole, Token, TriesLeft,
};

/// Seconds in a day.
const DAY: i64 = 86_400;

/// From so many days before its end a certificate is said to expire soon.
pub const SOON_DAYS: i64 = 30;

/// One thing that wants attention.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attention {
    /// The application it is about.
    pub application: ApplicationKind,
    /// What it is.
    pub matter: Matter,
}

/// What can want attention. The order is the order on the page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Matter {
    /// A PIN is blocked.
    Blocked {
        /// Which.
        pin: PinReference,
        /// What it is.
        role: PinRole,
        /// Whether something can unblock it.
        curable: bool,
    },
    /// The next wrong PIN blocks.
    LastTry {
        /// Which.
        pin: PinReference,
        /// What it is.
        role: PinRole,
    },
    /// An application cannot be read.
    Unreadable,
    /// Everybody can replace the PINs of an application without knowing them.
    Unguarded,
    /// A certificate is past its end.
    Expired {
        /// Its name.
        name: String,
        /// Last moment of validity, in seconds since 1970.
        end: i64,
        /// The slot it is in.
        slot: super::KeyRef,
    },
    /// A certificate does not belong to the key in its slot.
    Mismatch {
        /// Its name.
        name: String,
        /// The slot it is in.
        slot: super::KeyRef,
    },
    /// A PIN is still the factory one.
    FactoryPin {
        /// Which.
        pin: PinReference,
        /// What it is.
        role: PinRole,
    },
    /// A certificate ends within [`SOON_DAYS`].
    ExpiresSoon {
        /// Its name.
        name: String,
        /// Last moment of validity, in seconds since 1970.
        end: i64,
        /// Whole days left.
        days: i64,
        /// The slot it is in.
        slot: super::KeyRef,
    },
}

impl Matter {
    /// Whether it is red rather than yellow.
    #[must_use]
    pub fn is_severe(&self) -> bool {
        matches!(
            self,
            Self::Blocked { .. }
                | Self::LastTry { .. }
                | Self::Unreadable
                | Self::Unguarded
                | Self::Expired { .. }
                | Self::Mismatch { .. }
        )
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Blocked { .. } => 0,
            Self::LastTry { .. } => 1,
            Self::Unreadable => 2,
            Self::Unguarded => 3,
            Self::Expired { .. } => 4,
            Self::Mismatch { .. } => 5,
            Self::FactoryPin { .. } => 6,
            Self::ExpiresSoon { .. } => 7,
        }
    }
}

/// Everything on `token` that wants attention at the moment `now` (seconds since 1970).
#[must_use]
pub fn of(token: &Token, now: i64) -> Vec<Attention> {
    let mut found = Vec::new();
    for application in &token.applications {
        let mut add = |matter| {
            found.push(Attention {
                application: application.kind,
                matter,
            });
        };
        if matches!(application.state, ApplicationState::Unreadable(_)) {
            add(Matter::Unreadable);
        }
        let unguarded = Fact::flag(FactName::Unguarded, true);
        if application.facts.contains(&unguarded) {
            add(Matter::Unguarded);
        }
        for pin in &application.pins {
            let (reference, role) = (pin.reference, pin.role);
            if pin.tries.left == TriesLeft::Blocked {
                let curable = [OperationKind::Unblock, OperationKind::Set]
                    .iter()
                    .any(|&kind| pin.operation(kind).is_some_and(|o| o.impossible.is_none()));
                add(Matter::Blocked {
                    pin: reference,
                    role,
                    curable,
                });
            } else if pin.is_last_try() {
                add(Matter::LastTry {
                    pin: reference,
                    role,
                });
            }
            if matches!(pin.factory, Factory::Unchanged(_)) {
                add(Matter::FactoryPin {
                    pin: reference,
                    role,
                });
            }
        }
        for row in application.key_rows() {
            if let KeyRow::Mismatch(_, certificate) = row {
                add(Matter::Mismatch {
                    name: name(certificate),
                    slot: certificate.slot,
                });
            }
        }
        for certificate in &application.certificates {
            if let Some(matter) = validity(certificate, now) {
                add(matter);
            }
        }
    }
    found.sort_by_key(|attention| attention.matter.rank());
    found
}

fn name(certificate: &Certificate) -> String {
    let summary = certificate.summary.as_ref();
    summary
        .and_then(|s| s.name.as_ref().or(Some(&s.subject)))
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn validity(certificate: &Certificate, now: i64) -> Option<Matter> {
    let end = certificate.summary.as_ref()?.not_after;
    let left = end.saturating_sub(now);
    let (name, slot) = (name(certificate), certificate.slot);
    if left < 0 {
        Some(Matter::Expired { name, end, slot })
    } else if left <= SOON_DAYS * DAY {
        Some(Matter::ExpiresSoon {
            name,
            end,
            days: left / DAY,
            slot,
        })
    } else {
        None
    }
}
