import type { Route } from "../route.ts";
import { absentRoutes } from "./absent.ts";
import { containerRoutes } from "./containers.ts";
import { execRoutes } from "./execs.ts";
import { imageArchiveRoutes } from "./image-archives.ts";
import { imageRoutes } from "./images.ts";
import { lifecycleRoutes } from "./lifecycle.ts";
import { streamRoutes } from "./streams.ts";
import { systemRoutes } from "./system.ts";

/** Every endpoint there is. Of two that match, the first wins. */
export const routes: readonly Route[] = [
  ...systemRoutes,
  ...lifecycleRoutes,
  ...containerRoutes,
  ...streamRoutes,
  ...execRoutes,
  ...imageRoutes,
  ...imageArchiveRoutes,
  ...absentRoutes,
];
