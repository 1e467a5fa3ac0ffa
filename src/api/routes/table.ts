import type { Route } from "../route.ts";
import { absentRoutes } from "./absent.ts";
import { containerRoutes } from "./containers.ts";
import { controlRoutes } from "./control.ts";
import { execRoutes } from "./execs.ts";
import { fileRoutes } from "./files.ts";
import { imageArchiveRoutes } from "./image-archives.ts";
import { imageRoutes } from "./images.ts";
import { lifecycleRoutes } from "./lifecycle.ts";
import { networkRoutes } from "./networks.ts";
import { registryRoutes } from "./registries.ts";
import { streamRoutes } from "./streams.ts";
import { systemRoutes } from "./system.ts";
import { volumeRoutes } from "./volumes.ts";

/** Every endpoint there is. Of two that match, the first wins. */
export const routes: readonly Route[] = [
  ...systemRoutes,
  ...lifecycleRoutes,
  ...controlRoutes,
  ...containerRoutes,
  ...streamRoutes,
  ...execRoutes,
  ...fileRoutes,
  ...networkRoutes,
  ...registryRoutes,
  ...imageRoutes,
  ...imageArchiveRoutes,
  ...volumeRoutes,
  ...absentRoutes,
];
