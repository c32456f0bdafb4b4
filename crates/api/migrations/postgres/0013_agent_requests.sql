-- What people ask agents for and wait for, such as the output of their jobs, and the answers until
-- they are delivered. Nothing of it outlasts a minute or a crash, so that it is in no log and no
-- replica of the database.
CREATE UNLOGGED TABLE agent_requests (
    id varchar PRIMARY KEY,
    client_id varchar NOT NULL,
    request jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    taken_at timestamptz,
    answer jsonb,
    content bytea
);
