import { EngineError } from "../../base/errors.ts";

/** What a tag can be made of. */
export interface TagFields {
  readonly containerId: string;
  readonly containerName: string;
  readonly imageId: string;
  readonly imageName: string;
  readonly command: string;
}

/** Docker's names. */
const FIELDS: Readonly<Record<string, (fields: TagFields) => string>> = {
  ID: ({ containerId }) => containerId.slice(0, 12),
  FullID: ({ containerId }) => containerId,
  ContainerID: ({ containerId }) => containerId,
  Name: ({ containerName }) => containerName,
  ContainerName: ({ containerName }) => `/${containerName}`,
  ImageID: ({ imageId }) => imageId.slice(0, 12),
  ImageFullID: ({ imageId }) => imageId,
  ContainerImageID: ({ imageId }) => imageId,
  ImageName: ({ imageName }) => imageName,
  ContainerImageName: ({ imageName }) => imageName,
  Command: ({ command }) => command,
  DaemonName: () => "docker",
};

/** Fills a tag such as `{{.ImageName}}/{{.Name}}`; of Go's templates these are the part that there is. */
export function expandTag(template: string, fields: TagFields): string {
  return template.replace(/\{\{\s*(.*?)\s*\}\}/g, (_, text: string) => {
    const name = text.startsWith(".") ? text.slice(1) : "";
    const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (field !== undefined) return field(fields);
    const known = Object.keys(FIELDS).map((each) => `.${each}`);
    const message = `invalid log tag: "{{${text}}}" is none of ${known.join(", ")}`;
    throw new EngineError("invalid", message);
  });
}
