import { createHash, timingSafeEqual } from "node:crypto";
import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type OperationName, operationsOn } from "@pushforward/questions/operations";
import { type Context, Hono } from "hono";
import type { ModelStatus, ServedModel } from "../models/served-model.ts";
import type { ServerMetrics } from "../server-metrics.ts";
import { ARROW_TYPES, type BodyType, JSON_TYPE, type WorkerResponse } from "../workers/messages.ts";
import { UnavailableError } from "../workers/unavailable-error.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";
import type { AllowedHosts } from "./allowed-hosts.ts";
import { docsPage } from "./docs-page.ts";
import { openApiDocument, type ServerLimits } from "./open-api.ts";
import { INTERNAL_ERROR, PROBLEM_TYPE, problem, problemAnswer } from "./problem.ts";

/** Paths that need no token: they reveal no data. */
const OPEN = /^\/(health|openapi\.json|docs(\/.*)?)$/;

/** The routes of the server. */
export function httpApp(options: HttpAppOptions): HttpApp {
  const app: HttpApp = new Hono();
  addRefusals(app, options);
  addModelRoutes(app, options);
  addStateRoutes(app, options);
  return app;
}

/** Refuses requests before their body is read: no token, a server that stops, an encoded body. */
function addRefusals(app: HttpApp, options: HttpAppOptions): void {
  const { state, log } = options;
  app.use(async (context, next) => {
    state.open++;
    // This event also comes when the client disconnects early.
    context.env.outgoing.once("close", () => {
      state.open--;
    });
    const refused = refusal(context, options);
    if (refused === undefined) await next();
    else {
      await readPast(context.env.incoming);
      context.res = refused;
    }
    if (state.isStopping) context.header("connection", "close");
  });
  app.notFound(({ req }) => {
    const path = req.url.slice(new URL(req.url).origin.length);
    const methods = METHODS.filter((method) => method !== req.method && hasRoute(app, method, req.path));
    if (methods.length > 0) {
      const allow = methods.join(", ");
      return problemAnswer(405, `method: expected ${allow}, got ${req.method}.`, { allow });
    }
    return problemAnswer(404, `expected a route of /openapi.json, got ${req.method} ${path.slice(0, 200)}.`);
  });
  app.onError((error, { env: { incoming } }) => {
    if (error instanceof UnavailableError) return problemAnswer(error.status, error.message);
    // The client disconnected during its body, and reads no answer.
    if (incoming.destroyed && !incoming.complete) {
      return problemAnswer(400, "body: expected a complete body, got the end of the connection.");
    }
    log(`internal error: ${error.stack ?? error.message}`);
    return problemAnswer(500, INTERNAL_ERROR);
  });
}

/** Milliseconds for which the body of a refused request is awaited. */
const PATIENCE = 500;

/** Reads past an unwanted body: closing a connection before the body has arrived resets it, and the refusal is lost. */
async function readPast(incoming: HttpBindings["incoming"]): Promise<void> {
  if (incoming.complete && incoming.readableLength === 0) return;
  incoming.resume();
  const controller = new AbortController();
  const ended = finished(incoming, { writable: false, signal: controller.signal }).catch(() => undefined);
  await Promise.race([ended, delay(PATIENCE, undefined, { ref: false })]);
  controller.abort();
}

const METHODS = ["GET", "POST"];

/** Returns `true` if a path has a handler of a method, apart from the handlers of all routes. */
function hasRoute(app: HttpApp, method: string, path: string): boolean {
  return app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
}

function refusal(
  { req, env }: Context<{ Bindings: HttpBindings }>,
  { token, state, hosts }: HttpAppOptions,
): Response | undefined {
  const host = req.header("host");
  if (!hosts.has(host, env.incoming.socket.localAddress)) {
    const got = JSON.stringify((host ?? "").slice(0, 100));
    return problemAnswer(421, `host: expected an allowed host (--allowed-hosts), got ${got}.`);
  }
  if (state.isStopping && req.path !== "/health") {
    return problemAnswer(503, "server: expected requests before its shutdown, got one during it.");
  }
  if (token !== undefined && !OPEN.test(req.path) && !hasToken(req.header("authorization"), token)) {
    const detail = "authorization: expected the token of the server, got none or a wrong one.";
    return problemAnswer(401, detail, { "www-authenticate": "Bearer" });
  }
  const encoding = req.header("content-encoding") ?? "identity";
  if (encoding === "identity") return undefined;
  return problemAnswer(415, `content-encoding: expected a body without encoding, got ${encoding.slice(0, 40)}.`);
}

/** The state of the server, and its documentation. */
function addStateRoutes(app: HttpApp, options: HttpAppOptions): void {
  const { pool, models, metrics, state, token, version, limits } = options;
  const started = Date.now();
  app.get("/health", (context) => {
    const isReady = pool.workers.some(({ state }) => state !== "starting");
    const isAvailable = isReady && !state.isStopping;
    const code = isAvailable ? 200 : 503;
    const hasShown = token !== undefined && hasToken(context.req.header("authorization"), token);
    if (token !== undefined && !hasShown) {
      return context.json({ status: isAvailable ? "ok" : state.isStopping ? "stopping" : "starting" }, code);
    }
    const all = [...models.values()].map(({ status }) => shown(status, hasShown)).map(({ columns, ...rest }) => rest);
    const workers = pool.workers.map(({ pid, ...rest }) => ({ ...(hasShown && { pid }), ...rest }));
    const isWhole = all.every(({ error }) => error === null);
    const status = state.isStopping ? "stopping" : !isReady ? "starting" : isWhole ? "ok" : "degraded";
    const seconds = (Date.now() - started) / 1000;
    return context.json({ status, models: all, workers, seconds }, code);
  });
  app.get("/models", (context) =>
    context.json({ models: [...models.values()].map(({ status }) => shown(status, token !== undefined)) }),
  );
  app.get("/metrics", async (context) =>
    context.body(await metrics.text(), 200, { "content-type": metrics.contentType }),
  );
  const document = openApiDocument({ version, hasToken: token !== undefined, hasOneModel: models.size === 1, limits });
  app.get("/openapi.json", (context) => context.json(document));
  const page = docsPage(document);
  for (const path of ["/docs", "/docs/"]) app.get(path, (context) => context.html(page));
}

/**
 * Returns the state of a model. Only holders of the token see the error of its file, with paths and names of tensors.
 */
function shown(status: ModelStatus, isTold: boolean): ModelStatus {
  if (status.error === null || isTold) return status;
  return { ...status, error: "the file cannot be used; the reason is in the log of the server" };
}

/** Adds the routes that ask models: `/score` of a single model, `/models/NAME/score` of each. */
function addModelRoutes(app: HttpApp, options: HttpAppOptions): void {
  const { models } = options;
  const [only] = models.keys();
  for (const { name: operation } of operationsOn("route")) {
    app.post(`/models/:name/${operation}`, (context) => answer(options, operation, context.req.param("name"), context));
    if (models.size !== 1 || only === undefined) continue;
    app.post(`/${operation}`, (context) => answer(options, operation, only, context));
  }
}

async function answer(
  { pool, models, metrics, maxBody, state }: HttpAppOptions,
  operation: OperationName,
  name: string,
  { req, env }: Context<{ Bindings: HttpBindings }>,
): Promise<Response> {
  const started = performance.now();
  if (!models.has(name)) {
    const known = [...models.keys()].join(", ");
    return problemAnswer(404, `models: expected one of ${known}, got ${JSON.stringify(name.slice(0, 100))}.`);
  }
  const { incoming, outgoing } = env;
  const body = await readBody(incoming, maxBody);
  if (body === undefined) {
    return problemAnswer(413, `body: expected at most ${maxBody} bytes, got more.`, { connection: "close" });
  }
  const contentType = req.header("content-type");
  const bodyType = bodyTypeOf(contentType, body.length);
  if (bodyType === undefined) {
    const types = [JSON_TYPE, ...ARROW_TYPES].join(" or ");
    return problemAnswer(415, `content-type: expected ${types}, got ${(contentType ?? "none").slice(0, 100)}.`);
  }
  const query = Object.fromEntries(Object.entries(req.queries()).map(([key, values]) => [key, values.join()]));
  const answerType: BodyType = ARROW_TYPES.some((type) => req.header("accept")?.includes(type)) ? "arrow" : "json";
  let response: WorkerResponse;
  try {
    const asked = { operation, body, bodyType, answerType, query };
    response = await pool.answer(name, asked, () => incoming.socket.destroyed);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    const { status, message } = error;
    response = { status, contentType: PROBLEM_TYPE, body: JSON.stringify(problem(status, message)), rows: 0 };
  }
  const { status } = response;
  metrics.answered(operation, name, status, (performance.now() - started) / 1000, response.rows);
  // Bodies go past the objects of Fetch, which take several times as long as the rest of a small request.
  if (state.isStopping) outgoing.setHeader("connection", "close");
  if (status === 503) outgoing.setHeader("retry-after", "1");
  outgoing.writeHead(status, {
    "content-type": response.contentType,
    "content-length": Buffer.byteLength(response.body),
  });
  outgoing.end(response.body);
  return RESPONSE_ALREADY_SENT;
}

/** Returns the bytes of a body; undefined for more than `maxBody` bytes. */
async function readBody(incoming: HttpBindings["incoming"], maxBody: number): Promise<Uint8Array | undefined> {
  if (Number(incoming.headers["content-length"] ?? 0) > maxBody) return undefined;
  const pieces: Buffer[] = [];
  let length = 0;
  // The connection stays open for the refusal.
  const read: AsyncIterable<Buffer> = incoming.iterator({ destroyOnReturn: false });
  for await (const piece of read) {
    length += piece.length;
    if (length > maxBody) return undefined;
    pieces.push(piece);
  }
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
}

/** How a body is written; undefined for a content type that models do not read. A request without a body needs none. */
function bodyTypeOf(contentType: string | undefined, length: number): BodyType | undefined {
  const [type = ""] = contentType?.toLowerCase().split(";", 1) ?? [];
  if (ARROW_TYPES.includes(type.trim())) return "arrow";
  return type.trim() === JSON_TYPE || (contentType === undefined && length === 0) ? "json" : undefined;
}

/**
 * Returns `true` if a request header carries the token. The time of the comparison does not depend on the token.
 *
 * @param header `Authorization`, as received.
 */
function hasToken(header: string | undefined, token: string): boolean {
  const [, given] = /^Bearer +(\S+) *$/i.exec(header ?? "") ?? [];
  return timingSafeEqual(digestOf(given ?? ""), digestOf(token)) && given !== undefined;
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** State shared by the routes and the server. */
interface ServerState {
  /** `true` while the server finishes open requests and refuses new ones. */
  isStopping: boolean;
  /** Requests without an answer yet. */
  open: number;
}

/** Dependencies of the routes. */
interface HttpAppOptions {
  readonly pool: WorkerPool;
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly metrics: ServerMetrics;
  readonly token: string | undefined;
  /** Maximum number of bytes of a body. */
  readonly maxBody: number;
  /** Names of hosts that requests may be addressed to. */
  readonly hosts: AllowedHosts;
  readonly limits: ServerLimits;
  readonly log: (sentence: string) => void;
  readonly version: string;
  readonly state: ServerState;
}

/** The routes, with the request and the answer of Node at hand. */
export type HttpApp = Hono<{ Bindings: HttpBindings }>;
