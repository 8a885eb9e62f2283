-- A token vault of Sealine. Run it once, as the owner of the database:
--   sealine vault sql | psql -v ON_ERROR_STOP=1 …
-- It lets one role use the vault, and neither change nor drop its tables.
BEGIN;

CREATE SCHEMA sealine_vault;
REVOKE ALL ON SCHEMA sealine_vault FROM PUBLIC;

-- Which vault this is: a project remembers the id, and refuses another.
CREATE TABLE sealine_vault.vault (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    version integer NOT NULL,
    id bytea NOT NULL CHECK (octet_length(id) = 16)
);
INSERT INTO sealine_vault.vault (version, id) VALUES (2, uuid_send(gen_random_uuid()));

-- Batches of tokens that were ever kept: an older copy of the database has fewer.
CREATE SEQUENCE sealine_vault.batches MINVALUE 0 START 0;

CREATE TABLE sealine_vault.space (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    domain text NOT NULL,
    UNIQUE (key, domain)
);

-- Times are Unix seconds. Subjects are HMACs and values ciphertexts, under keys that are not here.
CREATE TABLE sealine_vault.token (
    space bigint NOT NULL REFERENCES sealine_vault.space (id),
    token bytea NOT NULL CHECK (octet_length(token) = 16),
    subject bytea CHECK (octet_length(subject) = 32),
    sealed bytea NOT NULL,
    created bigint NOT NULL,
    expires bigint,
    PRIMARY KEY (space, token)
);
ALTER TABLE sealine_vault.token ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX token_of_subject ON sealine_vault.token (space, subject) WHERE subject IS NOT NULL;
CREATE INDEX token_by_end ON sealine_vault.token (expires) WHERE expires IS NOT NULL;

GRANT USAGE ON SCHEMA sealine_vault TO {role};
GRANT SELECT ON sealine_vault.vault TO {role};
GRANT USAGE, SELECT ON SEQUENCE sealine_vault.batches TO {role};
GRANT SELECT, INSERT ON sealine_vault.space TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON sealine_vault.token TO {role};

COMMIT;
