//! `/personal-access-tokens`

use axum::http::StatusCode;
use jobbergate_types::personal_access_tokens::{
    PersonalAccessTokenCreateRequest, PersonalAccessTokenCreatedView, PersonalAccessTokenView,
};
use rand::rngs::StdRng;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    app::Context,
    auth::{Identity, Owner, TokenKind},
    email_address,
    error::{Error, Result},
    http::{Created, Json, NoContent, Path, ResponseDoc, Router},
    identity::{NewPersonalToken, PersonalToken, Provider, USUAL_DAYS, User, end_after},
    permission::{Allow, Permission},
};

#[derive(Debug, Deserialize, JsonSchema)]
struct TokenPath {
    /// The token's id.
    token_id: String,
}

const ALL: &str = "/personal-access-tokens";
const NOT_FOUND: ResponseDoc = ResponseDoc::sentence(
    StatusCode::NOT_FOUND,
    "There is no such token, the caller has no account here, or accounts are kept elsewhere",
);

pub(crate) fn router() -> Router {
    Router::default()
        .post(ALL, "Make a token for a script of one's own; its secret is shown only once.", create)
        .responding(&[NOT_FOUND])
        .get(ALL, "List one's tokens.", list)
        .responding(&[NOT_FOUND])
        .delete("/personal-access-tokens/{token_id}", "Revoke one of one's tokens.", delete)
        .responding(&[NOT_FOUND])
}

/// Whoever may do anything that people do: a token permits no more than its owner may do.
struct ManageTokens;

impl Allow for ManageTokens {
    const ANY_OF: &'static [Permission] = &[
        Permission::Admin,
        Permission::Maintainer,
        Permission::ClustersRead,
        Permission::JobTemplatesCreate,
        Permission::JobTemplatesRead,
        Permission::JobTemplatesUpdate,
        Permission::JobTemplatesDelete,
        Permission::JobScriptsCreate,
        Permission::JobScriptsRead,
        Permission::JobScriptsUpdate,
        Permission::JobScriptsDelete,
        Permission::JobSubmissionsCreate,
        Permission::JobSubmissionsRead,
        Permission::JobSubmissionsUpdate,
        Permission::JobSubmissionsDelete,
    ];
    const NEEDS_ORGANIZATION: bool = false;
}

async fn create(
    context: Context,
    owner: Owner<ManageTokens>,
    Json(request): Json<PersonalAccessTokenCreateRequest>,
) -> Result<Created<PersonalAccessTokenCreatedView>> {
    let (provider, user) = account(&context, &owner.identity, "make").await?;
    let expires_at = match request.expires_at.into_change() {
        Some(at) => at.map(|at| at.0),
        None => end_after(context.app.clock.now(), USUAL_DAYS),
    };
    let new = NewPersonalToken { name: request.name, permissions: request.permissions, expires_at };
    let (held, mut rng): (_, StdRng) = (&owner.identity.permissions, rand::make_rng());
    let (secret, token) = provider.create_personal_token(&user, held, &new, &mut rng).await?;
    Ok(Created(PersonalAccessTokenCreatedView { details: view(token), token: secret.0 }))
}

async fn list(
    context: Context,
    owner: Owner<ManageTokens>,
) -> Result<Json<Vec<PersonalAccessTokenView>>> {
    let (provider, user) = account(&context, &owner.identity, "list").await?;
    Ok(Json(provider.personal_tokens(&user).await?.into_iter().map(view).collect()))
}

async fn delete(
    context: Context,
    owner: Owner<ManageTokens>,
    Path(path): Path<TokenPath>,
) -> Result<NoContent> {
    let (provider, user) = account(&context, &owner.identity, "revoke").await?;
    provider.delete_personal_token(&user, &path.token_id).await?;
    Ok(NoContent)
}

/// The account of a caller who may make, list and revoke its tokens: that of the token's subject,
/// or for a token of the server's command line that of its address.
async fn account<'a>(
    context: &'a Context,
    identity: &Identity,
    action: &str,
) -> Result<(&'a Provider, User)> {
    let is_ours = identity.kind != TokenKind::Foreign;
    let Some(provider) = context.app.provider.as_ref().filter(|_| is_ours) else {
        let words = "The account is kept by another identity provider; make tokens there";
        return Err(Error::NotFound(words.to_owned()));
    };
    require_own_program(provider, identity, action).await?;
    if let Some(user) = provider.active_user(&identity.subject).await? {
        return Ok((provider, user));
    }
    let email = identity.email.as_deref().and_then(email_address::normalize).unwrap_or_default();
    match provider.user(&email).await {
        Ok(user)
            if user.disabled_at.is_none() && user.email == email && identity.subject == email =>
        {
            Ok((provider, user))
        }
        Ok(_) | Err(Error::NotFound(_) | Error::Unprocessable(_)) => {
            let words = format!("{email} has no account here; ask an administrator for one");
            Err(Error::NotFound(words))
        }
        Err(error) => Err(error),
    }
}

/// 403 for tokens that others may hold: what ends must not leave something behind that lasts.
async fn require_own_program(provider: &Provider, identity: &Identity, action: &str) -> Result<()> {
    let program = identity.client_id.as_deref().unwrap_or_default();
    match identity.kind {
        TokenKind::Personal => Err(Error::Forbidden(format!(
            "A personal access token can't {action} others; log in instead"
        ))),
        TokenKind::LogIn if !provider.is_first_party(program).await? => {
            Err(Error::Forbidden(format!(
                "{program} may not {action} personal access tokens; log in with Jobbergate's own \
                 programs"
            )))
        }
        _ => Ok(()),
    }
}

fn view(token: PersonalToken) -> PersonalAccessTokenView {
    PersonalAccessTokenView {
        token_id: token.id,
        name: token.name,
        permissions: token.permissions,
        created_at: token.created_at.into(),
        expires_at: token.expires_at.map(Into::into),
        last_used_at: token.last_used_at.map(Into::into),
    }
}
