//! Who asks: a service or a user, and the roles it is in.
//!
//! Invariant: an identity is taken as given; whoever builds a [`Principal`]
//! has authenticated it. Must never: derive a role from a name.

use serde::Serialize;

/// What kind of identity asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    /// What a pipeline runs as.
    Service,
    /// A person.
    User,
}

impl PrincipalKind {
    /// The entity type's name in the schema, without its namespace.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::User => "User",
        }
    }
}

/// One authenticated identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Principal {
    /// Service or user.
    pub kind: PrincipalKind,
    /// Its name: `svc/customers-daily`, `ada`.
    pub id: String,
    /// The roles it is in, by name.
    pub roles: Vec<String>,
}

impl Principal {
    /// A service without roles.
    pub fn service(id: impl Into<String>) -> Self {
        Self {
            kind: PrincipalKind::Service,
            id: id.into(),
            roles: Vec::new(),
        }
    }

    /// A user without roles.
    pub fn user(id: impl Into<String>) -> Self {
        Self {
            kind: PrincipalKind::User,
            id: id.into(),
            roles: Vec::new(),
        }
    }

    /// The entity as Cedar text: `Sealine::Service::"svc/daily"`.
    pub fn to_cedar(&self) -> String {
        crate::action::cedar_uid(self.kind.type_name(), &self.id)
    }
}
