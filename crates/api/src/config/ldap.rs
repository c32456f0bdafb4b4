//! Settings of the directory that people come from.

mod values;

use std::{path::PathBuf, time::Duration};

use chrono::TimeDelta;
use clap::{ArgAction, Args, builder::BoolishValueParser};
use jobbergate_ldap::{Authorities, Client, Name};

use super::host;
use crate::{
    identity::{DirectorySettings, GroupRoles, Provider},
    startup::StartError,
};

const URI: &str = "JOBBERGATE_LDAP_URI";

/// The LDAP directory whose people may log in at the built-in provider.
#[derive(Debug, Clone, Args)]
pub struct LdapConfig {
    /// The LDAP servers, as ldaps://HOST or ldap://HOST with blanks between them, tried in this
    /// order; without one, only people with an account here log in
    #[arg(long, env = "JOBBERGATE_LDAP_URI", value_name = "URIS")]
    pub ldap_uri: Option<String>,

    /// Whether connections to ldap:// go on by TLS (StartTLS), without which nothing is sent
    #[arg(long, env = "JOBBERGATE_LDAP_START_TLS", default_value_t = false, action = ArgAction::Set, value_parser = BoolishValueParser::new(), value_name = "BOOL")]
    pub ldap_start_tls: bool,

    /// Whether passwords may go to ldap:// on other machines without TLS, where others can read them
    #[arg(long, env = "JOBBERGATE_LDAP_ALLOW_PLAINTEXT", default_value_t = false, action = ArgAction::Set, value_parser = BoolishValueParser::new(), value_name = "BOOL")]
    pub ldap_allow_plaintext: bool,

    /// A file with certificate authorities to trust beside the system's, in the PEM format
    #[arg(long, env = "JOBBERGATE_LDAP_CA_FILE", value_name = "FILE")]
    pub ldap_ca_file: Option<PathBuf>,

    /// The name to search as; without one, nobody's
    #[arg(long, env = "JOBBERGATE_LDAP_BIND_DN", value_name = "DN")]
    pub ldap_bind_dn: Option<String>,

    /// Its password
    #[arg(
        long,
        env = "JOBBERGATE_LDAP_BIND_PASSWORD",
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    pub ldap_bind_password: Option<String>,

    /// A file whose first line is the password, instead of JOBBERGATE_LDAP_BIND_PASSWORD
    #[arg(long, env = "JOBBERGATE_LDAP_BIND_PASSWORD_FILE", value_name = "FILE")]
    pub ldap_bind_password_file: Option<PathBuf>,

    /// Where people are, with all that is below
    #[arg(long, env = "JOBBERGATE_LDAP_BASE", value_name = "DN")]
    pub ldap_base: Option<String>,

    /// Who may log in; {login} is what they type
    #[arg(
        long,
        env = "JOBBERGATE_LDAP_FILTER",
        default_value = "(&(objectClass=person)(|(uid={login})(mail={login})))",
        value_name = "FILTER"
    )]
    pub ldap_filter: String,

    /// The attribute with a person's e-mail address
    #[arg(
        long,
        env = "JOBBERGATE_LDAP_MAIL_ATTRIBUTE",
        default_value = "mail",
        value_name = "NAME"
    )]
    pub ldap_mail_attribute: String,

    /// The attributes with what a person is called, with commas between them; the first that is
    /// there counts
    #[arg(
        long,
        env = "JOBBERGATE_LDAP_NAME_ATTRIBUTE",
        default_value = "displayName,cn",
        value_delimiter = ',',
        value_name = "NAMES"
    )]
    pub ldap_name_attribute: Vec<String>,

    /// The attribute with a person's user name, {uid} in the filter of groups
    #[arg(long, env = "JOBBERGATE_LDAP_UID_ATTRIBUTE", default_value = "uid", value_name = "NAME")]
    pub ldap_uid_attribute: String,

    /// Where groups are, with all that is below [default: JOBBERGATE_LDAP_BASE]
    #[arg(long, env = "JOBBERGATE_LDAP_GROUP_BASE", value_name = "DN")]
    pub ldap_group_base: Option<String>,

    /// Which groups a person is in: {dn} is their entry, {uid} their user name, {gid} their
    /// gidNumber; `none` for no others than those of the person's memberOf
    #[arg(
        long,
        env = "JOBBERGATE_LDAP_GROUP_FILTER",
        default_value = "(|(member={dn})(uniqueMember={dn})(memberUid={uid})(&(objectClass=posixGroup)(gidNumber={gid})))",
        value_name = "FILTER"
    )]
    pub ldap_group_filter: String,

    /// What members of groups may do, as GROUP:ROLE,ROLE with semicolons between groups; a group is
    /// its DN, or its cn where it is below JOBBERGATE_LDAP_GROUP_BASE
    #[arg(long, env = "JOBBERGATE_LDAP_GROUP_ROLES", value_name = "GROUPS")]
    pub ldap_group_roles: Option<String>,

    /// The roles of those who are in none of these groups, with commas between them; without any
    /// they are kept out
    #[arg(long, env = "JOBBERGATE_LDAP_DEFAULT_ROLE", value_name = "ROLES")]
    pub ldap_default_role: Option<String>,

    /// The organization whose data people of the directory work with
    #[arg(long, env = "JOBBERGATE_LDAP_ORGANIZATION", value_name = "ID")]
    pub ldap_organization: Option<String>,

    /// How long getting to a server, a search and a password may take each, in seconds
    #[arg(long, env = "JOBBERGATE_LDAP_TIMEOUT_SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60), value_name = "SECONDS")]
    pub ldap_timeout_seconds: u64,

    /// How often the directory is asked whether a person who is logged in is still there, and in
    /// which groups, in seconds
    #[arg(long, env = "JOBBERGATE_LDAP_CHECK_SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=86_400), value_name = "SECONDS")]
    pub ldap_check_seconds: u32,
}

impl LdapConfig {
    /// The directory, if one is configured.
    pub(crate) fn directory(&self) -> Result<Option<DirectorySettings>, StartError> {
        let Some(uri) = &self.ldap_uri else {
            return self.no_directory().map(|()| None);
        };
        let client = self.client(uri)?;
        let missing = || wrong("JOBBERGATE_LDAP_BASE")("JOBBERGATE_LDAP_URI needs it".to_owned());
        let base = self.ldap_base.as_deref().ok_or_else(missing)?;
        name(base, "JOBBERGATE_LDAP_BASE")?;
        let group_base = self.ldap_group_base.as_deref().unwrap_or(base);
        let group_root = name(group_base, "JOBBERGATE_LDAP_GROUP_BASE")?;
        self.check_searches()?;
        let (group_roles, default_roles) = self.roles()?;
        Ok(Some(DirectorySettings {
            client,
            base: base.to_owned(),
            filter: self.ldap_filter.clone(),
            mail: self.ldap_mail_attribute.clone(),
            names: self.ldap_name_attribute.clone(),
            uid: self.ldap_uid_attribute.clone(),
            group_base: group_base.to_owned(),
            group_root,
            group_filter: self.group_filter().map(str::to_owned),
            group_roles,
            default_roles,
            organization: self.ldap_organization.clone(),
            check_every: TimeDelta::seconds(self.ldap_check_seconds.into()),
        }))
    }

    /// The provider, with the directory if one is configured.
    pub fn attach(&self, provider: Provider) -> Result<Provider, StartError> {
        Ok(provider.with_directory(self.directory()?))
    }

    fn client(&self, uri: &str) -> Result<Client, StartError> {
        let servers = values::servers(uri).map_err(wrong(URI))?;
        let may_be_read = self.ldap_start_tls || self.ldap_allow_plaintext;
        let exposed = servers.iter().find(|server| host::is_exposed(server));
        if let (Some(server), false) = (exposed, may_be_read) {
            let reason = format!(
                "everybody's password would go to {server} for others to read; use ldaps://, set \
                 JOBBERGATE_LDAP_START_TLS=true, or, if the network between is safe, \
                 JOBBERGATE_LDAP_ALLOW_PLAINTEXT=true"
            );
            return Err(wrong(URI)(reason));
        }
        let authorities = Authorities::load(self.ldap_ca_file.as_deref())
            .map_err(wrong("JOBBERGATE_LDAP_CA_FILE"))?;
        Ok(Client {
            servers,
            start_tls: self.ldap_start_tls,
            authorities,
            searcher: self.searcher()?,
            deadline: Duration::from_secs(self.ldap_timeout_seconds),
        })
    }

    /// The filter of groups, unless groups are not sought.
    fn group_filter(&self) -> Option<&str> {
        let text = self.ldap_group_filter.trim();
        Some(text).filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("none"))
    }

    /// Fails if people or groups can't be sought like this.
    fn check_searches(&self) -> Result<(), StartError> {
        values::filter(&self.ldap_filter, &["{login}"]).map_err(wrong("JOBBERGATE_LDAP_FILTER"))?;
        if let Some(filter) = self.group_filter() {
            values::filter(filter, &["{dn}", "{uid}", "{gid}"])
                .map_err(wrong("JOBBERGATE_LDAP_GROUP_FILTER"))?;
        }
        for (attribute, setting) in self.attributes() {
            values::attribute(attribute).map_err(wrong(setting))?;
        }
        Ok(())
    }

    /// The roles of groups, and of who is in none of them.
    fn roles(&self) -> Result<(Vec<GroupRoles>, Vec<String>), StartError> {
        let by_groups = values::group_roles(self.ldap_group_roles.as_deref().unwrap_or_default())
            .map_err(wrong("JOBBERGATE_LDAP_GROUP_ROLES"))?;
        let of_others = values::roles(self.ldap_default_role.as_deref().unwrap_or_default())
            .map_err(wrong("JOBBERGATE_LDAP_DEFAULT_ROLE"))?;
        if by_groups.is_empty() && of_others.is_empty() {
            let reason = "nobody could log in: set it, or JOBBERGATE_LDAP_DEFAULT_ROLE";
            return Err(wrong("JOBBERGATE_LDAP_GROUP_ROLES")(reason.to_owned()));
        }
        Ok((by_groups, of_others))
    }

    /// Fails if there are settings that have no effect without a directory.
    fn no_directory(&self) -> Result<(), StartError> {
        let given = [
            ("JOBBERGATE_LDAP_BASE", self.ldap_base.is_some()),
            ("JOBBERGATE_LDAP_BIND_DN", self.ldap_bind_dn.is_some()),
            ("JOBBERGATE_LDAP_BIND_PASSWORD", self.ldap_bind_password.is_some()),
            ("JOBBERGATE_LDAP_BIND_PASSWORD_FILE", self.ldap_bind_password_file.is_some()),
            ("JOBBERGATE_LDAP_CA_FILE", self.ldap_ca_file.is_some()),
            ("JOBBERGATE_LDAP_GROUP_BASE", self.ldap_group_base.is_some()),
            ("JOBBERGATE_LDAP_GROUP_ROLES", self.ldap_group_roles.is_some()),
            ("JOBBERGATE_LDAP_DEFAULT_ROLE", self.ldap_default_role.is_some()),
            ("JOBBERGATE_LDAP_ORGANIZATION", self.ldap_organization.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((setting, _)) => {
                let reason =
                    "it has no effect without JOBBERGATE_LDAP_URI; set that too, or leave it out";
                Err(wrong(setting)(reason.to_owned()))
            }
            None => Ok(()),
        }
    }

    fn attributes(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let names = self.ldap_name_attribute.iter().map(String::as_str);
        names.map(|name| (name, "JOBBERGATE_LDAP_NAME_ATTRIBUTE")).chain([
            (self.ldap_mail_attribute.as_str(), "JOBBERGATE_LDAP_MAIL_ATTRIBUTE"),
            (self.ldap_uid_attribute.as_str(), "JOBBERGATE_LDAP_UID_ATTRIBUTE"),
        ])
    }

    /// Who searches. A name without a password would be nobody's (RFC 4513 §5.1.2).
    fn searcher(&self) -> Result<Option<(String, String)>, StartError> {
        const PASSWORD: &str = "JOBBERGATE_LDAP_BIND_PASSWORD";
        const FILE: &str = "JOBBERGATE_LDAP_BIND_PASSWORD_FILE";
        let (setting, password) = match (&self.ldap_bind_password, &self.ldap_bind_password_file) {
            (Some(_), Some(_)) => {
                let reason = "JOBBERGATE_LDAP_BIND_PASSWORD is set, too; leave out one of the two";
                return Err(wrong(FILE)(reason.to_owned()));
            }
            (None, Some(file)) => (FILE, Some(values::first_line(file).map_err(wrong(FILE))?)),
            (password, None) => (PASSWORD, password.clone()),
        };
        let empty = password.as_ref().is_none_or(String::is_empty);
        match (&self.ldap_bind_dn, password) {
            (Some(_), _) if empty => {
                Err(wrong(setting)("JOBBERGATE_LDAP_BIND_DN needs a password".to_owned()))
            }
            (Some(name_), Some(password)) => Ok(Some((name_.clone(), password))),
            (None, Some(_)) => {
                Err(wrong(setting)("it has no effect without JOBBERGATE_LDAP_BIND_DN".to_owned()))
            }
            (_, None) => Ok(None),
        }
    }
}

fn wrong(setting: &'static str) -> impl Fn(String) -> StartError {
    move |reason| StartError::Setting { setting, reason }
}

fn name(text: &str, setting: &'static str) -> Result<Name, StartError> {
    let reason = "it must be a distinguished name, as in ou=people,dc=example,dc=org";
    Name::parse(text).ok_or_else(|| wrong(setting)(reason.to_owned()))
}
