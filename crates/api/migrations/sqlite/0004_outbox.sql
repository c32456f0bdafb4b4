-- What is to be told to others by a channel, until it has been.
CREATE TABLE outbox (
    id integer PRIMARY KEY AUTOINCREMENT,
    channel text NOT NULL,
    job_submission_id integer NOT NULL,
    content text NOT NULL,
    failures integer NOT NULL,
    due_at text NOT NULL,
    created_at text NOT NULL
);
CREATE INDEX ix_outbox_due_at ON outbox (channel, due_at);
CREATE INDEX ix_outbox_order ON outbox (job_submission_id, channel, id);
