//! `jobbergate admin user`

use std::io::BufRead;

use anyhow::{Context, bail};
use clap::Subcommand;
use jobbergate_api::{
    app::App,
    email_address,
    identity::{NewUser, PasswordLink, Provider, User},
};
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::output::say;

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account; its owner can log in once they are invited, or at once with a password
    Create {
        #[command(flatten)]
        new: NewAccount,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the address where somebody chooses the password of their account, which is made if
    /// there is none; it is good for 7 days, once
    Invite {
        #[command(flatten)]
        new: NewAccount,
        /// Send it to them by e-mail instead of printing it
        #[arg(long)]
        send: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the address where somebody chooses another password; it is good for an hour, once
    Reset {
        /// Their e-mail address
        email: String,
        /// Take their account back from the LDAP directory first: roles by groups are gone, those
        /// granted here stay
        #[arg(long)]
        local: bool,
        /// Send it to them by e-mail instead of printing it
        #[arg(long)]
        send: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print an address that signs somebody in without a password; it is good for 15 minutes, once
    SignInLink {
        /// Their e-mail address
        email: String,
        /// The page that it leads to, such as /submissions/7; the first one when left out
        #[arg(long, value_name = "PATH")]
        next: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the accounts
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print what is known of an account
    Show {
        /// The e-mail address
        email: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Keep somebody out: their sessions and tokens are refused from now on
    Disable {
        /// Their e-mail address
        email: String,
    },
    /// Let somebody in again
    Enable {
        /// Their e-mail address
        email: String,
    },
    /// Leave an account to whoever has its address in the LDAP directory: its password here counts
    /// no more
    Link {
        /// The e-mail address
        email: String,
        /// Do not ask the directory whether somebody has this address, as when it is down
        #[arg(long)]
        force: bool,
    },
    /// Remove an account; what its owner made stays
    Delete {
        /// The e-mail address
        email: String,
    },
}

/// Whose account is made.
#[derive(Debug, clap::Args)]
pub struct NewAccount {
    /// The e-mail address, by which they log in
    email: String,
    /// What they are called
    #[arg(long)]
    name: Option<String>,
    /// What they may do: user, expert, maintainer, admin or a role that you made; user when left
    /// out; may be given several times
    #[arg(long = "role", value_name = "NAME")]
    roles: Vec<String>,
    /// The organization whose data they work with
    #[arg(long)]
    organization: Option<String>,
}

impl NewAccount {
    fn with_password(self, password: Option<String>) -> NewUser {
        let roles = if self.roles.is_empty() { vec!["user".to_owned()] } else { self.roles };
        let Self { email, name, organization, .. } = self;
        NewUser { email, name, organization, roles, password }
    }
}

pub async fn run(provider: &Provider, app: &App, command: UserCommand) -> anyhow::Result<()> {
    let mut rng: StdRng = rand::make_rng();
    let tenants = &app.tenants;
    match command {
        UserCommand::Create { new, password_stdin, json } => {
            tenants.check_member_of(new.organization.as_deref())?;
            let password = if password_stdin { Some(first_line()?) } else { None };
            let user = provider.create_user(&new.with_password(password), &mut rng).await?;
            print(&user, json)?;
        }
        UserCommand::Invite { new, send, json } => {
            check_mail(app, send)?;
            tenants.check_member_of(new.organization.as_deref())?;
            let email = new.email.clone();
            if !has_account(provider, &email).await? {
                // Refused for an address that differs from another only in case.
                provider.create_user(&new.with_password(None), &mut rng).await?;
            } else if new.name.is_some() || !new.roles.is_empty() || new.organization.is_some() {
                bail!(
                    "there is an account for {email} already; leave out --name, --role and \
                     --organization, or change its roles with `jobbergate admin role grant`"
                );
            }
            let link = provider.password_link(&email, &mut rng).await?;
            hand_over(app, &link, &mut rng, send, json).await?;
        }
        UserCommand::Reset { email, local, send, json } => {
            check_mail(app, send)?;
            if local {
                provider.unlink_user(&email).await?;
            }
            let link = provider.password_link(&email, &mut rng).await?;
            hand_over(app, &link, &mut rng, send, json).await?;
        }
        UserCommand::SignInLink { email, next, json } => {
            let link = provider.sign_in_link(&email, next.as_deref(), &mut rng).await?;
            match json {
                true => say!("{}", json!({"email": link.email, "url": link.url})),
                false => say!("{}", link.url),
            }
        }
        UserCommand::List { json: true } => {
            let users: Vec<_> = provider.users().await?.iter().map(as_json).collect();
            say!("{}", Value::from(users));
        }
        UserCommand::List { json: false } => {
            for user in provider.users().await? {
                say!(
                    "{}\t{}\t{}\t{}\t{}",
                    user.email,
                    user.state(),
                    user.roles.join(","),
                    user.name,
                    user.source.as_str()
                );
            }
        }
        UserCommand::Show { email, json } => print(&provider.user(&email).await?, json)?,
        UserCommand::Disable { email } => {
            let email = provider.user(&email).await?.email;
            provider.disable_user(&email).await?;
            say!("disabled {email}");
        }
        UserCommand::Enable { email } => {
            let email = provider.user(&email).await?.email;
            provider.enable_user(&email).await?;
            say!("enabled {email}");
        }
        UserCommand::Link { email, force } => {
            let email = provider.user(&email).await?.email;
            provider.link_user(&email, force).await?;
            say!("left {email} to the directory");
        }
        UserCommand::Delete { email } => {
            let email = provider.user(&email).await?.email;
            provider.delete_user(&email).await?;
            say!("deleted {email}; what its owner made is still there");
        }
    }
    Ok(())
}

async fn has_account(provider: &Provider, email: &str) -> anyhow::Result<bool> {
    match provider.user(email).await {
        Ok(user) => Ok(email_address::normalize(email).is_none_or(|it| it == user.email)),
        Err(jobbergate_api::error::Error::NotFound(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn first_line() -> anyhow::Result<String> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.context("the password could not be read from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn print(user: &User, as_json_: bool) -> anyhow::Result<()> {
    if as_json_ {
        say!("{}", as_json(user));
        return Ok(());
    }
    say!("email: {}\nname: {}\nid: {}", user.email, user.name, user.id);
    say!("state: {}\nsource: {}", user.state(), user.source.as_str());
    say!("roles: {}\npermissions: {}", user.roles.join(", "), user.permissions.join(", "));
    if let Some(organization) = &user.organization {
        say!("organization: {organization}");
    }
    say!("created: {}", user.created_at.to_rfc3339());
    let last = user.last_login_at.map_or_else(|| "never".to_owned(), |at| at.to_rfc3339());
    say!("last login: {last}");
    Ok(())
}

fn as_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "state": user.state(),
        "source": user.source.as_str(),
        "roles": user.roles,
        "permissions": user.permissions,
        "organization": user.organization,
        "created_at": user.created_at.to_rfc3339(),
        "last_login_at": user.last_login_at.map(|at| at.to_rfc3339()),
    })
}

fn check_mail(app: &App, send: bool) -> anyhow::Result<()> {
    if send && !app.password_mail.is_configured() {
        bail!("no e-mail is configured (SMTP_HOST or SENDGRID_API_KEY): leave out --send");
    }
    Ok(())
}

/// Sends a link or prints it.
async fn hand_over(
    app: &App,
    link: &PasswordLink,
    rng: &mut StdRng,
    send: bool,
    as_json: bool,
) -> anyhow::Result<()> {
    let PasswordLink { email, url, .. } = link;
    if link.replaces {
        eprintln!("jobbergate: the link that {email} was given before is good no more");
    }
    if send {
        let sent = app.password_mail.send(link, rng).await;
        let advice = format!("the link was not sent to {email}; without --send it is printed");
        sent.map_err(|cause| anyhow::anyhow!(cause)).context(advice)?;
    }
    match (as_json, send) {
        (true, true) => say!("{}", json!({"email": email, "sent": true})),
        (true, false) => say!("{}", json!({"email": email, "url": url})),
        (false, true) => say!("sent to {email}"),
        (false, false) => say!("{url}"),
    }
    Ok(())
}
