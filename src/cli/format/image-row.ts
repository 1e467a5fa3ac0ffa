import type { ImageSummary } from "../../client/wire.ts";
import type { Row, RowFormat } from "./print-rows.ts";
import { formatAge, formatMoment, formatSize, shortId } from "./units.ts";

const HEADINGS = {
  ID: "IMAGE ID",
  Repository: "REPOSITORY",
  Tag: "TAG",
  Digest: "DIGEST",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  Size: "SIZE",
  Containers: "CONTAINERS",
  SharedSize: "SHARED SIZE",
  UniqueSize: "UNIQUE SIZE",
} as const;

/** How `images` shows images. */
export function imageFormat(options: { readonly digests: boolean }): RowFormat {
  const digest = options.digests ? ["Digest"] : [];
  return {
    headings: HEADINGS,
    columns: ["Repository", "Tag", ...digest, "ID", "CreatedSince", "Size"],
  };
}

const NONE = "<none>";

/** An image's rows: one for each of its names, or for each name and digest. */
export function toImageRows(
  image: ImageSummary,
  { truncate, digests }: { truncate: boolean; digests: boolean },
): readonly Row[] {
  const shared = image.SharedSize ?? -1;
  const common = {
    ID: truncate ? shortId(image.Id) : image.Id,
    CreatedSince: formatAge(image.Created) || "N/A",
    CreatedAt: formatMoment(image.Created),
    Size: formatSize(image.Size, 3),
    Containers: (image.Containers ?? -1) < 0 ? "N/A" : String(image.Containers),
    SharedSize: shared < 0 ? "N/A" : formatSize(shared),
    UniqueSize: shared < 0 ? "N/A" : formatSize(image.Size - shared),
  };
  return listNames(image, digests).map((name) => ({ ...name, ...common }));
}

interface ImageName {
  readonly Repository: string;
  readonly Tag: string;
  readonly Digest: string;
}

function listNames(
  { RepoTags, RepoDigests }: ImageSummary,
  digests: boolean,
): readonly ImageName[] {
  const tags = (RepoTags ?? []).filter((name) => name !== "<none>:<none>").map(splitTag);
  const byDigest = (RepoDigests ?? []).filter((name) => name !== "<none>@<none>").map(splitDigest);
  if (tags.length === 0 && byDigest.length === 0) {
    return [{ Repository: NONE, Tag: NONE, Digest: NONE }];
  }
  const named = tags.flatMap((tag) => {
    const own = byDigest.filter(({ Repository }) => Repository === tag.Repository);
    return digests && own.length > 0 ? own.map(({ Digest }) => ({ ...tag, Digest })) : [tag];
  });
  const known = tags.map(({ Repository }) => Repository);
  const others = byDigest.filter(({ Repository }) => !known.includes(Repository));
  const bare = digests ? others : others.map((name) => ({ ...name, Digest: NONE }));
  return [...named, ...bare];
}

function splitTag(name: string): ImageName {
  const at = name.lastIndexOf(":");
  return { Repository: name.slice(0, at), Tag: name.slice(at + 1), Digest: NONE };
}

function splitDigest(name: string): ImageName {
  const at = name.indexOf("@");
  return { Repository: name.slice(0, at), Tag: NONE, Digest: name.slice(at + 1) };
}
