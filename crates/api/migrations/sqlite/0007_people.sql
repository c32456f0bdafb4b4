-- People who log in at the built-in identity provider, and what they are given there. Secrets are
-- kept as SHA-256 only.
ALTER TABLE identity_clients ADD COLUMN name text;
ALTER TABLE identity_clients ADD COLUMN is_public boolean NOT NULL DEFAULT false;
ALTER TABLE identity_clients ADD COLUMN redirect_uris text NOT NULL DEFAULT '[]';

-- A key that is retired signs nothing more, but stays published while its tokens may be good:
-- an hour, or until the end of one that was asked for with a longer life.
ALTER TABLE identity_keys ADD COLUMN retired_at text;
ALTER TABLE identity_keys ADD COLUMN needed_until text;

CREATE TABLE identity_users (
    id text PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    password_hash text,
    source text NOT NULL,
    organization text,
    disabled_at text,
    created_at text NOT NULL,
    updated_at text NOT NULL,
    last_login_at text
);

-- Addresses whose accounts were deleted: tokens that were issued for them before are refused.
CREATE TABLE identity_deleted_users (
    email text PRIMARY KEY,
    deleted_at text NOT NULL
);

CREATE TABLE identity_roles (
    name text PRIMARY KEY,
    permissions text NOT NULL,
    built_in boolean NOT NULL,
    created_at text NOT NULL,
    updated_at text NOT NULL
);

CREATE TABLE identity_user_roles (
    user_id text NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    role text NOT NULL REFERENCES identity_roles (name) ON DELETE CASCADE,
    PRIMARY KEY (user_id, role)
);
CREATE INDEX idx_identity_user_roles_role ON identity_user_roles (role);

-- Browsers in which somebody is logged in.
CREATE TABLE identity_sessions (
    hash text PRIMARY KEY,
    user_id text NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    address text NOT NULL,
    user_agent text NOT NULL,
    created_at text NOT NULL,
    last_seen_at text NOT NULL,
    expires_at text NOT NULL
);
CREATE INDEX idx_identity_sessions_user_id ON identity_sessions (user_id);
CREATE INDEX idx_identity_sessions_expires_at ON identity_sessions (expires_at);

-- What a person let a program do: all tokens that come from one log-in, revoked together.
CREATE TABLE identity_families (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    client_id text NOT NULL,
    session text,
    scope text NOT NULL,
    user_agent text NOT NULL,
    created_at text NOT NULL,
    last_used_at text NOT NULL,
    expires_at text NOT NULL,
    revoked_at text
);
CREATE INDEX idx_identity_families_user_id ON identity_families (user_id);
CREATE INDEX idx_identity_families_session ON identity_families (session);
CREATE INDEX idx_identity_families_revoked_at ON identity_families (revoked_at);

CREATE TABLE identity_codes (
    hash text PRIMARY KEY,
    client_id text NOT NULL,
    user_id text NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    session text NOT NULL,
    redirect_uri text NOT NULL,
    scope text NOT NULL,
    nonce text,
    code_challenge text,
    authenticated_at text NOT NULL,
    family text NOT NULL,
    expires_at text NOT NULL,
    used_at text
);
CREATE INDEX idx_identity_codes_expires_at ON identity_codes (expires_at);

CREATE TABLE identity_device_codes (
    hash text PRIMARY KEY,
    user_code text NOT NULL UNIQUE,
    client_id text NOT NULL,
    scope text NOT NULL,
    code_challenge text,
    address text NOT NULL,
    seconds_between_polls integer NOT NULL,
    last_polled_at text,
    user_id text REFERENCES identity_users (id) ON DELETE CASCADE,
    authenticated_at text,
    decision text,
    created_at text NOT NULL,
    expires_at text NOT NULL
);
CREATE INDEX idx_identity_device_codes_expires_at ON identity_device_codes (expires_at);

CREATE TABLE identity_refresh_tokens (
    hash text PRIMARY KEY,
    family text NOT NULL REFERENCES identity_families (id) ON DELETE CASCADE,
    created_at text NOT NULL,
    expires_at text NOT NULL,
    used_at text
);
CREATE INDEX idx_identity_refresh_tokens_family ON identity_refresh_tokens (family);
CREATE INDEX idx_identity_refresh_tokens_expires_at ON identity_refresh_tokens (expires_at);

-- Tokens that people make for their scripts.
CREATE TABLE identity_personal_tokens (
    id text PRIMARY KEY,
    hash text NOT NULL UNIQUE,
    user_id text NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    name text NOT NULL,
    permissions text NOT NULL,
    created_at text NOT NULL,
    expires_at text,
    last_used_at text
);
CREATE INDEX idx_identity_personal_tokens_user_id ON identity_personal_tokens (user_id);

-- Addresses that let somebody choose a password.
CREATE TABLE identity_links (
    hash text PRIMARY KEY,
    user_id text REFERENCES identity_users (id) ON DELETE CASCADE,
    purpose text NOT NULL,
    created_at text NOT NULL,
    expires_at text NOT NULL
);
CREATE INDEX idx_identity_links_expires_at ON identity_links (expires_at);

-- How often something was tried that may be somebody's guess.
CREATE TABLE identity_attempts (
    key text PRIMARY KEY,
    count integer NOT NULL,
    window_ends_at text NOT NULL
);
CREATE INDEX idx_identity_attempts_window_ends_at ON identity_attempts (window_ends_at);
