-- Which agent of a cluster has claimed a submission. The number of the claim is there as long as
-- somebody has it; who had it last is known for ever. Columns that a Python server on the same
-- database does not know must do without a value.
ALTER TABLE job_submissions ADD COLUMN claim bigint;
ALTER TABLE job_submissions ADD COLUMN claimant varchar;
ALTER TABLE job_submissions ADD COLUMN inherited boolean;
-- When it was last offered to an agent that claims nothing.
ALTER TABLE job_submissions ADD COLUMN offered_at timestamptz;

-- Numbers of claims. Whoever changes claims of a cluster locks its row until the commit.
CREATE TABLE cluster_claims (
    client_id varchar PRIMARY KEY,
    last_claim bigint NOT NULL
);

-- Until when what an agent has claimed is nobody else's.
CREATE TABLE cluster_leases (
    client_id varchar NOT NULL,
    instance varchar NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, instance)
);
