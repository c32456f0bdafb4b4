-- The organization that a client of the built-in provider acts for.
ALTER TABLE identity_clients ADD COLUMN organization text;

-- How others reach the server: what `jobbergate admin` writes into tokens as their issuer.
CREATE TABLE identity_address (
    id integer PRIMARY KEY CHECK (id = 1),
    base_url text NOT NULL,
    updated_at text NOT NULL
);

-- The organizations that were served, for work that no request asks for. Of use in the default
-- database only.
CREATE TABLE organizations (
    id text PRIMARY KEY,
    created_at text NOT NULL
);
