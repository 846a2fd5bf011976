import type { JSX } from "preact";
import type { AskColumn, AskControl as Control, GivenText } from "../../shared/ask-protocol.ts";
import { give, given } from "./ask.ts";

interface AskControlProps {
  readonly column: AskColumn;
  /** The cell as the trainer has read it; undefined before, and while nothing is given. */
  readonly known: GivenText | undefined;
}

/** Gives a column a value, or says that its cell is missing. */
export function AskControl({ column, known }: AskControlProps): JSX.Element {
  const { control, canBeMissing } = column;
  const name = column.marginal.column;
  if (control.kind === "category") {
    return <CategoryControl name={name} values={control.values} canBeMissing={canBeMissing} />;
  }
  return (
    <div class="ask-control">
      <Slider name={name} control={control} known={known} />
      <NumberField name={name} control={control} known={known} />
      {canBeMissing && (
        <label class="chip">
          <input
            type="checkbox"
            aria-label={`${name} is missing`}
            checked={given.value.get(name) === null}
            onChange={(event) => give(name, event.currentTarget.checked ? null : undefined)}
          />
          <span>missing</span>
        </label>
      )}
    </div>
  );
}

interface NumberProps {
  readonly name: string;
  readonly control: Extract<Control, { kind: "number" }>;
  readonly known: GivenText | undefined;
}

function Slider({ name, control, known }: NumberProps): JSX.Element {
  const cell = given.value.get(name);
  const isGiven = cell !== undefined && cell !== null;
  const [low, high] = control.range;
  return (
    <input
      type="range"
      aria-label={`Slider of ${name}`}
      aria-valuetext={isGiven ? (known?.text ?? String(cell)) : "not given"}
      class={isGiven ? undefined : "unset"}
      min={low}
      max={high}
      step={control.step}
      value={typeof cell === "number" ? cell : isGiven ? (known?.value ?? control.start) : control.start}
      onInput={(event) => give(name, Number(event.currentTarget.value))}
    />
  );
}

/** An exact number; a date as the file writes it. An empty field gives nothing. */
function NumberField({ name, control: { isText }, known }: NumberProps): JSX.Element {
  const cell = given.value.get(name);
  const shown =
    cell === undefined || cell === null ? "" : isText ? (known?.text ?? String(cell)) : String(known?.value ?? cell);
  const common = {
    "aria-label": `Value of ${name}`,
    placeholder: "not given",
    value: shown,
    onChange: ({ currentTarget: { value } }: { readonly currentTarget: HTMLInputElement }): void => {
      const text = value.trim();
      give(name, text === "" ? undefined : isText ? text : Number(text));
    },
  };
  return isText ? (
    <input type="text" {...common} />
  ) : (
    <input type="number" inputMode="decimal" step="any" {...common} />
  );
}

/** Choices that are no categories: the others are numbers, so that they are none of them. */
const CHOICES = { none: "", missing: "missing" } as const;

function CategoryControl({
  name,
  values,
  canBeMissing,
}: {
  readonly name: string;
  readonly values: readonly string[];
  readonly canBeMissing: boolean;
}): JSX.Element {
  const cell = given.value.get(name);
  const chosen =
    cell === undefined ? CHOICES.none : cell === null ? CHOICES.missing : String(values.indexOf(String(cell)));
  return (
    <div class="ask-control">
      <select
        aria-label={`Value of ${name}`}
        value={chosen}
        onChange={({ currentTarget: { value } }) => {
          if (value === CHOICES.none) give(name, undefined);
          else give(name, value === CHOICES.missing ? null : values[Number(value)]);
        }}
      >
        <option value={CHOICES.none}>not given</option>
        {values.map((label, place) => (
          <option key={label} value={String(place)}>
            {label === "" ? "(empty)" : label}
          </option>
        ))}
        {canBeMissing && <option value={CHOICES.missing}>missing</option>}
      </select>
    </div>
  );
}
