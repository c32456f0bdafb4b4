//! How owners of submissions become users of the cluster, as the settings have it.

use nix::unistd::geteuid;

use super::{AgentConfig, Mapper, own_account, wrong};
use crate::{
    error::AgentError,
    user_map::{Mapping, UserMap},
};

impl AgentConfig {
    pub fn user_map(&self) -> Result<UserMap, AgentError> {
        let mapper = match (self.slurm_user_mapper, self.everybody()) {
            (Some(mapper), _) => mapper,
            (None, Some(_)) => Mapper::SingleUser,
            (None, None) if !geteuid().is_root() => Mapper::SingleUser,
            (None, None) => {
                return Err(wrong(
                    "say how owners of submissions become users of this cluster: \
                     --slurm-user-mapper single-user --single-user-submitter USER, \
                     --slurm-user-mapper file --user-map-file FILE, \
                     --slurm-user-mapper local-part --user-map-domain DOMAIN, \
                     --slurm-user-mapper ldap or --slurm-user-mapper command. (The Python agent \
                     took the user ubuntu for everybody: --single-user-submitter ubuntu.)",
                ));
            }
        };
        let file = self.user_map_file.clone();
        let mapping = match mapper {
            Mapper::SingleUser => Mapping::Single(self.single_user()?),
            Mapper::File => Mapping::File(file.ok_or_else(|| wrong("--user-map-file is missing"))?),
            Mapper::LocalPart => self.local_part()?,
            Mapper::Ldap => Mapping::Asked { lookup: Box::new(self.users.ldap()?), file },
            Mapper::Command => Mapping::Asked { lookup: Box::new(self.users.command()?), file },
        };
        let map = UserMap::new(mapping, self.users.accounts());
        Ok(map.without_root(self.separation.run_as.is_some()))
    }

    fn local_part(&self) -> Result<Mapping, AgentError> {
        let domain = self.user_map_domain.clone();
        if let Some(domain) = domain.as_deref().filter(|d| d.is_empty() || d.contains('@')) {
            return Err(wrong(format!(
                "--user-map-domain {domain:?} is not what stands behind the @ of an e-mail, as in \
                 example.com"
            )));
        }
        Ok(Mapping::LocalPart { domain })
    }

    fn everybody(&self) -> Option<&str> {
        self.single_user_submitter.as_deref().or(self.x_slurm_user_name.as_deref())
    }

    fn single_user(&self) -> Result<String, AgentError> {
        match self.everybody() {
            Some(name) => Ok(name.to_owned()),
            None if geteuid().is_root() => Err(wrong("--single-user-submitter is missing")),
            None => Ok(own_account()?.name),
        }
    }
}
