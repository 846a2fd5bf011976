import { expect, test } from "vitest";
import * as core from "../index.ts";
import { mention } from "./option-mention.ts";

const { DataError, ModelFileError, PushforwardError, TrainingDivergedError } = core;

const detail = { step: 3, epoch: 1, learningRate: 0.1, loss: Number.NaN, parameter: "weight" };

test.each([
  [new core.ShapeError("m"), "ShapeError", "ERR_SHAPE"],
  [new core.OptionError("m"), "OptionError", "ERR_OPTION"],
  [new core.DomainError("m"), "DomainError", "ERR_DOMAIN"],
  [new core.ContextError("m"), "ContextError", "ERR_CONTEXT"],
  [new core.InverseNotAvailableError("m"), "InverseNotAvailableError", "ERR_INVERSE_NOT_AVAILABLE"],
  [new DataError("m"), "DataError", "ERR_DATA"],
  [new ModelFileError("header", "m"), "ModelFileError", "ERR_MODEL_FILE"],
  [new core.SaveError("m"), "SaveError", "ERR_SAVE"],
  [new TrainingDivergedError("m", detail), "TrainingDivergedError", "ERR_TRAINING_DIVERGED"],
  [new core.DisposedError("m"), "DisposedError", "ERR_DISPOSED"],
  [new core.BackendError("m"), "BackendError", "ERR_BACKEND"],
  [new core.MissingPackageError("m"), "MissingPackageError", "ERR_MISSING_PACKAGE"],
])("%s has its name, code, message and family", (error, name, code) => {
  expect(error).toBeInstanceOf(PushforwardError);
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.code, error.message]).toEqual([name, code, "m"]);
  expect(String(error)).toBe(`${name}: m`);
});

test("every exported error class is in the list above", () => {
  const classes = Object.entries(core).filter(([, value]) => Object.getPrototypeOf(value) === PushforwardError);
  expect(classes).toHaveLength(12);
});

test("errors carry what there is to know besides the message", () => {
  const cause = new Error("inner");
  const location = { file: "a.csv", line: 3, row: 2, column: "x" };
  expect(new DataError("m", location, { cause })).toMatchObject({ location, cause });
  expect(new DataError("m").location).toEqual({});
  expect(new ModelFileError("checksum", "m", { cause })).toMatchObject({ reason: "checksum", cause });
  expect(new TrainingDivergedError("m", detail).detail).toEqual(detail);
  expect(new core.SaveError("m", { cause }).cause).toBe(cause);
});

test("what a message says of options is data, so that a program puts its own words in", () => {
  const error = new DataError(
    [
      "f.csv: expected a value, got none.",
      mention("missing", { value: "drop", sentence: (words) => ` Leave the row out (${words}).` }),
      " Or name ",
      mention("columns"),
      ".",
    ],
    { file: "f.csv" },
  );
  expect(error.message).toBe(
    'f.csv: expected a value, got none. Leave the row out (missing: "drop"). Or name columns.',
  );
  expect(error.tell(({ option, value }) => `--${option}${value === undefined ? "" : ` ${value}`}`)).toBe(
    "f.csv: expected a value, got none. Leave the row out (--missing drop). Or name --columns.",
  );
  expect(error.tell(({ option, words }) => (option === "missing" ? undefined : words))).toBe(
    "f.csv: expected a value, got none. Or name columns.",
  );
  expect([error.mentions("missing"), error.mentions("kinds")]).toEqual([true, false]);
});
