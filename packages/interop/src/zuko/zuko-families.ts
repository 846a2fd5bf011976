import { OptionError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import { asked } from "../file/asked.ts";
import { type Floats, quote, type StateDict } from "../file/state-dict.ts";
import type { ForeignFamily } from "../flow/foreign-flow.ts";
import type { ImportZukoOptions } from "./zuko-options.ts";

/** How zuko has named the arguments of its base. */
export type BaseNames = "loc" | "_0" | "lower";

/** Which family the outputs of a network are for: what the file, the metadata and the options say together. */
export class ZukoFamilies {
  readonly options: ImportZukoOptions;
  private readonly state: StateDict;
  private readonly isOldest: boolean;
  private readonly isSbi: boolean;
  private readonly base: BaseNames | undefined;

  constructor(state: StateDict, options: ImportZukoOptions, prefixes: readonly string[], base: BaseNames | undefined) {
    this.state = state;
    this.options = options;
    this.isOldest = prefixes.some((prefix) => /^(net\.)?transforms\./.test(prefix));
    this.isSbi = prefixes.some((prefix) => prefix.startsWith("net."));
    this.base = base;
  }

  /** The family of `count` numbers a variable, at the key that tells it. */
  of(count: number, key: string): ForeignFamily {
    const { flow, bound = 5 } = this.options;
    if (flow === "gmm") this.state.fail("type", "a GMM, as asked for", "a flow of transforms");
    if (flow === "gf") return this.gaussianization(count, key);
    if (flow === "bpf") return this.bernstein(count, key);
    if (flow === "sospf") return this.sumOfSquares(count, key);
    if (count === 2 && flow !== "nsf" && flow !== "ncsf")
      return { kind: "affine", parameterization: "zuko", slope: this.slope() };
    const bins = (count + 1) / 3;
    if (!Number.isInteger(bins) || bins < 2) {
      this.state.fail(
        "type",
        `2 numbers per variable (affine) or 3·bins − 1 (spline) from ${quote(key)}`,
        `${count}. Pass flow: "bpf" for a polynomial of degree ${count - 1}, "sospf" for sums of squares, "gf" for mixtures`,
      );
    }
    if (flow === undefined) {
      throw new OptionError([
        `${this.state.where}: expected `,
        asked("flow"),
        `, because ${quote(key)} has ${count} numbers per variable, which may be a spline of ${bins} bins (NSF) or a ` +
          `polynomial of degree ${count - 1} (BPF), got none. Pass `,
        mention("flow", { value: "nsf" }),
        ' if it is an NSF, or "bpf".',
      ]);
    }
    if (flow !== "nsf" && flow !== "ncsf") {
      this.state.fail("type", `2 numbers per variable from ${quote(key)}, as a ${flow} has`, `${count}`);
    }
    if (flow === "ncsf") return { kind: "circular", bins, slope: this.slope() };
    return { kind: "spline", parameterization: "zuko", bins, bound, slope: this.slope() };
  }

  /** Checks that a NAF or UNAF is asked for, and may be read; the bound of the log-slopes of a UNAF. */
  monotone(kind: "NAF" | "UNAF", key: string): number {
    const { flow } = this.options;
    if (flow !== undefined && flow !== kind.toLowerCase()) {
      this.state.fail("type", `a ${flow}, as asked for`, `a ${kind}, by ${quote(key)}`);
    }
    if (this.isOldest) this.state.fail("type", `a ${kind} of zuko 1.0 or later`, "one of an earlier version");
    return kind === "UNAF" && this.slope() === 1e-4 ? 9 : 7;
  }

  private gaussianization(count: number, key: string): ForeignFamily {
    if (count % 2 !== 0) this.state.fail("tensor", `an even number per variable from ${quote(key)}`, `${count}`);
    return { kind: "gaussianization", components: count / 2 };
  }

  private bernstein(count: number, key: string): ForeignFamily {
    const { bound = 5 } = this.options;
    this.checkSince(1, 2, "a BPF");
    if (count < 2 || count > 124) {
      this.state.fail("tensor", `2 to 124 numbers per variable from ${quote(key)}`, `${count}`);
    }
    return { kind: "bernstein", count, bound };
  }

  private sumOfSquares(count: number, key: string): ForeignFamily {
    const { polynomials } = this.options;
    this.checkSince(1, 5, "a SOSPF");
    if (polynomials === undefined) {
      throw new OptionError([
        `${this.state.where}: expected `,
        asked("polynomials"),
        `, because ${quote(key)} has ${count} numbers per variable, those of polynomials of any number and a degree that fits, got none. zuko makes 3.`,
      ]);
    }
    const degree = (count - 1) / polynomials - 1;
    if (!Number.isInteger(degree) || degree < 1 || degree > 12 || polynomials > 32) {
      const expected = `polynomials·(degree + 1) + 1 numbers per variable from ${quote(key)}, of ${polynomials} polynomials, up to 32, of degree 1 to 12`;
      this.state.fail("tensor", expected, `${count}`);
    }
    return { kind: "sum-of-squares", polynomials, degree, slope: this.slope() };
  }

  /** Refuses versions whose formula is another, and files that do not tell. */
  private checkSince(major: number, minor: number, what: string): void {
    const { version, slope } = this.options;
    if (version === undefined) {
      if (this.base === "loc" || (what === "a SOSPF" && slope !== undefined)) return;
      throw new OptionError([
        `${this.state.where}: expected `,
        asked("version"),
        `, because ${what} of zuko before ${major}.${minor} has another formula, and the keys are the same, got none. Pass `,
        mention("version", { value: "1.5.0" }),
        ", say.",
      ]);
    }
    const [first, second] = versionOf(this.state.where, version);
    if (first > major || (first === major && second >= minor)) return;
    this.state.fail("type", `${what} of zuko ${major}.${minor} or later, whose formula is read`, `one of ${version}`);
  }

  /** The factors of a transform of two unnamed vectors, whose keys do not tell what the second means. */
  scales(numbers: Floats, key: string): Floats {
    const { affine = this.isSbi ? "plain" : undefined } = this.options;
    if (affine === "plain") return numbers;
    if (affine === undefined) {
      throw new OptionError([
        `${this.state.where}: expected `,
        asked("affine"),
        `, because ${quote(key)} may belong to an AffineTransform(loc, scale) or to a MonotonicAffineTransform(shift, scale), ` +
          "whose keys are the same, got none. Pass ",
        mention("affine", { value: "plain" }),
        ' or "monotonic".',
      ]);
    }
    const bound = Math.abs(Math.log(this.slope()));
    return Float64Array.from(numbers, (a) => Math.exp(a / (1 + Math.abs(a) / bound)));
  }

  /** From option or version; from the names of the keys where they tell the version. */
  private slope(): number {
    const { slope, version } = this.options;
    if (slope !== undefined) return slope;
    if (version !== undefined) return slopeOf(this.state.where, version);
    // Names of 0.1 to 0.3, or of 1.6 on: those versions have one slope.
    if (this.isOldest || this.base === "loc" || this.base === "lower") return 1e-3;
    throw new OptionError([
      `${this.state.where}: expected `,
      asked("slope"),
      " or ",
      mention("version"),
      ", because zuko 1.0.1 to 1.4.1 had slope 1e-4 where 1.0.0 and 1.5.0 have 1e-3, and the keys are the same, got neither. Pass ",
      mention("version", { value: "1.4.1" }),
      ", say.",
    ]);
  }
}

/** The default slope of a version of zuko. */
function slopeOf(where: string, version: string): number {
  const [major, minor, patch] = versionOf(where, version);
  const isSmall = major === 1 && (minor === 0 ? patch >= 1 : minor <= 4);
  return isSmall ? 1e-4 : 1e-3;
}

/** Major, minor and patch. */
export function versionOf(where: string, version: string): readonly [number, number, number] {
  const found = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (found === null) {
    throw new OptionError(`${where}: expected a version of zuko such as "1.6.0", got ${JSON.stringify(version)}.`);
  }
  return [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
}
