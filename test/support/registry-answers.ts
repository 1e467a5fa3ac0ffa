import type { Canned } from "./canned-api.ts";

/** A digest for what is asked about. */
export const DIGEST = `sha256:${"1".repeat(64)}`;

function step(id: string, status: string, progressDetail: object = {}) {
  return { id: id.repeat(12), status, progressDetail };
}

const PULL = [
  { id: "3.19", status: "Pulling from library/alpine" },
  step("a", "Pulling fs layer"),
  step("b", "Pulling fs layer"),
  step("b", "Waiting"),
  step("a", "Downloading", { current: 1_500_000, total: 3_000_000 }),
  step("a", "Download complete"),
  step("b", "Extracting", { current: 3, units: "s" }),
  step("a", "Pull complete"),
  step("b", "Pull complete"),
  { status: `Digest: ${DIGEST}` },
  { status: "Status: Downloaded newer image for alpine:3.19" },
];

const PUSH = [
  { status: "The push refers to repository [docker.io/library/x]" },
  step("a", "Preparing"),
  step("a", "Pushing", { current: 512, total: 1024 }),
  step("a", "Pushed"),
  { status: `latest: digest: ${DIGEST} size: 527` },
  { progressDetail: {}, aux: { Tag: "latest", Digest: DIGEST, Size: 527 } },
];

/** What a small daemon answers about registries and images. */
export const REGISTRY_ANSWERS: Readonly<Record<string, Canned>> = {
  "POST /images/create": { lines: PULL },
  "POST /images/docker.io/library/x/push": { lines: PUSH },
  "POST /images/docker.io/library/mixed/push": {
    lines: [
      ...PUSH,
      {
        aux: {
          manifestPushedInsteadOfIndex: true,
          originalIndex: { digest: DIGEST },
          selectedManifest: { digest: DIGEST },
        },
      },
    ],
  },
  "POST /images/docker.io/library/bad/push": {
    lines: [
      ...PUSH.slice(0, 3),
      { error: "no basic auth", errorDetail: { message: "no basic auth" } },
    ],
  },
  "POST /images/docker.io/library/slow/push": { lines: PUSH.slice(0, 3), open: true },
  "POST /images/load": {
    lines: [
      step("a", "Loading layer", { current: 1, total: 2 }),
      step("a", "Loading layer", { current: 2, total: 2 }),
      { stream: "Loaded image: busybox:latest\n" },
    ],
  },
  "POST /auth": { json: { Status: "Login Succeeded", IdentityToken: "" } },
  "GET /images/search": {
    json: [
      { name: "alpine", description: `Small\n${"x".repeat(60)}`, star_count: 9, is_official: true },
      { name: "me/alpine", description: "", star_count: 1, is_official: false },
    ],
  },
  "GET /images/json": {
    json: [
      // One repository each: Docker's own client has several in no order.
      { Id: DIGEST, RepoTags: ["a:1", "a:2"], RepoDigests: [`a@${DIGEST}`], ...sizes() },
      { Id: DIGEST, RepoTags: ["b:1"], RepoDigests: [], ...sizes() },
      { Id: DIGEST, RepoTags: [], RepoDigests: [`c@${DIGEST}`], ...sizes() },
      { Id: DIGEST, RepoTags: null, RepoDigests: null, ...sizes() },
    ],
  },
  "GET /images/alpine/json": { json: { Id: DIGEST, RepoDigests: [`alpine@${DIGEST}`] } },
  "POST /images/prune": {
    json: { ImagesDeleted: [{ Untagged: "a:1" }, { Deleted: DIGEST }], SpaceReclaimed: 7000 },
  },
  "GET /system/df": { json: diskUsage() },
};

function sizes() {
  return { Created: 1_700_000_000, Size: 2_345_678, SharedSize: 1000, Containers: 1 };
}

function diskUsage() {
  const image = { Id: DIGEST, RepoTags: ["a:1"], RepoDigests: [], ...sizes() };
  const container = {
    Id: "d".repeat(64),
    Names: ["/web"],
    Image: "a:1",
    ImageID: DIGEST,
    Command: "sleep 1000",
    Created: 1_700_000_000,
    SizeRw: 1234,
    State: "exited",
    Status: "Exited (0)",
    Mounts: [{ Name: "v", Driver: "local", Source: "" }],
  };
  const volume = { Name: "v", Driver: "local", Mountpoint: "/v", Scope: "local" };
  return {
    LayersSize: 9_876_543,
    Images: [image, { ...image, RepoTags: null, Containers: 0 }],
    Containers: [container],
    Volumes: [{ ...volume, UsageData: { RefCount: 1, Size: 5000 } }],
    BuildCache: [],
  };
}
