import type { Distribution, Module } from "@pushforward/core";
import { isConditionalDistribution } from "@pushforward/core/extend";
import { ConditionalFlow, Flow, logProbRows } from "@pushforward/flows";
import type { TableRows } from "@pushforward/tables/extend";
import { chain } from "@pushforward/transforms";
import type { FittedBase } from "./base-density.ts";
import type { Member } from "./member.ts";
import { meanOf } from "./mixture-nll.ts";

/** A base without layers. */
export function bareMember(base: FittedBase): Member {
  const made = base.create();
  return isConditionalDistribution(made)
    ? new ConditionalFlow(made, chain([]))
    : new Flow(made as Distribution & Module, chain([]));
}

/** What a base alone makes of rows. */
export function startNll(base: FittedBase, rows: TableRows): number {
  const made = base.create();
  try {
    return -meanOf(logProbRows(made, rows.x, isConditionalDistribution(made) ? rows.context : undefined));
  } finally {
    made.dispose();
  }
}
