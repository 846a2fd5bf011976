import type { ModelFileReason } from "@pushforward/core";
import type { OperationName } from "@pushforward/questions/operations";

/** How rows are written: JSON, or the stream format of Arrow IPC. */
export type BodyType = "json" | "arrow";

/** Operations whose requests are computed together: one evaluation has the rows of several. */
export const ROW_OPERATIONS: ReadonlySet<OperationName> = new Set(["score", "explain"]);

/** Content types of bodies; answers in Arrow have the first of its types. */
export const JSON_TYPE = "application/json";
export const ARROW_TYPES: readonly [string, string] = [
  "application/vnd.apache.arrow.stream",
  "application/vnd.apache.arrow.file",
];

/**
 * Requests that take milliseconds, and requests that may take seconds. Light requests have a worker that takes no heavy
 * requests, so light requests never wait for heavy ones.
 */
export type Lane = "light" | "heavy";

/**
 * A request as a worker receives it. The server has not parsed any part of the body, so hostile bodies cost it no time.
 */
export interface WorkerRequest {
  readonly operation: OperationName;
  readonly body: Uint8Array;
  readonly bodyType: BodyType;
  readonly answerType: BodyType;
  readonly query: Readonly<Record<string, string>>;
}

/** The answer to a request, as it is sent. */
export interface WorkerResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  /** Rows that were scored, drawn, explained or filled. */
  readonly rows: number;
}

/** An answer; undefined for a valid request that the light lane leaves to the heavy one. */
export type LaneResponse = WorkerResponse | undefined;

/** A column of a model. */
export interface ServedColumn {
  readonly name: string;
  readonly kind: string;
  /** `true` if the model is conditional on the column. */
  readonly context: boolean;
}

/** A version of a model: the bytes of its file. */
export interface ModelVersion {
  readonly model: string;
  /** Different for each version that was ever loaded, also where the bytes are the same again. */
  readonly serial: number;
  /** Name of the file, for messages. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Settings that a worker receives at its start. */
export interface WorkerSettings {
  readonly backend: "wasm" | "cpu";
  /** Most rows of a request, and most that it may ask for. */
  readonly maxRows: number;
}

/** Message from the server to a worker. */
export type ToWorker =
  | ({ readonly type: "load"; readonly id: number } & ModelVersion)
  | { readonly type: "drop"; readonly serial: number }
  | {
      readonly type: "run";
      readonly id: number;
      readonly serial: number;
      readonly lane: Lane;
      readonly requests: readonly WorkerRequest[];
    };

/** Message from a worker to the server. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "loaded"; readonly id: number; readonly columns: readonly ServedColumn[] }
  | {
      readonly type: "failed";
      readonly id: number;
      readonly message: string;
      readonly reason?: ModelFileReason;
    }
  | { readonly type: "done"; readonly id: number; readonly responses: readonly LaneResponse[] };

/** How requests are answered. */
export interface AnswerSettings extends WorkerSettings {
  /** In the light lane, requests that may take long are only checked. Default: heavy. */
  readonly lane?: Lane | undefined;
}
