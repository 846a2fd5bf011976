import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type OperationName, operationsOn } from "@pushforward/questions/operations";
import type { Context } from "hono";
import { ARROW_TYPES, type BodyType, JSON_TYPE, type WorkerResponse } from "../workers/messages.ts";
import { UnavailableError } from "../workers/unavailable-error.ts";
import type { HttpApp, HttpAppOptions } from "./http-app-options.ts";
import { PROBLEM_TYPE, problem, problemAnswer } from "./problem.ts";

/** Adds the routes that ask models: `/score` of a single model, `/models/NAME/score` of each. */
export function addModelRoutes(app: HttpApp, options: HttpAppOptions): void {
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

/** The bytes of a body; undefined where there are too many. */
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
