import { digestOf } from "../../src/oci/digest.ts";
import type { BadReply, BadRequest, Script } from "./bad-registry.ts";
import type { MadeImage } from "./made-image.ts";

/** Answers well for these images by their tags, in whichever repository: what a bad registry does else. */
export function serveImages(byTag: Readonly<Record<string, MadeImage>>) {
  const manifests = new Map<string, MadeImage>(Object.entries(byTag));
  const blobs = new Map<string, Uint8Array>();
  const add = (image: MadeImage) => {
    manifests.set(image.digest, image);
    for (const blob of image.blobs) blobs.set(digestOf(blob), blob);
    for (const member of image.members) add(member);
  };
  for (const image of Object.values(byTag)) add(image);
  return (request: BadRequest, reply: BadReply): void => {
    const name = request.path.split("/").pop() ?? "";
    const image = request.path.includes("/manifests/") ? manifests.get(name) : undefined;
    const body =
      image?.manifest ?? (request.path.includes("/blobs/") ? blobs.get(name) : undefined);
    if (body !== undefined) sendBlob(request, reply, { body, mediaType: image?.mediaType });
    else
      reply.sendJson(404, { errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] });
  };
}

function sendBlob(
  request: BadRequest,
  reply: BadReply,
  {
    body,
    mediaType = "application/octet-stream",
  }: { body: Uint8Array; mediaType?: string | undefined },
): void {
  const first = firstByteOf(request);
  const range =
    first === 0 ? {} : { "content-range": `bytes ${first}-${body.length - 1}/${body.length}` };
  const headers = {
    "content-length": body.length - first,
    "docker-content-digest": digestOf(body),
    "content-type": mediaType,
    ...range,
  };
  reply.send(
    first === 0 ? 200 : 206,
    headers,
    request.method === "HEAD" ? "" : body.subarray(first),
  );
}

/** As serveImages(), but for the requests that `odd` says it has answered. */
export function serveOddly(
  byTag: Readonly<Record<string, MadeImage>>,
  odd: (request: BadRequest, reply: BadReply) => boolean | Promise<boolean>,
): Script {
  const serve = serveImages(byTag);
  return async (request, reply) => {
    if (!(await odd(request, reply))) serve(request, reply);
  };
}

/** Where a range that was asked for begins. */
export function firstByteOf({ headers }: BadRequest): number {
  return Number(/^bytes=(\d+)-/.exec(headers.get("range") ?? "")?.[1] ?? 0);
}
