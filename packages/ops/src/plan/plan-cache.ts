/** What something is made for, beside the model: names and numbers. */
export type PlanKey = readonly (string | number)[];

/**
 * Plans, and what is found out about them, by the model and what they are for: the structure of a model never changes. A
 * model that is gone takes its plans with it.
 */
export class PlanCache<Made> {
  private readonly models = new WeakMap<object, Map<string, Made>>();

  /** What was made for a model and a key, made at first. */
  get(model: object, key: PlanKey, make: () => Made): Made {
    const ofModel = this.models.get(model) ?? new Map<string, Made>();
    this.models.set(model, ofModel);
    // No name has a space.
    const name = key.join(" ");
    const known = ofModel.get(name);
    if (known !== undefined) return known;
    const made = make();
    ofModel.set(name, made);
    return made;
  }
}
