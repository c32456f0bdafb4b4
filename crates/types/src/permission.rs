//! Permissions, as tokens carry them.

use std::fmt;

/// A permission of Jobbergate, carried in a token's `permissions` claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each name says the resource and the verb")]
pub enum Permission {
    Admin,
    Maintainer,
    ClustersRead,
    ClustersUpdate,
    JobTemplatesCreate,
    JobTemplatesRead,
    JobTemplatesUpdate,
    JobTemplatesDelete,
    JobScriptsCreate,
    JobScriptsRead,
    JobScriptsUpdate,
    JobScriptsDelete,
    JobSubmissionsCreate,
    JobSubmissionsRead,
    JobSubmissionsUpdate,
    JobSubmissionsDelete,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 16] = [
        Self::Admin,
        Self::Maintainer,
        Self::ClustersRead,
        Self::ClustersUpdate,
        Self::JobTemplatesCreate,
        Self::JobTemplatesRead,
        Self::JobTemplatesUpdate,
        Self::JobTemplatesDelete,
        Self::JobScriptsCreate,
        Self::JobScriptsRead,
        Self::JobScriptsUpdate,
        Self::JobScriptsDelete,
        Self::JobSubmissionsCreate,
        Self::JobSubmissionsRead,
        Self::JobSubmissionsUpdate,
        Self::JobSubmissionsDelete,
    ];

    /// The name in a token.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "jobbergate:admin",
            Self::Maintainer => "jobbergate:maintainer",
            Self::ClustersRead => "jobbergate:clusters:read",
            Self::ClustersUpdate => "jobbergate:clusters:update",
            Self::JobTemplatesCreate => "jobbergate:job-templates:create",
            Self::JobTemplatesRead => "jobbergate:job-templates:read",
            Self::JobTemplatesUpdate => "jobbergate:job-templates:update",
            Self::JobTemplatesDelete => "jobbergate:job-templates:delete",
            Self::JobScriptsCreate => "jobbergate:job-scripts:create",
            Self::JobScriptsRead => "jobbergate:job-scripts:read",
            Self::JobScriptsUpdate => "jobbergate:job-scripts:update",
            Self::JobScriptsDelete => "jobbergate:job-scripts:delete",
            Self::JobSubmissionsCreate => "jobbergate:job-submissions:create",
            Self::JobSubmissionsRead => "jobbergate:job-submissions:read",
            Self::JobSubmissionsUpdate => "jobbergate:job-submissions:update",
            Self::JobSubmissionsDelete => "jobbergate:job-submissions:delete",
        }
    }

    /// The permission of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == name)
    }

    /// Whether it is one of the permissions that a user of the built-in provider has who only
    /// works with templates, scripts and submissions.
    pub const fn is_for_users(self) -> bool {
        !matches!(self, Self::Admin | Self::Maintainer | Self::ClustersUpdate)
    }

    /// Whether an agent needs it.
    pub const fn is_for_agents(self) -> bool {
        matches!(
            self,
            Self::ClustersRead
                | Self::ClustersUpdate
                | Self::JobScriptsRead
                | Self::JobTemplatesRead
                | Self::JobSubmissionsRead
                | Self::JobSubmissionsUpdate
        )
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
