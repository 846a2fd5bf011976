import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type BodyType, OPERATIONS, type Operation, type WorkerResponse } from "../workers/messages.ts";
import { UnavailableError } from "../workers/unavailable-error.ts";
import type { HttpAppOptions } from "./http-app-options.ts";
import { PROBLEM_TYPE, problem } from "./problem.ts";
import { routeSchema } from "./route-schemas.ts";

/** Content types of bodies. */
export const JSON_TYPE = "application/json";
export const ARROW_TYPES: readonly string[] = [
  "application/vnd.apache.arrow.stream",
  "application/vnd.apache.arrow.file",
];

/** Adds the routes that ask models: `/score` of a single model, `/models/NAME/score` of each. */
export function addModelRoutes(app: FastifyInstance, options: HttpAppOptions): void {
  const { models } = options;
  const [only] = models.keys();
  for (const operation of OPERATIONS) {
    app.post<{ Params: { name: string } }>(
      `/models/:name/${operation}`,
      { schema: routeSchema(operation, true) },
      (request, reply) => answer(options, operation, request.params.name, request, reply),
    );
    if (models.size !== 1 || only === undefined) continue;
    app.post(`/${operation}`, { schema: routeSchema(operation, false) }, (request, reply) =>
      answer(options, operation, only, request, reply),
    );
  }
}

async function answer(
  { pool, models, metrics }: HttpAppOptions,
  operation: Operation,
  name: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const started = performance.now();
  if (!models.has(name)) {
    const known = [...models.keys()].join(", ");
    return send(reply, problemOf(404, `models: expected one of ${known}, got ${JSON.stringify(name.slice(0, 100))}.`));
  }
  const { headers, socket } = request;
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
  const query = Object.fromEntries(
    Object.entries(request.query as Record<string, unknown>).map(([key, value]) => [key, String(value)]),
  );
  const bodyType: BodyType = isArrow(headers["content-type"]) ? "arrow" : "json";
  const answerType: BodyType = isArrow(headers.accept) ? "arrow" : "json";
  let response: WorkerResponse;
  try {
    const asked = { operation, body, bodyType, answerType, query };
    response = await pool.answer(name, asked, () => socket.destroyed);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    if (error.status === 503) reply.header("retry-after", "1");
    response = problemOf(error.status, error.message);
  }
  metrics.answered(operation, name, response.status, (performance.now() - started) / 1000, response.rows);
  return send(reply, response);
}

function isArrow(header: string | undefined): boolean {
  return header !== undefined && ARROW_TYPES.some((type) => header.includes(type));
}

function problemOf(status: number, detail: string): WorkerResponse {
  return { status, contentType: PROBLEM_TYPE, body: JSON.stringify(problem(status, detail)), rows: 0 };
}

function send(reply: FastifyReply, { status, contentType, body }: WorkerResponse): FastifyReply {
  return reply
    .code(status)
    .type(contentType)
    .send(typeof body === "string" ? body : Buffer.from(body));
}
