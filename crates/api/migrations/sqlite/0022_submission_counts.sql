-- How many submissions there are, without reading them.
-- locks: job_submissions writes, 4 s per million rows
CREATE TABLE submission_counts (
    owner_email text NOT NULL,
    client_id text NOT NULL,
    status text NOT NULL,
    is_archived boolean NOT NULL,
    number integer NOT NULL,
    PRIMARY KEY (owner_email, client_id, status, is_archived)
) WITHOUT ROWID;

INSERT INTO submission_counts (owner_email, client_id, status, is_archived, number)
SELECT owner_email, client_id, status, is_archived, count(*) FROM job_submissions
GROUP BY owner_email, client_id, status, is_archived;

CREATE TRIGGER count_new_submission AFTER INSERT ON job_submissions
BEGIN
    INSERT INTO submission_counts (owner_email, client_id, status, is_archived, number)
    VALUES (new.owner_email, new.client_id, new.status, new.is_archived, 1)
    ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER count_deleted_submission AFTER DELETE ON job_submissions
BEGIN
    UPDATE submission_counts SET number = number - 1
    WHERE owner_email = old.owner_email AND client_id = old.client_id AND status = old.status
        AND is_archived = old.is_archived;
END;
CREATE TRIGGER count_changed_submission AFTER UPDATE OF owner_email, client_id, status, is_archived ON job_submissions
WHEN (old.owner_email, old.client_id, old.status, old.is_archived)
    <> (new.owner_email, new.client_id, new.status, new.is_archived)
BEGIN
    UPDATE submission_counts SET number = number - 1
    WHERE owner_email = old.owner_email AND client_id = old.client_id AND status = old.status
        AND is_archived = old.is_archived;
    INSERT INTO submission_counts (owner_email, client_id, status, is_archived, number)
    VALUES (new.owner_email, new.client_id, new.status, new.is_archived, 1)
    ON CONFLICT DO UPDATE SET number = number + 1;
END;
