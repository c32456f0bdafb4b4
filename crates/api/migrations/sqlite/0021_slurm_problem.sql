-- Why the cluster's Slurm does not answer its agent; null while it does, or if the agent does not say.
ALTER TABLE cluster_statuses ADD COLUMN slurm_problem text;
