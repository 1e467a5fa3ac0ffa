import { hostname } from "node:os";
import { join } from "node:path";
import { EngineError, explain } from "../../base/errors.ts";
import { openFluentd, parseFluentdOptions } from "../../log-drivers/fluentd.ts";
import { openGelf, parseGelfOptions } from "../../log-drivers/gelf.ts";
import { openJournald } from "../../log-drivers/journald.ts";
import type { LogDriver, LogOrigin } from "../../log-drivers/log-driver.ts";
import { openSyslog, parseSyslogOptions } from "../../log-drivers/syslog.ts";
import type { LogFileOptions } from "../../runtime/model.ts";
import { chooseAttributes } from "../logs/log-attributes.ts";
import { compressLogs } from "../logs/log-compression.ts";
import { nextLogNumber } from "../logs/log-files.ts";
import { isRemote, planLog } from "../logs/log-options.ts";
import { shipLog } from "../logs/log-shipper.ts";
import { expandTag } from "../logs/tag-template.ts";
import type { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { filesOf } from "./files.ts";
import type { ContainerRecord } from "./record.ts";

/** How long the removal of a container waits for a receiver of its log. */
const PATIENCE_MS = 10_000;

const DEFAULT_TAG = "{{.ID}}";

/** What is done with a container's log while it is written, and after: it is compressed and sent. */
export class LogKeeping {
  readonly #stop = new AbortController();
  #done: Promise<unknown> = Promise.resolve();

  /** Ends when all of the log is where it is to be; not later than after some patience. */
  async finish(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, PATIENCE_MS);
    await Promise.race([this.#done, promise]);
    clearTimeout(timer);
    await this.stop();
  }

  /** Leaves it as it is; what was not sent is sent by the next one. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  /** `ended`: nothing more is written; undefined: that is so already. */
  begin(context: Context, container: Container, { driver, ended }: LogSituation): void {
    const { record } = container;
    const { log } = record.config.host;
    const { compress, maxBehindBytes } = planLog(log);
    if (!compress && !isRemote(log.driver)) return;
    const signal = AbortSignal.any([this.#stop.signal, context.closing]);
    const { directory, log: path } = filesOf(context, record.id);
    const source = { path, ...(ended === undefined ? {} : { ended }) };
    const report = (cause: unknown) =>
      context.report(explain(cause, `Cannot keep the log of container "${record.name}"`));
    const shipment = {
      source,
      placePath: join(directory, "log-sent"),
      open: () => openDriver(record),
      ...(driver === undefined ? {} : { driver }),
      ...(maxBehindBytes === undefined ? {} : { maxBehindBytes }),
      report,
    };
    const work = [
      ...(isRemote(log.driver) ? [shipLog(shipment, signal)] : []),
      ...(compress ? [compressLogs({ source, lock: container.logLock, signal })] : []),
    ];
    this.#done = Promise.all(work.map((part) => part.catch(report)));
  }
}

/** What a container's log keeping begins with. */
interface LogSituation {
  readonly driver?: LogDriver | undefined;
  readonly ended?: Promise<unknown>;
}

/** Connects to who is to get the log, so that a container whose log goes nowhere does not start. */
export async function connectLog(record: ContainerRecord): Promise<LogDriver | undefined> {
  const { driver, options } = record.config.host.log;
  if (!isRemote(driver)) return undefined;
  if (driver === "fluentd" && parseFluentdOptions(options).async) return undefined;
  try {
    return await openDriver(record);
  } catch (cause) {
    throw explain(cause, "failed to initialize logging driver");
  }
}

/** Takes care of a running container's log from here on. */
export async function keepLog(
  context: Context,
  container: Container,
  situation: LogSituation,
): Promise<void> {
  await container.logKeeping?.stop();
  container.logKeeping = new LogKeeping();
  container.logKeeping.begin(context, container, situation);
}

/** What the monitor is told to write; undefined where nothing is kept. */
export function planLogFiles(
  context: Context,
  record: ContainerRecord,
): LogFileOptions | undefined {
  const { log } = record.config.host;
  const { files } = planLog(log);
  if (files === undefined) return undefined;
  const path = filesOf(context, record.id).log;
  const attributes = isRemote(log.driver) ? {} : attributesOf(record);
  return {
    ...files,
    path,
    number: nextLogNumber(path),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  };
}

function attributesOf(record: ContainerRecord): Readonly<Record<string, string>> {
  const { options } = record.config.host.log;
  const tag = options["tag"] ?? "";
  return {
    ...chooseAttributes(options, record.effective),
    ...(tag === "" ? {} : { tag: expandTag(tag, tagFieldsOf(record)) }),
  };
}

function tagFieldsOf({ id, name, imageId, config, effective }: ContainerRecord) {
  return {
    containerId: id,
    containerName: name,
    imageId,
    imageName: config.image,
    command: [effective.path, ...effective.args].join(" "),
  };
}

function openDriver(record: ContainerRecord): Promise<LogDriver> {
  const { driver, options } = record.config.host.log;
  const fields = tagFieldsOf(record);
  const asked = options["tag"] ?? "";
  const origin: LogOrigin = {
    ...fields,
    createdAt: record.createdAt,
    hostname: hostname(),
    tag: expandTag(asked === "" ? DEFAULT_TAG : asked, fields),
    attributes: chooseAttributes(options, record.effective),
  };
  switch (driver) {
    case "syslog":
      return openSyslog(parseSyslogOptions(options), origin);
    case "gelf":
      return openGelf(parseGelfOptions(options), origin);
    case "fluentd":
      return openFluentd(parseFluentdOptions(options), origin);
    case "journald":
      return openJournald(origin);
    case "default":
    case "json-file":
    case "local":
    case "none":
      throw new EngineError("internal", `The log driver "${driver}" sends nothing`);
  }
}
