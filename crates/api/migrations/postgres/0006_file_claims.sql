-- Whose turn it is to write or remove the content of a file. Storages take long and know no
-- transactions: rows here stand for locks that outlast a transaction, until they expire.
CREATE TABLE file_claims (
    storage_key varchar PRIMARY KEY,
    claimant varchar NOT NULL,
    expires_at timestamptz NOT NULL
);
