-- People whose password an LDAP directory keeps: where they are in it, when it was asked last whether
-- it lets them in, and since when it does not.
ALTER TABLE identity_users ADD COLUMN directory_dn text;
ALTER TABLE identity_users ADD COLUMN checked_at text;
ALTER TABLE identity_users ADD COLUMN left_at text;
CREATE UNIQUE INDEX idx_identity_users_directory_dn ON identity_users (directory_dn);

-- What they may do by their groups there, beside what administrators gave them here.
CREATE TABLE identity_directory_roles (
    user_id text NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    role text NOT NULL REFERENCES identity_roles (name) ON DELETE CASCADE,
    PRIMARY KEY (user_id, role)
);
CREATE INDEX idx_identity_directory_roles_role ON identity_directory_roles (role);
