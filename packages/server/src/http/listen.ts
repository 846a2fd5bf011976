import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import { OptionError } from "pushforward";
import type { HttpApp } from "./http-app-options.ts";
import { PROBLEM_TYPE, problem, problemAnswer } from "./problem.ts";

/** Maximum number of milliseconds for the header of a request, and between the requests of a connection. */
const HEADER_TIMEOUT = 10_000;
const IDLE_TIMEOUT = 65_000;

/** Where a server listens, and its limits. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Maximum number of milliseconds that a request waits, and that it is computed. */
  readonly timeout: number;
  /** Maximum number of milliseconds that a request takes to arrive. */
  readonly receiveTimeout: number;
}

/** A server that accepts connections. */
export interface Listening {
  readonly url: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * Serves routes at an address.
 *
 * @throws {OptionError} the address is taken, unknown or not allowed.
 */
export async function listen(app: HttpApp, options: ListenOptions): Promise<Listening> {
  const { host, port, timeout, receiveTimeout } = options;
  const server = createServer(
    {
      requestTimeout: receiveTimeout,
      keepAliveTimeout: IDLE_TIMEOUT,
      headersTimeout: Math.min(HEADER_TIMEOUT, receiveTimeout),
      connectionsCheckingInterval: 500,
    },
    getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler: refuseRequest }),
  );
  // Closes the connection of a client that does not read its answer.
  server.setTimeout(2 * timeout + receiveTimeout + HEADER_TIMEOUT);
  server.on("clientError", refuseConnection);
  server.listen({ host, port });
  await once(server, "listening").catch((error: unknown) => {
    throw listenError(error);
  });
  const { address, family, port: own } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${own}`,
    close: () => closeServer(server),
  };
}

/** Every request has been answered by now, so open connections are idle. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Answers a request whose address or host is not valid. */
function refuseRequest(error: unknown): Response {
  const { message } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof RequestError) return problemAnswer(400, `request: expected a valid address, got ${message}.`);
  return problemAnswer(500, `internal error, please report it: ${message}`);
}

/** Answers a connection that does not speak HTTP, or is too slow. */
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

function listenError(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE" || code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new OptionError(`serve: expected a port and host that are free, got ${message}.`);
  }
  return error;
}
