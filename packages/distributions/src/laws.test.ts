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
  const isPublic = (name: string): boolean => Object.hasOwn(users, name) || Object.hasOwn(authors, name);
  const names = Object.keys(univariates);
  expect(names.filter((name) => /^(?!Abstract)[A-Z][a-z]/.test(name) && !isPublic(name))).toEqual([]);
  // The class or the function that a codec is named after.
  const known = new Set([...Object.keys(users), ...Object.keys(authors)].map((name) => name.toLowerCase()));
  const types = names.flatMap((name) => /^(.+)Codec$/.exec(name)?.[1] ?? []);
  expect(types.filter((type) => !known.has(type.toLowerCase()))).toEqual([]);
});
