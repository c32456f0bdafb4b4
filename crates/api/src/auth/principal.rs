//! The kinds of callers that handlers serve.

use std::marker::PhantomData;

use super::Identity;
use crate::{
    error::{Error, Result},
    permission::{Allow, Permission},
};

/// A caller, as a handler needs to know them.
pub trait Principal: Sized + Send + 'static {
    const ANY_OF: &'static [Permission];
    const CLAIMS: &'static [Claim] = &[];
    /// Whether the operation is on an organization's data.
    const NEEDS_ORGANIZATION: bool = true;
    /// Whether what is only read may come from a standby.
    const MAY_READ_STANDBY: bool = true;

    /// The caller; 400 if the token lacks a claim that is needed.
    fn from_identity(identity: Identity) -> Result<Self>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    Email,
    ClientId,
    Organization,
}

impl Claim {
    const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::ClientId => "client_id",
            Self::Organization => "organization_id",
        }
    }

    fn is_in(self, identity: &Identity) -> bool {
        match self {
            Self::Email => identity.email.is_some(),
            Self::ClientId => identity.cluster().is_some(),
            Self::Organization => identity.organization.is_some(),
        }
    }
}

/// 400, with all that is missing, unless the token has these claims.
pub fn require_claims(identity: &Identity, claims: impl IntoIterator<Item = Claim>) -> Result<()> {
    let missing: Vec<_> = claims.into_iter().filter(|claim| !claim.is_in(identity)).collect();
    if missing.is_empty() { Ok(()) } else { Err(missing_claims(&missing)) }
}

#[derive(Debug)]
pub struct Caller<P> {
    pub identity: Identity,
    permission: PhantomData<P>,
}

/// Somebody with the permission `P` and an e-mail address.
#[derive(Debug)]
pub struct Owner<P> {
    pub email: String,
    pub identity: Identity,
    permission: PhantomData<P>,
}

/// The agent of a cluster, with the permission `P`.
#[derive(Debug)]
pub struct Agent<P> {
    /// The client id that stands for the cluster.
    pub client_id: String,
    permission: PhantomData<P>,
}

impl<P> Agent<P> {
    /// 403 unless the submission is for this agent's cluster.
    pub fn require_cluster(&self, client_id: &str) -> Result<()> {
        if self.client_id == client_id {
            return Ok(());
        }
        Err(Error::Forbidden("Mismatch on attribute(s): client_id".to_owned()))
    }
}

fn missing_claims(claims: &[Claim]) -> Error {
    let number = |(index, claim): (usize, &Claim)| format!("  {}: {}", index + 1, claim.name());
    let numbered: Vec<_> = claims.iter().enumerate().map(number).collect();
    Error::BadRequest(format!(
        "Checked expressions failed: Access token does not contain\n{}",
        numbered.join("\n")
    ))
}

impl<P: Allow> Principal for Caller<P> {
    const ANY_OF: &'static [Permission] = P::ANY_OF;
    const NEEDS_ORGANIZATION: bool = P::NEEDS_ORGANIZATION;

    fn from_identity(identity: Identity) -> Result<Self> {
        Ok(Self { identity, permission: PhantomData })
    }
}

impl<P: Allow> Principal for Owner<P> {
    const ANY_OF: &'static [Permission] = P::ANY_OF;
    const CLAIMS: &'static [Claim] = &[Claim::Email];
    const NEEDS_ORGANIZATION: bool = P::NEEDS_ORGANIZATION;

    fn from_identity(identity: Identity) -> Result<Self> {
        let email = identity.email.clone().ok_or_else(|| missing_claims(&[Claim::Email]))?;
        Ok(Self { email, identity, permission: PhantomData })
    }
}

impl<P: Allow> Principal for Agent<P> {
    const ANY_OF: &'static [Permission] = P::ANY_OF;
    const CLAIMS: &'static [Claim] = &[Claim::ClientId];
    const NEEDS_ORGANIZATION: bool = P::NEEDS_ORGANIZATION;
    /// It acts on what it reads, and waits for what no standby has (`agent_requests`).
    const MAY_READ_STANDBY: bool = false;

    fn from_identity(identity: Identity) -> Result<Self> {
        let cluster = identity.cluster().ok_or_else(|| missing_claims(&[Claim::ClientId]))?;
        Ok(Self { client_id: cluster.to_owned(), permission: PhantomData })
    }
}
