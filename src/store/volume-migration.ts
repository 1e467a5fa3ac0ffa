/** What volumes are mounted from, and what else of the store containers have mounted. */
export const VOLUME_OPTIONS_MIGRATION = `
  ALTER TABLE volumes ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
  -- Of its files; NULL: its size is not limited.
  ALTER TABLE volumes ADD COLUMN project_id INTEGER;

  CREATE TABLE mounted_images (
    container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    image_id     TEXT NOT NULL REFERENCES images (id),
    PRIMARY KEY (image_id, container_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX mounted_images_container ON mounted_images (container_id);
  `;
