-- The last change of each submission, so that whoever waits can go on where they left off. Numbers
-- are given out within a shard, under the lock of its row, which is held until the commit: there a
-- change that can be seen has no predecessor that can't be seen yet. With one shard all commits
-- would wait for each other. A submission without a status was deleted.
CREATE TABLE submission_change_counters (
    shard integer PRIMARY KEY,
    number bigint NOT NULL
);
INSERT INTO submission_change_counters (shard, number)
VALUES (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0);

CREATE TABLE submission_changes (
    job_submission_id integer PRIMARY KEY,
    shard integer NOT NULL,
    number bigint NOT NULL,
    client_id varchar NOT NULL,
    owner_email varchar NOT NULL,
    status varchar
);
CREATE INDEX ix_submission_changes_number ON submission_changes (shard, number);
CREATE INDEX ix_submission_changes_deleted ON submission_changes (shard, number)
WHERE status IS NULL;
