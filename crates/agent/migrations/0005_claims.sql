-- The server's number for this agent's claim of the submission; null with a server that has none.
ALTER TABLE submissions ADD COLUMN claim INTEGER;
