import { type Context, Hono } from "hono";
import { UnavailableError } from "../workers/unavailable-error.ts";
import { addModelRoutes } from "./add-model-routes.ts";
import { hasToken } from "./bearer-token.ts";
import { docsPage } from "./docs-page.ts";
import type { HttpApp, HttpAppOptions, ServerState } from "./http-app-options.ts";
import { openApiDocument } from "./open-api.ts";
import { problemAnswer } from "./problem.ts";

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
function addRefusals(app: HttpApp, { token, state }: HttpAppOptions): void {
  app.use(async (context, next) => {
    state.open++;
    // This event also comes when the client disconnects early.
    context.env.outgoing.once("close", () => {
      state.open--;
    });
    const refused = refusal(context, token, state);
    if (refused === undefined) await next();
    else context.res = refused;
    if (state.isStopping) context.header("connection", "close");
  });
  app.notFound(({ req }) => {
    const path = req.url.slice(new URL(req.url).origin.length);
    return problemAnswer(404, `expected a route that /openapi.json lists, got ${req.method} ${path.slice(0, 200)}.`);
  });
  app.onError((error) => {
    if (error instanceof UnavailableError) return problemAnswer(error.status, error.message);
    return problemAnswer(500, `internal error, please report it: ${error.message}`);
  });
}

function refusal({ req }: Context, token: string | undefined, state: ServerState): Response | undefined {
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
function addStateRoutes(app: HttpApp, { pool, models, metrics, state, token, version }: HttpAppOptions): void {
  const started = Date.now();
  app.get("/health", (context) => {
    const all = [...models.values()].map(({ status: { columns, ...rest } }) => rest);
    const isReady = pool.workers.some(({ state }) => state !== "starting");
    const isWhole = all.every(({ error }) => error === null);
    const status = state.isStopping ? "stopping" : !isReady ? "starting" : isWhole ? "ok" : "degraded";
    const seconds = (Date.now() - started) / 1000;
    const isAvailable = isReady && !state.isStopping;
    return context.json({ status, models: all, workers: pool.workers, seconds }, isAvailable ? 200 : 503);
  });
  app.get("/models", (context) => context.json({ models: [...models.values()].map(({ status }) => status) }));
  app.get("/metrics", async (context) =>
    context.body(await metrics.text(), 200, { "content-type": metrics.contentType }),
  );
  const document = openApiDocument({ version, hasToken: token !== undefined, hasOneModel: models.size === 1 });
  app.get("/openapi.json", (context) => context.json(document));
  const page = docsPage(document);
  for (const path of ["/docs", "/docs/"]) app.get(path, (context) => context.html(page));
}
