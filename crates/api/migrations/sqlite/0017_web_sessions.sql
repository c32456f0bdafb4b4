-- Browsers in which somebody is signed in to the pages with an external provider. The tokens are
-- encrypted with a key that is made of the browser's cookie, of which only the SHA-256 is kept:
-- whoever has this table alone can't read them.
CREATE TABLE web_sessions (
    hash text PRIMARY KEY,
    subject text NOT NULL,
    name text NOT NULL,
    tokens text NOT NULL,
    -- Counts how often they were refreshed.
    version integer NOT NULL,
    access_ends_at text NOT NULL,
    -- From when on they are to be refreshed; never without a refresh token.
    refresh_at text,
    -- Until when some server is at it.
    refreshing_until text,
    created_at text NOT NULL,
    last_seen_at text NOT NULL,
    expires_at text NOT NULL
);
CREATE INDEX ix_web_sessions_expires_at ON web_sessions (expires_at);

-- Sign-ins that came back from the provider, by the SHA-256 of their state: none counts twice.
CREATE TABLE web_sign_ins (
    hash text PRIMARY KEY,
    expires_at text NOT NULL
);
CREATE INDEX ix_web_sign_ins_expires_at ON web_sign_ins (expires_at);
