//! The permissions of operations, as types.

use jobbergate_types::Permission;

/// Which permissions let a caller use an operation: any one of them suffices.
pub trait Allow: Send + Sync + 'static {
    /// The permissions.
    const ANY_OF: &'static [Permission];
    /// Whether the operation is on an organization's data; otherwise a caller without one is
    /// served from the default data.
    const NEEDS_ORGANIZATION: bool = true;
}

macro_rules! permissions {
    (optional) => { false };
    ($($(#[$doc:meta])* $name:ident: $($permission:ident)|+ $(, organization $optional:ident)?;)*) => {
        $($(#[$doc])* #[derive(Debug)] pub struct $name;
        impl Allow for $name {
            const ANY_OF: &'static [Permission] = &[$(Permission::$permission),+];
            $(const NEEDS_ORGANIZATION: bool = permissions!($optional);)?
        })*
    };
}

permissions! {
    /// Send a heartbeat; not even administrators may do it for an agent.
    ClustersUpdate: ClustersUpdate, organization optional;
    /// See which clusters report.
    ClustersRead: Admin | ClustersRead, organization optional;
    /// Manage personal access tokens of one's own, which permit no more than one may do.
    PersonalAccessTokens: Admin | Maintainer | ClustersRead | JobTemplatesCreate | JobTemplatesRead
        | JobTemplatesUpdate | JobTemplatesDelete | JobScriptsCreate | JobScriptsRead
        | JobScriptsUpdate | JobScriptsDelete | JobSubmissionsCreate | JobSubmissionsRead
        | JobSubmissionsUpdate | JobSubmissionsDelete, organization optional;
    /// Create or clone templates.
    JobTemplatesCreate: Admin | JobTemplatesCreate;
    /// Read templates and their files.
    JobTemplatesRead: Admin | JobTemplatesRead;
    /// Change templates.
    JobTemplatesUpdate: Admin | JobTemplatesUpdate;
    /// Delete templates.
    JobTemplatesDelete: Admin | JobTemplatesDelete;
    /// Write files of templates.
    JobTemplateFilesWrite: Admin | JobTemplatesCreate | JobTemplatesUpdate;
    /// Delete files of templates.
    JobTemplateFilesDelete: Admin | JobTemplatesDelete | JobTemplatesUpdate;
    /// Create, clone or render scripts.
    JobScriptsCreate: Admin | JobScriptsCreate;
    /// Read scripts and their files.
    JobScriptsRead: Admin | JobScriptsRead;
    /// Change scripts.
    JobScriptsUpdate: Admin | JobScriptsUpdate;
    /// Delete scripts.
    JobScriptsDelete: Admin | JobScriptsDelete;
    /// Write files of scripts.
    JobScriptFilesWrite: Admin | JobScriptsCreate | JobScriptsUpdate;
    /// Delete files of scripts.
    JobScriptFilesDelete: Admin | JobScriptsDelete | JobScriptsUpdate;
    /// Create or clone submissions.
    JobSubmissionsCreate: Admin | JobSubmissionsCreate;
    /// Read submissions.
    JobSubmissionsRead: Admin | JobSubmissionsRead;
    /// Change or cancel submissions, or report on them.
    JobSubmissionsUpdate: Admin | JobSubmissionsUpdate;
    /// Delete submissions.
    JobSubmissionsDelete: Admin | JobSubmissionsDelete;
}
