/**
 * The step of the schema that tells how each root file system was made, and what limits it. Those from
 * before are overlays. No two have one project; null: there is no limit.
 */
export const SNAPSHOT_STORAGE_MIGRATION = `
  ALTER TABLE snapshots ADD COLUMN driver TEXT NOT NULL DEFAULT 'overlay';
  ALTER TABLE snapshots ADD COLUMN project_id INTEGER;
  CREATE UNIQUE INDEX snapshots_project ON snapshots (project_id);
`;
