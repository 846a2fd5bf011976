import { effect, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { PairPicture } from "../../shared/table-protocol.ts";
import { workers } from "../session.ts";
import { table, tableModel } from "../state.ts";
import { drawnColumns } from "./drawn-columns.ts";
import { PairFigure } from "./pair-figure.tsx";
import { SetsLegend } from "./sets-legend.tsx";

/** A longer list would be slow, and nobody would read it. */
const MOST_NAMES = 400;

const chosen = signal<readonly [string, string]>(["", ""]);
const picture = signal<PairPicture | undefined>(undefined);

/** Two columns that the visitor chooses, of the data and of samples. */
export function PairView(): JSX.Element | null {
  useEffect(keepPicture, []);
  const names = drawnColumns.value;
  const shown = picture.value;
  if (names.length < 2 || shown === undefined) return null;
  const [a, b] = pairNow();
  return (
    <section class="card" aria-labelledby="pair-title">
      <div class="card-head">
        <h2 id="pair-title">Two columns</h2>
        <SetsLegend />
      </div>
      <div class="pair">
        <Choice label="first" value={a} names={names} onChoose={(name) => choose(name, name === b ? a : b)} />
        <Choice label="second" value={b} names={names} onChoose={(name) => choose(name === a ? b : a, name)} />
      </div>
      <PairFigure picture={shown} />
    </section>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly names: readonly string[];
  onChoose(name: string): void;
}

function Choice({ label, value, names, onChoose }: ChoiceProps): JSX.Element {
  return (
    <label>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {names.slice(0, MOST_NAMES).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function choose(first: string, second: string): void {
  chosen.value = [first, second];
}

/** What the visitor has chosen, where the table has it; else the column that gains most, and the one before it. */
function pairNow(): readonly [string, string] {
  const names = drawnColumns.value;
  const [a, b] = chosen.value;
  if (names.includes(a) && names.includes(b)) return [a, b];
  const learned = new Set(table.value?.columns.filter(({ use }) => use === "learned").map(({ name }) => name));
  const gains = tableModel.value?.gains.filter(([name]) => learned.has(name)) ?? [];
  const best = [...gains].sort((x, y) => y[1] - x[1])[0]?.[0];
  const place = Math.max(1, best === undefined ? 1 : names.indexOf(best));
  return [names[place - 1] ?? "", names[place] ?? ""];
}

/** Draws the picture of other columns, other data, and another model. */
function keepPicture(): () => void {
  return effect(() => {
    const names = drawnColumns.value;
    const places = pairNow().map((name) => names.indexOf(name));
    const of = [table.value, tableModel.value] as const;
    if (of[0] === undefined || names.length < 2) {
      picture.value = undefined;
      return;
    }
    void draw(places as unknown as readonly [number, number], of);
  });
}

async function draw(places: readonly [number, number], of: readonly [unknown, unknown]): Promise<void> {
  try {
    const next = await workers().trainer.call("pairOf", places);
    if (table.peek() === of[0] && tableModel.peek() === of[1]) picture.value = next;
  } catch {
    // The trainer has ended, or has other data by now: both are told elsewhere.
  }
}
