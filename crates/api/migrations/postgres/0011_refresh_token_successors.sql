-- Which refresh token another one was given for: one whose successor was used is no longer shown again
-- by commands that run at once.
ALTER TABLE identity_refresh_tokens ADD COLUMN predecessor varchar;
