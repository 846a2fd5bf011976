import { once } from "node:events";
import { connect } from "node:net";
import { OptionError } from "@pushforward/core";
import { type Context, Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { HttpApp } from "./http-app.ts";
import { type Listening, listen } from "./listen.ts";

const limits = { host: "127.0.0.1", port: 0, timeout: 60_000, receiveTimeout: 500 };
let server: Listening;

beforeAll(async () => {
  const app: HttpApp = new Hono();
  app.post("/", async (context: Context) => context.text(await context.req.text()));
  server = await listen(app, limits);
});
afterAll(() => server.close());

/** What comes back for bytes that are sent, until the server ends the connection. */
async function exchange(bytes: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (piece) => {
    text += piece;
  });
  socket.write(bytes);
  await once(socket, "close");
  return text;
}

const problemOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));

test("requests are answered, and a closed server refuses connections", async () => {
  const own = await listen(new Hono(), limits);
  expect(await (await fetch(server.url, { method: "POST", body: "rows" })).text()).toBe("rows");
  expect((await fetch(own.url)).status).toBe(404);
  await own.close();
  await expect(fetch(own.url)).rejects.toThrow();
});

test.each([
  ["the body", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"],
  ["the header", "POST / HTTP/1.1\r\nhost: x\r\n"],
])("a client that does not end %s of its request is let go with 408", async (_, bytes) => {
  const answer = await exchange(bytes);
  expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\ncontent-type: application\/problem\+json/);
  expect(problemOf(answer)).toMatchObject({ status: 408, title: "Request timeout" });
});

test.each([
  ["another protocol", "hello\r\n\r\n", 400],
  ["giant headers", `GET / HTTP/1.1\r\nhost: x\r\nlong: ${"x".repeat(100_000)}\r\n\r\n`, 431],
  ["an address that is none", "GET http://[::bad/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 400],
  ["no host", "GET / HTTP/1.1\r\nconnection: close\r\n\r\n", 400],
  ["an unknown expectation", "GET / HTTP/1.1\r\nhost: x\r\nexpect: cake\r\n\r\n", 417],
  ["a tunnel", "CONNECT a:1 HTTP/1.1\r\nhost: x\r\n\r\n", 405],
  ["a host that is none", "GET / HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n", 400],
])("%s is refused with a problem", async (_, bytes, status) => {
  const answer = await exchange(bytes);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer).toMatch(/content-type: application\/problem\+json/i);
  expect(problemOf(answer)).toMatchObject({ status, detail: expect.stringMatching(/expected .*, got .*\./) });
});

test("an address that is taken or unknown is an OptionError", async () => {
  const port = Number(new URL(server.url).port);
  await expect(listen(new Hono(), { ...limits, port })).rejects.toThrow(OptionError);
  await expect(listen(new Hono(), { ...limits, host: "192.0.2.1" })).rejects.toThrow(
    "serve: expected a free port on a local address, got",
  );
});
