//! Who asks, for which tenant, and what they may do. Every operation takes an [`Actor`].

use crate::kernel::error::{Error, Result};
use crate::kernel::id::{KeyId, SubaccountId, UserId};

/// One right. The table in [`Role::may`] says which role has which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See overview, campaigns, templates and history with masked numbers.
    View,
    /// See whole numbers and message texts.
    ViewPersonal,
    /// Upload files, send messages, launch and control campaigns.
    Send,
    /// Write and publish templates.
    Templates,
    /// Record opt-outs and opt-ins, make preference links.
    Consent,
    /// See costs.
    Costs,
    /// Change connections, prices and the organisation's settings.
    Settings,
    /// Manage users and API keys.
    Access,
    /// What reaches beyond the subaccount: make owners, point a connection into a private network.
    Installation,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::View,
        Self::ViewPersonal,
        Self::Send,
        Self::Templates,
        Self::Consent,
        Self::Costs,
        Self::Settings,
        Self::Access,
        Self::Installation,
    ];

    /// The word for API key scopes and error messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::ViewPersonal => "view_personal",
            Self::Send => "send",
            Self::Templates => "templates",
            Self::Consent => "consent",
            Self::Costs => "costs",
            Self::Settings => "settings",
            Self::Access => "access",
            Self::Installation => "installation",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == text)
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// What a user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, including the installation itself.
    Owner,
    /// Everything within the subaccount.
    Admin,
    /// Campaigns, templates and consent.
    Marketer,
    /// Looks, with masked numbers.
    Viewer,
}

impl Role {
    /// All of them, strongest first.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Marketer, Self::Viewer];

    /// The word in the database and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Marketer => "marketer",
            Self::Viewer => "viewer",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == text)
    }

    /// The permission table.
    pub fn may(self, permission: Permission) -> bool {
        use Permission::{Consent, Costs, Installation, Send, Templates, View, ViewPersonal};
        match self {
            Self::Owner => true,
            Self::Admin => permission != Installation,
            Self::Marketer => matches!(permission, View | ViewPersonal | Send | Templates | Consent | Costs),
            Self::Viewer => matches!(permission, View | Costs),
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A user who is signed in.
    User {
        /// Which one.
        id: UserId,
        /// The name to show.
        name: String,
        /// What they are.
        role: Role,
    },
    /// Another system with an API key.
    Key {
        /// Which key.
        id: KeyId,
        /// Its name.
        name: String,
    },
    /// Somebody at the shell of the machine.
    Shell,
    /// A customer on the preference centre, who acts on their own contact only.
    Customer,
    /// Peyk itself.
    System,
}

/// Who asks, for which tenant, with which rights.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The tenant whose data is meant; there is no operation without one.
    pub subaccount: SubaccountId,
    /// Who asks.
    pub who: Who,
    /// Where the request came from, for the audit log.
    pub ip: Option<String>,
    rights: u32,
}

impl Actor {
    /// A signed-in user with the rights of their role.
    pub fn user(subaccount: SubaccountId, id: UserId, name: String, role: Role, ip: Option<String>) -> Self {
        let rights = Permission::ALL.into_iter().filter(|p| role.may(*p)).fold(0, |all, p| all | p.bit());
        Self { subaccount, who: Who::User { id, name, role }, ip, rights }
    }

    /// An API key with its scopes.
    pub fn key(subaccount: SubaccountId, id: KeyId, name: String, scopes: &[Permission], ip: Option<String>) -> Self {
        let rights = scopes.iter().fold(0, |all, p| all | p.bit());
        Self { subaccount, who: Who::Key { id, name }, ip, rights }
    }

    /// Somebody at the shell, who may do everything.
    pub fn shell(subaccount: SubaccountId) -> Self {
        Self { subaccount, who: Who::Shell, ip: None, rights: u32::MAX }
    }

    /// Peyk itself, for what no person asked for.
    pub fn system(subaccount: SubaccountId) -> Self {
        Self { subaccount, who: Who::System, ip: None, rights: u32::MAX }
    }

    /// A customer on the preference centre: no right over anything but what the signed link names.
    pub fn customer(subaccount: SubaccountId, ip: Option<String>) -> Self {
        Self { subaccount, who: Who::Customer, ip, rights: 0 }
    }

    /// A customer who has just entered a code from their telephone: may read what is held, of which the caller hands out no more than
    /// their own.
    pub fn proven_customer(subaccount: SubaccountId, ip: Option<String>) -> Self {
        let rights = [Permission::View, Permission::ViewPersonal, Permission::Consent].iter().fold(0, |all, p| all | p.bit());
        Self { subaccount, who: Who::Customer, ip, rights }
    }

    /// The same actor, asking from this address.
    #[must_use]
    pub fn from_address(self, ip: Option<String>) -> Self {
        Self { ip, ..self }
    }

    /// Whether the actor has the right.
    pub fn may(&self, permission: Permission) -> bool {
        self.rights & permission.bit() != 0
    }

    /// Refuses with [`Error::Denied`] when the actor lacks the right.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) { Ok(()) } else { Err(Error::Denied(permission.as_str())) }
    }

    /// Everything that the actor may do.
    pub fn rights(&self) -> Vec<Permission> {
        Permission::ALL.into_iter().filter(|p| self.may(*p)).collect()
    }

    /// For logs and "created by" columns: a stable reference without personal data beyond the user's own name.
    pub fn label(&self) -> String {
        match &self.who {
            Who::User { name, .. } => name.clone(),
            Who::Key { name, .. } => format!("API key {name}"),
            Who::Shell => "shell".into(),
            Who::Customer => "the customer".into(),
            Who::System => "Peyk".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_permission_table_is_what_the_roles_promise() {
        let rights = |role: Role| Permission::ALL.into_iter().filter(|p| role.may(*p)).count();
        assert_eq!(Role::ALL.map(rights), [9, 8, 6, 2]);
        let viewer = Actor::user(SubaccountId::new(1), UserId::new(1), "V".into(), Role::Viewer, None);
        assert!(viewer.require(Permission::View).is_ok());
        for denied in [Permission::Send, Permission::ViewPersonal, Permission::Access, Permission::Settings] {
            assert!(matches!(viewer.require(denied), Err(Error::Denied(_))));
        }
    }
}
