-- Changes of how many submissions there are, added up some at a time, so that nobody's request comes to its end whatever
-- was left. Counters that came to 0 are removed.
-- locks: nothing
SELECT set_config('search_path', current_setting('search_path') || ', pg_temp', true);

-- How many changes it added up; nothing if another transaction is at it. Only who holds the lock removes changes or
-- counters, and each of the two sees what the one before committed. A change is found by its place, without an index.
CREATE FUNCTION add_up_submission_counts(at_most bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
    added_up bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7669456869646495348) THEN
        RETURN NULL;
    END IF;
    WITH added AS (
        DELETE FROM submission_count_changes
        WHERE ctid = ANY (ARRAY(SELECT ctid FROM submission_count_changes LIMIT at_most))
        RETURNING owner_email, client_id, status, is_archived, number
    ), sums AS (
        SELECT owner_email, client_id, status, is_archived, sum(number) AS number FROM added
        GROUP BY owner_email, client_id, status, is_archived
        HAVING sum(number) <> 0
    ), removed AS (
        DELETE FROM counted_submissions AS counted USING sums
        WHERE (counted.owner_email, counted.client_id, counted.status, counted.is_archived)
            = (sums.owner_email, sums.client_id, sums.status, sums.is_archived)
            AND counted.number + sums.number = 0
        RETURNING counted.owner_email, counted.client_id, counted.status, counted.is_archived
    ), kept AS (
        INSERT INTO counted_submissions AS counted (owner_email, client_id, status, is_archived, number)
        SELECT owner_email, client_id, status, is_archived, number FROM sums
        WHERE (owner_email, client_id, status, is_archived)
            NOT IN (SELECT owner_email, client_id, status, is_archived FROM removed)
        ON CONFLICT (owner_email, client_id, status, is_archived)
        DO UPDATE SET number = counted.number + excluded.number
    )
    SELECT count(*) INTO added_up FROM added;
    RETURN added_up;
END
$$;

-- Once in a transaction: what is gone stays there to be read until its end. A connection remembers whether it left
-- some: then whatever it changes next adds up again.
CREATE OR REPLACE FUNCTION add_up_submission_counts() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
    at_most CONSTANT bigint := 10000;
    added_up bigint;
BEGIN
    IF current_setting('jobbergate.added_up', true) = 'yes' THEN
        RETURN;
    END IF;
    added_up := add_up_submission_counts(at_most);
    IF added_up IS NOT NULL THEN
        PERFORM set_config('jobbergate.added_up', 'yes', true),
            set_config('jobbergate.left_some', CASE WHEN added_up = at_most THEN 'yes' ELSE 'no' END, false);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION count_submissions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO submission_count_changes (owner_email, client_id, status, is_archived, number)
    SELECT owner_email, client_id, status, is_archived, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END
    FROM made_or_deleted
    GROUP BY owner_email, client_id, status, is_archived;
    IF current_setting('jobbergate.left_some', true) = 'yes'
        OR EXISTS (SELECT FROM made_or_deleted WHERE id % 100 = 0) THEN
        PERFORM add_up_submission_counts();
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION count_changed_submission() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO submission_count_changes (owner_email, client_id, status, is_archived, number)
    VALUES (OLD.owner_email, OLD.client_id, OLD.status, OLD.is_archived, -1),
        (NEW.owner_email, NEW.client_id, NEW.status, NEW.is_archived, 1);
    IF NEW.id % 100 = 0 OR current_setting('jobbergate.left_some', true) = 'yes' THEN
        PERFORM add_up_submission_counts();
    END IF;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION add_up_submission_counts(bigint) FROM PUBLIC;

-- Neither waits for a transaction that counts nor keeps what that counts up.
DELETE FROM counted_submissions
WHERE ctid = ANY (ARRAY(SELECT ctid FROM counted_submissions WHERE number = 0 FOR UPDATE SKIP LOCKED));
