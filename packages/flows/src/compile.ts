import {
  type ConditionalDistribution,
  type Distribution,
  type Module,
  OptionError,
  type Parameter,
} from "@pushforward/core";
import {
  checkOptions,
  isConditionalDistribution,
  type Plan,
  type RecipeOf,
  sampleRecipe,
  sizeOf,
} from "@pushforward/core/extend";
import { planLogProb } from "@pushforward/ops";
import {
  encodePlanFile,
  type FileParameter,
  type FilePlan,
  type PlanFile,
  type Scales,
} from "@pushforward/runtime/file";
import { ConditionalFlow } from "./conditional-flow.ts";
import { Flow } from "./flow.ts";
import { splitStandardization } from "./host-rows.ts";

/** Options of {@link compileModel}. */
export interface CompileOptions {
  /** Names of the variables. Default: x1, x2, … */
  readonly columns?: readonly string[];
  /** Names of the numbers of a context. Default: c1, c2, … */
  readonly contextColumns?: readonly string[];
}

/** Plans of a model, and float64 operations before and after the plans. */
interface CompiledParts {
  readonly inner: Distribution | ConditionalDistribution;
  readonly scales?: Scales;
  readonly contextScales?: Scales;
}

/**
 * Writes a model as the plans that compute its log-density and its samples, with their arrays. The result is the bytes
 * of a file that `openCompiled` of `@pushforward/runtime` scores, samples and trains without TensorFlow.js. The
 * standardization on either side of a flow stays in float64.
 *
 * A model with samples that need tensors (an iterative inverse, for instance) is compiled without a sampler.
 *
 * @throws {OptionError} the density of the model has no plan, with the reason; the names do not fit the model.
 * @example
 * const bytes = compileModel(maf({ features: 2, key: createKey(0) }));
 * openCompiled(bytes, { engine: scalarEngine }).features; // → 2
 */
export function compileModel(
  model: (Distribution | ConditionalDistribution) & Partial<Pick<Module, "parameters">>,
  options: CompileOptions = {},
): Uint8Array<ArrayBuffer> {
  checkOptions("compileModel", options, { columns: true, contextColumns: true });
  const { inner, scales, contextScales } = partsOf(model);
  const contextSize = isConditionalDistribution(inner) ? sizeOf(inner.contextShape) : 0;
  const { recipe } = sampleRecipe(inner);
  const features = recipe?.columns ?? sizeOf(eventShapeOf(inner));
  const { plan, reason } = planLogProb(inner, features);
  if (plan === undefined) {
    throw new OptionError(
      `compileModel: expected a model with a plan, got one without: ${reason}. Flows of nsf, maf, iaf, realNvp, nice, sospf and gf have plans.`,
    );
  }
  const arrays = new FileArrays(model.parameters?.() ?? new Map());
  const density = arrays.filePlan(plan);
  const sampler =
    recipe &&
    mapRecipe(
      recipe,
      (parameter) => arrays.place(parameter),
      (of) => arrays.filePlan(of),
    );
  const file: PlanFile = {
    ...{ features, contextSize, density, sampler, scales, contextScales },
    columns: namesFor("columns", options.columns, "x", features),
    contextColumns: namesFor("contextColumns", options.contextColumns, "c", contextSize),
    parameters: arrays.list(),
  };
  return encodePlanFile(file);
}

function partsOf(model: Distribution | ConditionalDistribution): CompiledParts {
  if (!(model instanceof Flow || model instanceof ConditionalFlow)) return { inner: model };
  const { inner, standardization, contextStandardization } = splitStandardization<Flow | ConditionalFlow>(model);
  return {
    inner,
    ...(standardization && { scales: scalesOf(standardization) }),
    ...(contextStandardization && { contextScales: scalesOf(contextStandardization) }),
  };
}

function scalesOf({ mean, sd }: { readonly mean: ArrayLike<number>; readonly sd: ArrayLike<number> }): Scales {
  return { mean: Array.from(mean), sd: Array.from(sd) };
}

function eventShapeOf(model: Distribution | ConditionalDistribution): readonly number[] {
  if (!isConditionalDistribution(model)) return model.eventShape;
  if (model instanceof ConditionalFlow && "eventShape" in model.base) {
    return model.transform.forwardShape(model.base.eventShape);
  }
  throw new OptionError("compileModel: expected a model that tells the size of its events, got one that does not.");
}

function namesFor(
  option: string,
  names: readonly string[] | undefined,
  letter: string,
  count: number,
): readonly string[] {
  if (names === undefined) return Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
  if (names.length === count) return names;
  throw new OptionError(`compileModel: expected ${count} names as ${option}, got ${names.length}.`);
}

/** The arrays that plans and recipes refer to, each once. */
class FileArrays {
  private readonly paths: ReadonlyMap<Parameter, string>;
  private readonly used: Parameter[] = [];

  constructor(tree: ReadonlyMap<string, Parameter>) {
    this.paths = new Map(Array.from(tree, ([path, parameter]) => [parameter, path]));
  }

  /** The place of a parameter in the file. */
  place(parameter: Parameter): number {
    const known = this.used.indexOf(parameter);
    return known >= 0 ? known : this.used.push(parameter) - 1;
  }

  filePlan({ parameters, ...data }: Plan): FilePlan {
    return { ...data, parameters: parameters.map((parameter) => this.place(parameter)) };
  }

  list(): readonly FileParameter[] {
    return this.used.map((parameter, i): FileParameter => {
      const path = this.paths.get(parameter);
      return {
        name: path ?? `constant ${i}`,
        isNamed: path !== undefined,
        trainable: path !== undefined && parameter.trainable,
        shape: parameter.shape,
        values: Float32Array.from(parameter.read()),
      };
    });
  }
}

/** The same recipe with other things in the places of parameters and plans. */
function mapRecipe<P, L, Q, M>(
  recipe: RecipeOf<P, L>,
  ofParameter: (parameter: P) => Q,
  ofPlan: (plan: L) => M,
): RecipeOf<Q, M> {
  switch (recipe.kind) {
    case "normal":
      return recipe;
    case "studentT":
      return { ...recipe, location: ofParameter(recipe.location), whitening: ofParameter(recipe.whitening) };
    case "gaussianMixture": {
      const { correction, ...rest } = recipe;
      return {
        ...rest,
        logits: ofParameter(recipe.logits),
        mean: ofParameter(recipe.mean),
        whitening: ofParameter(recipe.whitening),
        ...(correction && {
          correction: {
            logDiagonal: ofParameter(correction.logDiagonal),
            offDiagonal: ofParameter(correction.offDiagonal),
            shift: ofParameter(correction.shift),
          },
        }),
      };
    }
    case "mixture":
      return {
        ...recipe,
        weights: Array.isArray(recipe.weights) ? recipe.weights : ofParameter(recipe.weights as P),
        components: recipe.components.map((component) => mapRecipe(component, ofParameter, ofPlan)),
      };
    case "pushed":
      return { ...recipe, base: mapRecipe(recipe.base, ofParameter, ofPlan), plan: ofPlan(recipe.plan) };
  }
}
