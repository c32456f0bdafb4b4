-- What is to be told to others by a channel, until it has been.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel varchar NOT NULL,
    job_submission_id integer NOT NULL,
    content jsonb NOT NULL,
    failures integer NOT NULL,
    due_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX ix_outbox_due_at ON outbox (channel, due_at);
CREATE INDEX ix_outbox_order ON outbox (job_submission_id, channel, id);
