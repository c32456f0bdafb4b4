-- What the built-in identity provider keeps.
CREATE TABLE identity_keys (
    id text PRIMARY KEY,
    private_key_pem text NOT NULL,
    created_at text NOT NULL
);

CREATE TABLE identity_clients (
    client_id text PRIMARY KEY,
    secret_hash text NOT NULL,
    permissions text NOT NULL,
    created_at text NOT NULL,
    updated_at text NOT NULL
);
