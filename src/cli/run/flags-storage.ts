import { bool, checkedList, list, text } from "../flags/flag.ts";
import { bytes } from "../flags/numbers.ts";
import { parseMount } from "./mount-option.ts";

/** What files the container has. */
export const STORAGE_FLAGS = {
  mount: checkedList("Attach a filesystem mount to the container", parseMount, { label: "mount" }),
  "read-only": bool("Mount the container's root filesystem as read only"),
  rootfs: bool("Run the directory that stands in place of the image, as Podman does"),
  "shm-size": bytes("Size of /dev/shm"),
  "storage-opt": list("Storage driver options for the container"),
  tmpfs: list("Mount a tmpfs directory"),
  "use-api-socket": bool("Bind mount the API socket into the container"),
  volume: list("Bind mount a volume", { short: "v" }),
  "volume-driver": text("Optional volume driver for the container"),
  "volumes-from": list("Mount volumes from the specified container(s)"),
} as const;
