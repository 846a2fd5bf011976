import type { WorkerRequest } from "../workers/messages.ts";
import { readJson } from "./read-json.ts";
import { RequestFields } from "./request-fields.ts";

/**
 * The fields of a request: those of its body, if it is JSON, and of the query of its address.
 *
 * @throws {RequestError} the body is no JSON.
 */
export function bodyFields({ body, bodyType, query }: WorkerRequest): RequestFields {
  return new RequestFields(bodyType === "json" ? readJson(body) : {}, query);
}
