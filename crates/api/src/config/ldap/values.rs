//! What settings of a directory may be. What is wrong is not repeated where it may be a password
//! at the wrong place.

use std::{fs, path::Path};

use jobbergate_ldap::{Name, parse_filter};
use url::Url;

use crate::identity::{Group, GroupRoles};

/// The addresses of servers.
pub(super) fn servers(text: &str) -> Result<Vec<Url>, String> {
    let servers = text.split_whitespace().map(server).collect::<Result<Vec<_>, _>>()?;
    if servers.is_empty() {
        return Err("it names no server; leave it out, or set it to ldaps://HOST".to_owned());
    }
    Ok(servers)
}

fn server(text: &str) -> Result<Url, String> {
    let form = "each must be ldaps://HOST, ldaps://HOST:PORT or the same with ldap://";
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "ldap" | "ldaps"));
    let url = url.filter(|url| url.host_str().is_some_and(|host| !host.is_empty()));
    let url = url.ok_or_else(|| form.to_owned())?;
    if !url.username().is_empty() || url.password().is_some() {
        let reason = "it must have no user and no password: those go into JOBBERGATE_LDAP_BIND_*";
        return Err(reason.to_owned());
    }
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if !bare {
        return Err(format!("{form}; where people are goes into JOBBERGATE_LDAP_BASE"));
    }
    Ok(url)
}

/// A filter in which one of these stands for the person: one that all match is a mistake.
pub(super) fn filter(text: &str, places: &[&str]) -> Result<(), String> {
    if !places.iter().any(|place| text.contains(place)) {
        return Err(format!("it must contain {}", places.join(" or ")));
    }
    let filled = places.iter().fold(text.to_owned(), |text, place| text.replace(place, "x"));
    let example = "as in (&(objectClass=person)(uid={login}))";
    parse_filter(&filled).map_err(|_| format!("it is no LDAP filter, {example}"))?;
    // The doctor, and checks of people who are logged in, look for anybody.
    let anybody = text.replace("{login}", "*");
    let alone = "{login} must stand alone after =";
    parse_filter(&anybody).map(drop).map_err(|_| format!("{alone}, {example}"))
}

/// The name of an attribute.
pub(super) fn attribute(text: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.;_".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => Ok(()),
        false => Err("it must be the name of an attribute, such as mail".to_owned()),
    }
}

/// `GROUP:ROLE,ROLE;GROUP:ROLE`
pub(super) fn group_roles(text: &str) -> Result<Vec<GroupRoles>, String> {
    let given = text.split(';').map(str::trim).filter(|text| !text.is_empty());
    given
        .map(|text| {
            let form = || format!("{text:?} must be GROUP:ROLE or GROUP:ROLE,ROLE");
            let (group, names) = text.rsplit_once(':').ok_or_else(form)?;
            let (group, roles) = (group.trim(), roles(names)?);
            if group.is_empty() || roles.is_empty() {
                return Err(form());
            }
            let parsed = match group.contains('=') {
                true => Name::parse(group).map(Group::At),
                false => Some(Group::Called(group.to_lowercase())),
            };
            let group_ = parsed.ok_or_else(|| format!("{group:?} is no distinguished name"))?;
            Ok(GroupRoles { written: group.to_owned(), group: group_, roles })
        })
        .collect()
}

/// Names of roles.
pub(super) fn roles(text: &str) -> Result<Vec<String>, String> {
    let names: Vec<_> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match names.iter().find(|name| !name.chars().all(plain)) {
        Some(odd) => Err(format!("{odd:?} is no name of a role; see `jobbergate admin role list`")),
        None => Ok(names.into_iter().map(str::to_owned).collect()),
    }
}

/// The first line of a file.
pub(super) fn first_line(file: &Path) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|cause| format!("{}: {cause}", file.display()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_tried_in_the_order_in_which_they_are_written() {
        let found = servers(" ldaps://a.example  ldap://b.example:1389/ ").unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].as_str(), "ldaps://a.example");
        for odd in [
            "",
            " ",
            "a.example",
            "https://a",
            "ldap://",
            "ldap:///",
            "ldap://u:p@a",
            "ldap://a/dc=x",
            "ldap://a?x",
        ] {
            let reason = servers(odd).unwrap_err();
            assert!(!reason.contains("u:p"), "{reason}");
        }
    }

    #[test]
    fn filters_are_filters_and_say_for_whom() {
        filter("(&(objectClass=person)(uid={login}))", &["{login}"]).unwrap();
        filter("(memberUid={uid})", &["{dn}", "{uid}"]).unwrap();
        filter("(member:1.2.840.113556.1.4.1941:={dn})", &["{dn}", "{uid}"]).unwrap();
        assert!(filter("(uid=alice)", &["{login}"]).unwrap_err().contains("{login}"));
        for odd in
            ["(cn~={login})", "(uid:caseExactMatch:={login})", "(cn={login}*)", "(cn>={login})"]
        {
            let reason = filter(odd, &["{login}"]).unwrap_err();
            assert!(reason.starts_with("{login} must stand alone after ="), "{odd}: {reason}");
        }
        filter("(mail={login}@example.org)", &["{login}"]).unwrap();
        for odd in ["uid={login", "(uid={login}", "(&(uid={login})", ""] {
            assert!(filter(odd, &["{login}"]).is_err(), "{odd}");
        }
    }

    #[test]
    fn groups_have_roles() {
        let found = group_roles("hpc-users:user; cn=a\\:b,ou=Groups,dc=x:expert, admin ;").unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].group, Group::Called("hpc-users".to_owned()));
        assert_eq!(found[1].roles, ["expert", "admin"]);
        assert_eq!(group_roles("").unwrap().len(), 0);
        for odd in ["hpc-users", ":user", "a:", "a:b c", "cn=a,b:user"] {
            assert!(group_roles(odd).is_err(), "{odd}");
        }
    }
}
