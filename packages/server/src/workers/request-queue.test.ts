import { describe, expect, test } from "vitest";
import type { WorkerRequest } from "./messages.ts";
import { type QueuedRequest, RequestQueue } from "./request-queue.ts";

type Operation = WorkerRequest["operation"];

function queued(model: string, operation: Operation, { bytes = 10, attempts = 0, deadline = 100 } = {}): QueuedRequest {
  const request: WorkerRequest = {
    ...{ operation, body: new Uint8Array(bytes), bodyType: "json", answerType: "json", query: {} },
  };
  return { model, request, attempts, deadline, resolve: () => {}, reject: () => {}, isGone: () => false };
}

function queueOf(...requests: readonly QueuedRequest[]): RequestQueue {
  const queue = new RequestQueue();
  for (const request of requests) queue.add(request);
  return queue;
}

describe("takeBatch", () => {
  test("waiting requests for log-densities of one model are one batch, and the rest keeps its order", () => {
    const all = [
      ...[queued("a", "score"), queued("b", "score"), queued("a", "explain"), queued("a", "score")],
      ...[queued("a", "sample"), queued("a", "score")],
    ];
    const queue = queueOf(...all);
    expect(queue.takeBatch()).toEqual([all[0], all[3], all[5]]);
    expect(queue.takeBatch()).toEqual([all[1]]);
    expect(queue.takeBatch()).toEqual([all[2]]);
    expect(queue.takeBatch()).toEqual([all[4]]);
    expect(queue.takeBatch()).toEqual([]);
  });

  test("draws are taken alone", () => {
    const queue = queueOf(queued("a", "sample"), queued("a", "sample"));
    expect([queue.takeBatch().length, queue.length]).toEqual([1, 1]);
  });

  test("a batch has at most 64 requests and 65,536 bytes", () => {
    const many = queueOf(...Array.from({ length: 70 }, () => queued("a", "score")));
    expect([many.takeBatch().length, many.takeBatch().length]).toEqual([64, 6]);
    const large = queueOf(...Array.from({ length: 5 }, () => queued("a", "score", { bytes: 30_000 })));
    expect([large.takeBatch().length, large.takeBatch().length, large.takeBatch().length]).toEqual([2, 2, 1]);
  });

  test("a request on which a worker has ended is taken alone", () => {
    const failed = queued("a", "score", { attempts: 1 });
    const queue = queueOf(queued("a", "score"), queued("a", "score"));
    queue.addFirst([failed]);
    expect(queue.takeBatch()).toEqual([failed]);
    const behind = queueOf(queued("a", "score"), failed, queued("a", "score"));
    expect([behind.takeBatch().length, behind.takeBatch()]).toEqual([2, [failed]]);
  });
});

test("takeLate takes the requests past their deadlines", () => {
  const [early, late] = [queued("a", "score", { deadline: 5 }), queued("a", "score", { deadline: 50 })];
  const queue = queueOf(late, early);
  expect(queue.takeLate(5)).toEqual([]);
  expect(queue.takeLate(6)).toEqual([early]);
  expect(queue.takeBatch()).toEqual([late]);
});
