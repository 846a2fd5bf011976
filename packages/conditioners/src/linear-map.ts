import type { Key } from "@pushforward/core";
import { Mlp } from "./dense-network.ts";

/** A linear map with a bias, a network without hidden layers; it starts at U(±1/√fan_in). */
export function linearMap(inputSize: number, outputSize: number, key: Key | undefined): Mlp {
  return new Mlp({ inputSize, outputSize, hidden: [], layout: { start: "uniform" }, ...(key && { key }) });
}
