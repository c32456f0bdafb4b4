-- People who log in at the built-in identity provider, and what they are given there. Secrets are
-- kept as SHA-256 only.
ALTER TABLE identity_clients ADD COLUMN name varchar;
ALTER TABLE identity_clients ADD COLUMN is_public boolean NOT NULL DEFAULT false;
ALTER TABLE identity_clients ADD COLUMN redirect_uris jsonb NOT NULL DEFAULT '[]';

-- A key that is retired signs nothing more, but stays published while its tokens may be good:
-- an hour, or until the end of one that was asked for with a longer life.
ALTER TABLE identity_keys ADD COLUMN retired_at timestamptz;
ALTER TABLE identity_keys ADD COLUMN needed_until timestamptz;

CREATE TABLE identity_users (
    id varchar PRIMARY KEY,
    email varchar NOT NULL UNIQUE,
    name varchar NOT NULL,
    password_hash varchar,
    source varchar NOT NULL,
    organization varchar,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    last_login_at timestamptz
);

-- Addresses whose accounts were deleted: tokens that were issued for them before are refused.
CREATE TABLE identity_deleted_users (
    email varchar PRIMARY KEY,
    deleted_at timestamptz NOT NULL
);

CREATE TABLE identity_roles (
    name varchar PRIMARY KEY,
    permissions jsonb NOT NULL,
    built_in boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE identity_user_roles (
    user_id varchar NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    role varchar NOT NULL REFERENCES identity_roles (name) ON DELETE CASCADE,
    PRIMARY KEY (user_id, role)
);
CREATE INDEX idx_identity_user_roles_role ON identity_user_roles (role);

-- Browsers in which somebody is logged in.
CREATE TABLE identity_sessions (
    hash varchar PRIMARY KEY,
    user_id varchar NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    address varchar NOT NULL,
    user_agent varchar NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX idx_identity_sessions_user_id ON identity_sessions (user_id);
CREATE INDEX idx_identity_sessions_expires_at ON identity_sessions (expires_at);

-- What a person let a program do: all tokens that come from one log-in, revoked together.
CREATE TABLE identity_families (
    id varchar PRIMARY KEY,
    user_id varchar NOT NULL,
    client_id varchar NOT NULL,
    session varchar,
    scope varchar NOT NULL,
    user_agent varchar NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX idx_identity_families_user_id ON identity_families (user_id);
CREATE INDEX idx_identity_families_session ON identity_families (session);
CREATE INDEX idx_identity_families_revoked_at ON identity_families (revoked_at);

CREATE TABLE identity_codes (
    hash varchar PRIMARY KEY,
    client_id varchar NOT NULL,
    user_id varchar NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    session varchar NOT NULL,
    redirect_uri varchar NOT NULL,
    scope varchar NOT NULL,
    nonce varchar,
    code_challenge varchar,
    authenticated_at timestamptz NOT NULL,
    family varchar NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX idx_identity_codes_expires_at ON identity_codes (expires_at);

CREATE TABLE identity_device_codes (
    hash varchar PRIMARY KEY,
    user_code varchar NOT NULL UNIQUE,
    client_id varchar NOT NULL,
    scope varchar NOT NULL,
    code_challenge varchar,
    address varchar NOT NULL,
    seconds_between_polls integer NOT NULL,
    last_polled_at timestamptz,
    user_id varchar REFERENCES identity_users (id) ON DELETE CASCADE,
    authenticated_at timestamptz,
    decision varchar,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX idx_identity_device_codes_expires_at ON identity_device_codes (expires_at);

CREATE TABLE identity_refresh_tokens (
    hash varchar PRIMARY KEY,
    family varchar NOT NULL REFERENCES identity_families (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX idx_identity_refresh_tokens_family ON identity_refresh_tokens (family);
CREATE INDEX idx_identity_refresh_tokens_expires_at ON identity_refresh_tokens (expires_at);

-- Tokens that people make for their scripts.
CREATE TABLE identity_personal_tokens (
    id varchar PRIMARY KEY,
    hash varchar NOT NULL UNIQUE,
    user_id varchar NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    name varchar NOT NULL,
    permissions jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz
);
CREATE INDEX idx_identity_personal_tokens_user_id ON identity_personal_tokens (user_id);

-- Addresses that let somebody choose a password.
CREATE TABLE identity_links (
    hash varchar PRIMARY KEY,
    user_id varchar REFERENCES identity_users (id) ON DELETE CASCADE,
    purpose varchar NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX idx_identity_links_expires_at ON identity_links (expires_at);

-- How often something was tried that may be somebody's guess.
CREATE TABLE identity_attempts (
    key varchar PRIMARY KEY,
    count integer NOT NULL,
    window_ends_at timestamptz NOT NULL
);
CREATE INDEX idx_identity_attempts_window_ends_at ON identity_attempts (window_ends_at);
