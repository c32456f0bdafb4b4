-- What people ask agents for and wait for, such as the output of their jobs, and the answers until
-- they are delivered. Nothing of it outlasts a minute.
CREATE TABLE agent_requests (
    id text PRIMARY KEY,
    client_id text NOT NULL,
    request text NOT NULL,
    created_at text NOT NULL,
    expires_at text NOT NULL,
    taken_at text,
    answer text,
    content blob
);
