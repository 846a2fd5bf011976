import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import {
  ARROW_TYPES,
  type BodyType,
  JSON_TYPE,
  OPERATIONS,
  type Operation,
  type WorkerResponse,
} from "../workers/messages.ts";
import { UnavailableError } from "../workers/unavailable-error.ts";
import type { HttpApp, HttpAppOptions } from "./http-app-options.ts";
import { PROBLEM_TYPE, problem, problemAnswer } from "./problem.ts";

/** Adds the routes that ask models: `/score` of a single model, `/models/NAME/score` of each. */
export function addModelRoutes(app: HttpApp, options: HttpAppOptions): void {
  const { models, maxBody } = options;
  const [only] = models.keys();
  const limit = bodyLimit({
    maxSize: maxBody,
    onError: () => problemAnswer(413, `body: expected at most ${maxBody} bytes, got more.`, { connection: "close" }),
  });
  for (const operation of OPERATIONS) {
    app.post(`/models/:name/${operation}`, limit, (context) =>
      answer(options, operation, context.req.param("name"), context),
    );
    if (models.size !== 1 || only === undefined) continue;
    app.post(`/${operation}`, limit, (context) => answer(options, operation, only, context));
  }
}

async function answer(
  { pool, models, metrics }: HttpAppOptions,
  operation: Operation,
  name: string,
  { req, env }: Context<{ Bindings: HttpBindings }>,
): Promise<Response> {
  const started = performance.now();
  if (!models.has(name)) {
    const known = [...models.keys()].join(", ");
    return problemAnswer(404, `models: expected one of ${known}, got ${JSON.stringify(name.slice(0, 100))}.`);
  }
  const body = new Uint8Array(await req.arrayBuffer());
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
    response = await pool.answer(name, asked, () => env.incoming.socket.destroyed);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    const { status, message } = error;
    response = { status, contentType: PROBLEM_TYPE, body: JSON.stringify(problem(status, message)), rows: 0 };
  }
  const { status } = response;
  metrics.answered(operation, name, status, (performance.now() - started) / 1000, response.rows);
  return new Response(response.body as BodyInit, {
    status,
    headers: { "content-type": response.contentType, ...(status === 503 && { "retry-after": "1" }) },
  });
}

/** How a body is written; undefined for a content type that models do not read. A request without a body needs none. */
function bodyTypeOf(contentType: string | undefined, length: number): BodyType | undefined {
  const [type = ""] = contentType?.toLowerCase().split(";", 1) ?? [];
  if (ARROW_TYPES.includes(type.trim())) return "arrow";
  return type.trim() === JSON_TYPE || (contentType === undefined && length === 0) ? "json" : undefined;
}
