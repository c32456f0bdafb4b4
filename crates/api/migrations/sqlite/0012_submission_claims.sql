-- Which agent of a cluster has claimed a submission. The number of the claim is there as long as
-- somebody has it; who had it last is known for ever. Columns that a Python server on the same
-- database does not know must do without a value.
ALTER TABLE job_submissions ADD COLUMN claim integer;
ALTER TABLE job_submissions ADD COLUMN claimant text;
ALTER TABLE job_submissions ADD COLUMN inherited boolean;
-- When it was last offered to an agent that claims nothing.
ALTER TABLE job_submissions ADD COLUMN offered_at text;

-- Numbers of claims. Whoever changes claims of a cluster locks its row until the commit.
CREATE TABLE cluster_claims (
    client_id text PRIMARY KEY,
    last_claim integer NOT NULL
);

-- Until when what an agent has claimed is nobody else's.
CREATE TABLE cluster_leases (
    client_id text NOT NULL,
    instance text NOT NULL,
    ends_at text NOT NULL,
    PRIMARY KEY (client_id, instance)
);
