import { EngineError } from "../../../src/base/errors.ts";
import type {
  ImageProgress,
  PullRequest,
  PushRequest,
  Registries,
} from "../../../src/engine/registry-facade.ts";

const DIGEST = `sha256:${"d".repeat(64)}`;

/** A registry that has what is asked for, unless its name begins with `no`. */
export class RegistriesDouble implements Registries {
  readonly pulls: PullRequest[] = [];
  readonly pushes: PushRequest[] = [];

  async *pull(request: PullRequest): AsyncGenerator<ImageProgress> {
    this.pulls.push(request);
    const name = request.ref.slice(request.ref.lastIndexOf("/") + 1);
    if (name.startsWith("no")) throw new EngineError("not-found", "pull access denied");
    yield { status: "Pulling from library/x", id: "latest" };
    yield { status: "Downloading", id: "abc", progress: { current: 5_000_000, total: 10_000_000 } };
    if (name.startsWith("half")) throw new EngineError("unavailable", "it broke");
    yield { status: "Status: Downloaded newer image for x:latest" };
  }

  async *push(request: PushRequest): AsyncGenerator<ImageProgress> {
    this.pushes.push(request);
    yield { status: "The push refers to repository [docker.io/library/x]" };
    yield { aux: { Tag: "latest", Digest: DIGEST, Size: 3 } };
  }

  async *importFrom(source: string): AsyncGenerator<ImageProgress> {
    yield { status: `Downloading from ${source}` };
    yield { status: DIGEST };
  }

  async describe() {
    const platforms = [{ os: "linux", architecture: "arm64", variant: "v8" }];
    return { mediaType: "m", digest: DIGEST, sizeBytes: 3, platforms };
  }

  async search() {
    const found = { description: "", starCount: 5, isOfficial: true, isAutomated: false };
    return [
      { ...found, name: "x" },
      { ...found, name: "y", isOfficial: false, starCount: 1 },
    ];
  }

  async login(serverAddress: string) {
    if (serverAddress.startsWith("no")) throw new EngineError("unauthorized", "wrong password");
    return { status: "Login Succeeded", identityToken: "" };
  }
}
