import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { ModelStatus } from "../models/served-model.ts";
import { UnavailableError } from "../workers/unavailable-error.ts";
import { addModelRoutes } from "./add-model-routes.ts";
import { hasToken } from "./bearer-token.ts";
import { docsPage } from "./docs-page.ts";
import type { HttpApp, HttpAppOptions } from "./http-app-options.ts";
import { openApiDocument } from "./open-api.ts";
import { INTERNAL_ERROR, problemAnswer } from "./problem.ts";

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
    return problemAnswer(404, `expected a route that /openapi.json lists, got ${req.method} ${path.slice(0, 200)}.`);
  });
  app.onError((error, { env: { incoming } }) => {
    if (error instanceof UnavailableError) return problemAnswer(error.status, error.message);
    // The client went away in the midst of its body: nobody is at fault, and nobody reads the answer.
    if (incoming.destroyed && !incoming.complete) {
      return problemAnswer(400, "body: expected all of it, got an end of the connection.");
    }
    log(`internal error: ${error.stack ?? error.message}`);
    return problemAnswer(500, INTERNAL_ERROR);
  });
}

/** Milliseconds for which the body of a refused request is awaited. */
const PATIENCE = 500;

/** Reads past a body that nobody wants: a connection that is closed before it has come is reset, and the refusal is lost. */
async function readPast(incoming: HttpBindings["incoming"]): Promise<void> {
  if (incoming.complete && incoming.readableLength === 0) return;
  incoming.resume();
  const controller = new AbortController();
  const ended = finished(incoming, { writable: false, signal: controller.signal }).catch(() => undefined);
  await Promise.race([ended, delay(PATIENCE, undefined, { ref: false })]);
  controller.abort();
}

const METHODS = ["GET", "POST"];

/** Whether a path has a handler of a method besides the ones of all routes. */
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
    return problemAnswer(421, `host: expected one that the server allows (--allowed-hosts), got ${got}.`);
  }
  if (state.isStopping && req.path !== "/health") {
    return problemAnswer(503, "server: expected requests before it was told to stop, got one after.");
  }
  if (token !== undefined && !OPEN.test(req.path) && !hasToken(req.header("authorization"), token)) {
    const detail = "authorization: expected the token of the server, got none or another one.";
    return problemAnswer(401, detail, { "www-authenticate": "Bearer" });
  }
  const encoding = req.header("content-encoding") ?? "identity";
  if (encoding === "identity") return undefined;
  return problemAnswer(415, `content-encoding: expected a body as it is, got ${encoding.slice(0, 40)}.`);
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

/** The state of a model. Why its file cannot be used, with paths and names of tensors, is told to holders of the token alone. */
function shown(status: ModelStatus, isTold: boolean): ModelStatus {
  if (status.error === null || isTold) return status;
  return { ...status, error: "the file cannot be used: the log of the server tells why" };
}
