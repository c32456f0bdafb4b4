-- Counters of submissions that came to 0 are removed, as lists add up all that there are.
-- locks: job_submissions writes, at once
DROP TRIGGER count_deleted_submission;
DROP TRIGGER count_changed_submission;

CREATE TRIGGER count_deleted_submission AFTER DELETE ON job_submissions
BEGIN
    UPDATE submission_counts SET number = number - 1
    WHERE owner_email = old.owner_email AND client_id = old.client_id AND status = old.status
        AND is_archived = old.is_archived;
    DELETE FROM submission_counts
    WHERE owner_email = old.owner_email AND client_id = old.client_id AND status = old.status
        AND is_archived = old.is_archived AND number = 0;
END;
CREATE TRIGGER count_changed_submission AFTER UPDATE OF owner_email, client_id, status, is_archived ON job_submissions
WHEN (old.owner_email, old.client_id, old.status, old.is_archived)
    <> (new.owner_email, new.client_id, new.status, new.is_archived)
BEGIN
    UPDATE submission_counts SET number = number - 1
    WHERE owner_email = old.owner_email AND client_id = old.client_id AND status = old.status
        AND is_archived = old.is_archived;
    DELETE FROM submission_counts
    WHERE owner_email = old.owner_email AND client_id = old.client_id AND status = old.status
        AND is_archived = old.is_archived AND number = 0;
    INSERT INTO submission_counts (owner_email, client_id, status, is_archived, number)
    VALUES (new.owner_email, new.client_id, new.status, new.is_archived, 1)
    ON CONFLICT DO UPDATE SET number = number + 1;
END;

DELETE FROM submission_counts WHERE number = 0;
