import { NETWORKS_MIGRATION } from "./network-migration.ts";
import { SNAPSHOT_STORAGE_MIGRATION } from "./snapshot-migration.ts";
import { VOLUME_OPTIONS_MIGRATION } from "./volume-migration.ts";

/**
 * The database's schema, as steps from an empty file to now. A step that was released is never
 * changed: a new one is added at the end, and its place in the list (from 1) is the version.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE containers (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    image_id   TEXT NOT NULL,
    created_at TEXT NOT NULL,
    status     TEXT NOT NULL,
    document   TEXT NOT NULL
  ) STRICT;
  CREATE INDEX containers_image ON containers (image_id);

  -- "key" names the layer's directory: short, because an overlay's list of lowers has a limit, and
  -- never used again, so that a directory that was left behind cannot pass for a newer layer.
  CREATE TABLE layers (
    key       INTEGER PRIMARY KEY AUTOINCREMENT,
    chain_id  TEXT NOT NULL UNIQUE,
    diff_id   TEXT NOT NULL,
    parent    TEXT REFERENCES layers (chain_id),
    size      INTEGER NOT NULL,
    max_uid   INTEGER NOT NULL,
    max_gid   INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX layers_parent ON layers (parent);

  CREATE TABLE images (
    id             TEXT PRIMARY KEY,
    config         BLOB NOT NULL,
    created_at     TEXT NOT NULL,
    last_tagged_at TEXT NOT NULL
  ) STRICT;

  CREATE TABLE image_layers (
    image_id    TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    chain_id    TEXT NOT NULL REFERENCES layers (chain_id),
    blob_digest TEXT NOT NULL,
    blob_size   INTEGER NOT NULL,
    media_type  TEXT NOT NULL,
    PRIMARY KEY (image_id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_layers_chain ON image_layers (chain_id);
  CREATE INDEX image_layers_blob ON image_layers (blob_digest);

  -- "name" is a reference in full: repository and either a tag or a digest.
  CREATE TABLE image_references (
    name     TEXT PRIMARY KEY,
    image_id TEXT NOT NULL REFERENCES images (id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_references_image ON image_references (image_id);

  CREATE TABLE snapshots (
    id            TEXT PRIMARY KEY,
    chain_id      TEXT REFERENCES layers (chain_id),
    owner_host_id INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX snapshots_chain ON snapshots (chain_id);

  CREATE TABLE volumes (
    name       TEXT PRIMARY KEY,
    labels     TEXT NOT NULL,
    created_at TEXT NOT NULL,
    anonymous  INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE id_ranges (
    container_id TEXT PRIMARY KEY,
    first        INTEGER NOT NULL UNIQUE,
    count        INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE addresses (
    network      TEXT NOT NULL,
    address      TEXT NOT NULL,
    container_id TEXT NOT NULL,
    PRIMARY KEY (network, address)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX addresses_container ON addresses (container_id);
  `,
  `
  -- Of the archive that the layer's recipe makes again; NULL: it has no recipe.
  ALTER TABLE layers ADD COLUMN tar_size INTEGER;
  CREATE INDEX layers_diff ON layers (diff_id);

  -- Archives that were seen to unpack to a layer. Whether one is kept, its file in "blobs" says.
  CREATE TABLE layer_blobs (
    digest      TEXT PRIMARY KEY,
    diff_id     TEXT NOT NULL,
    size        INTEGER NOT NULL,
    compression TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX layer_blobs_diff ON layer_blobs (diff_id);
  INSERT OR IGNORE INTO layer_blobs
    SELECT blob_digest, diff_id, blob_size,
           CASE WHEN media_type LIKE '%gzip' THEN 'gzip'
                WHEN media_type LIKE '%zstd' THEN 'zstd' ELSE 'none' END
      FROM image_layers JOIN layers USING (chain_id);
  DROP INDEX image_layers_blob;
  ALTER TABLE image_layers DROP COLUMN blob_digest;
  ALTER TABLE image_layers DROP COLUMN blob_size;
  ALTER TABLE image_layers DROP COLUMN media_type;

  -- Manifests and indexes, byte for byte, that an image was described by where it came from or went to.
  CREATE TABLE manifests (
    digest     TEXT PRIMARY KEY,
    media_type TEXT NOT NULL,
    content    BLOB NOT NULL
  ) STRICT;
  CREATE TABLE image_manifests (
    image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    digest   TEXT NOT NULL REFERENCES manifests (digest),
    PRIMARY KEY (image_id, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_manifests_digest ON image_manifests (digest);

  -- The manifest or index that the name stands for at its registry; NULL: it was never there.
  ALTER TABLE image_references ADD COLUMN target TEXT;
  `,
  SNAPSHOT_STORAGE_MIGRATION,
  NETWORKS_MIGRATION,
  VOLUME_OPTIONS_MIGRATION,
];
