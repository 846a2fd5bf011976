import { type ConditionalFlow, encodeModel, type Flow, lazyRegistry } from "pushforward";
import type { PeerMessage } from "../shared/protocol.ts";

/** Minimum time between two sets of weights for the pictures, in ms. */
const PICTURE = 150;

/** Gives models and weights to the worker that draws: new weights when it has drawn the last ones. */
export class PainterLink {
  private readonly peer: MessagePort;
  /** Whether the painter has drawn what it was sent. */
  private isReady = true;
  /** Whether there are weights that it has not been sent. */
  private isUnseen = false;
  private sentAt = 0;

  /** @param catchUp is called when the painter is ready and has not seen the last weights. */
  constructor(peer: MessagePort, catchUp: () => void) {
    this.peer = peer;
    peer.onmessage = () => {
      this.isReady = true;
      if (this.isUnseen) catchUp();
    };
  }

  /** Notes that the weights have changed; returns whether it is time to send them. */
  noteStep(): boolean {
    this.isUnseen = true;
    return this.isReady && performance.now() - this.sentAt >= PICTURE;
  }

  sendModel(
    flow: Flow | ConditionalFlow,
    rest: Omit<Extract<PeerMessage, { readonly type: "model" }>, "type" | "bytes">,
  ): void {
    const bytes = encodeModel(flow, lazyRegistry);
    this.isReady = false;
    this.isUnseen = false;
    this.peer.postMessage({ type: "model", bytes, ...rest } satisfies PeerMessage, [bytes.buffer]);
  }

  sendWeights(flow: Flow | ConditionalFlow, step: number, live: boolean): void {
    const arrays = Array.from(flow.parameters().values(), (parameter) => parameter.read() as Float32Array);
    this.isReady = false;
    this.isUnseen = false;
    this.sentAt = performance.now();
    this.peer.postMessage(
      { type: "weights", arrays, step, live } satisfies PeerMessage,
      arrays.map((array) => array.buffer),
    );
  }
}
