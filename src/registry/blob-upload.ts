import { EngineError } from "../base/errors.ts";
import type { Digest } from "../oci/digest.ts";
import type { BlobSource, UploadProgress } from "./blob-source.ts";
import type { Connection } from "./connection.ts";
import { type RetryPolicy, TransientError, waitBefore } from "./retry.ts";
import { UploadSession } from "./upload-session.ts";

/** A transfer that brought this much is no failure that counts, however it ended. */
const PROGRESS_BYTES = 1_048_576;

/** Brings a blob to a registry. A transfer that breaks is taken up where the registry has it. */
export async function uploadBlob(
  connection: Connection,
  path: string,
  { source, onProgress }: { readonly source: BlobSource; readonly onProgress: UploadProgress },
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  let session: UploadSession | undefined;
  for (let failures = 0; ; ) {
    const start = session?.confirmedBytes ?? 0;
    try {
      session ??= await UploadSession.open(connection, path);
      return await session.send(source, onProgress);
    } catch (error) {
      failures += 1;
      session = await recover(error, { session, failures, policy: connection.policy });
      if ((session?.confirmedBytes ?? 0) - start >= PROGRESS_BYTES) failures = 0;
    }
  }
}

/** The session to go on with, or undefined for a new one; throws where another try would not help. */
async function recover(
  error: unknown,
  { session, failures, policy }: FailedUpload,
): Promise<UploadSession | undefined> {
  const isTransient = error instanceof TransientError;
  if (isTransient && failures < policy.maxAttempts) {
    await waitBefore(policy, failures, error);
    return session?.findItsState();
  }
  await session?.cancel();
  throw isTransient ? error.error : error;
}

interface FailedUpload {
  readonly session: UploadSession | undefined;
  readonly failures: number;
  readonly policy: RetryPolicy;
}

/** Lets a registry take a blob from another of its repositories. Whether it did. */
export async function mountBlob(
  connection: Connection,
  path: string,
  { digest, fromPath }: { readonly digest: Digest; readonly fromPath: string },
): Promise<boolean> {
  try {
    const answer = await connection.request({
      method: "POST",
      target: `/v2/${path}/blobs/uploads/?${new URLSearchParams({ mount: digest, from: fromPath })}`,
      scopes: [`repository:${fromPath}:pull`],
      accept: [404, 405],
    });
    await answer.discard();
    if (answer.status === 201) return true;
    // It has opened an upload instead, which nobody is going to use.
    if (answer.status === 202) await (await UploadSession.from(connection, path, answer)).cancel();
    return false;
  } catch (error) {
    // Who may not read the other repository can still upload.
    if (error instanceof EngineError && MOUNT_REFUSALS.has(error.kind)) return false;
    throw error;
  }
}

const MOUNT_REFUSALS: ReadonlySet<string> = new Set(["unauthorized", "forbidden", "not-found"]);
