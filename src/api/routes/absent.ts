import { EngineError } from "../../base/errors.ts";
import { json } from "../reply.ts";
import { type Route, route } from "../route.ts";

/** Docker's endpoints that are for later: each says by its name that it is not there. */
const LATER = [
  "GET /containers/{id}/checkpoints",
  "POST /containers/{id}/checkpoints",
  "DELETE /containers/{id}/checkpoints/{checkpoint}",
  "POST /build",
  "POST /build/cancel",
  "POST /session",
  "POST /grpc",
  "GET /plugins/privileges",
  "GET /plugins/{name:.*}/json",
  "POST /plugins/pull",
  "POST /plugins/create",
  "POST /plugins/{name:.*}/enable",
  "POST /plugins/{name:.*}/disable",
  "POST /plugins/{name:.*}/push",
  "POST /plugins/{name:.*}/set",
  "POST /plugins/{name:.*}/upgrade",
  "DELETE /plugins/{name:.*}",
  "POST /swarm/init",
  "POST /swarm/join",
];

/** What only a manager of a swarm answers. Clients ask, to find out whether this is one. */
const SWARM = [
  "GET /swarm",
  "GET /swarm/unlockkey",
  "POST /swarm/update",
  "POST /swarm/unlock",
  "GET /nodes",
  "GET /nodes/{id}",
  "DELETE /nodes/{id}",
  "POST /nodes/{id}/update",
  "GET /services",
  "POST /services/create",
  "GET /services/{id}",
  "DELETE /services/{id}",
  "POST /services/{id}/update",
  "GET /services/{id}/logs",
  "GET /tasks",
  "GET /tasks/{id}",
  "GET /tasks/{id}/logs",
  "GET /secrets",
  "POST /secrets/create",
  "GET /secrets/{id}",
  "DELETE /secrets/{id}",
  "POST /secrets/{id}/update",
  "GET /configs",
  "POST /configs/create",
  "GET /configs/{id}",
  "DELETE /configs/{id}",
  "POST /configs/{id}/update",
];

const NO_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

/**
 * `docker inspect` asks for each kind of object in turn, and takes an error with "not supported" in it
 * for "none of this kind".
 */
export const absentRoutes: readonly Route[] = [
  // There are none, and that is the whole answer.
  route("GET /plugins", async () => json(200, [])),
  // Docker's `system prune` asks for this too, and there is no cache yet of which anything could be left.
  route("POST /build/prune", async () => json(200, { CachesDeleted: [], SpaceReclaimed: 0 })),
  ...LATER.map((spec) => refusing(spec, "unimplemented", `${spec} is not supported yet`)),
  ...SWARM.map((spec) => refusing(spec, "unavailable", NO_MANAGER)),
  refusing("POST /swarm/leave", "unavailable", "This node is not part of a swarm"),
];

function refusing(spec: string, kind: "unimplemented" | "unavailable", message: string): Route {
  return route(spec, async () => {
    throw new EngineError(kind, message);
  });
}
