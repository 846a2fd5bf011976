/** A problem as RFC 9457 has it. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  /** The expected value, the actual value, and the location. */
  readonly detail: string;
  /** Stable and machine-readable, for instance `ERR_DATA`. */
  readonly code?: string | undefined;
  /** Where in the rows of the body, from 1. */
  readonly row?: number | undefined;
  readonly column?: string | undefined;
}

/** The content type of a {@link Problem}. */
export const PROBLEM_TYPE = "application/problem+json";

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthorized",
  404: "Not found",
  405: "Method not allowed",
  406: "Not acceptable",
  408: "Request timeout",
  413: "Content too large",
  415: "Unsupported media type",
  417: "Expectation failed",
  421: "Misdirected request",
  431: "Header fields too large",
  500: "Internal error",
  503: "Unavailable",
  504: "Took too long",
};

/** Message that the client receives after a server fault; the log contains the details. */
export const INTERNAL_ERROR = "internal error: see the log of the server, and please report it.";

/** A problem with the title of its status. */
export function problem(status: number, detail: string, more: Partial<Problem> = {}): Problem {
  return { ...{ status, title: TITLES[status] ?? "Error", detail }, ...more };
}

/** The answer to a request that is refused before a model reads it. */
export function problemAnswer(
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(problem(status, detail)), {
    status,
    headers: { "content-type": PROBLEM_TYPE, ...(status === 503 && { "retry-after": "1" }), ...headers },
  });
}
