-- Requests that carry a key, so that one that is sent again is not done again: what they were answered,
-- for a day. Without a status the request is under way, until then by whoever claimed it.
CREATE TABLE idempotency_keys (
    caller varchar NOT NULL,
    route varchar NOT NULL,
    idempotency_key varchar NOT NULL,
    fingerprint varchar NOT NULL,
    claim varchar NOT NULL,
    claimed_until timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    status integer,
    answer text,
    PRIMARY KEY (caller, route, idempotency_key)
);

CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);
