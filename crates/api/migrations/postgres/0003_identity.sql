-- What the built-in identity provider keeps.
CREATE TABLE identity_keys (
    id varchar PRIMARY KEY,
    private_key_pem varchar NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE identity_clients (
    client_id varchar PRIMARY KEY,
    secret_hash varchar NOT NULL,
    permissions jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
