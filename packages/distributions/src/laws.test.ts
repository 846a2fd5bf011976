import { createKey } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { distributionLaws } from "@pushforward/testing";
import { expect, test } from "vitest";
import { testLaws } from "../../testing/test/test-laws.ts";
import { cases, casesCodecs } from "../cases/index.ts";
import { distributionsCodecs } from "./codecs.ts";
import * as authors from "./extend.ts";
import * as users from "./index.ts";
import * as univariates from "./univariate/univariates.ts";

const registry = createRegistry(...distributionsCodecs, ...casesCodecs);

testLaws(Object.entries(cases).map(([name, theCase]) => [name, distributionLaws(name, theCase, { registry })]));

test("every exported distribution has a case", () => {
  const exported: readonly unknown[] = Object.values({ ...users, ...authors });
  const classes = exported.filter((value) => typeof value === "function" && /^class /.test(String(value)));
  expect(classes).toHaveLength(30);
  const covered = new Set(Object.values(cases).map(({ make }) => make(createKey(1)).constructor));
  expect(classes.filter((type) => !covered.has(type as () => object))).toEqual([]);
});

test("every registered distribution of independent features is exported", () => {
  const names = Object.keys(univariates).filter((name) => /^(?!Abstract)[A-Z][a-z]/.test(name));
  expect(names.filter((name) => !Object.hasOwn(users, name) && !Object.hasOwn(authors, name))).toEqual([]);
});
