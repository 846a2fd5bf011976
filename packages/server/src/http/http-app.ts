import type { Socket } from "node:net";
import fastifySwagger from "@fastify/swagger";
import fastifySwaggerUi from "@fastify/swagger-ui";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from "fastify";
import { UnavailableError } from "../workers/unavailable-error.ts";
import { ARROW_TYPES, addModelRoutes, JSON_TYPE } from "./add-model-routes.ts";
import { hasToken } from "./bearer-token.ts";
import type { HttpAppOptions } from "./http-app-options.ts";
import { PROBLEM_TYPE, problem } from "./problem.ts";

/** What everybody may read: it tells nothing of the data. */
const OPEN = /^\/(health|openapi\.json|docs(\/.*)?)$/;
/** Most milliseconds for the header of a request, and between requests of a connection. */
const HEADER_TIMEOUT = 10_000;
const IDLE_TIMEOUT = 65_000;

/** The routes of the server. */
export async function httpApp(options: HttpAppOptions): Promise<FastifyInstance> {
  const { timeout, receiveTimeout, maxBody } = options;
  const app = fastify({
    ...{ bodyLimit: maxBody, requestTimeout: receiveTimeout, keepAliveTimeout: IDLE_TIMEOUT, exposeHeadRoutes: false },
    // When it is closed, all requests have been answered.
    forceCloseConnections: true,
    // A client that does not read its answer is let go.
    connectionTimeout: 2 * timeout + receiveTimeout + HEADER_TIMEOUT,
    http: { headersTimeout: Math.min(HEADER_TIMEOUT, receiveTimeout), connectionsCheckingInterval: 500 },
    // Workers read bodies, with the messages of the library.
    ajv: { customOptions: { strict: false } },
    clientErrorHandler: refuseConnection,
  });
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([JSON_TYPE, ...ARROW_TYPES], { parseAs: "buffer" }, (_, body, done) => done(null, body));
  addRefusals(app, options);
  await app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "pushforward", version: options.version, description: "Densities of tables." },
      ...(options.token !== undefined && {
        components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
        security: [{ token: [] }],
      }),
    },
  });
  await app.register(fastifySwaggerUi, { routePrefix: "/docs" });
  addModelRoutes(app, options);
  addStateRoutes(app, options);
  return app;
}

/** What is refused before it is read: no token, a server that stops, an encoding of the body. */
function addRefusals(app: FastifyInstance, { token, maxBody, state }: HttpAppOptions): void {
  // The first hook: later ones are not called for what is refused.
  app.addHook("onRequest", async (request, reply) => {
    state.open++;
    if (state.isStopping && request.url !== "/health") {
      return refuse(reply, 503, "server: expected requests before it was told to stop, got one after.");
    }
    const path = request.url.split("?", 1)[0] as string;
    if (token !== undefined && !OPEN.test(path) && !hasToken(request.headers.authorization, token)) {
      reply.header("www-authenticate", "Bearer");
      return refuse(reply, 401, "authorization: expected the token of the server, got none or another one.");
    }
    const encoding = request.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") {
      return refuse(reply, 415, `content-encoding: expected a body as it is, got ${encoding.slice(0, 40)}.`);
    }
    return undefined;
  });
  app.addHook("onSend", async (_, reply) => {
    if (state.isStopping) reply.header("connection", "close");
  });
  app.addHook("onResponse", async () => {
    state.open--;
  });
  app.setNotFoundHandler((request, reply) =>
    refuse(
      reply,
      404,
      `expected a route that /openapi.json lists, got ${request.method} ${request.url.slice(0, 200)}.`,
    ),
  );
  app.setErrorHandler((error: FastifyError | UnavailableError, request, reply) => {
    if (error instanceof UnavailableError) return refuse(reply, error.status, error.message);
    const status = error.statusCode ?? 500;
    if (status === 413) {
      reply.header("connection", "close");
      return refuse(reply, status, `body: expected at most ${maxBody} bytes, got more.`);
    }
    if (status === 415) {
      const type = request.headers["content-type"] ?? "none";
      const types = [JSON_TYPE, ...ARROW_TYPES].join(" or ");
      return refuse(reply, status, `content-type: expected ${types}, got ${type.slice(0, 100)}.`);
    }
    return refuse(reply, status, status < 500 ? error.message : `internal error, please report it: ${error.message}`);
  });
}

/** What the server tells of itself. */
function addStateRoutes(app: FastifyInstance, { pool, models, metrics, state }: HttpAppOptions): void {
  const started = Date.now();
  app.get("/health", { schema: { summary: "Whether the server answers", tags: ["the server"] } }, async (_, reply) => {
    const all = [...models.values()].map(({ status: { columns, ...rest } }) => rest);
    const isReady = pool.workers.some(({ state }) => state !== "starting");
    const status = state.isStopping
      ? "stopping"
      : !isReady
        ? "starting"
        : all.every((m) => m.error === null)
          ? "ok"
          : "degraded";
    reply.code(isReady && !state.isStopping ? 200 : 503);
    return { status, models: all, workers: pool.workers, seconds: (Date.now() - started) / 1000 };
  });
  app.get("/models", { schema: { summary: "The models and their columns", tags: ["the server"] } }, async () => ({
    models: [...models.values()].map(({ status }) => status),
  }));
  app.get("/metrics", { schema: { summary: "Metrics for Prometheus", tags: ["the server"] } }, async (_, reply) => {
    reply.type(metrics.contentType);
    return metrics.text();
  });
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}

function refuse(reply: FastifyReply, status: number, detail: string): FastifyReply {
  if (status === 503) reply.header("retry-after", "1");
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem(status, detail)));
}

/** Answers a connection that does not speak HTTP, or too slowly. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, phrase] =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? [408, "Request Timeout"]
      : error.code === "HPE_HEADER_OVERFLOW"
        ? [431, "Request Header Fields Too Large"]
        : [400, "Bad Request"];
  const body = JSON.stringify(problem(status as number, `connection: expected an HTTP request, got ${error.code}.`));
  const head = [`HTTP/1.1 ${status} ${phrase}`, `content-type: ${PROBLEM_TYPE}`, `content-length: ${body.length}`];
  socket.end(`${[...head, "connection: close"].join("\r\n")}\r\n\r\n${body}`);
}
