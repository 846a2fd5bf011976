import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, Server as NetServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { getRequestListener, RequestError } from "@hono/node-server";
import { OptionError } from "@pushforward/core";
import type { HttpApp } from "./http-app.ts";
import { INTERNAL_ERROR, PROBLEM_TYPE, problem, problemAnswer } from "./problem.ts";

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
  /** Closes all connections. */
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
      // Refused as a problem, like all other requests.
      requireHostHeader: false,
    },
    getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler: refuseRequest }),
  );
  // Closes the connection of a client that does not read its answer.
  server.setTimeout(2 * timeout + receiveTimeout + HEADER_TIMEOUT);
  server.on("clientError", refuseConnection);
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    const got = JSON.stringify((request.headers.expect ?? "").slice(0, 100));
    sendProblem(response, 417, `expect: expected 100-continue or nothing, got ${got}.`);
  });
  server.on("connect", (_, socket: Socket) => refuseMethod(socket));
  const connections = new Connections(server);
  server.listen({ host, port });
  await once(server, "listening").catch((error: unknown) => {
    throw listenError(error);
  });
  const { address, family, port: own } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${own}`,
    close: () => connections.close(),
  };
}

/**
 * Milliseconds that connections without a request are kept while the server closes, that they are kept at most, and that a
 * client has to close its side, too.
 */
const LINGER = 300;
const MOST_LINGER = 2000;
const FAREWELL = 400;

/** The connections of a server, which are closed without a loss. */
class Connections {
  private readonly server: Server;
  /** Open connections, with their numbers of unanswered requests. */
  private readonly open = new Map<Socket, number>();
  private lastAnswer = 0;

  constructor(server: Server) {
    this.server = server;
    server.on("connection", (socket: Socket) => {
      this.open.set(socket, 0);
      socket.once("close", () => this.open.delete(socket));
    });
    server.prependListener("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.open.set(socket, (this.open.get(socket) ?? 0) + 1);
      response.once("close", () => {
        if (this.open.has(socket)) this.open.set(socket, (this.open.get(socket) as number) - 1);
        this.lastAnswer = performance.now();
      });
    });
  }

  /**
   * Closes the open connections and accepts no new ones. A client that sends a request meanwhile gets an answer with a
   * request to close. The server closes its side of an idle connection but keeps reading, because destroying the
   * connection would reset a request in transit.
   */
  async close(): Promise<void> {
    await this.quiet();
    // Right after the connections that waited were accepted: those that wait when a server closes are reset.
    await new Promise((resolve) => setImmediate(resolve));
    const closed = new Promise<void>((resolve) => {
      // The method of HTTP servers destroys idle connections at once.
      NetServer.prototype.close.call(this.server, () => resolve());
    });
    await this.quiet();
    for (const socket of this.open.keys()) socket.end();
    const end = performance.now() + FAREWELL;
    while (this.open.size > 0 && performance.now() < end) await delay(20);
    this.server.closeAllConnections();
    await closed;
  }

  /** Resolves when no connection is left, or none has had a request for a while. */
  private async quiet(): Promise<void> {
    const start = performance.now();
    while (this.open.size > 0 && performance.now() < start + MOST_LINGER) {
      const isQuiet = [...this.open.values()].every((requests) => requests === 0);
      if (isQuiet && performance.now() > Math.max(start, this.lastAnswer) + LINGER) return;
      await delay(20);
    }
  }
}

/** Answers a request with an invalid address or host. */
function refuseRequest(error: unknown): Response {
  const { message } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof RequestError) return problemAnswer(400, `request: expected a valid address, got ${message}.`);
  return problemAnswer(500, INTERNAL_ERROR);
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
  endWithProblem(socket, `${status} ${phrase}`, `connection: expected an HTTP request, got ${error.code}.`);
}

/** Answers a request for a tunnel. */
function refuseMethod(socket: Socket): void {
  endWithProblem(socket, "405 Method Not Allowed", "method: expected GET or POST, got CONNECT.");
}

function endWithProblem(socket: Socket, status: string, detail: string): void {
  const body = JSON.stringify(problem(Number.parseInt(status, 10), detail));
  const head = [`HTTP/1.1 ${status}`, `content-type: ${PROBLEM_TYPE}`, `content-length: ${Buffer.byteLength(body)}`];
  socket.end(`${[...head, "connection: close"].join("\r\n")}\r\n\r\n${body}`);
}

function sendProblem(response: ServerResponse, status: number, detail: string): void {
  const body = JSON.stringify(problem(status, detail));
  const length = Buffer.byteLength(body);
  response.writeHead(status, { "content-type": PROBLEM_TYPE, "content-length": length, connection: "close" });
  response.end(body);
}

function listenError(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE" || code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new OptionError(`serve: expected a free port on a local address, got ${message}.`);
  }
  return error;
}
