//! Permissions, declared once: what they are called in a token, who has them without being asked for,
//! and a type for each, which a handler names in its signature.

use std::{fmt, marker::PhantomData};

/// Which permissions let a caller use an operation: any one of them suffices.
pub trait Allow: Send + Sync + 'static {
    const ANY_OF: &'static [Permission];
    /// Whether the operation is on an organization's data; otherwise a caller without one is
    /// served from the default data.
    const NEEDS_ORGANIZATION: bool = true;
}

/// Whom the built-in provider gives a permission when nobody says which.
#[derive(PartialEq)]
enum Holder {
    User,
    Agent,
}

macro_rules! permissions {
    ($($permission:ident $name:literal [$($holder:ident)*];)*) => {
        /// A permission of Jobbergate, carried in a token's `permissions` claim.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission { $($permission),* }

        impl Permission {
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$permission),*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$permission => $name),* }
            }

            const fn holders(self) -> &'static [Holder] {
                match self { $(Self::$permission => &[$(Holder::$holder),*]),* }
            }
        }

        $(#[derive(Debug)] pub struct $permission;
        impl Named for $permission { const PERMISSION: Permission = Permission::$permission; })*
    };
}

permissions! {
    Admin "jobbergate:admin" [];
    Maintainer "jobbergate:maintainer" [];
    ClustersRead "jobbergate:clusters:read" [User Agent];
    ClustersUpdate "jobbergate:clusters:update" [Agent];
    JobTemplatesCreate "jobbergate:job-templates:create" [User];
    JobTemplatesRead "jobbergate:job-templates:read" [User Agent];
    JobTemplatesUpdate "jobbergate:job-templates:update" [User];
    JobTemplatesDelete "jobbergate:job-templates:delete" [User];
    JobScriptsCreate "jobbergate:job-scripts:create" [User];
    JobScriptsRead "jobbergate:job-scripts:read" [User Agent];
    JobScriptsUpdate "jobbergate:job-scripts:update" [User];
    JobScriptsDelete "jobbergate:job-scripts:delete" [User];
    JobSubmissionsCreate "jobbergate:job-submissions:create" [User];
    JobSubmissionsRead "jobbergate:job-submissions:read" [User Agent];
    JobSubmissionsUpdate "jobbergate:job-submissions:update" [User Agent];
    JobSubmissionsDelete "jobbergate:job-submissions:delete" [User];
}

impl Permission {
    /// The permission of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == name)
    }

    /// Whether it is one of the permissions that a user of the built-in provider has who only
    /// works with templates, scripts and submissions.
    pub fn is_for_users(self) -> bool {
        self.holders().contains(&Holder::User)
    }

    /// Whether an agent needs it.
    pub fn is_for_agents(self) -> bool {
        self.holders().contains(&Holder::Agent)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The type of a single permission.
pub trait Named: Send + Sync + 'static {
    const PERMISSION: Permission;
}

/// Administrators may do what any permission allows.
impl<P: Named> Allow for P {
    const ANY_OF: &'static [Permission] = &[Permission::Admin, P::PERMISSION];
}

/// One or the other.
#[derive(Debug)]
pub struct Either<A, B>(PhantomData<(A, B)>);

impl<A: Named, B: Named> Allow for Either<A, B> {
    const ANY_OF: &'static [Permission] = &[Permission::Admin, A::PERMISSION, B::PERMISSION];
}
