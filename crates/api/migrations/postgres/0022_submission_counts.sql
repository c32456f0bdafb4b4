-- How many submissions there are, without reading them. What a change adds and takes away is a row of its own, so
-- that nobody waits for somebody else's commit; whoever changes a submission of a round number adds up what has been
-- committed until then, one at a time.
-- locks: job_submissions writes, 1 s per million rows
CREATE TABLE counted_submissions (
    owner_email varchar NOT NULL,
    client_id varchar NOT NULL,
    status varchar NOT NULL,
    is_archived boolean NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (owner_email, client_id, status, is_archived)
) WITH (fillfactor = 50);
CREATE TABLE submission_count_changes (
    owner_email varchar NOT NULL,
    client_id varchar NOT NULL,
    status varchar NOT NULL,
    is_archived boolean NOT NULL,
    number bigint NOT NULL
);
-- It stays short only if what is gone from it is cleared away.
ALTER TABLE submission_count_changes SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE VIEW submission_counts AS
SELECT owner_email, client_id, status, is_archived, number FROM counted_submissions
UNION ALL
SELECT owner_email, client_id, status, is_archived, number FROM submission_count_changes;

-- The functions have the rights and the schema of who makes them, whoever writes; nobody's temporary tables come before.
SELECT set_config('search_path', current_setting('search_path') || ', pg_temp', true);

-- Once in a transaction: what is gone stays there to be read until its end.
CREATE FUNCTION add_up_submission_counts() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF current_setting('jobbergate.added_up', true) = 'yes' OR NOT pg_try_advisory_xact_lock(7669456869646495348) THEN
        RETURN;
    END IF;
    PERFORM set_config('jobbergate.added_up', 'yes', true);
    WITH added AS (
        DELETE FROM submission_count_changes RETURNING owner_email, client_id, status, is_archived, number
    )
    INSERT INTO counted_submissions AS counted (owner_email, client_id, status, is_archived, number)
    SELECT owner_email, client_id, status, is_archived, sum(number) FROM added
    GROUP BY owner_email, client_id, status, is_archived
    HAVING sum(number) <> 0
    ON CONFLICT (owner_email, client_id, status, is_archived)
    DO UPDATE SET number = counted.number + excluded.number;
END
$$;

CREATE FUNCTION count_submissions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO submission_count_changes (owner_email, client_id, status, is_archived, number)
    SELECT owner_email, client_id, status, is_archived, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END
    FROM made_or_deleted
    GROUP BY owner_email, client_id, status, is_archived;
    IF EXISTS (SELECT FROM made_or_deleted WHERE id % 100 = 0) THEN
        PERFORM add_up_submission_counts();
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION count_changed_submission() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO submission_count_changes (owner_email, client_id, status, is_archived, number)
    VALUES (OLD.owner_email, OLD.client_id, OLD.status, OLD.is_archived, -1),
        (NEW.owner_email, NEW.client_id, NEW.status, NEW.is_archived, 1);
    IF NEW.id % 100 = 0 THEN
        PERFORM add_up_submission_counts();
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION forget_submission_counts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
    TRUNCATE counted_submissions, submission_count_changes;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION add_up_submission_counts(), count_submissions(), count_changed_submission(),
    forget_submission_counts() FROM PUBLIC;

-- Many that are made or deleted at once are one change for each that differs. Of those that are changed most change
-- nothing that is counted, which is told row by row.
CREATE TRIGGER count_new_submissions AFTER INSERT ON job_submissions
REFERENCING NEW TABLE AS made_or_deleted FOR EACH STATEMENT EXECUTE FUNCTION count_submissions();
CREATE TRIGGER count_deleted_submissions AFTER DELETE ON job_submissions
REFERENCING OLD TABLE AS made_or_deleted FOR EACH STATEMENT EXECUTE FUNCTION count_submissions();
CREATE TRIGGER count_changed_submission AFTER UPDATE OF owner_email, client_id, status, is_archived ON job_submissions
FOR EACH ROW WHEN (
    (OLD.owner_email, OLD.client_id, OLD.status, OLD.is_archived)
    IS DISTINCT FROM (NEW.owner_email, NEW.client_id, NEW.status, NEW.is_archived)
) EXECUTE FUNCTION count_changed_submission();
CREATE TRIGGER forget_submission_counts AFTER TRUNCATE ON job_submissions
FOR EACH STATEMENT EXECUTE FUNCTION forget_submission_counts();

-- Nobody writes since the triggers are there, until the end of this.
INSERT INTO counted_submissions (owner_email, client_id, status, is_archived, number)
SELECT owner_email, client_id, status, is_archived, count(*) FROM job_submissions
GROUP BY owner_email, client_id, status, is_archived;
